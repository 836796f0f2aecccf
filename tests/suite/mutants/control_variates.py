"""Mistakes in control variates and in the ascent that uses them (2.2.13)."""

from __future__ import annotations

from typing import Any

import numpy as np

from implementations import bbvi
from tests.suite.corpus import target
from tests.suite.mutants.bbvi import ascent

control = target("2.2.13", "bbvi.control_variate")
fit = target("2.2.13", "bbvi.fit")


def scaled(scaling: Any) -> Any:
    """f - a h with a = scaling(f - mean, h - mean)."""
    return lambda f, h: f - scaling(f - f.mean(axis=0), h - h.mean(axis=0)) * h


def variances(h: np.ndarray) -> Any:
    """Of rows of mean zero, summed."""
    return (h**2).sum()


control.wrong(
    "added instead of subtracted",
    "f - a (h - E h): with the plus sign the variance grows.",
    lambda f, h: 2 * f - bbvi.control_variate(f, h),
)
control.wrong(
    "the scaling is not used",
    "The score is subtracted as it is; a* = Cov(f, h)/Var(h) is missing.",
    lambda f, h: f - h,
)
control.wrong(
    "the ratio is upside down",
    "a* = Cov(f, h)/Var(h); here Var(h)/Cov(f, h).",
    scaled(lambda f, h: variances(h) / (f * h).sum()),
)
control.wrong(
    "divided by the variance of f",
    "a* = Cov(f, h)/Var(h): the variance in the denominator is that of the score.",
    scaled(lambda f, h: (f * h).sum() / (f * f).sum()),
)
control.wrong(
    "divided by the standard deviation",
    "a* = Cov(f, h)/Var(h), the correlation coefficient is something else.",
    scaled(lambda f, h: (f * h).sum() / np.sqrt((f * f).sum() * variances(h))),
)
control.wrong(
    "a sum of ratios",
    "Eq. 9 is a ratio of sums, Σ Cov / Σ Var, not the sum of the ratios.",
    scaled(lambda f, h: ((f * h).sum(axis=0) / (h * h).sum(axis=0)).sum()),
)
control.wrong(
    "covariance about zero, not about the mean",
    "Cov(f, h) = E[(f - E f)(h - E h)]; the means are not subtracted and E[f h] is used with a sample mean of h.",
    lambda f, h: f - (f * h).sum() / (h * h).sum() * (h - h.mean(axis=0)) - f.mean(axis=0),
)
control.wrong(
    "the mean of h is subtracted from h",
    "f - a h, with h as it is: h less its own mean averages to nothing, and with it goes what reduces the variance.",
    lambda f, h: f - (f - bbvi.control_variate(f, h)) / h * (h - h.mean(axis=0)),
)
control.wrong(
    "the first parameter's scaling for all",
    "Eq. 9 sums covariances and variances over the factor's parameters; this takes those of the first alone.",
    lambda f, h: f - (np.cov(f[:, 0], h[:, 0])[0, 1] / h[:, 0].var(ddof=1) if len(f) > 1 else 0.0) * h,
)
control.wrong(
    "the control variate itself is returned",
    "Rows f - a h are asked for; this is a h.",
    lambda f, h: f - bbvi.control_variate(f, h),
)
control.wrong(
    "the mean is returned",
    "One row for each row of f is asked for.",
    lambda f, h: bbvi.control_variate(f, h).mean(axis=0),
)
control.wrong(
    "nothing is subtracted",
    "The rows come back as they were.",
    lambda f, h: np.array(f),
)
control.wrong(
    "a fixed scaling of one half",
    "The scaling has to be estimated: it depends on f and h.",
    lambda f, h: f - 0.5 * h,
)


def rows_of(part: slice) -> Any:
    """f - a h on all rows, with a estimated from some of them."""

    def wrong(f: np.ndarray, h: np.ndarray) -> np.ndarray:
        some_f, some_h = f[part] - f[part].mean(axis=0), h[part] - h[part].mean(axis=0)
        total = (some_h**2).sum()
        return f - ((some_f * some_h).sum() / total if total > 0 else 0.0) * h

    return wrong


control.wrong(
    "all rows but the last",
    "The last row is left out of the scaling, which is then used on the others too: neither published nor unbiased.",
    rows_of(slice(None, -1)),
)
control.wrong(
    "the scaling of the first rows on all",
    "A scaling from some rows keeps the mean of the others only; on these rows it is biased.",
    lambda f, h: rows_of(slice(max(2, len(f) // 2)))(f, h),
)

# -- the ascent -------------------------------------------------------------------------------------------------------


def controlled(rows: Any) -> Any:
    """A correct ascent, in which rows(f, h) are averaged where control variates are asked for."""
    return ascent(lambda f, q: f.mean(axis=0), control_variate=rows)


fit.wrong(
    "the switch is ignored",
    "With control_variates=True the rows f - a h are averaged, not f.",
    controlled(lambda f, h: f),
)
fit.wrong(
    "the score is subtracted unscaled",
    "The score times a* = Cov(f, h)/Var(h) is subtracted, not the score itself.",
    controlled(lambda f, h: f - h),
)
fit.wrong(
    "the control variate is added",
    "f - a h: with the plus sign the variance grows.",
    controlled(lambda f, h: 2 * f - bbvi.control_variate(f, h)),
)
fit.wrong(
    "the means are subtracted from the rows",
    "Rows that were centred average to nothing: only E[h] = 0 is known, not E[f].",
    controlled(lambda f, h: f - f.mean(axis=0)),
)
fit.wrong(
    "the controlled rows are summed",
    "The estimate is the average of the rows, with control variates too.",
    controlled(lambda f, h: len(f) * bbvi.control_variate(f, h)),
)
fit.wrong(
    "downhill with control variates",
    "The sign of the step does not change with the control variate.",
    controlled(lambda f, h: -bbvi.control_variate(f, h)),
)
fit.wrong(
    "the control variate for the first parameter only",
    "Every parameter has its own score, and all of them are subtracted.",
    controlled(lambda f, h: np.concatenate([bbvi.control_variate(f, h)[:, :1], f[:, 1:]], axis=1)),
)
