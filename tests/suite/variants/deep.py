"""Other correct ways to the relaxed sample, the autoencoders' losses and the diffusion bound."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Distribution, Independent, Normal, RelaxedOneHotCategorical, kl_divergence
from torch.func import functional_call
from torch.nn import functional as F

from implementations import diffusion, gumbel_softmax, iwae, vae
from tests.suite.corpus import target

sample = target("3.1.20", "gumbel_softmax.sample")
density = target("3.1.20", "gumbel_softmax.log_density")
reparameterize = target("3.1.25", "vae.reparameterize")
log_weights = target("3.1.25", "vae.log_weights")
loss = target("3.1.25", "vae.loss")
path_loss = target("3.1.23", "vae.path_derivative_loss")
draws = target("4.2.27", "iwae.reparameterize")
iwae_weights = target("4.2.27", "iwae.log_weights")
iwae_loss = target("4.2.27", "iwae.loss")
marginal = target("4.1.26", "diffusion.forward_marginal")
posterior = target("4.1.26", "diffusion.forward_posterior")
terms = target("4.1.26", "diffusion.bound_terms")
simple = target("4.1.26", "diffusion.simple_loss")

sample.right(
    "exponential of the log-softmax",
    lambda probs, g, t: torch.log_softmax((gumbel_softmax.log_or_minus_infinity(probs) + g) / t, -1).exp(),
)
sample.right(
    "zeros held at the smallest normal number",
    lambda probs, g, t: torch.softmax((probs.clamp_min(torch.finfo(probs.dtype).tiny).log() + g) / t, -1),
)
sample.right(
    "one draw after the other",
    lambda probs, g, t: torch.stack([gumbel_softmax.sample(probs, row[None], t)[0] for row in g]),
)
density.right(
    "torch's relaxed distribution",
    lambda y, probs, t: RelaxedOneHotCategorical(torch.tensor(t, dtype=y.dtype), probs, validate_args=False).log_prob(
        y
    ),
)
sample.right(
    "the temperature as a tensor of single precision",
    lambda probs, g, t: torch.softmax((gumbel_softmax.log_or_minus_infinity(probs) + g) / torch.tensor(t), -1),
)
density.right(
    "torch's relaxed distribution, the temperature in single precision",
    lambda y, probs, t: RelaxedOneHotCategorical(torch.tensor(t), probs).log_prob(y),
)
density.right(
    "(K - 1)! as a product",
    lambda y, probs, t: (
        math.log(math.factorial(probs.shape[-1] - 1))
        + (probs.shape[-1] - 1) * math.log(t)
        + (probs.log() - (t + 1) * y.log()).sum(-1)
        - probs.shape[-1] * torch.logsumexp(probs.log() - t * y.log(), -1)
    ),
)
reparameterize.right("torch.addcmul", lambda m, v, eps: torch.addcmul(m, (0.5 * v).exp(), eps))
reparameterize.right("the root of the variance", lambda m, v, eps: m + v.exp().sqrt() * eps)


def log_p(x: Tensor, logits: Tensor) -> Tensor:
    """x · logits - softplus(logits)."""
    return (x * logits - F.softplus(logits)).sum(-1)


def weights(x: Tensor, model: Any, eps: Tensor) -> Tensor:
    """With torch's distributions."""
    mean, log_var = model.encoder(x)
    z = mean + torch.exp(0.5 * log_var) * eps
    log_q = Independent(Normal(mean, torch.exp(0.5 * log_var), validate_args=False), 1).log_prob(mean + (z - mean))
    return log_p(x, model.decoder(z)) + Normal(0.0, 1.0).log_prob(z).sum(-1) - log_q


def weights_by_bernoulli(x: Tensor, model: Any, eps: Tensor) -> Tensor:
    """The Bernoulli takes grey values where it does not validate them."""
    mean, log_var = model.encoder(x)
    z = mean + torch.exp(0.5 * log_var) * eps
    pixels = Independent(Bernoulli(logits=model.decoder(z), validate_args=False), 1)
    return pixels.log_prob(x) + (Normal(0.0, 1.0).log_prob(z) - Normal(mean, (0.5 * log_var).exp()).log_prob(z)).sum(-1)


