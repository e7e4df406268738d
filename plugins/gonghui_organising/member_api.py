"""Members over HTTP: list, search, enter, change, the steps of a membership, revealing, merging, export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from flask import Response
from marshmallow import fields, validate

from gonghui.sdk import (
    Blueprint,
    OpeningOut,
    OutColumn,
    PersonMerge,
    StepOut,
    UnitOfWork,
    _,
    decode_cursor,
    expected_version,
    export_response,
    history,
    idempotent,
    openings_of,
    operation,
    page_response,
    person_by_id,
    record_response,
    reveal,
)
from gonghui_organising import member_merges, member_queries, member_steps
from gonghui_organising.member_identity import READ
from gonghui_organising.member_schemas import (
    MemberChange,
    MemberFilter,
    MemberOut,
    MemberPage,
    MemberQuery,
    MemberSearch,
    MembersFound,
    MergeIn,
    MergeOut,
    NewMember,
    ReasonedStepIn,
    Revealed,
    RevealIn,
    StepIn,
    WarnedStepIn,
)
from gonghui_organising.member_steps import APPROVE, CHANGE, CREATE, END
from gonghui_organising.member_words import read_as

REVEAL, EXPORT = "organising.member.reveal", "organising.member.export"

blueprint = Blueprint("members", __name__, url_prefix="/api/v1/organising", description="Organising: members")

_COLUMNS = (
    OutColumn("name", _("姓名"), 12),
    OutColumn("sex", _("性别"), 8),
    OutColumn("document_kind", _("证件类型"), 18),
    OutColumn("id_number", _("证件号码"), 22),
    OutColumn("ethnicity", _("民族"), 10),
    OutColumn("birth_year", _("出生年份"), 10),
    OutColumn("phone", _("手机号码"), 14),
    OutColumn("education", _("学历"), 16),
    OutColumn("household_kind", _("户籍类型"), 16),
    OutColumn("is_migrant_worker", _("是否农民工"), 12),
    OutColumn("employer_name", _("工作单位"), 34),
    OutColumn("union_name", _("所属工会"), 40),
    OutColumn("employment_form", _("就业形态"), 16),
    OutColumn("new_form_group", _("新就业群体"), 16),
    OutColumn("joined_on", _("入会日期"), 12),
    OutColumn("occupation", _("岗位/工种"), 16),
    OutColumn("state", _("会籍状态"), 14),
)


class ExportQuery(MemberFilter):
    format = fields.String(load_default="xlsx", validate=validate.OneOf(["xlsx", "csv"]))


@blueprint.route("/members", methods=["GET"])
@operation(READ)
@blueprint.arguments(MemberQuery, location="query")
@blueprint.response(200, MemberPage)
def list_members(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Members that I see, the newest first; numbers are masked."""
    after = decode_cursor(query.get("cursor"), (UUID,))
    rows = member_queries.list_rows(uow, query, after[0] if after else None)
    limit = query["limit"]
    following = (rows[limit - 1]["id"],) if len(rows) > limit else None
    count = member_queries.count_rows(uow, query) if query["count"] else None
    return page_response(rows[:limit], following, count)


@blueprint.route("/members/search", methods=["POST"])
@operation(REVEAL)
@blueprint.arguments(MemberSearch)
@blueprint.response(200, MembersFound)
def search_members(uow: UnitOfWork, body: dict[str, str]) -> Response:
    """Members whose numbers I may open, by a number or its last four characters; each search is on record."""
    found = member_queries.search_rows(uow, body["by"], body["number"], REVEAL)
    uow.note("organising.member.searched", by=body["by"], found=len(found))
    return page_response(found, None)


@blueprint.route("/members", methods=["POST"])
@operation(CREATE)
@idempotent
@blueprint.arguments(NewMember)
@blueprint.response(201, MemberOut)
def create_member(uow: UnitOfWork, body: dict[str, Any]) -> Response:
    """Apply for membership, or enter a member of the paper register."""
    enter = member_steps.register if body["is_member_already"] else member_steps.apply
    membership = enter(uow, body)
    response = _answer(uow, membership.id, 201)
    response.headers["Location"] = f"{blueprint.url_prefix}/members/{membership.id}"
    return response


