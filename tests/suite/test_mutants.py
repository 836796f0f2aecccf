"""Every known mistake is killed by a check of its own question, and correct work passes whatever it looks like.

The whole table, every mutant against every check, is made by `python -m tests.suite.kill_table`; here each mutant
meets the check that the table says kills it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from grading.assignment import Course, contract, load
from grading.submission import Problem, Rng, Submission
from grading.submission.problems import Raised
from grading.verdict.claims import Refuted
from grading.verdict.naming import looks_like, namer
from tests.recognition import FIRST_DIGITS, FLOAT32, agrees
from tests.suite import kill_table, mutants, mutation_score, variants  # noqa: F401  (fill the corpus)
from tests.suite.corpus import MUTANTS, VARIANTS, Mutant, Replaced, Variant, submission_of
from tests.suite.killing import RunnableCheck, all_checks, checks_of


@pytest.fixture(scope="module")
def killers() -> dict[tuple[str, ...], list[str]]:
    """The checks that killed each mutant when the table was made."""
    found = defaultdict(list)
    for row in kill_table.read():
        if row[4] == "killed":
            found[row[:3]].append(row[3])
    return found


def recorded_first(mutant: Mutant, killers: dict[tuple[str, ...], list[str]]) -> list[RunnableCheck]:
    """The checks of a mutant's question, those that killed it before first."""
    known = killers.get((mutant.question, mutant.function, mutant.name), [])
    return sorted(checks_of(mutant.question), key=lambda check: check.name not in known)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # mistakes overflow: that may be how they are found
@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_every_mistake_is_killed_and_named(mutant: Mutant, killers: dict[tuple[str, ...], list[str]]) -> None:
    """By a refutation in words, not by a crash; the check names it, or it is known again, perhaps beside another."""
    killed = False
    for check in recorded_first(mutant, killers):
        submission = submission_of(mutant)
        objection = check.verdict(submission)
        assert not isinstance(objection, Raised), f"the mutant crashed: {objection}"
        killed |= objection is not None
        named = isinstance(objection, Refuted) and bool(objection.mistake)
        if objection is not None and (named or known_again(mutant, submission)):
            return
    pytest.fail("no check that kills it leads to its name" if killed else "no check of its question kills it")


def known_again(mutant: Mutant, submission: Submission) -> bool:
    """Whether what a failed check called gives the mistake away, as in grading."""
    name = namer()
    assert name is not None
    return f"{mutant.name}: {mutant.message}" in looks_like(name(submission, list(submission.calls), mutant.question))


def mutant_called(name: str) -> Mutant:
    return next(mutant for mutant in MUTANTS if mutant.name == name)


def test_a_name_fits_at_generic_arguments() -> None:
    """At tau = 1 a missing constant looks like a missing factor of log tau; only one of them is named."""
    wrong = mutant_called("the constant is counted once")
    submission = submission_of(wrong)
    submission.normal_gamma.log_likelihood(np.array([1.0, 2.5, 0.0]), np.array([0.5]), np.array([1.0]))
    assert names_of(submission, "1.2.4") == [f"{wrong.name}: {wrong.message}"]


def test_a_name_explains_what_is_wrong() -> None:
    """Trajectories that hardly move agree to rounding, whatever is wrong with them; that is no reason for a name."""
    wrong = mutant_called("it stops at the first short step")
    submission, q = submission_of(wrong), (1.0, 2.0, 3.0, 2.0)
    submission.bbvi.fit(np.array([1.3, 0.2, 2.9]), (0.5, 0.2, 2.0, 3.0), q, 64, 400, 1e-8, Rng(1), False)
    assert names_of(submission, "1.2.5") in ([], [f"{wrong.name}: {wrong.message}"])


def names_of(submission: Submission, number: str) -> list[str]:
    name = namer()
    assert name is not None
    return name(submission, list(submission.calls), number)


def test_what_is_right_at_a_point_names_nothing_there() -> None:
    """Of a single point the sum is the average; digits of a float32 are known where nothing else is."""
    summed = {"the sum was taken, where the average is asked for": lambda: 0.3}
    for found, said in ((0.3 + 1.2e-6, FIRST_DIGITS), (float(np.float32(0.3 + 1.2e-6)), FLOAT32)):
        with pytest.raises(Refuted) as refuted:
            agrees(found, 0.3, "the loss", oracle="", mistakes=summed, atol=1e-6)
        assert refuted.value.mistake == said


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_correct_variants_pass(variant: Variant) -> None:
    """Other algebra, loops, libraries, published Algorithm 2: every check of the question passes."""
    for check in checks_of(variant.question):
        assert check.verdict(submission_of(variant), examples=5) is None, check.identifier


