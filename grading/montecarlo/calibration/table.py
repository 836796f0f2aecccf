"""The calibration table: measured rates with their standard errors beside what is guaranteed."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from scipy.stats import norm

from grading.montecarlo.calibration.trials import RELAXED, STRICT_ALPHA, STRICT_BETA, Trial

Row = tuple[Trial, dict[str, float]]
COMMAND = "python -m grading.montecarlo.calibrate"


def totals(measured: list[tuple[Trial, list[dict[str, float]]]]) -> list[Row]:
    """Counts summed over blocks, for trials of which at least one block is there."""
    return [(t, {k: sum(b[k] for b in blocks) for k in blocks[0]}) for t, blocks in measured if blocks]


def write_csv(rows: list[Row], path: Path) -> None:
    """One line a count: table, kind, law, quantity, value."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["table", "kind", "law", "quantity", "value"])
        for trial, counts in rows:
            for quantity, value in counts.items():
                writer.writerow([trial.table, trial.kind, trial.law, quantity, f"{value:.10g}"])


def write_markdown(rows: list[Row], path: Path) -> None:
    """The four tables, with the command that made them."""
    sections = [
        INTRODUCTION,
        _relaxed([row for row in rows if row[0].table == "relaxed"]),
        _rare([row for row in rows if row[0].table == "rare"]),
        _samples([row for row in rows if row[0].table == "samples"]),
        _t_test([row for row in rows if row[0].table == "t-test"]),
    ]
    path.write_text("\n\n".join(sections) + "\n")


INTRODUCTION = f"""# How often the Monte Carlo tests are wrong

Generated; every figure is measured by

    make calibrate          # or: {COMMAND} --out DIR [--shard I/N]
                            #     {COMMAND} --out DIR --write docs

A Monte Carlo assertion of a check fails correct work with probability at most alpha = 1e-11, and lets a
discrepancy of the stated size pass with probability about beta = 1e-6. These rates are too small to count, so
the same code is measured at relaxed levels, by direct simulation, and at alpha = 1e-9 by importance sampling.
"""


def _relaxed(rows: list[Row]) -> str:
    head = f"""## Relaxed levels: alpha = beta = {RELAXED}

*Any look*: the share of correct runs in which the evidence against ever exceeds 1/alpha, looking every 16
draws up to 2,000 and never accepting. *False fail*, *false pass*: the complete test, on correct work and on a
discrepancy of exactly the effect (0.2 standard deviations; 0.05 in a probability; a factor 1.2 in a weight,
1.5 in a variance). ± is one standard error.
"""
    lines = []
    for trial, c in rows:
        n = c["replications"]
        rates = [_rate(c[k], n) for k in ("rejected_at_some_look", "false_fails", "false_passes")]
        draws = [f"{c[k] / n:,.0f}" for k in ("draws_if_true", "draws_if_wrong")]
        lines.append([trial.kind, trial.law, f"{n:,.0f}", *rates, *draws])
    titles = ["test", "law", "runs", "any look", "false fail", "false pass", "draws to pass", "draws to fail"]
    return head + "\n" + _table(titles, lines)


def _rare(rows: list[Row]) -> str:
    head = """## alpha = 1e-9, by importance sampling, up to 16,000 draws

The probability that correct work is ever rejected, from runs of tilted laws.
"""
    lines = []
    for trial, c in rows:
        n = c["replications"]
        mean, error = rare_rate(c)
        rejected = f"{c['runs_rejected'] / n:.0%}"
        rate = f"{mean * STRICT_ALPHA:.2e} ± {error * STRICT_ALPHA:.1e}"
        lines.append([trial.kind, trial.law, f"{n:,.0f}", rejected, rate])
    return head + "\n" + _table(["test", "law", "runs", "rejected under the tilt", "probability"], lines)


def rare_rate(counts: dict[str, float]) -> tuple[float, float]:
    """The probability of a wrong rejection over alpha, from importance weights, and its standard error."""
    n = counts["replications"]
    mean = counts["weight"] / n
    return mean, math.sqrt(max(counts["weight_squared"] / n - mean**2, 0) / n)


def fixed_z_test(detect: float) -> float:
    """Draws of a two-sided z-test with exact variance: ((z_{alpha/2} + z_beta)/detect)²."""
    return float(((norm.isf(STRICT_ALPHA / 2) + norm.isf(STRICT_BETA)) / detect) ** 2)


def dkwm(detect: float, support: float) -> float:
    """Draws by the DKWM inequality for a variable of known support (in sd): log(2/alpha)/(2 (detect/2/support)²)."""
    return math.log(2 / STRICT_ALPHA) / (2 * (detect / 2 / support) ** 2)


def _samples(rows: list[Row]) -> str:
    head = f"""## Draws to a verdict: alpha = {STRICT_ALPHA:g}, beta = {STRICT_BETA:g}

Effect 0.1 standard deviations (0.02 in a probability). For the same error rates a z-test of fixed size with
exact variance, trusting the central limit theorem, always takes {fixed_z_test(0.1):,.0f} draws, and the DKWM
method, for a support of ±7 standard deviations, {dkwm(0.1, 14):,.0f}.

The lognormal weight takes a tenth more draws than the Gaussian to fail at 0.1 sd, and that is what its tail costs: a
draw y that is off by 0.1 sd brings on average E[phi(0.1 y)] - log(1 + 0.1²/2) of evidence (by quadrature 0.00497 nats
for the Gaussian and 0.00451 for the lognormal), because phi dampens the few large draws that carry the mean.
"""
    lines = []
    for trial, c in rows:
        n = c["replications"]
        mean = c["draws"] / n
        spread = math.sqrt(max(c["draws_squared"] / n - mean**2, 0))
        failed = f"{c['failed'] / n:.1%}"
        lines.append([trial.kind, trial.law, f"{n:,.0f}", f"{mean:,.0f} ± {spread:,.0f}", failed, f"{c['at_limit']:g}"])
    return head + "\n" + _table(["test", "law", "runs", "draws (mean ± sd)", "failed", "at the limit"], lines)


def _t_test(rows: list[Row]) -> str:
    head = """## For comparison: the t-test with the sample standard deviation, nominal 0.001

What the plug-in standard deviation really does; at smaller levels it is worse.
"""
    lines = [[t.kind, t.law, f"{c['replications']:,.0f}", _rate(c["false_fails"], c["replications"])] for t, c in rows]
    return head + "\n" + _table(["draws", "law", "runs", "false fail"], lines)


def _rate(count: float, n: float) -> str:
    p = count / n
    return f"{p:.4f} ± {math.sqrt(p * (1 - p) / n):.4f}"


def _table(titles: list[str], lines: list[list[str]]) -> str:
    rows = [titles, ["---"] * len(titles), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