@blueprint.route("/members/<uuid:member_id>", methods=["GET"])
@operation(READ)
@blueprint.response(200, MemberOut)
def get_member(uow: UnitOfWork, member_id: UUID) -> Response:
    """One member; numbers are masked."""
    return _answer(uow, member_id)


@blueprint.route("/members/<uuid:member_id>", methods=["PATCH"])
@operation(CHANGE)
@blueprint.arguments(MemberChange)
@blueprint.response(200, MemberOut)
def change_member(uow: UnitOfWork, body: dict[str, Any], member_id: UUID) -> Response:
    """Change what is known of a member."""
    member_steps.change(uow, member_id, expected_version(), body)
    return _answer(uow, member_id)


@blueprint.route("/members/<uuid:member_id>/history", methods=["GET"])
@operation(READ)
@blueprint.response(200, StepOut(many=True))
def get_member_history(uow: UnitOfWork, member_id: UUID) -> list[Any]:
    """The steps of a membership in the order in which they were written down."""
    member_queries.read_row(uow, member_id)
    return history(uow, member_id)


def _step_view(name: str, sentence: str) -> Callable[..., Response]:
    def view(uow: UnitOfWork, body: dict[str, Any], member_id: UUID) -> Response:
        member_steps.take_step(
            uow,
            member_id,
            expected_version(),
            name,
            reason=body["comment"],
            effective_on=body["effective_on"],
            warned_on=body.get("warned_on"),
        )
        return _answer(uow, member_id)

    view.__name__ = f"{name.replace('-', '_')}_member"
    view.__doc__ = sentence
    return view


for _name, _permission, _schema, _sentence in (
    ("approve", APPROVE, StepIn, "Approve an application: the membership dates from this day."),
    ("refuse", APPROVE, ReasonedStepIn, "Refuse an application, with the reason."),
    (
        "retain",
        END,
        ReasonedStepIn,
        "Retain a membership (保留会籍): retirement, unemployment, study, posting.",
    ),
    ("resume", END, StepIn, "Take a retained membership up again."),
    ("withdraw", END, StepIn, "Withdraw: free to every member."),
    ("deem-withdrawn", END, WarnedStepIn, "Deem withdrawn: no dues and no activity, after a warning."),
    ("expel", END, ReasonedStepIn, "Expel, with the committee's reason."),
    ("record-death", END, StepIn, "Record a death."),
):
    _view: Any = _step_view(_name, _sentence)
    for _decorate in (
        blueprint.response(200, MemberOut),
        blueprint.arguments(_schema),
        idempotent,
        operation(_permission),
        blueprint.route(f"/members/<uuid:member_id>/{_name}", methods=["POST"]),
    ):
        _view = _decorate(_view)


@blueprint.route("/members/<uuid:member_id>/reveal", methods=["POST"])
@operation(REVEAL)
@blueprint.arguments(RevealIn)
@blueprint.response(200, Revealed)
def reveal_member(uow: UnitOfWork, body: dict[str, str], member_id: UUID) -> Response:
    """Open a masked value, with the reason; the member can see that it was opened."""
    membership = member_steps.seen(uow, member_id, REVEAL)
    holder: Any = membership if body["field"] == "card_number" else person_by_id(uow, membership.person_id)
    value = reveal(
        uow, membership.person_id, holder, body["field"], body["reason"], action="organising.member.revealed"
    )
    return _json({"field": body["field"], "value": value})


@blueprint.route("/members/<uuid:member_id>/openings", methods=["GET"])
@operation(REVEAL)
@blueprint.response(200, OpeningOut(many=True))
def list_member_openings(uow: UnitOfWork, member_id: UUID) -> Any:
    """Who opened this member's values."""
    return openings_of(uow, member_steps.seen(uow, member_id, REVEAL).person_id)


@blueprint.route("/members/export", methods=["GET"])
@operation(EXPORT)
@blueprint.arguments(ExportQuery, location="query")
@blueprint.response(200, content_type="application/octet-stream")
def export_members(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """The list as a file, masked, with who took it and when; it is put on record."""
    rows = map(read_as, member_queries.export_rows(uow, query, EXPORT))
    return export_response(uow, "organising.members", _("会员名册"), _COLUMNS, rows, query["format"])


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


def _answer(uow: UnitOfWork, member_id: UUID, status: int = 200) -> Response:
    row = member_queries.read_row(uow, member_id)
    return record_response(row, row["version"], status)


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, content_type="application/json")
