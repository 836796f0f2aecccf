"""The marking page: on 127.0.0.1 only, opened by a one-time token, no resource from elsewhere."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING

from flask import Flask, Response, abort, make_response, redirect, render_template, request, url_for
from jinja2 import StrictUndefined

from grading.feedback.typeset import markdown
from grading.marking.agreement import agreement
from grading.marking.desk import Answer, Desk, Unmarkable, points_from
from grading.marking.requests import RequestPages
from grading.report.page import picture
from grading.run import Run

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NOTHING = "Nothing was written."
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'"


def make_app(desk: Desk, who: str, token: str, run: Run | None = None) -> Flask:
    """A Flask application for one marker; with a run, regrade requests can be answered by running a check again."""
    app = Flask(__name__)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters["picture"] = picture
    take_turns(app)
    guard(app, token)
    requests = RequestPages(desk, run, who)
    pages = Pages(desk, requests, who)
    app.add_url_rule("/", "index", pages.index)
    app.add_url_rule("/<path:name>/<int:place>", "one", pages.one)
    app.add_url_rule("/<path:name>/<int:place>", "save", pages.save, methods=["POST"])
    app.add_url_rule("/<path:name>/empty", "nothing", pages.nothing, methods=["POST"])
    app.add_url_rule("/regrades/<identifier>/", "request", requests.one)
    app.add_url_rule("/regrades/<identifier>/", "reply", requests.save, methods=["POST"])
    return app


def take_turns(app: Flask) -> None:
    """Answer one request at a time.

    The server has threads, since browsers keep spare connections open without a word; the gradebook is for one.
    """
    answer, turn = app.wsgi_app, Lock()

    def in_turn(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """The answer, once no other request is being answered."""
        with turn:
            return answer(environ, start)

    app.wsgi_app = in_turn  # type: ignore[assignment, method-assign]


def guard(app: Flask, token: str) -> None:
    """Admit one browser.

    The first request must carry the token, which is then spent and replaced by a cookie; every other request must
    carry the cookie, and name this host, so that no other page of the marker's browser can act here.
    """
    session = secrets.token_urlsafe(32)
    unspent = [token]

    @app.before_request
    def admit() -> Response | None:
        """None lets the request pass; aborts with 403, or trades the token for a cookie."""
        if request.host.partition(":")[0] not in ("127.0.0.1", "localhost"):
            abort(403)
        if hmac.compare_digest(request.cookies.get("session", ""), session):
            return None
        if not (unspent and hmac.compare_digest(request.args.get("token", ""), unspent[0])):
            abort(403)
        unspent.clear()
        opened = make_response(redirect(url_for("index")))
        opened.set_cookie("session", session, httponly=True, samesite="Strict")
        return opened

    @app.after_request
    def seal(response: Response) -> Response:
        """Forbid the page everything that it does not need."""
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


class Pages:
    """The list of questions, and one answer at a time."""

    def __init__(self, desk: Desk, requests: RequestPages, who: str) -> None:
        self.desk, self.requests, self.who = desk, requests, who

    def index(self) -> str:
        """Every check that a human marks, how far this marker is, and how far two markers agree."""
        rows = [(question, check, name, self.desk.answers(name)) for question, check, name in self.desk.checks()]
        marks = [mark for *_, answers in rows for answer in answers for mark in answer.marks]
        asked = self.requests.all()
        return render_template("index.html", rows=rows, who=self.who, pairs=agreement(marks), asked=asked)

    def one(self, name: str, place: int) -> str:
        """One answer with its form."""
        return self.page(name, place, fault="")

    def save(self, name: str, place: int) -> Response | tuple[str, int]:
        """Save the mark and go on; what cannot be saved is said on the same page."""
        answer, count = self.at(name, place)
        try:
            points = points_from(request.form.get("points", ""))
            self.desk.mark(answer.content, name, points, self.who, request.form.get("why", ""))
        except Unmarkable as error:
            return self.page(name, place, fault=str(error)), 400
        return make_response(redirect(url_for("one", name=name, place=min(place + 1, count - 1))))

    def nothing(self, name: str) -> Response:
        """Give 0 where nothing was written and nobody has marked it, and go back to the list."""
        self.at(name, 0)
        for answer in self.desk.answers(name):
            if answer.empty:
                self.desk.mark(answer.content, name, 0.0, self.who, NOTHING)
        return make_response(redirect(url_for("index")))

    def at(self, name: str, place: int) -> tuple[Answer, int]:
        """The answer at a place, and how many there are; 404 where there is none."""
        answers = self.desk.answers(name) if name in self.desk.course.manifest() else []
        if not 0 <= place < len(answers):
            abort(404)
        return answers[place], len(answers)

    def page(self, name: str, place: int, fault: str) -> str:
        """The page of one answer."""
        answer, count = self.at(name, place)
        question, check = self.desk.course.manifest()[name]
        return render_template(
            "answer.html",
            name=name,
            answer=answer,
            text=markdown(answer.text),
            question=question,
            check=check,
            most=question.points_of(check),
            own=answer.mark_by(self.who),
            place=place,
            count=count,
            fault=fault,
        )
