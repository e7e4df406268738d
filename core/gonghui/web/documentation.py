"""The API's own documentation, and the files of Swagger UI that draw it."""

from __future__ import annotations

import orjson
from flask import Blueprint, Response, current_app, g, render_template, request
from flask_swagger_ui import flask_swagger_ui
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.web.page import SIGNED_IN, page

blueprint = Blueprint("documentation", __name__, template_folder="templates")

_SWAGGER = f"{flask_swagger_ui.__file__.rsplit('/', 1)[0]}/dist"


@blueprint.get("/docs")
@page(SIGNED_IN)
def show_docs(_uow: UnitOfWork) -> str:
    """The API's documentation, as far as this federation has it on."""
    return render_template("docs.html")


@blueprint.get("/api/v1/openapi.json")
@page(SIGNED_IN)
def get_openapi(_uow: UnitOfWork) -> Response:
    """The OpenAPI document of this federation."""
    document = current_app.extensions["gonghui_documents"].for_switches(g.tenant.plugins_on)
    return Response(orjson.dumps(document), content_type="application/json")


@blueprint.get("/static/swagger/<path:name>")
def get_swagger(name: str) -> AnyResponse:
    """Swagger UI's own files, from its package."""
    return send_from_directory(_SWAGGER, name, request.environ, max_age=86_400)
