"""Mistakes in stopping the score term's gradient (question 3.1.23), as the questions about that term see them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal

from implementations import vae as reference
from tests.suite.corpus import target
from tests.suite.mutants.parts import Parts, of, parts

path_loss = target("3.1.23", "vae.path_derivative_loss")

path_loss.wrong(
    "nothing is stopped",
    "This is the total derivative: stop the gradient in q's parameters.",
    reference.loss,
)
path_loss.wrong(
    "all of log q is detached",
    "Stop the gradient in the parameters of q, not in log q as a whole: the path through z is lost.",
    of(lambda p: -(p.log_p + p.log_prior - p.log_q.detach()).mean()),
)
path_loss.wrong(
    "z is detached inside log q",
    "The other way round: the parameters are held fixed, z is not.",
    of(lambda p: -(p.log_p + p.log_prior - p.log_q_at(p.mean, p.log_var, p.z.detach())).mean()),
)
path_loss.wrong(
    "only the mean is held fixed",
    "The log variance is a parameter of q as well.",
    of(lambda p: -(p.log_p + p.log_prior - p.log_q_at(p.mean.detach(), p.log_var, p.z)).mean()),
)
path_loss.wrong(
    "only the variance is held fixed",
    "The mean is a parameter of q as well.",
    of(lambda p: -(p.log_p + p.log_prior - p.log_q_at(p.mean, p.log_var.detach(), p.z)).mean()),
)


def activations_detached(x: Tensor, model: Any, eps: Tensor) -> Tensor:
    mean, log_var = (each.detach() for each in model.encoder(x))
    p = parts(x, model, eps)
    z = mean + torch.exp(log_var / 2) * eps
    log_prior, logits = Normal(0.0, 1.0).log_prob(z).sum(-1), model.decoder(z)
    log_p = Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(-1)
    return -(log_p + log_prior - p.log_q).mean()


path_loss.wrong(
    "the encoder's outputs are detached everywhere",
    "Inside log q only: the encoder no longer learns through z.",
    activations_detached,
)


def z_detached(x: Tensor, model: Any, eps: Tensor) -> Tensor:
    p = parts(x, model, eps)
    z = p.z.detach()
    p = Parts(x, eps, p.mean, p.log_var, z, model.decoder(z))
    return -(p.log_p + p.log_prior - p.log_q).mean()


path_loss.wrong(
    "z is detached everywhere",
    "Only the score term is left, which is to be removed: z keeps its gradient.",
    z_detached,
)


def activations_below_detached(x: Tensor, model: Any, eps: Tensor) -> Tensor:
    p, hidden = parts(x, model, eps), model.encoder.hidden(x).detach()
    log_q = p.log_q_at(model.encoder.mean(hidden), model.encoder.log_var(hidden), p.z)
    return -(p.log_p + p.log_prior - log_q).mean()


path_loss.wrong(
    "the activations are detached",
    "The parameters of q are to be held fixed: the last layers of the encoder still get the score.",
    activations_below_detached,
)


def frozen(x: Tensor, model: Any, eps: Tensor) -> Tensor:
    model.encoder.requires_grad_(False)
    return reference.path_derivative_loss(x, model, eps)


path_loss.wrong(
    "the encoder is frozen",
    "requires_grad_(False) on the encoder itself: it no longer learns. Freeze a copy, or detach.",
    frozen,
)
path_loss.wrong(
    "the analytic KL divergence",
    "The KL in closed form has no score term to remove; log q at the drawn z is needed.",
    of(lambda p: -(p.log_p - p.kl).mean()),
)
path_loss.wrong(
    "log p(z) is detached too",
    "Only the parameters of q inside log q are held fixed.",
    of(lambda p: -(p.log_p + p.log_prior.detach() - p.log_q_at(p.mean.detach(), p.log_var.detach(), p.z)).mean()),
)
path_loss.wrong(
    "the decoder is detached",
    "The decoder's gradient must be that of the loss.",
    of(lambda p: -(p.log_p.detach() + p.log_prior - p.log_q_at(p.mean.detach(), p.log_var.detach(), p.z)).mean()),
)
path_loss.wrong(
    "the sign",
    "The loss goes down when the bound goes up.",
    lambda *a: -reference.path_derivative_loss(*a),
)
path_loss.wrong(
    "summed over the batch",
    "The average over the batch is asked for.",
    lambda x, model, eps: len(x) * reference.path_derivative_loss(x, model, eps),
)
path_loss.wrong(
    "log q is missing",
    "The value of the loss does not change when a gradient is stopped.",
    of(lambda p: -(p.log_p + p.log_prior).mean()),
)


def through_the_mean_only(x: Tensor, model: Any, eps: Tensor) -> Tensor:
    mean, log_var = model.encoder(x)
    z = mean + torch.exp(log_var.detach() / 2) * eps
    p = Parts(x, eps, mean.detach(), log_var.detach(), z, model.decoder(z))
    return -(p.log_p + p.log_prior - p.log_q).mean()


path_loss.wrong(
    "the path through the mean only",
    "z = mean + sigma eps depends on the variance as well: only inside log q is it held fixed.",
    through_the_mean_only,
)
path_loss.wrong(
    "a surrogate of value zero",
    "A loss whose gradient is right but whose value is not cannot be compared with the bound.",
    lambda *a: reference.path_derivative_loss(*a) - reference.path_derivative_loss(*a).detach(),
)

# -- the same mistakes, seen by the questions about the score term ----------------------------------------------------

SEEN_BY = {
    "3.1.21": [
        "nothing is stopped",
        "z is detached everywhere",
        "the activations are detached",
        "all of log q is detached",
        "z is detached inside log q",
        "only the mean is held fixed",
        "only the variance is held fixed",
        "the encoder's outputs are detached everywhere",
        "log p(z) is detached too",
        "the sign",
        "summed over the batch",
    ],
    "3.1.22": [
        "z is detached everywhere",
        "all of log q is detached",
        "z is detached inside log q",
        "the encoder's outputs are detached everywhere",
        "log p(z) is detached too",
        "the sign",
        "summed over the batch",
        "log q is missing",
    ],
    "3.1.24": [
        "nothing is stopped",
        "z is detached everywhere",
        "all of log q is detached",
        "only the variance is held fixed",
        "the analytic KL divergence",
        "log p(z) is detached too",
        "log q is missing",
    ],
}
for mistake in [each for each in path_loss.mutants if each.question == path_loss.question]:
    for question in [question for question, names in SEEN_BY.items() if mistake.name in names]:
        target(question, path_loss.function).wrong(mistake.name, mistake.message, mistake.replacement)
