"""Closed forms in answers.py: right ones reach their goal, wrong ones are refuted, hostile ones end in a message."""

from __future__ import annotations

import contextlib
import io
import time
from pathlib import Path
from tempfile import mkdtemp

import pytest

from derivations.contexts import context_of
from derivations.reader import ReadError
from derivations.reader.code import read_code
from derivations.verdict import Status
from grading.assignment import load
from grading.doctor import Weight, examine
from grading.submission import InProcess, Missing, Raised, Submission
from grading.verdict import closed_forms
from grading.verdict.claims import NeedsHuman, Refuted
from tests.derivation import judge as derivation

RIGHT = {
    "log_likelihood": "N*log(tau/(2*pi))/2 - tau*Sum((x[n] - mu)**2, (n, 1, N))/2",
    "log_prior": "log(lambda_0*tau/(2*pi))/2 - lambda_0*tau*(mu - mu_0)**2/2 + a_0*log(b_0) - loggamma(a_0)"
    " + (a_0 - 1)*log(tau) - b_0*tau",
    "log_q": "log(lambda_N/(2*pi))/2 - lambda_N*(mu - mu_N)**2/2 + a_N*log(b_N) - loggamma(a_N)"
    " + (a_N - 1)*log(tau) - b_N*tau",
    "score": "[lambda_N*(mu - mu_N), 1/(2*lambda_N) - (mu - mu_N)**2/2,"
    " log(b_N) - digamma(a_N) + log(tau), a_N/b_N - tau]",
    "log_partition": "loggamma(eta_1 + 1) - (eta_1 + 1)*log(-eta_2)",
    "log_partition_gradient": "Matrix([polygamma(0, alpha) + log(beta), alpha*beta])",
    "fisher_information": "Matrix([[polygamma(1, alpha), 1/beta], [1/beta, alpha/beta**2]])",
    "negative_log_likelihood": "loggamma(alpha) + alpha*log(beta)"
    " - Sum((alpha - 1)*log(x[n]) - x[n]/beta, (n, 1, N))/N",
    "negative_log_likelihood_gradient": "Matrix([digamma(alpha) + log(beta) - Sum(log(x[n]), (n, 1, N))/N,"
    " alpha/beta - Sum(x[n], (n, 1, N))/(N*beta**2)])",
}
WRONG = {
    "log_likelihood": ("tau/(2*pi)", "2*pi/tau"),
    "log_prior": ("a_0*log(b_0)", "-a_0*log(b_0)"),
    "log_q": ("lambda_N/(2*pi)", "1/(2*pi*lambda_N)"),
    "score": ("- digamma", "+ digamma"),
    "log_partition": ("eta_1 + 1) - (eta_1 + 1)", "eta_1 + 1) - eta_1"),
    "log_partition_gradient": ("alpha*beta", "alpha/beta"),
    "fisher_information": ("beta**2", "beta"),
    "negative_log_likelihood": ("- x[n]/beta", "- x[n]*beta"),
    "negative_log_likelihood_gradient": ("(N*beta**2)", "(N*beta)"),
}
ASKED = [(question, goal) for question in load().questions for goal in closed_forms.asked(question)]
HOSTILE = [
    "9**9**9**9",
    "((((9**99)**99)**99)**99)**99",
    "1e999",
    "9" * 5000,
    "(2*alpha)**(10**9)",
    "(sqrt(2)*alpha)**(10**9)",
    "(1/3 + alpha - N**(10**10))*loggamma(-N)",
    "log(gamma(exp(exp(10**10))))",
    "log(gamma(exp(exp(500))))",
    "log(gamma(exp(10**10)))",
    "log(gamma((exp(900)**1000)**1000))",
    "log(gamma(gamma(gamma(exp(6)))))",
    "log(gamma(" + "*".join(["exp(1000)"] * 200) + "))",
    "pi**(pi**(10**10)) + 1",
    "gamma(10**9)",
    "loggamma(9**9)",
    "polygamma(10**6, alpha)",
    "polygamma(alpha, alpha)",
    "Sum(alpha, (n, 1, 10**9))",
    "(" * 5000 + "alpha" + ")" * 5000,
    "-" * 4000 + "alpha",
    "alpha" + "+alpha" * 3000,
    "alpha" + "**alpha" * 900,
    "alpha.__class__",
    "alpha.subs(alpha, 1)",
    "().__class__.__base__.__subclasses__()",
    "(lambda: alpha)()",
    "__import__('os').system('true')",
    "open('/etc/passwd')",
    "[alpha for alpha in range(9)]",
    "'alpha'",
    "log(alpha, evaluate=False)",
    "log(*[alpha])",
    "Matrix([[1, 2], [3]])",
    "1/0",
    "1/(alpha - alpha)",
    "0**-1",
    "1j",
    "True",
    "alpha if beta else 1",
    "alpha[0]",
    "x[n].y",
    "Derivative(alpha, alpha)",
    "alpha := 1",
    "",
    "\x00",
]


def of(folder: Path, page: str, answers: str = "") -> Submission:
    """A submission of an answers.py, and an answers.md where it says something."""
    folder = Path(mkdtemp(dir=folder))
    (folder / "answers.py").write_text(page)
    if answers:
        (folder / "answers.md").write_text(answers)
    return Submission(InProcess(folder))


def submission(folder: Path, answers: str = "", **texts: str) -> Submission:
    """Each closed form written with symbols by name."""
    head = "from sympy import *\nalpha, beta, mu, tau, N, n = symbols('alpha beta mu tau N n')\nx = IndexedBase('x')\n"
    head += "".join(f"{name} = Symbol('{name}')\n" for name in ("eta_1", "eta_2"))
    head += "".join(f"{p}_{i} = Symbol('{p}_{i}')\n" for p in ("mu", "lambda", "a", "b") for i in "0N")
    body = "".join(f"def {name}():\n    return {text}\n" for name, text in texts.items())
    return of(folder, head + body, answers)