def test_the_corpus_is_large_and_named() -> None:
    """At least 200 mistakes, eight for each question that asks for code, one for each function; 40 variants."""
    course: Course = load()
    counts = Counter(mutant.question for mutant in MUTANTS)
    assert len(MUTANTS) >= 200
    assert len(VARIANTS) >= 40
    assert [q.number for q in course.questions if q.functions and counts[q.number] < 8] == []
    asked = {name for question in course.questions for name in question.functions}
    assert asked - {mutant.function for mutant in MUTANTS} == set()
    assert asked - {variant.function for variant in VARIANTS} == set()
    keys = [(m.question, m.function, m.name) for m in MUTANTS]
    assert [key for key, n in Counter(keys).items() if n > 1] == []
    assert all(mutant.message.endswith((".", "?")) and mutant.name[0] != " " for mutant in MUTANTS)


def test_the_kill_table_is_up_to_date() -> None:
    """It has a row for every mutant and check of today, every check kills something or is excused."""
    rows = kill_table.read()
    table = {(row[0], row[1], row[2], row[3]) for row in rows}
    today = {(m.question, m.function, m.name, c.name) for m in MUTANTS for c in checks_of(m.question)}
    assert table == today, "run `python -m tests.suite.kill_table`"
    assert [row for row in rows if row[4] not in ("killed", "passed")] == []


def test_every_check_has_a_reason_to_exist() -> None:
    """It kills a mistake that no other check of its question kills, or `kept_checks.toml` says why it is kept."""
    counts = kill_table.alone(kill_table.read())
    assert {check for check, count in counts.items() if not count} == set(kill_table.kept())


def test_generated_mutants_are_killed() -> None:
    """At least 95 % of those that are wrong, of a sample that is large enough to say so."""
    rows = [row for row in mutation_score.read() if mutation_score.stands(row)]
    assert len(rows) >= 200
    assert mutation_score.score(rows).share >= 0.95
    assert set(mutation_score.equivalent()) <= {row["key"] for row in mutation_score.read() if not row["killed_by"]}


class Listening(Replaced):
    """The reference, which remembers what contract functions are called."""

    def __init__(self) -> None:
        super().__init__({})
        self.called: set[str] = set()
        self.own = self.worker.function
        self.worker.function = self.listen  # type: ignore[method-assign]

    def listen(self, name: str, message: dict[str, Any], listen: Any) -> Any:
        self.called.add(name)
        return self.own(name, message, listen)


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.identifier)
def test_no_mistake_costs_points_elsewhere(check: RunnableCheck) -> None:
    """A check calls functions that its own question is about, or waits for the questions that the others are."""
    course = load()
    owners = defaultdict(set)
    for mutant in MUTANTS:
        owners[mutant.function].add(mutant.question)
    transport = Listening()
    try:
        assert check.verdict(Submission(transport), examples=2) is None
    except Problem as problem:
        pytest.fail(str(problem))
    question, page = course.manifest()[check.identifier]
    waits = {need.partition("/")[0] for need in page.needs} | waits_of(course, question.number, page.needs)
    foreign = [name for name in transport.called if name in owners and question.number not in owners[name]]
    costly = [name for name in foreign if not owners[name] & waits]
    assert not costly, f"it calls {', '.join(costly)} of other questions and does not wait for those"


def waits_of(course: Course, number: str, needs: list[str]) -> set[str]:
    """Questions waited for through checks of the same question."""
    found: set[str] = set()
    for need in needs:
        if "/" in need and need in course.manifest():
            found |= {each.partition("/")[0] for each in course.manifest()[need][1].needs}
    return found


def test_the_contract_is_covered() -> None:
    """Every mutant and variant replaces a function that the contract has."""
    names = {f.qualified for module in contract().values() for f in module.functions.values()}
    assert {each.function for each in MUTANTS} | {each.function for each in VARIANTS} <= names
