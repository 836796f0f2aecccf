"""Mistakes in the VAE's draw, weights and loss (question 3.1.25)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal

from implementations import vae as reference
from tests.suite.corpus import target
from tests.suite.mutants.parts import Parts, of, parts

reparameterize = target("3.1.25", "vae.reparameterize")
log_weights = target("3.1.25", "vae.log_weights")
loss = target("3.1.25", "vae.loss")


def log_weights_of(x: Tensor, model: Any, eps: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """log w with change(log variance) in place of the encoder's log variance."""
    mean, log_var = model.encoder(x)
    z = mean + torch.exp(change(log_var) / 2) * eps
    p = Parts(x, eps, mean, change(log_var), z, model.decoder(z))
    return p.log_p + p.log_prior - p.log_q


# -- z = mean + sigma eps ---------------------------------------------------------------------------------------------

reparameterize.wrong(
    "the variance as standard deviation",
    "sigma = exp(log_var / 2); exp(log_var) is the variance.",
    lambda mean, log_var, eps: mean + torch.exp(log_var) * eps,
)
reparameterize.wrong(
    "the log variance as standard deviation",
    "sigma = exp(log_var / 2).",
    lambda mean, log_var, eps: mean + log_var * eps,
)
reparameterize.wrong(
    "the square root of the log variance",
    "sigma = exp(log_var / 2), not √log_var.",
    lambda mean, log_var, eps: mean + log_var.abs().sqrt() * eps,
)
reparameterize.wrong(
    "the precision",
    "sigma = exp(+log_var / 2).",
    lambda mean, log_var, eps: mean + torch.exp(-log_var / 2) * eps,
)
reparameterize.wrong(
    "the sign of the noise",
    "z = mean + sigma eps: the distribution is the same, but not this draw.",
    lambda mean, log_var, eps: mean - torch.exp(log_var / 2) * eps,
)
reparameterize.wrong("the mean only", "The noise is not used.", lambda mean, log_var, eps: mean + 0 * eps)
reparameterize.wrong(
    "own noise",
    "The noise is an argument; draw none of your own.",
    lambda mean, log_var, eps: mean + torch.exp(log_var / 2) * torch.randn_like(eps),
)
reparameterize.wrong(
    "mean and noise exchanged",
    "The noise is scaled by sigma and shifted by the mean.",
    lambda mean, log_var, eps: eps + torch.exp(log_var / 2) * mean,
)
reparameterize.wrong(
    "a floor under sigma",
    "Adding a constant to sigma draws from a wider distribution.",
    lambda mean, log_var, eps: mean + (torch.exp(log_var / 2) + 1e-3) * eps,
)
reparameterize.wrong(
    "no gradient",
    "z is detached: nothing that is computed from it trains the encoder.",
    lambda mean, log_var, eps: (mean + torch.exp(log_var / 2) * eps).detach(),
)
reparameterize.wrong(
    "sigma without its gradient",
    "sigma is detached: log_var is a parameter of q as the mean is.",
    lambda mean, log_var, eps: mean + torch.exp(log_var.detach() / 2) * eps,
)

# -- log weights ------------------------------------------------------------------------------------------------------