def weights_collected(x: Tensor, model: Any, eps: Tensor) -> Tensor:
    """The constants of the two Gaussians cancel."""
    mean, log_var = model.encoder(x)
    z = mean + torch.exp(0.5 * log_var) * eps
    return log_p(x, model.decoder(z)) + 0.5 * (eps.square() - z.square() + log_var).sum(-1)


log_weights.right("torch's distributions", weights)
log_weights.right("torch's Bernoulli", weights_by_bernoulli)
log_weights.right("softplus, constants cancelled", weights_collected)
loss.right("softplus, constants cancelled", lambda *a: -weights_collected(*a).mean())
loss.right("the sum divided by the batch", lambda x, model, eps: -vae.log_weights(x, model, eps).sum() / x.shape[0])


def path(x: Tensor, model: Any, eps: Tensor) -> Tensor:
    """The parameters detached inside log q."""
    mean, log_var = model.encoder(x)
    z = mean + torch.exp(0.5 * log_var) * eps
    fixed = Normal(mean.detach(), torch.exp(0.5 * log_var).detach(), validate_args=False)
    return -(log_p(x, model.decoder(z)) + Normal(0.0, 1.0).log_prob(z).sum(-1) - fixed.log_prob(z).sum(-1)).mean()


def path_by_surrogate(x: Tensor, model: Any, eps: Tensor) -> Tensor:
    """The loss plus the score term at fixed z, minus its value."""
    mean, log_var = model.encoder(x)
    z = (mean + torch.exp(0.5 * log_var) * eps).detach()
    score = Normal(mean, torch.exp(0.5 * log_var), validate_args=False).log_prob(z).sum(-1).mean()
    return vae.loss(x, model, eps) - (score - score.detach())


def path_with(log_q_of: Callable[[Any, Tensor], tuple[Tensor, Tensor]]) -> Any:
    """The parameters of q inside log q from log_q_of(model, x)."""

    def right(x: Tensor, model: Any, eps: Tensor) -> Tensor:
        mean, log_var = model.encoder(x)
        z = vae.reparameterize(mean, log_var, eps)
        mean, log_var = log_q_of(model, x)
        log_q = Normal(mean, torch.exp(0.5 * log_var)).log_prob(z).sum(-1)
        return -(log_p(x, model.decoder(z)) + Normal(0.0, 1.0).log_prob(z).sum(-1) - log_q).mean()

    return right


def of_frozen_copy(model: Any, x: Tensor) -> Any:
    """A copy of the encoder learns nothing."""
    return copy.deepcopy(model.encoder).requires_grad_(False)(x)


def frozen_for_a_moment(model: Any, x: Tensor) -> Any:
    """The encoder itself, frozen and thawed."""
    model.encoder.requires_grad_(False)
    found = model.encoder(x)
    model.encoder.requires_grad_(True)
    return found


path_loss.right("detached parameters", path)
path_loss.right("a frozen copy of the encoder", path_with(of_frozen_copy))
path_loss.right("the encoder frozen for a moment", path_with(frozen_for_a_moment))
path_loss.right(
    "torch.func with detached parameters",
    path_with(lambda m, x: functional_call(m.encoder, {k: v.detach() for k, v in m.encoder.named_parameters()}, (x,))),
)
path_loss.right("the score term taken away", path_by_surrogate)
draws.right("expanded", lambda m, v, eps: m[:, None, :] + v[:, None, :].mul(0.5).exp() * eps)
draws.right(
    "one draw after the other",
    lambda m, v, eps: torch.stack([vae.reparameterize(m, v, eps[:, k]) for k in range(eps.shape[1])], dim=1),
)
iwae_weights.right(
    "one draw after the other",
    lambda x, model, eps: torch.stack([weights_collected(x, model, eps[:, k]) for k in range(eps.shape[1])], dim=1),
)


