"""What may cross the boundary: arrays, numbers, text, lists and dicts of these.  Never objects.

Requests may also carry a seed for a random generator (`Rng`) and a small network (`Model`), which the worker builds
on its side.  Replies carry plain data only.  The judge rebuilds every value from bytes as exact built-in and ndarray
types, so nothing that a submission defines (`__eq__`, array subclasses, lazy iterators, aliased storage) reaches a
comparison.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from grading.submission.measure import MAX_DEPTH as MAX_DEPTH
from grading.submission.measure import MAX_ITEMS as MAX_ITEMS
from grading.submission.measure import measure

MAX_BYTES = 64 * 2**20
ARRAY, TUPLE, RNG, MODEL = 1, 2, 3, 4
KINDS = "biuf"
"""Array kinds that cross: booleans, integers, floats."""
DTYPES = frozenset(np.dtype(code).newbyteorder("<").str for code in "?bBhHiIlLqQefdg")
"""Their names; numpy reads any other text as a small language, which a stranger must not write."""


class Unusable(Exception):
    """A value that must not or cannot cross the boundary."""


class Rng(msgspec.Struct, frozen=True):
    """A `numpy.random.Generator` (or `torch.Generator`) that the worker makes from this seed."""

    seed: int


class Model(msgspec.Struct, frozen=True):
    """An encoder and a decoder: networks of affine layers with LeakyReLU(0.2) between them, given by their arrays.

    `encoder` ends in two heads (mean, log variance) and `decoder` in logits; each is a list of (weight, bias) with
    weight (out, in).  Both sides of the boundary build the same `torch.nn.Module` from it.
    """

    encoder: list[tuple[Any, Any]]
    mean: tuple[Any, Any]
    log_var: tuple[Any, Any]
    decoder: list[tuple[Any, Any]]


def encode(value: Any) -> bytes:
    """Bytes of a request or reply.  Raises Unusable on anything that is not plain."""
    try:
        return msgspec.msgpack.encode(value_out(value))
    except (TypeError, OverflowError, ValueError, RecursionError) as error:
        raise Unusable(str(error)) from error


def value_out(value: Any) -> Any:
    """Plain data in which arrays, tuples, generators and models are tagged byte strings."""
    if isinstance(value, np.ndarray):
        return msgspec.msgpack.Ext(ARRAY, array_bytes(value))
    if isinstance(value, Rng):
        return msgspec.msgpack.Ext(RNG, msgspec.msgpack.encode(value.seed))
    if isinstance(value, Model):
        fields = [value.encoder, value.mean, value.log_var, value.decoder]
        return msgspec.msgpack.Ext(MODEL, encode(fields))
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return msgspec.msgpack.Ext(TUPLE, encode(list(value)))
    if isinstance(value, list):
        return [value_out(each) for each in value]
    if isinstance(value, dict):
        return {key: value_out(each) for key, each in value.items()}
    return value


def array_bytes(array: NDArray[Any]) -> bytes:
    """`dtype`, shape and C-ordered little-endian bytes of an array."""
    if array.dtype.kind not in KINDS:
        raise Unusable(f"an array of dtype {array.dtype}, which is not numeric")
    if array.nbytes > MAX_BYTES:
        raise Unusable(f"an array of {array.nbytes} bytes; at most {MAX_BYTES} cross at once")
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return msgspec.msgpack.encode((plain.dtype.str, array.shape, plain.tobytes()))


def array_from(data: bytes | memoryview) -> NDArray[Any]:
    """The array of `array_bytes`, always a fresh ndarray.  Raises Unusable where dtype, shape and size disagree."""
    dtype_text, shape, raw = msgspec.msgpack.decode(data, type=tuple[str, tuple[int, ...], bytes])
    if dtype_text not in DTYPES:
        raise Unusable(f"an array of dtype {dtype_text[:20]!r}")
    dtype = np.dtype(dtype_text)
    if len(shape) > 8 or any(n < 0 for n in shape) or math.prod(shape) * dtype.itemsize != len(raw):
        raise Unusable("an array whose shape does not fit its bytes")
    return np.frombuffer(bytearray(raw), dtype=dtype).reshape(shape)


def decode(data: bytes, *, trusted: bool) -> Any:
    """The value of `encode`.

    A trusted decode (in the worker, of the judge's request) also rebuilds tuples, generators and models; an untrusted
    one (in the judge) only arrays, and turns tuples into lists.

    Raises:
        Unusable: the bytes are not such a value, or exceed the limits on size, depth or number of items.
    """
    if len(data) > MAX_BYTES:
        raise Unusable(f"more than {MAX_BYTES // 2**20} MB of data")

    def hook(code: int, payload: memoryview) -> Any:
        """A value of one of our own kinds.  Raises Unusable."""
        if code == ARRAY:
            return array_from(payload)
        if code == TUPLE:
            items = decode(bytes(payload), trusted=trusted)
            return tuple(items) if trusted else items
        if trusted and code == RNG:
            return Rng(msgspec.msgpack.decode(payload))
        if trusted and code == MODEL:
            return Model(*decode(bytes(payload), trusted=True))
        raise Unusable(f"an unknown kind of value ({code})")

    try:
        if not trusted:
            measure(data)
        return msgspec.msgpack.Decoder(ext_hook=hook).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, ValueError, RecursionError) as error:
        raise Unusable(f"no plain value: {error}") from error
