"""A reply's structure is measured before it is decoded: what would fill the judge's memory is refused at once."""

from __future__ import annotations

import resource
import struct
import time

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.submission import plain
from grading.submission.measure import MAX_DEPTH, TooLarge, measure

MANY = 2**25
LIST = b"\xdd" + struct.pack(">I", MANY)
BOMBS = {
    "nils": LIST + b"\xc0" * MANY,
    "empty maps": LIST + b"\x80" * MANY,
    "shape": b"\xc9" + struct.pack(">I", MANY + 9) + b"\x01\x93\xa3<f8" + LIST + b"\x01" * MANY + b"\xc4\x00",
    "tuples in tuples": b"\xc9\x00\x00\x00\x02\x02" * 1000 + b"\x90",
    "lists in lists": b"\x91" * 10**6 + b"\xc0",
    "a list that claims more": b"\xdd\xff\xff\xff\xff" + b"\xc0" * 10,
    "a text that claims more": b"\xdb\xff\xff\xff\xffabc",
    "an extension that hides": b"\x92\xc7\x01\x02\xdd" + struct.pack(">I", MANY) + b"\x80" * MANY,
    "nothing": b"",
}

STRUCTURE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=5), inner, max_size=20),
    max_leaves=50,
)


@given(STRUCTURE)
def test_ordinary_values_pass(value: object) -> None:
    """Whatever is not too deep is let through, up to its last byte and not one further."""
    raw = msgspec.msgpack.encode(value)
    try:
        measure(raw)
    except TooLarge as error:
        assert f"more than {MAX_DEPTH} deep" in str(error)
        return
    for wrong in (raw + b"\xc0", raw[:-1]):
        with pytest.raises(TooLarge):
            measure(wrong)


@given(st.binary(max_size=60))
def test_any_bytes_end_in_a_value_or_in_words(raw: bytes) -> None:
    """No bytes break the judge."""
    try:
        plain.decode(raw, trusted=False)
    except plain.Unusable as error:
        assert str(error)


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_at_once(name: str) -> None:
    """Within seconds and a few megabytes."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(plain.Unusable):
        plain.decode(BOMBS[name], trusted=False)
    assert time.process_time() - start < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def test_arrays_of_many_numbers_are_one_item() -> None:
    """A million numbers in an array are not a million items."""
    value = np.arange(1_000_000.0)
    np.testing.assert_array_equal(plain.decode(plain.encode(value), trusted=False), value)