def flattened(x: Tensor, model: Any, eps: Tensor) -> Tensor:
    """Rows repeated K times, (B K, latent)."""
    B, K, latent = eps.shape
    repeated = x.repeat_interleave(K, dim=0)
    return weights_collected(repeated, model, eps.reshape(B * K, latent)).reshape(B, K)


iwae_weights.right("rows repeated", flattened)
iwae_loss.right(
    "shifted exponentials",
    lambda x, model, eps: (
        -(
            (w := iwae.log_weights(x, model, eps)).max(1).values
            + torch.exp(w - w.max(1, keepdim=True).values).mean(1).log()
        ).mean()
    ),
)
iwae_loss.right(
    "logsumexp of log w - log K",
    lambda x, model, eps: -torch.logsumexp(iwae.log_weights(x, model, eps) - math.log(eps.shape[1]), 1).mean(),
)


def weighted(x: Tensor, model: Any, eps: Tensor) -> Tensor:
    """The bound's value with the gradient of constant normalised weights times log w."""
    log_w = iwae.log_weights(x, model, eps)
    surrogate = (torch.softmax(log_w.detach(), 1) * log_w).sum(1)
    return -(iwae.bound(log_w.detach()) + surrogate - surrogate.detach()).mean()


iwae_loss.right("constant weights, the bound's value", weighted)


def marginal_by_steps(x0: Tensor, t: Tensor, betas: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance pushed through one step after the other."""
    means, variances = [], []
    for row, step in zip(x0, t.tolist(), strict=True):
        mean, variance = row, torch.zeros((), dtype=betas.dtype)
        for beta in betas[:step]:
            mean, variance = (1 - beta).sqrt() * mean, (1 - beta) * variance + beta
        means.append(mean)
        variances.append(variance)
    return torch.stack(means), torch.stack(variances)


marginal.right("one step after the other", marginal_by_steps)


def posterior_by_precisions(x_t: Tensor, x_0: Tensor, t: Tensor, betas: Tensor) -> tuple[Tensor, Tensor]:
    """Bayes' rule: precisions add up. At t = 1 the prior is a point."""
    prior_mean, prior_variance = diffusion.forward_marginal(x_0, t - 1, betas)
    beta = betas[t - 1]
    gain = prior_variance * (1 - beta).sqrt() / (prior_variance * (1 - beta) + beta)
    mean = prior_mean + gain.unsqueeze(-1) * (x_t - (1 - beta).sqrt().unsqueeze(-1) * prior_mean)
    return mean, prior_variance * beta / (prior_variance * (1 - beta) + beta)


posterior.right("the Kalman gain", posterior_by_precisions)


def terms_by_torch(x0: Tensor, x: Tensor, mean: Tensor, variance: Tensor, betas: Tensor) -> Any:
    """torch's KL divergences of diagonal Gaussians."""

    def gaussian(m: Tensor, v: Tensor) -> Distribution:
        return Independent(Normal(m, v.sqrt().reshape(-1, 1).expand_as(m), validate_args=False), 1)

    T, B, _ = x.shape
    rows = []
    for t in range(2, T + 1):
        q = diffusion.forward_posterior(x[t - 1], x0, torch.full((B,), t), betas)
        rows.append(kl_divergence(gaussian(*q), gaussian(mean[t - 1], variance[t - 1].expand(B))))
    last = gaussian(*diffusion.forward_marginal(x0, torch.full((B,), T), betas))
    L_T = kl_divergence(last, gaussian(torch.zeros_like(x0), torch.ones(B, dtype=x0.dtype)))
    L_0 = -gaussian(mean[0], variance[0].expand(B)).log_prob(x0)
    return [L_T, torch.stack(rows) if rows else x.new_zeros((0, B)), L_0]


terms.right("torch's KL divergences", terms_by_torch)
terms.right(
    "a list of the terms", lambda *a: (lambda last, middle, first: (last, list(middle), first))(*terms_by_torch(*a))
)
simple.right(
    "one row after the other",
    lambda x0, eps, t, model, betas: torch.stack(
        [diffusion.simple_loss(x0[i : i + 1], eps[i : i + 1], t[i : i + 1], model, betas)[0] for i in range(len(x0))]
    ),
)
