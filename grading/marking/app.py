"""The marking page: on 127.0.0.1 only, opened by a one-time token, no resource from elsewhere."""

from __future__ import annotations

import hmac
import secrets

from flask import Flask, Response, abort, make_response, redirect, render_template, request, url_for

from grading.marking.agreement import agreement
from grading.marking.desk import Desk
from grading.typeset import markdown

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; form-action 'self'"


def make_app(desk: Desk, who: str, token: str) -> Flask:
    """A Flask application for one marker.

    The first request must carry the token, which is then spent and replaced by a cookie; every other request must
    carry the cookie, and name this host, so that no other page of the marker's browser can act here.
    """
    app = Flask(__name__)
    session = secrets.token_urlsafe(32)
    unspent = [token]

    @app.before_request
    def admit() -> Response | None:
        if request.host.partition(":")[0] not in ("127.0.0.1", "localhost"):
            abort(403)
        if hmac.compare_digest(request.cookies.get("session", ""), session):
            return None
        if unspent and hmac.compare_digest(request.args.get("token", ""), unspent[0]):
            unspent.clear()
            opened = make_response(redirect(url_for("index")))
            opened.set_cookie("session", session, httponly=True, samesite="Strict")
            return opened
        abort(403)

    @app.after_request
    def seal(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @app.get("/")
    def index() -> str:
        rows = [(question, check, name, desk.answers(name)) for question, check, name in desk.checks()]
        marks = [mark for *_, answers in rows for answer in answers for mark in answer.marks]
        return render_template("index.html", rows=rows, who=who, pairs=agreement(marks))

    @app.get("/<path:name>/<int:place>")
    def one(name: str, place: int) -> str:
        return page(name, place, "")

    @app.post("/<path:name>/<int:place>")
    def save(name: str, place: int) -> Response | tuple[str, int]:
        answer = at(name, place)
        try:
            points = float(request.form.get("points", "").replace(",", "."))
            desk.mark(answer.content, name, points, who, request.form.get("why", ""))
        except ValueError as error:
            return page(name, place, str(error)), 400
        return make_response(redirect(url_for("one", name=name, place=min(place + 1, len(desk.answers(name)) - 1))))

    def at(name: str, place: int):  # type: ignore[no-untyped-def]
        if name not in desk.course.manifest() or not 0 <= place < len(desk.answers(name)):
            abort(404)
        return desk.answers(name)[place]

    def page(name: str, place: int, fault: str) -> str:
        answer = at(name, place)
        question, check = desk.course.manifest()[name]
        return render_template(
            "answer.html",
            answer=answer,
            text=markdown(answer.text),
            question=question,
            check=check,
            most=question.points_of(check),
            own=answer.mark_by(who),
            place=place,
            count=len(desk.answers(name)),
            fault=fault,
            name=name,
        )

    return app
