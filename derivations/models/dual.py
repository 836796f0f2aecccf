"""Exact derivatives on tables of numbers: dual numbers a + b·ε, ε² = 0, one level for each nested gradient.

The value and the tangent are numpy arrays of floats, of mpmath numbers, or again duals of a lower level, so
that a gradient inside a gradient differentiates correctly (the levels keep the two ε apart; Pearlmutter and
Siskind 2008). `log`, `exp` and `total` accept plain arrays and duals alike.
"""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

_mp_log = np.frompyfunc(mpmath.log, 1, 1)
_mp_exp = np.frompyfunc(mpmath.exp, 1, 1)


class Dual:
    """value + tangent·ε, where ε belongs to `level`; the arithmetic is that of numbers."""

    __array_ufunc__ = None  # numpy hands `array * dual` over to us
    __slots__ = ("level", "tangent", "value")

    def __init__(self, level: int, value: Any, tangent: Any) -> None:
        self.level, self.value, self.tangent = level, value, tangent

    def __add__(self, other: Any) -> Dual:
        level, (a, da), (b, db) = _align(self, other)
        return Dual(level, a + b, da + db)

    def __mul__(self, other: Any) -> Dual:
        level, (a, da), (b, db) = _align(self, other)
        return Dual(level, a * b, da * b + a * db)

    def __truediv__(self, other: Any) -> Dual:
        level, (a, da), (b, db) = _align(self, other)
        return Dual(level, a / b, (da - a / b * db) / b)

    def __rtruediv__(self, other: Any) -> Dual:
        return Dual(self.level, other, other * 0) / self

    def __neg__(self) -> Dual:
        return Dual(self.level, -self.value, -self.tangent)

    def __sub__(self, other: Any) -> Dual:
        return self + (-other)

    def __rsub__(self, other: Any) -> Dual:
        return -self + other

    __radd__ = __add__
    __rmul__ = __mul__


def _align(x: Any, y: Any) -> tuple[int, tuple[Any, Any], tuple[Any, Any]]:
    level = max(z.level for z in (x, y) if isinstance(z, Dual))
    return level, parts(x, level), parts(y, level)


def parts(x: Any, level: int) -> tuple[Any, Any]:
    """(value, tangent) of `x` at this level; anything without that ε is a constant."""
    if isinstance(x, Dual) and x.level == level:
        return x.value, x.tangent
    return x, x * 0


def primal(x: Any) -> Any:
    """The value with every tangent dropped: what stop-gradient does."""
    while isinstance(x, Dual):
        x = x.value
    return x


def log(x: Any) -> Any:
    """Natural logarithm."""
    if isinstance(x, Dual):
        return Dual(x.level, log(x.value), x.tangent / x.value)
    return _mp_log(x) if _is_exact(x) else np.log(x)


def exp(x: Any) -> Any:
    """Exponential."""
    if isinstance(x, Dual):
        value = exp(x.value)
        return Dual(x.level, value, x.tangent * value)
    return _mp_exp(x) if _is_exact(x) else np.exp(x)


def power(x: Any, exponent: Any) -> Any:
    """x to a plain number; whole powers are products, so a negative base is allowed."""
    if exponent == int(exponent):
        result = 1 + 0 * x
        for _ in range(abs(int(exponent))):
            result = result * x
        return result if exponent >= 0 else 1 / result
    return exp(exponent * log(x))


def total(x: Any, axes: tuple[int, ...]) -> Any:
    """Sum over axes, which stay with length 1."""
    if isinstance(x, Dual):
        return Dual(x.level, total(x.value, axes), total(x.tangent, axes))
    return x.sum(axis=axes, keepdims=True) if axes else x


def swap(x: Any, first: int, second: int) -> Any:
    """Exchange two axes."""
    if isinstance(x, Dual):
        return Dual(x.level, swap(x.value, first, second), swap(x.tangent, first, second))
    return np.swapaxes(x, first, second)


def length(x: Any, axis: int) -> int:
    """The length of an axis, the longest of value and tangent."""
    if isinstance(x, Dual):
        return max(length(x.value, axis), length(x.tangent, axis))
    return np.shape(x)[axis]


def widen(x: Any, shape: tuple[int, ...]) -> Any:
    """Broadcast to a shape (a sum over an axis must see that axis at full length)."""
    if isinstance(x, Dual):
        return Dual(x.level, widen(x.value, shape), widen(x.tangent, shape))
    return np.broadcast_to(x, np.broadcast_shapes(np.shape(x), shape))


def _is_exact(x: Any) -> bool:
    return str(getattr(x, "dtype", "")) == "object" or isinstance(x, mpmath.mpf)
