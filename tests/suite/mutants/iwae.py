"""Mistakes in the importance weighted autoencoder (question 4.2.27)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal
from torch.nn import functional as F

from implementations import iwae as reference
from tests.suite.corpus import target

reparameterize = target("4.2.27", "iwae.reparameterize")
log_weights = target("4.2.27", "iwae.log_weights")
loss = target("4.2.27", "iwae.loss")

# -- draws ------------------------------------------------------------------------------------------------------------

reparameterize.wrong(
    "the same draw K times",
    "Each of the K draws has its own noise.",
    lambda mean, log_var, eps: reference.reparameterize(mean, log_var, eps[:, :1].expand_as(eps)),
)
reparameterize.wrong(
    "the variance as standard deviation",
    "sigma = exp(log_var / 2).",
    lambda mean, log_var, eps: mean.unsqueeze(1) + torch.exp(log_var).unsqueeze(1) * eps,
)
reparameterize.wrong(
    "the axes are exchanged",
    "The shape is (B, K, latent): rows of x first, then draws.",
    lambda mean, log_var, eps: reference.reparameterize(mean, log_var, eps).transpose(0, 1),
)
reparameterize.wrong(
    "rows are mixed up",
    "repeat tiles the batch; repeat_interleave keeps the K draws of one row together.",
    lambda mean, log_var, eps: (
        mean.repeat(eps.shape[1], 1) + torch.exp(log_var / 2).repeat(eps.shape[1], 1) * eps.flatten(0, 1)
    ).view_as(eps),
)
reparameterize.wrong(
    "the average of the draws",
    "K draws are asked for, not their mean.",
    lambda mean, log_var, eps: reference.reparameterize(mean, log_var, eps).mean(1, keepdim=True).expand_as(eps),
)
reparameterize.wrong(
    "sigma without its gradient",
    "sigma is detached: log_var is a parameter of q as the mean is.",
    lambda mean, log_var, eps: reference.reparameterize(mean, log_var.detach(), eps),
)

# -- log weights ------------------------------------------------------------------------------------------------------


def parts(x: Tensor, model: Any, eps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """log p(x | z), log p(z) and log q(z | x), (B, K) each."""
    mean, log_var = model.encoder(x)
    z = reference.reparameterize(mean, log_var, eps)
    logits = model.decoder(z)
    log_p = Bernoulli(logits=logits, validate_args=False).log_prob(x.unsqueeze(1).expand_as(logits)).sum(-1)
    log_q = Normal(mean.unsqueeze(1), torch.exp(log_var / 2).unsqueeze(1)).log_prob(z).sum(-1)
    return log_p, Normal(0.0, 1.0).log_prob(z).sum(-1), log_q


def of(formula: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> Any:
    """formula(log p(x | z), log p(z), log q(z | x), x)."""
    return lambda x, model, eps: formula(*parts(x, model, eps), x)


def of_logits(log_pixels: Callable[[Tensor, Tensor], Tensor]) -> Any:
    """log w with log_pixels(x, logits), both (B, K, D), as the pixels' log probabilities."""

    def wrong(x: Tensor, model: Any, eps: Tensor) -> Tensor:
        mean, log_var = model.encoder(x)
        logits = model.decoder(reference.reparameterize(mean, log_var, eps))
        _, prior, log_q = parts(x, model, eps)
        return log_pixels(x.unsqueeze(1).expand_as(logits), logits).sum(-1) + prior - log_q

    return wrong