@pytest.mark.parametrize(("question", "goal"), ASKED, ids=lambda value: getattr(value, "name", ""))
def test_the_right_form_is_proved_and_a_near_miss_refuted(question, goal) -> None:  # type: ignore[no-untyped-def]
    """The counterexample prints the student's own number again, and nothing of the definition."""
    right, (part, change) = RIGHT[goal.name], WRONG[goal.name]
    assert part in right
    assert closed_forms.verdict(question, goal, right).status is Status.PROVED
    wrong = right.replace(part, change)
    verdict = closed_forms.verdict(question, goal, wrong)
    assert verdict.status is Status.REFUTED and verdict.counterexample
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(closed_forms.example(wrong, verdict.counterexample), {})
    assert verdict.counterexample.right[:6] in printed.getvalue()


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:30] or "nothing")
def test_a_hostile_text_ends_in_a_message(text: str) -> None:
    """At once, and nothing of it is run."""
    start = time.monotonic()
    with pytest.raises(ReadError):
        read_code(text, context_of("2.2.16"))
    assert time.monotonic() - start < 2


def test_a_tower_is_read_and_ends_undecided() -> None:
    """What is too large for numbers is never accepted."""
    (question, goal) = next((q, g) for q, g in ASKED if g.name == "fisher_information")
    tower = "exp(" * 90 + "alpha" + ")" * 90
    assert not closed_forms.verdict(question, goal, f"[[{tower}, 1/beta], [1/beta, alpha/beta**2]]").status.holds


def test_a_formula_with_everything_is_read() -> None:
    """What sympy prints comes back as the same number."""
    read = read_code("sqrt(2)*exp(-0.5*alpha**2)/(2*sqrt(pi)) + trigamma(beta) - E", context_of("2.2.16"))
    value = read.xreplace({symbol: {"alpha": 1, "beta": 2}[symbol.name] for symbol in read.free_symbols}).evalf()
    assert float(value) == pytest.approx(0.24197072 + 0.64493407 - 2.71828183)


def test_closed_forms_stand_in_for_latex(tmp_path: Path) -> None:
    """With all of a question's closed forms in answers.py no answers.md is needed; a function may take letters."""
    derivation(submission(tmp_path, log_partition=RIGHT["log_partition"],
                          log_partition_gradient=RIGHT["log_partition_gradient"]), "2.2.14")  # fmt: skip
    page = (
        "from sympy import *\ndef negative_log_likelihood(alpha, beta, x, n, N):\n"
        f"    return {RIGHT['negative_log_likelihood']}\n"
        "def negative_log_likelihood_gradient(alpha, beta, x, n, N):\n"
        f"    return {RIGHT['negative_log_likelihood_gradient']}\n"
    )
    derivation(of(tmp_path, page), "2.2.17")


def test_a_part_in_code_leaves_the_rest_to_latex(tmp_path: Path) -> None:
    """One goal in answers.py, the other in answers.md; without it the rest is missed."""
    one = submission(tmp_path, log_partition=RIGHT["log_partition"])
    with pytest.raises(Missing, match=r"answers\.md"):
        derivation(one, "2.2.14")
    page = (
        "## 2.2.14\n\n$$\\nabla_\\eta A(\\eta) = \\begin{bmatrix} \\psi(\\eta_1 + 1) - \\log(-\\eta_2) \\\\"
        " -\\frac{\\eta_1 + 1}{\\eta_2} \\end{bmatrix}$$\n"
    )
    derivation(submission(tmp_path, page, log_partition=RIGHT["log_partition"]), "2.2.14")


def test_a_wrong_form_is_refuted_in_words(tmp_path: Path) -> None:
    """File, function, what it should be, where it differs, and both numbers; the definition's formula is not shown."""
    with pytest.raises(Refuted) as caught:
        derivation(
            submission(tmp_path, fisher_information="[[polygamma(1, alpha), 1/beta], [1/beta, alpha]]"), "2.2.16"
        )
    text = str(caught.value)
    assert "answers.py, `fisher_information` is not the Fisher matrix" in text and "entry (2, 2)" in text
    assert "beta**2" not in caught.value.example


def test_what_cannot_be_read_or_run_is_said(tmp_path: Path) -> None:
    """An unknown function goes to a human; an error and a broken file are the student's; an empty one is as none."""
    with pytest.raises(NeedsHuman, match="`fisher_information` cannot be read: Integral"):
        derivation(submission(tmp_path, fisher_information="Integral(alpha, alpha)"), "2.2.16")
    with pytest.raises(Raised, match="ZeroDivisionError"):
        derivation(submission(tmp_path, fisher_information="1 // 0"), "2.2.16")
    with pytest.raises(Missing, match=r"answers\.py, line 1"):
        derivation(of(tmp_path, "def fisher_information(:\n"), "2.2.16")
    with pytest.raises(Missing, match=r"answers\.md"):
        derivation(of(tmp_path, "def fisher_information(alpha, beta):\n    raise NotImplementedError\n"), "2.2.16")


def test_the_doctor_lists_what_was_found(tmp_path: Path) -> None:
    """Found, unreadable, or broken, with the file."""
    one = submission(tmp_path, fisher_information=RIGHT["fisher_information"], log_partition="Integral(alpha, alpha)")
    found = {each.what: each for each in examine(one, load()).answers if each.where == "answers.py"}
    assert found["2.2.16 fisher_information"].weight is Weight.FOUND
    assert found["2.2.14 log_partition"].weight is Weight.NOTICE and "Integral" in found["2.2.14 log_partition"].words
