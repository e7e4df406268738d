"""Openings over HTTP: who opened my data."""

from __future__ import annotations

from typing import Any

from gonghui.api.contents import OpeningOut
from gonghui.api.operations import SIGNED_IN, Blueprint, operation
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.records.reveal import openings_of

blueprint = Blueprint("openings", __name__, url_prefix="/api/v1", description="Who opened my data")


@blueprint.route("/me/openings", methods=["GET"])
@operation(SIGNED_IN)
@blueprint.response(200, OpeningOut(many=True))
def list_my_openings(uow: UnitOfWork) -> Any:
    """Who opened a value of mine, which one, when and why."""
    person_id = uow.principal.person_id
    return openings_of(uow, person_id) if person_id else []
