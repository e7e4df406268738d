"""Unions over HTTP: list, read, found, and the steps of a founding."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from flask import Response
from marshmallow import Schema, fields, validate

from gonghui.sdk import (
    Blueprint,
    OutColumn,
    PageQuery,
    Text,
    UnitOfWork,
    _,
    decode_cursor,
    expected_version,
    export_response,
    history,
    idempotent,
    name_rules,
    operation,
    page_response,
    record_response,
)
from gonghui_organising import founding, union_queries
from gonghui_organising.bodies import BODIES, required_bodies
from gonghui_organising.forms import advise
from gonghui_organising.founding import APPROVE, CHANGE, CREATE, READ, RETURN, SUBMIT
from gonghui_organising.union import PaperKind, UnionKind, UnionState

blueprint = Blueprint(
    "organising", __name__, url_prefix="/api/v1/organising", description="Organising: unions"
)

_COUNT = validate.Range(0, 10_000_000)
_NAME = name_rules()
# From the day of the Trade Union Law to one on which a term that begins then still ends within the calendar.
_ELECTION = validate.Range(date(1992, 4, 3), date(2199, 12, 31))


EXPORT = "organising.union.export"
_COLUMNS = (
    OutColumn("name", _("工会名称"), 40),
    OutColumn("employer_names", _("单位名称"), 36),
    OutColumn("employer_codes", _("单位统一社会信用代码"), 22),
    OutColumn("upper_name", _("上级工会"), 24),
    OutColumn("kind", _("建会类型"), 12),
    OutColumn("state", _("状态"), 12),
    OutColumn("uscc", _("工会统一社会信用代码"), 22),
    OutColumn("chair_name", _("主席姓名"), 12),
    OutColumn("headcount", _("职工人数"), 10),
    OutColumn("women_staff", _("其中女职工"), 10),
    OutColumn("members", _("会员人数"), 10),
    OutColumn("women_members", _("其中女会员"), 10),
    OutColumn("migrant_members", _("农民工会员"), 10),
    OutColumn("industry", _("行业"), 16),
    OutColumn("approval_no", _("批复文号"), 20),
    OutColumn("founded_on", _("建会日期"), 12),
    OutColumn("term_ends_on", _("本届任期止"), 12),
)
_READ_AS: dict[str, dict[str, Text]] = {
    "kind": {UnionKind.INDEPENDENT.value: _("独立建会"), UnionKind.JOINT.value: _("联合工会")},
    "state": {
        UnionState.DRAFT.value: _("起草中"),
        UnionState.SUBMITTED.value: _("已报送"),
        UnionState.RETURNED.value: _("退回补正"),
        UnionState.APPROVED.value: _("已批准"),
    },
}


class EmployerIn(Schema):
    name = fields.String(required=True, validate=_NAME, metadata={"example": "深圳市示例电子有限公司"})
    uscc = fields.String(allow_none=True, validate=validate.Length(equal=18))


class Committee(Schema):
    started_on = fields.Date(
        required=True,
        validate=_ELECTION,
        metadata={"example": "2024-06-20", "description": "Day of the election"},
    )
    years = fields.Integer(required=True, metadata={"example": 5, "description": "Length of the term"})
    seats = fields.Integer(allow_none=True, validate=validate.Range(1, 99), metadata={"example": 3})


class CommitteeOut(Committee):
    ends_on = fields.Date()


class Paper(Schema):
    kind = fields.String(required=True, validate=validate.OneOf([k.value for k in PaperKind]))
    number = fields.String(allow_none=True, validate=name_rules(100))
    dated_on = fields.Date(allow_none=True)


class UnionChange(Schema):
    """What may be changed in a draft; parts that are given are replaced as a whole."""

    name = fields.String(validate=_NAME, metadata={"example": "深圳市示例电子有限公司工会委员会"})
    kind = fields.String(validate=validate.OneOf([k.value for k in UnionKind]))
    uscc = fields.String(allow_none=True, validate=validate.Length(equal=18))
    industry = fields.String(allow_none=True, validate=validate.Length(max=100))
    chair_name = fields.String(allow_none=True, validate=name_rules(100))
    contact_phone = fields.String(
        allow_none=True,
        validate=name_rules(30),
        metadata={"description": "Sealed; answers show it masked"},
    )
    headcount = fields.Integer(allow_none=True, validate=_COUNT, metadata={"description": "Staff (职工)"})
    women_staff = fields.Integer(allow_none=True, validate=_COUNT)
    members = fields.Integer(allow_none=True, validate=_COUNT, metadata={"description": "Members (会员)"})
    women_members = fields.Integer(allow_none=True, validate=_COUNT)
    migrant_members = fields.Integer(allow_none=True, validate=_COUNT)
    employer_informed_on = fields.Date(allow_none=True)
    preparatory_group_size = fields.Integer(allow_none=True, validate=validate.Range(1, 99))
    near_relatives_excluded = fields.Boolean()
    employers = fields.List(fields.Nested(EmployerIn), validate=validate.Length(max=2_000))
    committee = fields.Nested(Committee)
    papers = fields.List(fields.Nested(Paper), validate=validate.Length(max=100))


class NewUnion(UnionChange):
    org_unit_id = fields.UUID(
        required=True,
        metadata={
            "x-sample": "org_unit_id",
            "description": "The enterprise's own node, or the unit above it",
        },
    )
    name = fields.String(
        required=True, validate=_NAME, metadata={"example": "深圳市示例电子有限公司工会委员会"}
    )
    kind = fields.String(
        required=True,
        validate=validate.OneOf([k.value for k in UnionKind]),
        metadata={"example": "independent"},
    )


class UnionListed(Schema):
    id = fields.UUID()
    name = fields.String()
    kind = fields.String()
    state = fields.String()
    uscc = fields.String(allow_none=True)
    chair_name = fields.String(allow_none=True)
    headcount = fields.Integer(allow_none=True)
    members = fields.Integer(allow_none=True)
    founded_on = fields.Date(allow_none=True)
    term_ends_on = fields.Date(allow_none=True)
    org_unit_id = fields.UUID()
    version = fields.Integer()


class UnionPage(Schema):
    items = fields.List(fields.Nested(UnionListed))
    next = fields.String(allow_none=True)
    count = fields.Integer()


class UnionOut(UnionChange):
    id = fields.UUID()
    state = fields.String()
    org_unit_id = fields.UUID()
    version = fields.Integer()
    approval_no = fields.String(allow_none=True)
    founded_on = fields.Date(allow_none=True)
    created_at = fields.DateTime()
    changed_at = fields.DateTime()
    committees = fields.List(fields.Nested(CommitteeOut))

    class Meta:
        """What is sent as one committee comes back in the list of terms."""

        exclude = ("committee",)


class UnionFilter(Schema):
    state = fields.String(validate=validate.OneOf([s.value for s in UnionState]))
    kind = fields.String(validate=validate.OneOf([k.value for k in UnionKind]))
    org_unit_id = fields.UUID(metadata={"description": "Only unions at this unit and below"})
    q = fields.String(
        validate=validate.Length(max=100), metadata={"description": "Begins with: name, pinyin, code"}
    )


class UnionQuery(PageQuery, UnionFilter):
    sort = fields.String(load_default="newest", validate=validate.OneOf(["newest", "name"]))


class UnionExport(UnionFilter):
    format = fields.String(load_default="xlsx", validate=validate.OneOf(["xlsx", "csv"]))


class Reason(Schema):
    comment = fields.String(required=True, validate=name_rules(2_000), metadata={"example": "缺少会议决议"})


class Reply(Schema):
    approval_no = fields.String(
        required=True, validate=name_rules(100), metadata={"example": "示工复〔2024〕1号"}
    )
    term_years = fields.Integer(
        required=True, metadata={"example": 5, "description": "Term as the reply states it"}
    )
    effective_on = fields.Date(
        allow_none=True, load_default=None, metadata={"description": "Day of the reply; today"}
    )


class StepOut(Schema):
    name = fields.String()
    from_state = fields.String(allow_none=True)
    to_state = fields.String()
    effective_on = fields.Date()
    recorded_at = fields.DateTime()
    account_id = fields.UUID(allow_none=True)
    comment = fields.String(allow_none=True)


class AdviceQuery(Schema):
    members = fields.Integer(required=True, validate=_COUNT, metadata={"example": 24})
    headcount = fields.Integer(validate=_COUNT)
    women_members = fields.Integer(validate=_COUNT, metadata={"description": "None, where it is not said"})


class BodyOut(Schema):
    body = fields.String(validate=validate.OneOf(list(BODIES)))
    forms = fields.List(fields.String(), metadata={"description": "Lawful forms: committee, commissioner"})
    is_duty = fields.Boolean(metadata={"description": "The law says shall, not may"})
    reason = fields.String()
    basis = fields.String()


class AdviceOut(Schema):
    members = fields.Integer()
    forms = fields.List(fields.String())
    is_duty = fields.Boolean(metadata={"description": "The law says shall, not may"})
    reason = fields.String()
    basis = fields.String()
    seats = fields.List(fields.Integer(), metadata={"description": "Least and most seats of the committee"})
    seats_basis = fields.String()
    remarks = fields.List(fields.String())
    bodies = fields.List(
        fields.Nested(BodyOut), metadata={"description": "Bodies that the union has to have"}
    )


@blueprint.route("/unions", methods=["GET"])
@operation(READ)
@blueprint.arguments(UnionQuery, location="query")
@blueprint.response(200, UnionPage)
def list_unions(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Unions that I see."""
    parsers = (str, UUID) if query["sort"] == "name" else (UUID,)
    rows = union_queries.list_rows(uow, query, decode_cursor(query.get("cursor"), parsers))
    limit = query["limit"]
    following = union_queries.sort_values(rows[limit - 1], query["sort"]) if len(rows) > limit else None
    for row in rows:
        del row["name_key"]
    return page_response(
        rows[:limit], following, union_queries.count_rows(uow, query) if query["count"] else None
    )


