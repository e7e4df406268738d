"""Members over HTTP, beside what their record type gives: searching by number, who opened what, merging."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import Response

from gonghui.sdk import (
    Blueprint,
    OpeningOut,
    PersonMerge,
    UnitOfWork,
    idempotent,
    openings_of,
    operation,
    page_response,
    page_schema,
)
from gonghui_organising import member_merges, member_queries
from gonghui_organising.member_schemas import (
    MemberSearch,
    MergeIn,
    MergeOut,
)
from gonghui_organising.members import members, seen

REVEAL = "organising.member.reveal"

blueprint = Blueprint(
    "organising_members",
    __name__,
    url_prefix="/api/v1/organising",
    description="Organising: members",
)


@blueprint.route("/members/search", methods=["POST"])
@operation(REVEAL)
@blueprint.arguments(MemberSearch)
@blueprint.response(200, page_schema(members))
def search_members(uow: UnitOfWork, body: dict[str, str]) -> Response:
    """Members whose numbers I may open, by a number or its last four characters; each search is on record."""
    found = member_queries.search_rows(uow, body["by"], body["number"], REVEAL)
    uow.note("organising.member.searched", by=body["by"], found=len(found))
    return page_response(found, None)


@blueprint.route("/members/<uuid:member_id>/openings", methods=["GET"])
@operation(REVEAL)
@blueprint.response(200, OpeningOut(many=True))
def list_member_openings(uow: UnitOfWork, member_id: UUID) -> Any:
    """Who opened this member's values."""
    return openings_of(uow, seen(uow, member_id, REVEAL).person_id)


@blueprint.route("/person-merges", methods=["POST"])
@operation(member_merges.MERGE)
@idempotent
@blueprint.arguments(MergeIn)
@blueprint.response(201, MergeOut)
def merge(uow: UnitOfWork, body: dict[str, Any]) -> Response:
    """Say that two members are one human being."""
    made = member_merges.merge_members(uow, body["kept_id"], body["dropped_id"], body["reason"])
    return _json(_merge_json(made), 201)


@blueprint.route("/person-merges/<uuid:merge_id>/undo", methods=["POST"])
@operation(member_merges.MERGE)
@blueprint.response(200, MergeOut)
def unmerge(uow: UnitOfWork, merge_id: UUID) -> Response:
    """Take a merge apart; both histories are as they were."""
    return _json(_merge_json(member_merges.unmerge_members(uow, merge_id)))


def _merge_json(made: PersonMerge) -> dict[str, Any]:
    names = ("id", "kept_id", "dropped_id", "reason", "merged_at", "undone_at")
    return {name: getattr(made, name) for name in names}


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, content_type="application/json")