class Clamped:
    """A model whose log variance is held between -10 and 10."""

    def __init__(self, model: Any) -> None:
        self.model, self.decoder = model, model.decoder

    def encoder(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_var = self.model.encoder(x)
        return mean, log_var.clamp(-10, 10)


def tiled(x: Tensor) -> Tensor:
    """Rows (B, K, D) as `repeat` lays them out."""
    return x.transpose(0, 1).reshape_as(x)


log_weights.wrong(
    "log q is missing",
    "log w = log p(x, z) - log q(z | x).",
    of(lambda log_p, prior, log_q, x: log_p + prior),
)
log_weights.wrong(
    "log q is added",
    "log w = log p(x, z) - log q(z | x).",
    of(lambda log_p, prior, log_q, x: log_p + prior + log_q),
)
log_weights.wrong(
    "log p(z) is missing",
    "log p(x, z) = log p(x | z) + log p(z).",
    of(lambda log_p, prior, log_q, x: log_p - log_q),
)
log_weights.wrong(
    "averaged over pixels",
    "The pixels' log probabilities are summed.",
    of(lambda log_p, prior, log_q, x: log_p / x.shape[-1] + prior - log_q),
)
log_weights.wrong(
    "averaged over the draws",
    "One weight for each draw is asked for, (B, K).",
    of(lambda log_p, prior, log_q, x: (log_p + prior - log_q).mean(1, keepdim=True).expand_as(log_p)),
)
log_weights.wrong(
    "the weights, not their logarithms",
    "Log weights are asked for; weights of images underflow.",
    of(lambda log_p, prior, log_q, x: torch.exp(log_p + prior - log_q)),
)
log_weights.wrong(
    "normalised",
    "The log weights are asked for, not those of the normalised weights.",
    of(lambda log_p, prior, log_q, x: torch.log_softmax(log_p + prior - log_q, dim=1)),
)
log_weights.wrong(
    "one log q for all draws",
    "log q(z_k | x) differs from draw to draw.",
    of(lambda log_p, prior, log_q, x: log_p + prior - log_q[:, :1]),
)
log_weights.wrong(
    "cut off at -100",
    "binary_cross_entropy of probabilities cuts log p of a pixel off at -100: compute it from the logits.",
    of_logits(lambda x, logits: -F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none")),
)
log_weights.wrong(
    "the log variance is clamped",
    "Clamping log_var to ±10 gives another q than the encoder's.",
    lambda x, model, eps: reference.log_weights(x, Clamped(model), eps),
)
log_weights.wrong(
    "draws meet another row's x",
    "repeat tiles the batch; repeat_interleave keeps the K draws of one row together.",
    of_logits(lambda x, logits: -F.binary_cross_entropy_with_logits(logits, tiled(x), reduction="none")),
)

# -- the loss ---------------------------------------------------------------------------------------------------------


def from_weights(formula: Callable[[Tensor], Tensor]) -> Any:
    """formula(log w (B, K))."""
    return lambda x, model, eps: formula(reference.log_weights(x, model, eps))


loss.wrong("the sign", "The loss goes down when the bound goes up.", lambda *a: -reference.loss(*a))
loss.wrong(
    "K is not divided by",
    "log (1/K) Σ w: without -log K the loss is below minus the log evidence.",
    from_weights(lambda log_w: -torch.logsumexp(log_w, 1).mean()),
)
loss.wrong(
    "the mean outside the logarithm",
    "This is the ELBO averaged over K draws: the logarithm is of the mean of the weights.",
    from_weights(lambda log_w: -log_w.mean()),
)
loss.wrong(
    "summed over the batch",
    "The average over the batch is asked for.",
    from_weights(lambda log_w: -reference.bound(log_w).sum()),
)
loss.wrong(
    "over the batch instead of the draws",
    "The logsumexp runs over the K draws of a row.",
    from_weights(lambda log_w: -(torch.logsumexp(log_w, 0) - math.log(log_w.shape[0])).mean()),
)
loss.wrong(
    "over batch and draws together",
    "Each row of x has its own bound.",
    from_weights(lambda log_w: -(torch.logsumexp(log_w.flatten(), 0) - math.log(log_w.numel()))),
)
loss.wrong(
    "the inverse weights",
    "logsumexp of log w, not of -log w.",
    from_weights(lambda log_w: (torch.logsumexp(-log_w, 1) - math.log(log_w.shape[1])).mean()),
)
loss.wrong(
    "divided by K twice",
    "The mean of the weights is inside the logarithm already.",
    from_weights(lambda log_w: -(reference.bound(log_w) / log_w.shape[1]).mean()),
)
loss.wrong(
    "the best draw only",
    "The largest log weight is not the logarithm of the mean weight.",
    from_weights(lambda log_w: -(log_w.max(1).values - math.log(log_w.shape[1])).mean()),
)
loss.wrong(
    "exponentials without a shift",
    "exp(log w) underflows for images: use logsumexp.",
    from_weights(lambda log_w: -torch.log(torch.exp(log_w).mean(1)).mean()),
)
loss.wrong(
    "the weights keep their gradient",
    "In Σ w̃ log w the normalised weights are constants (detach them), else the gradient is another one.",
    from_weights(lambda log_w: -(torch.softmax(log_w, 1) * log_w).sum(1).mean()),
)
loss.wrong(
    "uniform weights in the gradient",
    "The gradient weighs each draw by its normalised weight.",
    from_weights(lambda log_w: -(reference.bound(log_w).detach() + log_w.mean(1) - log_w.mean(1).detach()).mean()),
)
loss.wrong(
    "squared weights for all parameters",
    "w̃² belongs to the doubly reparameterized gradient of the encoder, with log q's parameters held fixed.",
    from_weights(
        lambda log_w: (
            -(
                reference.bound(log_w).detach()
                + (torch.softmax(log_w, 1).detach() ** 2 * (log_w - log_w.detach())).sum(1)
            ).mean()
        )
    ),
)


def reparameterized(power: int, in_decoder: int) -> Any:
    """Normalised weights to these powers, q's parameters held fixed inside log q; the value is the bound's."""

    def wrong(x: Tensor, model: Any, eps: Tensor) -> Tensor:
        mean, log_var = model.encoder(x)
        z = reference.reparameterize(mean, log_var, eps)
        log_q = Normal(mean.detach().unsqueeze(1), torch.exp(log_var.detach() / 2).unsqueeze(1)).log_prob(z).sum(-1)
        logits = model.decoder(z)
        log_p = -F.binary_cross_entropy_with_logits(logits, x.unsqueeze(1).expand_as(logits), reduction="none").sum(-1)
        log_w = log_p + Normal(0.0, 1.0).log_prob(z).sum(-1) - log_q
        weights = torch.softmax(log_w.detach(), 1)
        if z.requires_grad:
            z.register_hook(lambda gradient: gradient * weights.unsqueeze(-1) ** (power - in_decoder))
        surrogate = (weights**in_decoder * log_w).sum(1)
        return -(reference.bound(log_w.detach()) + surrogate - surrogate.detach()).mean()

    return wrong


loss.wrong(
    "the path derivative",
    "Sticking the landing is biased for K > 1; the gradient of this draw of the bound is asked for.",
    reparameterized(power=1, in_decoder=1),
)
loss.wrong(
    "the doubly reparameterized gradient",
    "It is unbiased, and not the gradient of this draw of the bound.",
    reparameterized(power=2, in_decoder=1),
)
loss.wrong(
    "doubly reparameterized in the decoder too",
    "w̃² belongs into the encoder's gradient; the decoder's has w̃.",
    reparameterized(power=2, in_decoder=2),
)
loss.wrong(
    "log B for log K",
    "The average is over the K draws: log K is taken away.",
    from_weights(lambda log_w: -(torch.logsumexp(log_w, 1) - math.log(len(log_w))).mean()),
)
loss.wrong(
    "the weights are clamped",
    "Clamping the log weights biases the bound.",
    from_weights(lambda log_w: -reference.bound(log_w.clamp(min=-3.0)).mean()),
)