@blueprint.route("/unions/export", methods=["GET"])
@operation(EXPORT)
@blueprint.arguments(UnionExport, location="query")
@blueprint.response(200, content_type="application/octet-stream")
def export_unions(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """The list as a file, with who took it and when; it is put on record."""
    rows = (
        {name: _READ_AS.get(name, {}).get(value, value) for name, value in row.items()}
        for row in union_queries.export_rows(uow, query, EXPORT)
    )
    return export_response(
        uow, "organising.unions", _("基层工会名册"), _COLUMNS, rows, query["format"], masked=False
    )


@blueprint.route("/unions", methods=["POST"])
@operation(CREATE)
@idempotent
@blueprint.arguments(NewUnion)
@blueprint.response(201, UnionOut)
def create_union(uow: UnitOfWork, body: dict[str, Any]) -> Response:
    """Begin a founding."""
    union = founding.draft(uow, body)
    response = _answer(uow, union.id, 201)
    response.headers["Location"] = f"{blueprint.url_prefix}/unions/{union.id}"
    return response


@blueprint.route("/unions/<uuid:union_id>", methods=["GET"])
@operation(READ)
@blueprint.response(200, UnionOut)
def get_union(uow: UnitOfWork, union_id: UUID) -> Response:
    """One union with its employers, committees and papers."""
    return _answer(uow, union_id)


@blueprint.route("/unions/<uuid:union_id>", methods=["PATCH"])
@operation(CHANGE)
@blueprint.arguments(UnionChange)
@blueprint.response(200, UnionOut)
def change_union(uow: UnitOfWork, body: dict[str, Any], union_id: UUID) -> Response:
    """Change a draft, or a founding that was returned for correction."""
    founding.change(uow, union_id, expected_version(), body)
    return _answer(uow, union_id)


@blueprint.route("/unions/<uuid:union_id>/submit", methods=["POST"])
@operation(SUBMIT)
@idempotent
@blueprint.response(200, UnionOut)
def submit_union(uow: UnitOfWork, union_id: UUID) -> Response:
    """Submit a founding to the upper union."""
    founding.submit(uow, union_id, expected_version())
    return _answer(uow, union_id)


@blueprint.route("/unions/<uuid:union_id>/return", methods=["POST"])
@operation(RETURN)
@idempotent
@blueprint.arguments(Reason)
@blueprint.response(200, UnionOut)
def return_union(uow: UnitOfWork, body: dict[str, str], union_id: UUID) -> Response:
    """Return a founding for correction (退回补正)."""
    founding.return_for_correction(uow, union_id, expected_version(), body["comment"])
    return _answer(uow, union_id)


@blueprint.route("/unions/<uuid:union_id>/approve", methods=["POST"])
@operation(APPROVE)
@idempotent
@blueprint.arguments(Reply)
@blueprint.response(200, UnionOut)
def approve_union(uow: UnitOfWork, body: dict[str, Any], union_id: UUID) -> Response:
    """Approve a founding (批复)."""
    founding.approve(uow, union_id, expected_version(), **body)
    return _answer(uow, union_id)


@blueprint.route("/unions/<uuid:union_id>/history", methods=["GET"])
@operation(READ)
@blueprint.response(200, StepOut(many=True))
def get_history(uow: UnitOfWork, union_id: UUID) -> list[Any]:
    """The steps of a union in the order in which they were written down."""
    union_queries.read_row(uow, union_id)
    return history(uow, union_id)


@blueprint.route("/founding-advice", methods=["GET"])
@operation(READ)
@blueprint.arguments(AdviceQuery, location="query")
@blueprint.response(200, AdviceOut)
def get_advice(uow: UnitOfWork, query: dict[str, int]) -> Response:
    """Which form of organisation the law asks for or allows, and which bodies, with the article."""
    advice = advise(uow, query["members"], query.get("headcount"))
    bodies = required_bodies(uow, query["members"], query.get("women_members", 0))
    content = {
        **{
            name: getattr(advice, name)
            for name in ("members", "forms", "is_duty", "basis", "seats", "seats_basis")
        },
        "reason": str(advice.reason),
        "remarks": [str(remark) for remark in advice.remarks],
        "bodies": [{**vars(body), "reason": str(body.reason)} for body in bodies],
    }
    return Response(orjson.dumps(content), content_type="application/json")


def _answer(uow: UnitOfWork, union_id: UUID, status: int = 200) -> Response:
    row = union_queries.read_row(uow, union_id)
    return record_response(row, row["version"], status)