log_weights.wrong("log q is missing", "log w = log p(x, z) - log q(z | x).", of(lambda p: p.log_p + p.log_prior))
log_weights.wrong(
    "log q is added", "log w = log p(x, z) - log q(z | x).", of(lambda p: p.log_p + p.log_prior + p.log_q)
)
log_weights.wrong("log p(z) is missing", "log p(x, z) = log p(x | z) + log p(z).", of(lambda p: p.log_p - p.log_q))
log_weights.wrong(
    "averaged over pixels",
    "The pixels are independent: their log probabilities are summed.",
    of(lambda p: p.log_p / p.x.shape[-1] + p.log_prior - p.log_q),
)
log_weights.wrong(
    "the analytic KL divergence",
    "log w at the drawn z is asked for, not its mean over z.",
    of(lambda p: p.log_p - p.kl),
)
log_weights.wrong("the sign", "log w, not -log w.", of(lambda p: -(p.log_p + p.log_prior - p.log_q)))
log_weights.wrong(
    "log(2π) in one of the two Gaussians only",
    "The constants cancel only if both have them.",
    of(lambda p: p.log_p + p.log_prior - p.log_q + 0.919 * p.z.shape[-1]),
)
log_weights.wrong(
    "the log determinant is missing",
    "log q(z | x) = log N(eps; 0, I) - log_var/2: the change of variables is missing.",
    of(lambda p: p.log_p + p.log_prior - Normal(0.0, 1.0).log_prob(p.eps).sum(-1)),
)
log_weights.wrong(
    "log sigma counted twice",
    "log sigma = log_var / 2.",
    of(lambda p: p.log_p + p.log_prior - p.log_q + p.log_var.sum(-1) / 2),
)
log_weights.wrong(
    "log of the sigmoid",
    "log(sigmoid(logits)) is -∞ for large logits: compute log p(x | z) from the logits.",
    of(
        lambda p: (
            (p.x * torch.sigmoid(p.logits).log() + (1 - p.x) * torch.log(1 - torch.sigmoid(p.logits))).sum(-1)
            + p.log_prior
            - p.log_q
        )
    ),
)
log_weights.wrong(
    "probabilities are clamped",
    "Clamping the probabilities away from 0 and 1 changes log p(x | z).",
    of(
        lambda p: (
            Bernoulli(probs=torch.sigmoid(p.logits).clamp(1e-3, 1 - 1e-3), validate_args=False).log_prob(p.x).sum(-1)
            + p.log_prior
            - p.log_q
        )
    ),
)
log_weights.wrong(
    "logits are clamped",
    "Clamping the logits to ±50 makes certain pixels less certain than they are.",
    lambda x, model, eps: of(
        lambda p: (
            Bernoulli(logits=p.logits.clamp(-50, 50), validate_args=False).log_prob(x).sum(-1) + p.log_prior - p.log_q
        )
    )(x, model, eps),
)
log_weights.wrong(
    "the log variance is clamped",
    "Clamping log_var to ±6 gives another q than the encoder's.",
    lambda x, model, eps: log_weights_of(x, model, eps, lambda log_var: log_var.clamp(-6, 6)),
)
log_weights.wrong(
    "squared error",
    "The pixels are Bernoulli, not Gaussian.",
    of(lambda p: -(p.x - torch.sigmoid(p.logits)).square().sum(-1) + p.log_prior - p.log_q),
)

# -- the loss ---------------------------------------------------------------------------------------------------------

loss.wrong("the sign", "The loss goes down when the bound goes up.", lambda *a: -reference.loss(*a))
loss.wrong(
    "summed over the batch",
    "The average over the batch is asked for.",
    of(lambda p: -(p.log_p + p.log_prior - p.log_q).sum()),
)
loss.wrong(
    "averaged over pixels",
    "The pixels' log probabilities are summed.",
    of(lambda p: -(p.log_p / p.x.shape[-1] + p.log_prior - p.log_q).mean()),
)
loss.wrong(
    "the sign of the KL divergence",
    "Loss = -log p(x | z) + KL.",
    of(lambda p: -(p.log_p - p.log_prior + p.log_q).mean()),
)
loss.wrong(
    "half the KL divergence",
    "The KL term has weight one (this is a beta-VAE with beta = 1/2).",
    of(lambda p: -(p.log_p + 0.5 * (p.log_prior - p.log_q)).mean()),
)
loss.wrong(
    "the KL divergence without its half",
    "KL = ½ Σ(mean² + σ² - 1 - log σ²).",
    of(lambda p: -(p.log_p - 2 * p.kl).mean()),
)
loss.wrong(
    "z without its gradient",
    "The draw is detached: the encoder does not learn to reconstruct.",
    lambda x, model, eps: (
        -(
            (p := parts(x, model, eps)).log_p.detach()
            + Bernoulli(logits=model.decoder(p.z.detach()), validate_args=False).log_prob(x).sum(-1)
            - p.log_p.detach()
            + p.log_prior
            - p.log_q
        ).mean()
    ),
)
loss.wrong(
    "the path derivative",
    "The total derivative is asked for: the parameters of q are held fixed inside log q.",
    reference.path_derivative_loss,
)
loss.wrong("one value a row", "The average over the batch is asked for.", lambda *a: -reference.log_weights(*a))
loss.wrong(
    "the entropy of grey pixels is subtracted",
    "-log p(x | z) is a cross entropy; taking the pixels' own entropy from it changes the bound.",
    lambda x, model, eps: reference.loss(x, model, eps) - Bernoulli(probs=x).entropy().sum(-1).mean(),
)
