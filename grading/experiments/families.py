"""How the family bounds the ELBO: three nested families of Gaussians against a correlated Gaussian posterior.

The posterior is N(0, C) with standard deviations 1 and 2 and correlation ρ, and log p(X) = 0.  For q = N(m, L Lᵀ)

    ELBO = E_q[log p(X, Z)] + H(q) = -½ |m|²_C⁻¹ - ½ tr(C⁻¹ L Lᵀ) + log det L - ½ log det C + 1   (nats)

so the gap log p(X) - ELBO is KL(q || posterior).  Each family's best member is found by maximising this bound; nothing
of the known answer, -½ log(1 - ρ²) for the factorised family, is used.  Bishop 2006, section 10.1.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from scipy.optimize import minimize

Square = Float[np.ndarray, "2 2"]
SCALES = np.array([1.0, 2.0])
CORRELATIONS = np.append(np.arange(0, 0.9, 0.1), (0.9, 0.95, 0.98, 0.99))
SHOWN = 0.9
CONTOUR = 2.0
"""Standard deviations at which a density's contour is drawn."""


@dataclass(frozen=True)
class Family:
    """Gaussians whose L is a function of some free numbers."""

    name: str
    parameters: int
    factor: Callable[[Float[np.ndarray, " P"]], Square]
    colour: str


FAMILIES = (
    Family("one variance for both", 1, lambda free: np.exp(free[0]) * np.eye(2), "#b35806"),
    Family("factorised (mean field)", 2, lambda free: np.diag(np.exp(free)), "#2166ac"),
    Family("full covariance", 3, lambda free: np.diag(np.exp(free[:2])) + free[2] * np.eye(2, k=-1), "#1b7837"),
)
"""Each contains the one before."""


@dataclass(frozen=True)
class Best:
    """The member of a family with the highest ELBO, and what it misses of the evidence, in nats."""

    covariance: Square
    gap: float


def posterior(rho: float) -> Square:
    """The posterior's covariance."""
    return np.outer(SCALES, SCALES) * (np.eye(2) + rho * (1 - np.eye(2)))


def elbo(m: Float[np.ndarray, " 2"], factor: Square, covariance: Square) -> float:
    """The ELBO of N(m, L Lᵀ) in nats, where log p(X) = 0."""
    precision = np.linalg.inv(covariance)
    quadratic = m @ precision @ m + np.trace(precision @ factor @ factor.T)
    return float(1 - 0.5 * quadratic + np.log(np.diag(factor)).sum() - 0.5 * np.linalg.slogdet(covariance)[1])


def best(family: Family, rho: float) -> Best:
    """Maximise the ELBO over mean and L, from a q that is wrong in both."""
    covariance = posterior(rho)

    def loss(free: Float[np.ndarray, " P"]) -> float:
        """-ELBO of the mean and the free numbers of L."""
        return -elbo(free[:2], family.factor(free[2:]), covariance)

    start = np.concatenate([[0.5, -0.5], np.zeros(family.parameters)])
    found = minimize(loss, start, method="BFGS", options={"gtol": 1e-7})
    factor = family.factor(found.x[2:])
    return Best(factor @ factor.T, float(found.fun))


@cache
def gaps() -> dict[str, Float[np.ndarray, " R"]]:
    """The gap of each family's best member, in nats, by correlation."""
    return {family.name: np.array([best(family, rho).gap for rho in CORRELATIONS]) for family in FAMILIES}


def figure(found: dict[str, Float[np.ndarray, " R"]]) -> Figure:
    """Left: how tight each family's best bound is.  Right: how close its best member is to the posterior."""
    drawn = Figure(figsize=(9.6, 4.2), layout="constrained")
    tightness, accuracy = drawn.subplots(1, 2)
    for family in FAMILIES:
        tightness.plot(CORRELATIONS, found[family.name], "o-", color=family.colour, label=family.name, markersize=4)
        contour(accuracy, best(family, SHOWN).covariance, edgecolor=family.colour, linewidth=1.8, label=family.name)
    contour(accuracy, posterior(SHOWN), facecolor="black", alpha=0.12, label="posterior")
    rho = np.linspace(0, CORRELATIONS[-1], 200)
    tightness.plot(rho, -0.5 * np.log(1 - rho**2), ":", color="black", label="-½ log(1 - ρ²)", zorder=3)
    tightness.set(title="Tightness", xlabel="correlation ρ of the posterior", ylabel="log p(X) - best ELBO (nats)")
    accuracy.set(title=f"Accuracy at ρ = {SHOWN:g}", xlabel="$Z_1$", ylabel="$Z_2$", xlim=(-6, 4.6), ylim=(-4.6, 4.6))
    accuracy.set_aspect("equal")
    tightness.legend(frameon=False)
    accuracy.legend(frameon=False, loc="upper left", fontsize="small")
    return drawn


def contour(axes: Axes, covariance: Square, **style: object) -> None:
    """The ellipse of a Gaussian at `CONTOUR` standard deviations."""
    lengths, directions = np.linalg.eigh(covariance)
    angle = np.degrees(np.arctan2(directions[1, 1], directions[0, 1]))
    width, height = 2 * CONTOUR * np.sqrt(lengths[::-1])
    axes.add_patch(Ellipse((0, 0), width, height, angle=angle, **({"facecolor": "none"} | style)))


def describe(found: dict[str, Float[np.ndarray, " R"]]) -> str:
    """The same figure in words."""
    at = int(np.argmin(np.abs(CORRELATIONS - SHOWN)))
    gap = "; ".join(f"{name}: {values[0]:.2f} and {values[at]:.2f}" for name, values in found.items())
    return (
        f"Left: nats between log p(X) and the best ELBO of three nested families against the posterior's correlation; "
        f"at correlation 0 and {SHOWN:g}, {gap}. Right: contours at correlation {SHOWN:g}: the full covariance lies on "
        "the posterior, the factorised q lies inside it, upright and too narrow, the q with one variance is a circle."
    )
