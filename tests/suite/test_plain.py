"""Only plain data crosses the boundary, and what crosses is rebuilt as exact built-in and ndarray types."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch.distributions import Bernoulli

from grading.submission import InProcess, Returned, Submission, plain
from grading.submission.transport import Listen
from grading.submission.worker import GREY_PIXELS, depart, describe

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_values_survive_the_boundary(value: object) -> None:
    """decode(encode(x)) == x for everything that may cross."""
    assert plain.decode(plain.encode(value), trusted=False) == value


@given(
    hnp.arrays(st.sampled_from([np.float64, np.float32, np.int64, np.bool_]), hnp.array_shapes(min_dims=0, min_side=0))
)
def test_arrays_keep_dtype_shape_and_bytes(array: np.ndarray) -> None:
    """Every numeric array arrives as a fresh exact ndarray with the same bytes."""
    got = plain.decode(plain.encode(array), trusted=False)
    assert type(got) is np.ndarray and got.dtype == array.dtype and got.shape == array.shape
    assert got.tobytes() == array.tobytes() and got.base is not array


def test_a_judge_never_rebuilds_what_only_a_worker_may() -> None:
    """Generators and models are refused in replies."""
    with pytest.raises(plain.Unusable):
        plain.decode(plain.encode(plain.Rng(1)), trusted=False)


@pytest.mark.parametrize(
    "payload",
    [
        ("<f8", (10**9, 10**9), b""),
        ("<f8", (-1,), b"12345678"),
        ("|O", (1,), b"12345678"),
        ("<f8", (1,), b"1234567"),
        ("<f8", (1,) * 40, b"12345678"),
        (",f1", (1,), b"1"),
        ("2f4", (1,), b"12345678"),
        ("f", (1,), b"1234"),
        ("<f8", (0, 2**63), b""),
    ],
)
def test_an_array_that_lies_about_itself_is_refused(payload: tuple[object, ...]) -> None:
    """Shape, dtype and number of bytes must agree."""
    raw = msgspec.msgpack.encode(msgspec.msgpack.Ext(plain.ARRAY, msgspec.msgpack.encode(payload)))
    with pytest.raises(plain.Unusable):
        plain.decode(raw, trusted=False)


@pytest.mark.parametrize("raw", [b"", b"\xc1", b"\x91" * 50 + b"\xc0", b"\xdd\xff\xff\xff\xff", bytes(range(256))])
def test_broken_bytes_are_refused(raw: bytes) -> None:
    """Malformed, truncated and deeply nested frames end in Unusable, nothing else."""
    with pytest.raises(plain.Unusable):
        plain.decode(raw, trusted=False)


def test_too_many_items_are_refused() -> None:
    """A list of a million numbers is no array."""
    with pytest.raises(plain.Unusable, match="items"):
        plain.decode(plain.encode([0] * (plain.MAX_ITEMS + 1)), trusted=False)


class Liar(np.ndarray):
    """An array that claims to equal everything."""

    def __eq__(self, other: object) -> bool:
        return True


def test_objects_lose_their_behaviour() -> None:
    """A subclass arrives as a plain array; an object, a generator and a lambda do not arrive at all."""
    assert type(depart(np.zeros(3).view(Liar))) is np.ndarray
    for value in (object(), iter([1]), lambda: 1, {1, 2}, 1j):
        with pytest.raises(plain.Unusable):
            depart(value)


def test_a_set_of_names_crosses_sorted() -> None:
    """Names have an order that does not depend on the process; other members may have none."""
    assert depart({"z": {"x[n]", "z", "a"}, "v": frozenset()}) == {"z": ["a", "x[n]", "z"], "v": []}
    for other in ({1, 2}, {"a", 1}, {("a", "b")}):
        with pytest.raises(plain.Unusable, match=r"builtins\.set"):
            depart(other)


def test_a_bernoulli_that_refuses_grey_pixels_is_told_the_remedy() -> None:
    """In torch's own words it would be a page of numbers."""
    with pytest.raises(ValueError) as refused:
        Bernoulli(logits=torch.zeros(2, 3), validate_args=True).log_prob(torch.full((2, 3), 0.5))
    assert describe(refused.value) == f"ValueError: {GREY_PIXELS}"


def test_subclasses_of_numbers_and_text_do_not_cross() -> None:
    """A float whose comparison lies is refused, since its type is not exactly float."""

    class Float(float):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = float.__hash__

    with pytest.raises(plain.Unusable):
        depart(Float(1.0))


@pytest.mark.parametrize("forged", [7.0, [1.0], {}, {"value": 1.0}, {"value": 1.0, "gradients": [1.0]}])
def test_a_forged_gradient_is_no_fault_of_the_grader(forged: object) -> None:
    """An answer of another form, as only a worker that was taken over can give, is said to be one."""

    class Forger(InProcess):
        def request(self, request: bytes, timeout: float, listen: Listen) -> bytes:
            return plain.encode({"value": forged})

    submission = Submission(Forger(Path()))
    with pytest.raises(Returned, match="agreed form"):
        submission.gumbel_softmax.sample.gradient(np.ones(2) / 2, np.zeros((1, 2)), 1.0, wrt="probs")
