"""Black box variational inference for the Normal–Gamma model (Ranganath, Gerrish and Blei 2014).

`x`, `prior` and `q` are as in `normal_gamma`: data (N,), (mu_0, lambda_0, a_0, b_0), (mu_N, lambda_N, a_N, b_N).
Gradients point uphill on the bound. Draws and generators are arguments, so that every result can be repeated.
Compute in float64, which is not torch's default: in float32 the checks' short steps are lost.
"""


def gradient_draws(x, prior, q, mu, tau):
    """The noisy gradient of the bound in (mu_N, lambda_N, a_N, b_N) from each draw (mu, tau) of q.

    `mu` and `tau` are (S,). Returns the rows (S, 4) whose average is the estimate (eq. 3), not the average.
    Speed: a check hands in some 10,000 draws, up to 2000 in a call, and may take 60 seconds, each call 20.
    """
    raise NotImplementedError


def control_variate(f, h):
    """Gradient rows with the scaled score subtracted (eqs. 7, 9, 10): (S, d), one row for each row of f.

    f (S, d): gradient draws for the d parameters of one factor of q. h (S, d): the score at the same draws,
    whose mean is zero. The scaling is yours to estimate from f and h: from the same rows, as published, or so
    that the mean of the rows stays unbiased.
    """
    raise NotImplementedError


def fit(x, prior, q, n_steps, n_samples, step_size, rng, control_variates):
    """Stochastic gradient ascent on the bound (Algorithm 1), started at q.

    n_samples: draws of q in each step. step_size: one number, or an array (n_steps,) of rho_1, rho_2, ...
    rng: a numpy.random.Generator. control_variates: True or False.
    Returns the trajectory (n_steps + 1, 4) of (mu_N, lambda_N, a_N, b_N), the start as its first row.
    lambda_N, a_N and b_N must stay positive; how is your choice (shortened steps, steps in the inverse of
    softplus, ...), but short steps must climb the bound. Steps in logarithms multiply the noise by the size of
    the parameter: on 1000 points, without control variates, they diverge. Each parameter may have a coordinate of its
    own, but none that mixes two, such as the mean and the variance of tau. The step is rho_t times the gradient in it,
    with no AdaGrad and no natural gradient. All n_steps steps are taken, however short they get.

    Speed: a check makes some 200,000 draws, in trajectories of up to 30,000, and may take 60 seconds, each call 20. An
    experiment makes 1,000,000 in each run, which may take 600 seconds. 0.1 ms a draw is in time, so a Python loop over
    draws is, if it does not loop over the data as well; arrays take a hundredth of that.
    """
    raise NotImplementedError
