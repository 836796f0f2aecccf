"""Names that neither the question nor the document defines: asked for, and no step is refuted because of them."""

from __future__ import annotations

import pytest

from tests.suite.written import BAD, GOOD, NOTED, report, verdicts

LOSS = r"\log\Gamma(\alpha) + \alpha\log\beta - \frac{1}{N}\sum_n ((\alpha - 1)\log x_n - \frac{x_n}{\beta})"
STRANGERS = {
    r"\tilde{x}": (
        "2.2.17",
        r"\frac{\partial}{\partial\beta}\mathcal{L}(\alpha,\beta) = \frac{\alpha}{\beta} - \frac{\tilde x}{\beta^2}",
    ),
    r"\tilde{x} means": ("2.2.17", r"\frac{\partial \tilde x}{\partial\beta} = 0"),
    "S": ("1.2.4", r"\log p(D|\mu,\tau) = \frac{N}{2} \log\frac{\tau}{2\pi} - \frac{\tau}{2} S(\mu)"),
    r"\ell": ("2.2.17", r"\frac{\partial\ell}{\partial\alpha} = \psi(\alpha) + \log\beta - \overline{\log x}"),
    "a and b mean": ("1.2.4", r"(a + b)^2 = a^2 + b^2"),
}
IN_OTHER_COORDINATES = (
    r"\nabla_\eta \mathcal{L}(\alpha, \beta) = J^{-1} \nabla_\theta \mathcal{L}(\theta)",
    r"\nabla_\eta \mathcal{L}(\theta) = 0",
    r"\frac{\partial \alpha}{\partial \eta_1} = 1",
)


@pytest.mark.parametrize("name", STRANGERS)
def test_a_name_that_nobody_defines_is_asked_for(name: str) -> None:
    question, latex = STRANGERS[name]
    (step,) = report(question, latex).steps
    assert step.verdict == "undecided" and f"I do not know what {name}" in step.evidence


def test_what_holds_for_every_value_of_a_name_holds() -> None:
    assert verdicts("1.2.4", r"(a + b)^2 = a^2 + 2ab + b^2")[0] in GOOD


def test_a_line_above_a_letter_is_a_bar() -> None:
    assert verdicts("2.2.17", r"\overline{x} = \frac{1}{N} \sum_n x_n", r"\overline{x} = N \bar{x}") == [
        "proved",
        "refuted",
    ]


@pytest.mark.parametrize("latex", IN_OTHER_COORDINATES)
def test_a_derivative_in_other_coordinates_is_not_taken_as_zero(latex: str) -> None:
    assert verdicts("2.2.15", latex) == ["undecided"]


def test_a_function_is_introduced_by_its_first_line() -> None:
    right, wrong = (
        rf"\frac{{\partial \ell}}{{\partial\alpha}} = \psi(\alpha) {sign} \log\beta - \overline{{\log x}}"
        for sign in "+-"
    )
    noted, good, bad = verdicts("2.2.17", rf"\ell(\alpha, \beta) = {LOSS}", right, wrong)
    assert noted in NOTED and good in GOOD and bad in BAD
