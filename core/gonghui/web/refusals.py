"""Refusals as pages: whoever asked with a browser gets no JSON."""

from __future__ import annotations

import orjson
from flask import Blueprint, Response, g, render_template, request

from gonghui.web.kept import Fields, sent_fields

blueprint = Blueprint("refusals", __name__, template_folder="templates")

#: Refusals of a form whose session is over, or is another one meanwhile.
_SESSION_ENDED = frozenset({"unauthenticated", "csrf"})


@blueprint.after_app_request
def show_problem(answer: Response) -> Response:
    """Whoever asked with a browser gets every refusal as a page, not as JSON."""
    if answer.mimetype != "application/problem+json" or request.path.startswith("/api/") or "tenant" not in g:
        return answer
    wanted = request.accept_mimetypes.best_match(["application/json", "text/html"])
    return error_page(answer) if wanted == "text/html" else answer


def error_page(answer: Response) -> Response:
    """A problem document as a page."""
    content = orjson.loads(answer.get_data())
    g.is_problem = True
    g.pop("shell", None)
    kept = sent_fields() if content["code"] in _SESSION_ENDED else []
    if kept:
        answer.set_data(_kept_page(content["code"], kept))
    else:
        answer.set_data(render_template("problem.html", problem=content))
    answer.content_type = "text/html; charset=utf-8"
    return answer


def _kept_page(code: str, kept: Fields) -> str:
    """What was typed, in the page where one signs in, or ready to be shown in its form again."""
    address = request.full_path.rstrip("?")
    if code == "csrf":
        return render_template("kept.html", action=address, kept=kept)
    return render_template("sign_in.html", problem=None, next=address, kept=kept)
