"""Regrade requests on the marking page: what was asked, what the checks found, and the answer."""

from __future__ import annotations

from pathlib import Path

from flask import Response, abort, make_response, redirect, render_template, request, url_for

from grading.assignment import Kind
from grading.assignment.policy import Request
from grading.feedback.typeset import markdown
from grading.marking.desk import Desk, Unmarkable, points_from
from grading.regrade import Asked, asked, give_points, run_again
from grading.run import Run
from grading.verdict.outcome import Outcome


class RequestPages:
    """One request at a time."""

    def __init__(self, desk: Desk, run: Run | None, who: str) -> None:
        self.desk, self.run, self.who = desk, run, who

    def all(self) -> list[Asked]:
        """Every request of those who handed something in."""
        requests = self.desk.course.policy.requests
        names = [entry.submission for entry in self.desk.book.handed_in()]
        return [each for name in names for each in asked(self.desk.book, requests, name)]

    def find(self, identifier: str) -> Asked:
        """One request; 404 where there is none."""
        return next((each for each in self.all() if each.request.identifier == identifier), None) or abort(404)

    def one(self, identifier: str) -> str:
        """The request with its form."""
        return self.page(self.find(identifier), fault="")

    def save(self, identifier: str) -> Response | tuple[str, int]:
        """Keep the answer and go back to the list; what cannot be kept is said on the same page."""
        found = self.find(identifier)
        try:
            self.answer(found.request, request.form.get("check", ""), request.form.get("why", "").strip())
        except Unmarkable as error:
            return self.page(found, fault=str(error)), 400
        return make_response(redirect(url_for("index")))

    def answer(self, asked_: Request, check: str, why: str) -> None:
        """Give points, or run the check again.  Raises Unmarkable."""
        content, _ = self.work(asked_)
        if not why:
            raise Unmarkable("say why: the student reads it")
        if request.form.get("do") != "run":
            points = points_from(request.form.get("points", ""))
            give_points(self.desk.book, asked_, self.desk.signed(content, check, points, self.who, why))
        elif self.run is None or check not in self.outcomes(asked_):
            raise Unmarkable(f"{check} cannot be run again: a human reads it, or it has no outcome yet")
        else:
            run_again(self.run, asked_, content, check, self.who, why)
            self.desk.seen.pop(content, None)

    def work(self, asked_: Request) -> tuple[str, Path]:
        """Content and folder of what the student handed in."""
        entries = {entry.submission: entry for entry in self.desk.book.handed_in()}
        entry = entries[asked_.student]
        return entry.content, Path(entry.folder)

    def outcomes(self, asked_: Request) -> dict[str, Outcome]:
        """What the question's checks found, as the report says it; prose is not among them."""
        if self.run is None:
            return {}
        manifest, stands = self.desk.course.manifest(), self.run.standing(self.work(asked_)[0])
        return {
            name: outcome
            for name, outcome in stands.outcomes.items()
            if manifest[name][0].number == asked_.question and manifest[name][1].kind is not Kind.PROSE
        }

    def page(self, found: Asked, fault: str) -> str:
        """The page of one request."""
        question = self.desk.course.question(found.request.question)
        content, folder = self.work(found.request)
        return render_template(
            "request.html",
            found=found,
            question=question,
            label=f"Answer {content[:6]}",
            text=markdown(self.desk.written(folder).get(question.number, "")),
            outcomes=self.outcomes(found.request),
            until=self.desk.course.policy.regrade_until,
            fault=fault,
        )
