"""The verdict on what a submission derives for one question: its steps, and whether they get to the goals."""

from __future__ import annotations

from functools import lru_cache

from derivations.check import check_document
from derivations.goals.goal import Finding, Goal, State
from derivations.reader import ReadError
from derivations.report import DocumentReport, Equation, Step
from derivations.verdict import Status
from grading.assignment import Question, load
from grading.submission import Missing, Submission
from grading.verdict import closed_forms
from grading.verdict.claims import NeedsHuman, Refuted

GOALS = load().goals()
OTHER_MEANING = "a definition in the text gives a name another meaning than the question does"


def judge(submission: Submission, number: str) -> None:
    """Nothing, where every step under the question's heading holds and together they reach its goals.

    Raises:
        Refuted: the first wrong step or closed form with its counterexample, or a goal that nothing gets to.
        NeedsHuman: what could be neither read, proved nor refuted.
        Missing: there is no answer, or none with an equation.
    """
    reached = in_code(submission, number)
    wanted = tuple(goal.says for goal in GOALS.get(number, ()) if goal.name not in reached)
    report = checked(text_of(submission, bool(reached and not wanted)), number, wanted)
    if not report.equations and (wanted or not reached):
        raise Missing(f"answers.md has no displayed equation ($$ ... $$) under a heading with {number}")
    first = report.first_wrong(number)
    if first is not None:
        raise refusal(*first)
    open_ends = [f"line {e.line}: {e.problem or 'a step is undecided'}" for e in report.equations if not settled(e)]
    open_ends += [f"line {e.line}: {OTHER_MEANING}" for e in report.definitions if e.first_wrong_step is not None]
    if open_ends:
        raise NeedsHuman("a human has to look at " + "; ".join(open_ends))
    if wanted and not report.goals:
        raise NeedsHuman("answers.md brings a context of its own: a human has to see whether it gets to the goal")
    missed = [finding for finding in report.goals if finding.state is not State.REACHED]
    if any(finding.state is State.NOT_FOUND for finding in missed):
        raise Refuted("every step holds, but the question asks for more:\n" + "\n".join(map(line_of, missed)))
    if missed:
        raise NeedsHuman("a human has to look at the goal: " + "; ".join(map(line_of, missed)))


@lru_cache(maxsize=256)
def checked(text: str, number: str, wanted: tuple[str, ...]) -> DocumentReport:
    """The verdicts on one question's answer and on these of its goals; the same text is judged once a process."""
    goals = [goal for goal in GOALS.get(number, ()) if goal.says in wanted]
    return check_document(text, question=number, goals={number: goals})


def in_code(submission: Submission, number: str) -> set[str]:
    """Names of the goals that a closed form in answers.py reaches.  Raises Refuted at the first that is wrong."""
    question = load().question(number)
    texts = closed_forms.written(submission, question)
    for goal in closed_forms.asked(question):
        if goal.name in texts:
            judge_code(question, goal, texts[goal.name])
    return set(texts)


def judge_code(question: Question, goal: Goal, text: str) -> None:
    """One closed form: accepted with a proof or 50 digits at random points, refuted with a counterexample."""
    try:
        verdict = closed_forms.verdict(question, goal, text)
    except ReadError as error:
        raise NeedsHuman(f"answers.py, `{goal.name}` cannot be read: {error.reason}; it is {text:.200}") from None
    if verdict.status is Status.UNDECIDED:
        raise NeedsHuman(f"answers.py, `{goal.name}` is undecided: {verdict.evidence}; it is {text:.200}")
    if verdict.counterexample is not None:
        found = verdict.counterexample
        raise Refuted(
            f"answers.py, `{goal.name}` is not {goal.says}: {verdict.evidence},\n"
            f"where it is {found.right} and its definition gives {found.left}",
            example=closed_forms.example(text, found),
        )


def text_of(submission: Submission, optional: bool) -> str:
    """`answers.md`; nothing where there is none and none is needed."""
    try:
        return submission.answers()
    except Missing:
        if optional:
            return ""
        raise


def settled(equation: Equation) -> bool:
    """Read, and every step decided."""
    return equation.is_read and all(step.verdict not in ("undecided", "unread") for step in equation.steps)


def line_of(finding: Finding) -> str:
    """`not found: the log prior in closed form (no step gives it)`."""
    return f"{finding.state}: {finding.goal.says} ({finding.words})"


def refusal(equation: Equation, number: int) -> Refuted:
    """The first wrong step, with its counterexample and, where one was verified, its repair."""
    step = equation.steps[number - 1]
    tag = f" ({equation.tag})" if equation.tag else ""
    return Refuted(
        f"answers.md, line {equation.line}, equation{tag}, step {number}: this does not hold:\n"
        f"{step.left} {step.relation} {step.right}\n{step.evidence}",
        mistake=repair_of(step),
        example=(step.counterexample or {}).get("rerun", ""),
    )


def repair_of(step: Step) -> str:
    """The verified small edit that makes the step right, in words."""
    return (step.repair or {}).get("says", "")
