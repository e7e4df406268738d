"""Refusals as pages: whoever asked with a browser gets no JSON."""

from __future__ import annotations

import orjson
from flask import Blueprint, Response, g, render_template, request

blueprint = Blueprint("refusals", __name__, template_folder="templates")


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
    answer.set_data(render_template("problem.html", problem=content))
    answer.content_type = "text/html; charset=utf-8"
    return answer
