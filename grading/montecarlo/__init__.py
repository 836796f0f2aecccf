"""Sequential Monte Carlo tests: the only place where randomness becomes a verdict.

    rng = rng_for(seed, "2.2.13", "unbiased")
    check_mean(draw, mean=exact_gradient, variance=exact_variance, rng=rng).require("The gradient is biased.")

`draw(n, rng)` returns n i.i.d. rows; a result is true when it passed. Every test is valid under continuous
monitoring and stops as soon as the evidence suffices in either direction; it fails correct work with
probability at most alpha = 1e-11, and a run may make 100,000 such assertions (`Budget`).
"""

from grading.montecarlo.budget import ALPHA, BETA, Budget, BudgetExceeded, current_budget, rng_for
from grading.montecarlo.categorical import check_categorical, check_distribution
from grading.montecarlo.mean import check_mean, check_mean_at_least, check_second_moment
from grading.montecarlo.nonnegative import check_bound, check_variance_at_most
from grading.montecarlo.pilot import check_mean_by_kurtosis, check_variance_ratio
from grading.montecarlo.result import Ending, Look, Result

__all__ = [
    "ALPHA",
    "BETA",
    "Budget",
    "BudgetExceeded",
    "Ending",
    "Look",
    "Result",
    "check_bound",
    "check_categorical",
    "check_distribution",
    "check_mean",
    "check_mean_at_least",
    "check_mean_by_kurtosis",
    "check_second_moment",
    "check_variance_at_most",
    "check_variance_ratio",
    "current_budget",
    "rng_for",
]
