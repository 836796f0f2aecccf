"""What a step is: chains that go on, names that are introduced, conditions, sides that cannot be read."""

from __future__ import annotations

from derivations.check import check_document
from tests.suite.written import BAD, GOOD, NOTED, report, verdicts


def test_a_wrong_line_between_right_ones_gives_two_refuted_steps() -> None:
    found = report(
        "1.1.1",
        r"""\begin{aligned}
        \mathcal{L}(q) &= \mathbb{E}_{q(Z)}[\log p(X, Z)] - \mathbb{E}_{q(Z)}[\log q(Z)] \\
        &= \mathbb{E}_{q(Z)}[\log p(X, Z)] + \mathbb{E}_{q(Z)}[\log q(Z)] \\
        &= \log p(X) - KL(q(Z) || p(Z|X)) \end{aligned}""",
    )
    assert [step.verdict in GOOD for step in found.steps] == [True, False, False]
    wrong = found.first_wrong("1.1.1")
    assert wrong is not None and wrong[1] == 2


def test_a_chain_may_go_on_in_the_next_display() -> None:
    found = report("3.1.22", r"\nabla_\phi \int q_\phi(z|x) dz = \quad (1)", r"\nabla_\phi 1 \quad (2)")
    assert [len(e.steps) for e in found.equations] == [0, 1]
    assert found.steps[0].verdict in GOOD
    assert [e.tag for e in found.equations] == ["1", "2"]


def test_the_question_keeps_its_own_definitions() -> None:
    wrong, right = report(
        "1.1.1",
        r"\mathcal{L}(q) = \mathbb{E}_{q(Z)}[\frac{\log p(X, Z)}{q(Z)}]",
        r"\log p(X) = \mathcal{L}(q) + KL(q(Z) || p(Z|X))",
    ).steps
    assert wrong.verdict in BAD and right.verdict in GOOD


def test_new_names_are_defined_by_their_first_line() -> None:
    found = report(
        "1.1.1",
        r"G := \int q(Z) \log p(X, Z) dZ",
        r"G = \mathbb{E}_{q(Z)}[\log p(X, Z)]",
        r"G = \mathbb{E}_{q(Z)}[\log p(Z|X)]",
    )
    assert [step.verdict in good for step, good in zip(found.steps, (NOTED, GOOD, BAD), strict=True)] == [True] * 3


def test_a_multiplier_imposes_a_condition_and_the_next_line_follows_from_it() -> None:
    condition = (
        r"\frac{\partial}{\partial q_1(Z_1)} \Big( \mathbb{E}_{q_1(Z_1)}[\mathbb{E}_{-Z_1}[\log p(X,Z)]"
        r" - \log q_1(Z_1)] + \lambda (\int q_1(Z_1) dZ_1 - 1) \Big) = 0"
    )
    derivative = r"\mathbb{E}_{-Z_1}[\log p(X,Z)] - \log q_1(Z_1) - 1 + \lambda = 0"
    slip = r"\mathbb{E}_{-Z_1}[\log p(X,Z)] + \log q_1(Z_1) - 1 + \lambda = 0"
    imposed, follows = verdicts("1.1.3", condition, derivative)
    assert imposed in NOTED and follows in GOOD
    assert verdicts("1.1.3", condition, slip)[1] in BAD


def test_an_unread_side_is_reported_with_its_line_and_never_counted_as_right() -> None:
    text = "# 1.1.1\n\n$$\na = b\n+ \\oint c\n$$\n"
    (equation,) = check_document(text).equations
    assert not equation.is_read and "line 5, column 3" in str(equation.problem) and r"\oint" in str(equation.problem)
    assert [str(step.verdict) for step in equation.steps] == ["unread"]


def test_a_display_that_begins_with_its_sign_goes_on_from_the_one_before() -> None:
    """`$$= ...$$` after a line of text; under another question there is nothing to go on from, and that is said."""
    first = r"$$\log p(X) = \mathbb{E}_q[\log p(X, Z)] - \mathbb{E}_q[\log p(Z|X)]$$"
    right, wrong = r"$$= \mathbb{E}_q[\log \frac{p(X, Z)}{p(Z|X)}]$$", r"$$= \mathbb{E}_q[\log p(X, Z)]$$"
    for last, status in ((right, "proved"), (wrong, "refuted")):
        report = check_document(f"## 1.1.1\n{first}\nand so\n{last}\n")
        assert [step.verdict for step in report.steps] == ["proved", status]
    orphan = check_document(f"## 1.1.1\n{first}\n## 1.1.3\n{right}\n").equations[-1]
    assert not orphan.is_read and "line 4: nothing stands before the first sign" in (orphan.problem or "")


def test_an_expectation_over_nothing_is_told_what_to_write() -> None:
    """Not the name of a class: how to say what the expectation is over."""
    (step,) = check_document(r"## 1.1.1" + "\n" + r"$$\mathbb{E}[\log p(X, Z)] = \log p(X)$$").steps
    assert step.verdict == "undecided" and r"as in \mathbb{E}_q" in step.evidence and "Bare" not in step.evidence


def test_what_follows_from_a_derivative_set_to_zero_is_for_a_human() -> None:
    """It is said of one point; without the condition the same is refuted."""
    found = verdicts(
        "2.2.17", r"\frac{\partial \mathcal{L}}{\partial \beta} = 0 \Rightarrow \beta = \frac{\bar{x}}{\alpha}"
    )
    assert found == ["recorded", "undecided"]
    assert verdicts("2.2.17", r"\beta = \frac{\bar{x}}{\alpha}") == ["refuted"]
    assert verdicts("3.1.22", r"\nabla_\phi \log q_\phi(z|x) = 0") == ["refuted"]
