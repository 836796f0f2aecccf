"""Single lines, right and wrong ones, each judged in the context of its question."""

from __future__ import annotations

import pytest

from tests.suite.written import BAD, GOOD, NOTED, report

# Each line: the question, a display, and what must be found of each of its steps.
LINES = [
    ("1.1.1", r"\log p(X) = \mathbb{E}_{q(Z)}[\log\frac{p(X,Z)}{q(Z)}] + KL(q(Z)\|p(Z|X))", [GOOD]),
    ("1.1.1", r"\log p(X) = \mathbb{E}_{q(Z)}[\log\frac{p(X,Z)}{q(Z)}] - KL(q(Z)\|p(Z|X))", [BAD]),
    ("1.1.1", r"\log p(X) \ge \int q(Z) \log \frac{p(X,Z)}{q(Z)} \, dZ", [GOOD]),
    ("1.1.1", r"\log p(X) \le \int q(Z) \log \frac{p(X,Z)}{q(Z)} \, dZ", [BAD]),
    ("1.1.1", r"\mathcal{L}(q) := \mathbb{E}_{q(Z)}[\log p(X, Z)] + \mathbb{E}_{q(Z)}[\log q(Z)]", [BAD]),
    (
        "1.1.3",
        r"\mathcal{L}(q) = \mathbb{E}_{q_1(Z_1)}[\mathbb{E}_{-Z_1}[\log p(X,Z)]] - \mathbb{E}_{q_1(Z_1)}"
        r"[\log q_1(Z_1)] + C",
        [GOOD],
    ),
    (
        "1.1.3",
        r"\mathcal{L}(q) = \mathbb{E}_{q_1(Z_1)}[\mathbb{E}_{-Z_1}[\log p(X,Z)]] + \mathbb{E}_{q_1(Z_1)}"
        r"[\log q_1(Z_1)] + C",
        [BAD],
    ),
    ("1.1.3", r"\log q_1^*(Z_1) = \mathbb{E}_{-Z_1}[\log p(X, Z)] + \text{const}", [GOOD]),
    ("1.1.3", r"\log q_1^*(Z_1) = \mathbb{E}_{-Z_1}[\log p(X, Z)]", [BAD]),
    ("1.1.3", r"\log q_1^*(Z_1) = \mathbb{E}_{-Z_2}[\log p(X, Z)] + C", [BAD]),
    ("1.1.3", r"C = -\log \int \exp(\mathbb{E}_{-Z_1}[\log p(X, Z)]) dZ_1", [NOTED]),
    ("1.1.3", r"C = \mathbb{E}_{-Z_1}[\log p(X, Z)]", [BAD]),
    ("1.1.3", r"\log p(X) = C", [{"undecided"}]),
    ("1.2.4", r"\log q(\mu) = \tfrac12 \ln \frac{\lambda_N}{2\pi} - \frac{\lambda_N (\mu - \mu_N)^2}{2}", [GOOD]),
    ("1.2.4", r"\frac{\partial}{\partial b_N} \log q(\mu, \tau) = \frac{a_N}{b_N} - \tau", [GOOD]),
    ("1.2.4", r"\frac{\partial}{\partial a_N} \log q(\mu, \tau) = \log b_N - \psi(a_N) - \log \tau", [BAD]),
    ("1.2.4", r"\mathbb{E}_q\left[\frac{\partial}{\partial a_N} \log q(\mu, \tau)\right] = 0", [GOOD]),
    (
        "1.2.4",
        r"\frac{\partial \log q(\mu, \tau)}{\partial \sigma}"
        r" = \frac{(\mu - \mu_N)^2}{\sigma^3} - \frac{1}{\sigma}",
        [GOOD],
    ),
    ("2.1.10", r"\log p(X) \ge \mathcal{L}_K(q)", [GOOD]),
    ("2.1.11", r"\mathcal{L}_1(q) \ge \mathcal{L}_2(q)", [BAD]),
    (
        "2.1.12",
        r"\nabla_{\lambda_3} \mathcal{L}(\lambda) = \mathbb{E}_q[\nabla_{\lambda_3}"
        r" \log q_{\lambda_3}(z) (\log p(z|v)"
        r" + \sum_n \log p(x_n|z, y_n) - \log q_{\lambda_3}(z))]",
        [GOOD],
    ),
    (
        "2.1.12",
        r"\nabla_{\lambda_3} \mathcal{L}(\lambda) = \mathbb{E}_q[\nabla_{\lambda_3}"
        r" \log q_{\lambda_3}(z) (\log p(z|v)"
        r" - \log q_{\lambda_3}(z))]",
        [BAD],
    ),
    ("2.2.14", r"p(x|\alpha, \beta) = \frac{1}{\Gamma(\alpha) \beta^\alpha} x^{\alpha - 1} e^{-x/\beta}", [GOOD]),
    ("2.2.14", r"p(x|\alpha, \beta) = \frac{\beta^\alpha}{\Gamma(\alpha)} x^{\alpha - 1} e^{-\beta x}", [BAD]),
    (
        "2.2.15",
        r"\tilde{\nabla}_\theta \mathcal{L}(\theta)"
        r" = J^{-1} F(\eta)^{-1} (J^T)^{-1} \nabla_\theta \mathcal{L}(\theta)",
        [GOOD],
    ),
    (
        "2.2.15",
        r"\tilde{\nabla}_\theta \mathcal{L}(\theta)"
        r" = J^T F(\eta)^{-1} J \nabla_\theta \mathcal{L}(\theta)",
        [BAD],
    ),
    (
        "2.2.16",
        r"F(\theta) ="
        r" \begin{pmatrix} \psi'(\alpha) & 1/\beta \\ 1/\beta & \alpha/\beta^2 \end{pmatrix}",
        [GOOD],
    ),
    (
        "2.2.16",
        r"F(\theta) ="
        r" \begin{pmatrix} \psi'(\alpha) & -1/\beta \\ -1/\beta & \alpha/\beta^2 \end{pmatrix}",
        [BAD],
    ),
    (
        "3.1.21",
        r"\hat{\nabla}_{TD}(\epsilon, \phi) = \nabla_z [\log p(x|z) + \log p(z) - \log q_\phi(z|x)]"
        r"\nabla_\phi t(\epsilon, \phi) - \nabla_\phi \log q_\phi(z|x)",
        [GOOD],
    ),
    (
        "3.1.21",
        r"\hat{\nabla}_{TD}(\epsilon, \phi) = \nabla_z [\log p(x|z) + \log p(z) - \log q_\phi(z|x)]"
        r"\nabla_\phi t(\epsilon, \phi)",
        [BAD],
    ),
    ("3.1.22", r"\mathbb{E}_{q_\phi(z|x)}[\nabla_\phi \log q_\phi(z|x)] = 0", [GOOD]),
    (
        "4.1.26",
        r"L = \mathbb{E}_q\Big[ KL(q(x_T|x_0) \| p(x_T))"
        r" + \sum_{t>1} KL(q(x_{t-1}|x_t, x_0) \| p_\theta(x_{t-1}|x_t))"
        r" - \log p_\theta(x_0|x_1) \Big]",
        [GOOD],
    ),
    (
        "4.1.26",
        r"L = \mathbb{E}_q\Big[ KL(q(x_T|x_0) \| p(x_T))"
        r" + \sum_{t\ge1} KL(q(x_{t-1}|x_t, x_0) \| p_\theta(x_{t-1}|x_t))"
        r" - \log p_\theta(x_0|x_1) \Big]",
        [BAD],
    ),
    ("4.1.26", r"L_0 = -\log p_\theta(x_0|x_1), \quad L_0 = \log p_\theta(x_0|x_1)", [GOOD, BAD]),
    ("4.2.27", r"\mathcal{L}_K = \mathbb{E}_{Z_1, \dots, Z_K}\left[\log \sum_{k=1}^K W_k\right] - \log K", [GOOD]),
    ("4.2.27", r"\mathcal{L}_K = \mathbb{E}_{Z_1, \dots, Z_K}\left[\log \sum_{k=1}^K W_k\right]", [BAD]),
    ("1.1.3", r"q(Z) = \prod_{i=1}^3 q_i(Z_i)", [GOOD]),
    ("1.1.3", r"\log q_j^*(Z_j) = \mathbb{E}_{i \neq j}[\log p(X,Z)] + \text{const.}", [GOOD]),
    ("1.1.3", r"\log q_j^*(Z_j) = \mathbb{E}_{-Z_j}[\log p(X,Z)]", [BAD]),
    ("1.2.4", r"\frac{\partial \log q}{\partial \mu_N} = \lambda_N (\mu - \mu_N)", [GOOD]),
    ("2.1.10", r"\mathbb{E}_{Z_k \sim q(Z|X)}[w_k] = p(X)", [GOOD]),
    ("2.2.14", r"\mathbb{E}[x] = \alpha\beta", [GOOD]),
    ("2.2.14", r"\mathbb{E}[x] = \alpha/\beta", [BAD]),
    ("3.1.20", r"g_i \sim \text{Gumbel}(0, 1)", [NOTED]),
]


@pytest.mark.parametrize(("question", "latex", "expected"), LINES)
def test_each_line_is_judged_in_the_context_of_its_question(
    question: str, latex: str, expected: list[set[str]]
) -> None:
    found = report(question, latex)
    assert [e.problem for e in found.equations] == [None]
    assert len(found.steps) == len(expected)
    for step, allowed in zip(found.steps, expected, strict=True):
        assert step.verdict in allowed, step
