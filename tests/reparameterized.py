"""z = mean + σ ε with σ² = exp(log_var), for one draw a row or for K: its value and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from grading.verdict.claims import Refuted, array
from tests.recognition import Mistakes, agrees

Array = np.ndarray
CUT = "the graph is cut: .detach(), .data, numpy or torch.no_grad inside reparameterize"


def require_draw(
    function: Any,
    mean: Float[Array, "B latent"],
    log_var: Float[Array, "B latent"],
    eps: Float[Array, "B *K latent"],
    mistakes: Mistakes,
) -> None:
    """A submission's `reparameterize` gives this z, and its gradient in mean and log_var is that of this z."""
    shift, width = (each[:, None] if eps.ndim == 3 else each for each in (mean, np.exp(log_var / 2)))
    c = np.cos(np.arange(eps.size, dtype=float)).reshape(eps.shape)
    value, found = function.gradient(mean, log_var, eps, wrt=("mean", "log_var"), cotangent=c)
    z = array(value, eps.shape, "reparameterize(mean, log_var, eps)")
    agrees(
        z,
        shift + width * eps,
        "z",
        mistakes={
            "log_var is used as the standard deviation: sigma = exp(log_var / 2)": lambda: (
                shift + 2 * np.log(width) * eps
            ),
            "the variance is used as the standard deviation: sigma = exp(log_var / 2)": lambda: shift + width**2 * eps,
            "sigma = exp(2 log_var); it is exp(log_var / 2)": lambda: shift + width**4 * eps,
            "the noise is not used": lambda: shift + 0 * eps,
            **mistakes,
        },
        rtol=1e-9,
        oracle="mean + sqrt(exp(log_var)) * eps",
    )
    for name, each in {"mean": c, "log_var": c * width * eps / 2}.items():
        if found[name] is None:
            raise Refuted(f"z has no gradient in {name}", mistake=CUT)
        expected = each.sum(1) if eps.ndim == 3 else each
        agrees(
            array(found[name], mean.shape, f"gradient of z in {name}"),
            expected,
            f"gradient of sum cos(i) z_i in {name}",
            mistakes={CUT: lambda: 0 * mean},
            rtol=1e-6,
            atol=1e-9 * np.abs(each).max(),
            oracle="that of mean + exp(log_var / 2) eps",
        )
