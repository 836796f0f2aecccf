r"""Random tables: one conditional distribution for each factor of each joint.

A factor $q_\phi(z \mid x)$ is the table $w(z, x) \exp(b(z, x) \phi + c(z, x) \phi^2)$, normalised over $z$, with
small random whole numbers $w$ and eighths $b$, $c$: every derivative in $\phi$ exists and is exact. Each value of
a variable has a random volume, so that densities may exceed one as those of continuous variables do; integrals
are sums weighted by volume. A batch of models has one row for each seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from sympy import Basic

from derivations.language import Density, Variable
from derivations.models import dual

DIGITS = 60  # digits carried where 50 are claimed

to_exact = np.frompyfunc(mpmath.mpf, 1, 1)


@dataclass(frozen=True)
class Field:
    """The numbers a model is made of: floats to screen, mpmath numbers to be sure."""

    convert: Callable[[Any], Any]
    name: str

    def fraction(self, numerator: Any, denominator: int) -> Any:
        """An array of fractions."""
        return self.convert(numerator) / denominator


FLOAT = Field(lambda whole: np.asarray(whole, dtype=float), "double precision")
EXACT = Field(lambda whole: to_exact(np.asarray(whole, dtype=object)), f"{DIGITS} digits")


@dataclass(frozen=True)
class Kernel:
    """One factor of a joint: a conditional distribution of `of` given `given`, with parameters."""

    name: str
    of: tuple[Variable, ...]
    given: tuple[Variable, ...]
    parameters: tuple[Basic, ...]

    @property
    def variables(self) -> tuple[Variable, ...]:
        """All of its variables: `of`, then `given`."""
        return self.of + self.given


@dataclass(frozen=True)
class Grid:
    """Axes: 0 counts the models, then one axis a variable, and the last one directions of a derivative."""

    variables: tuple[Variable, ...]
    values: tuple[int, ...]

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return len(self.variables) + 2

    def axis(self, variable: Variable) -> int:
        """The axis of a variable."""
        return 1 + self.variables.index(variable)

    def axes(self, variables: Iterable[Variable]) -> tuple[int, ...]:
        """The axes of several variables, in order."""
        return tuple(sorted({self.axis(variable) for variable in variables}))

    def shape(self, count: int, variables: Iterable[Variable]) -> tuple[int, ...]:
        """The shape of a table over these variables for `count` models."""
        chosen = set(variables)
        sizes = (size if variable in chosen else 1 for variable, size in zip(self.variables, self.values, strict=True))
        return (count, *sizes, 1)


class RandomWeights:
    """The whole numbers behind a batch of models, drawn row by row from one seed a model."""

    def __init__(self, grid: Grid, seeds: range) -> None:
        self.grid = grid
        self.seeds = seeds
        self._rows = [np.random.default_rng(seed) for seed in seeds]

    def weights(self, variables: tuple[Variable, ...]) -> np.ndarray:
        """Positive weights; one model in four is extreme, which separates sides that are nearly equal."""
        return self._draw(
            variables, lambda rng, seed, n: 10 ** rng.integers(0, 4, n) if seed % 4 == 3 else rng.integers(1, 10, n)
        )

    def volumes(self, variable: Variable) -> np.ndarray:
        """Volumes in hundredths, small ones in every other model, where densities exceed one."""
        return self._draw(
            (variable,), lambda rng, seed, n: rng.integers(1, 10, n) if seed % 2 else 25 * rng.integers(1, 10, n)
        )

    def slopes(self, variables: tuple[Variable, ...]) -> np.ndarray:
        """Coefficients of a parameter, in eighths."""
        return self._draw(variables, lambda rng, _, n: rng.integers(-8, 9, n))

    def value(self) -> np.ndarray:
        """A positive number a model, in eighths."""
        return self._draw((), lambda rng, _, n: rng.integers(1, 17, n))

    def _draw(self, variables: tuple[Variable, ...], draw: Callable[..., np.ndarray]) -> np.ndarray:
        shape = self.grid.shape(len(self.seeds), variables)
        size = int(np.prod(shape[1:]))
        rows = [draw(rng, seed, size) for rng, seed in zip(self._rows, self.seeds, strict=True)]
        return np.stack(rows).reshape(shape)


@dataclass(frozen=True)
class Table:
    """A kernel's random numbers, turned into probabilities at given values of its parameters."""

    kernel: Kernel
    weights: Any
    slopes: tuple[tuple[Any, Any], ...]

    def density(self, parameters: list[Any], axes: tuple[int, ...], volume: Any) -> Any:
        """The table normalised over `axes`, those of the variables it is a density of, with their volumes."""
        table = self.weights
        for (slope, curvature), value in zip(self.slopes, parameters, strict=True):
            table = table * dual.exp(value * (slope + curvature * value))
        return table / dual.total(table * volume, axes)


def random_table(kernel: Kernel, numbers: RandomWeights, field: Field) -> Table:
    """Draw the table of a kernel."""
    weights = field.convert(numbers.weights(kernel.variables))
    slopes = tuple(
        (field.fraction(numbers.slopes(kernel.variables), 8), field.fraction(numbers.slopes(kernel.variables), 8))
        for _ in kernel.parameters
    )
    return Table(kernel, weights, slopes)


def kernel_of(density: Density, parameters: Iterable[Basic] = ()) -> Kernel:
    """The kernel a factor stands for, with the parameters its mentions add."""
    union = dict.fromkeys((*density.parameters, *parameters))
    return Kernel(density.name, density.of, density.given, tuple(union))
