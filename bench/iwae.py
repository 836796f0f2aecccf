"""One training step of the IWAE with the course's networks, batch 100: the textbook's way, and faster ones.

The textbook loop takes sigmoid and binary cross-entropy in float32 and back-propagates all K draws. The others keep
the estimator (`iwae.loss`, in float32 or with matrix products in bfloat16) or change it without bias
(`resampled_iwae.loss`: all K draws are weighed, M of them back-propagated).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from bench.timing import Row, measured
from implementations import iwae, resampled_iwae, vae

TITLE = "IWAE, one Adam step, 784-400-400-200 and back, batch 100, one thread"
BATCH, LATENT = 100, 200
DRAWS = (1, 5, 50)
Step = Callable[[Tensor, vae.VAE, Tensor], Tensor]


def rows() -> Iterator[Row]:
    """The table: seconds of a step, its matrix products a second, and their share of what this machine can do."""
    torch.set_num_threads(1)
    peaks = {dtype: peak(dtype) for dtype in (torch.float32, torch.bfloat16)}
    for dtype, rate in peaks.items():
        yield Row(f"matrix product 5000 x 400 x 400 in {str(dtype).removeprefix('torch.')}", 1.6e9 / rate, gflops(rate))
    x = (torch.rand(BATCH, 784, generator=torch.Generator().manual_seed(0)) * 2 - 1).clamp(min=0)
    for K in DRAWS:
        eps, textbook_seconds = torch.randn(BATCH, K, LATENT), 0.0
        for name, loss, dtype, back in steps(K):
            spent = seconds(loss, x, eps)
            textbook_seconds = textbook_seconds or spent
            rate = flops(K, back) / spent
            share = (
                f"{gflops(rate)}, {rate / peaks[dtype]:.0%} of the peak, {textbook_seconds / spent:.1f} times as fast"
            )
            yield Row(f"K = {K}: {name}", spent, share)


def steps(K: int) -> Iterator[tuple[str, Step, torch.dtype, int]]:
    """Name, loss, type of the matrix products and number of draws that are back-propagated."""
    yield "textbook, float32", textbook, torch.float32, K
    yield "iwae.loss, float32", iwae.loss, torch.float32, K
    yield "iwae.loss, bfloat16", in_bfloat16(iwae.loss), torch.bfloat16, K
    for M in (1, 4):
        if K > M:
            yield f"{M} of {K} draws back-propagated, bfloat16", in_bfloat16(resampled(M)), torch.bfloat16, M


def textbook(x: Tensor, model: vae.VAE, eps: Tensor) -> Tensor:
    """-L_K as it is usually written."""
    mean, log_var = model.encoder(x)
    mean, log_var = mean.unsqueeze(1), log_var.unsqueeze(1)
    z = mean + torch.exp(0.5 * log_var) * eps
    theta = torch.sigmoid(model.decoder(z))
    log_p_x = -F.binary_cross_entropy(theta, x.unsqueeze(1).expand_as(theta), reduction="none").sum(2)
    log_p_z = -0.5 * (z.pow(2) + math.log(2 * math.pi)).sum(2)
    log_q = -0.5 * ((z - mean).pow(2) / log_var.exp() + log_var + math.log(2 * math.pi)).sum(2)
    return -(torch.logsumexp(log_p_x + log_p_z - log_q, 1) - math.log(eps.shape[1])).mean()


def in_bfloat16(loss: Step) -> Step:
    """The same loss with matrix products in bfloat16."""

    def cast(x: Tensor, model: vae.VAE, eps: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return loss(x, model, eps)

    return cast


def resampled(M: int) -> Step:
    """`resampled_iwae.loss` with M draws and fresh uniforms."""
    return lambda x, model, eps: resampled_iwae.loss(x, model, eps, torch.rand(len(x)), M)


def seconds(loss: Step, x: Tensor, eps: Tensor, repeats: int = 15) -> float:
    """The least processor time of a step: loss, gradient, Adam."""
    torch.manual_seed(0)
    model = vae.VAE()
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def step() -> None:
        adam.zero_grad()
        loss(x, model, eps).backward()
        adam.step()

    step()
    return min(measured(step, 1) for _ in range(repeats))


def flops(K: int, back: int) -> float:
    """Operations of the matrix products: 2 a weight and row forward, 4 backward.

    Encoder: B rows. Decoder: B K rows weighed; where fewer are back-propagated they are decoded a second time.
    """
    encoder, decoder = 784 * 400 + 400 * 400 + 2 * 400 * LATENT, LATENT * 400 + 400 * 400 + 400 * 784
    again = back if back < K else 0
    return BATCH * (6.0 * encoder + decoder * (2.0 * K + 2.0 * again + 4.0 * back))


def peak(dtype: torch.dtype, repeats: int = 10) -> float:
    """Operations a second of a large matrix product on this machine."""
    a, b = torch.randn(5000, 400).to(dtype), torch.randn(400, 400).to(dtype)
    return 2 * 5000 * 400 * 400 / min(measured(lambda: [a @ b for _ in range(4)], 1) / 4 for _ in range(repeats))


def gflops(rate: float) -> str:
    """`84 GFLOP/s`."""
    return f"{rate / 1e9:.0f} GFLOP/s"
