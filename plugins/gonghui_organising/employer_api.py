"""Employers over HTTP: the list, and the queue of names that look alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from flask import Response
from marshmallow import Schema, fields, validate
from sqlalchemy import Select, and_, func, literal, or_, select, tuple_

from gonghui.sdk import (
    Blueprint,
    Employer,
    EmployerMatch,
    MatchState,
    PageQuery,
    UnitOfWork,
    decide_match,
    decode_cursor,
    idempotent,
    name_holds,
    not_found,
    operation,
    page_response,
    reopen_match,
)

READ, MATCH = "organising.employer.read", "organising.employer.match"

blueprint = Blueprint(
    "organising_employers", __name__, url_prefix="/api/v1/organising", description="Organising: employers"
)

_EMPLOYER: Any = Employer.__table__.c
_MATCH: Any = EmployerMatch.__table__.c
_LISTED = select(_EMPLOYER.id, _EMPLOYER.name, _EMPLOYER.uscc, _EMPLOYER.name_key)


class EmployerOut(Schema):
    id = fields.UUID()
    name = fields.String()
    uscc = fields.String(allow_none=True)


class EmployerPage(Schema):
    items = fields.List(fields.Nested(EmployerOut))
    next = fields.String(allow_none=True)
    count = fields.Integer()


class EmployerQuery(PageQuery):
    q = fields.String(
        validate=validate.Length(max=100), metadata={"description": "Begins with: name, pinyin; or the code"}
    )


class EmployerMatchOut(Schema):
    id = fields.UUID()
    employer = fields.Nested(EmployerOut, metadata={"description": "The one that came in later"})
    candidate = fields.Nested(
        EmployerOut, metadata={"description": "The one that was known; it stands for both"}
    )
    score = fields.Integer(metadata={"description": "How alike the names are, to 100"})
    state = fields.String()
    decided_at = fields.DateTime(allow_none=True)


class EmployerMatchPage(Schema):
    items = fields.List(fields.Nested(EmployerMatchOut))
    next = fields.String(allow_none=True)
    count = fields.Integer()


class EmployerMatchQuery(PageQuery):
    state = fields.String(
        load_default=MatchState.OPEN.value, validate=validate.OneOf([s.value for s in MatchState])
    )


class EmployerDecision(Schema):
    same = fields.Boolean(
        required=True, metadata={"example": True, "description": "Whether the two are one employer"}
    )


# Employers are shared by a federation and have no unit of their own. Their list says what the register of
# firms says in public, and whoever files a founding has to find the firm, so a street sees all of them.
@blueprint.route("/employers", methods=["GET"])
@operation(READ)
@blueprint.arguments(EmployerQuery, location="query")
@blueprint.response(200, EmployerPage)
def list_employers(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Employers by name; those that were merged into another one are left out."""
    wanted = _wanted(query.get("q"))
    keys = (_EMPLOYER.name_key, _EMPLOYER.id)
    page = _LISTED.where(wanted).order_by(*keys)
    after = decode_cursor(query.get("cursor"), (str, UUID))
    if after is not None:
        page = page.where(tuple_(*keys) > tuple_(*map(literal, after)))
    rows = _rows(uow, page.limit(query["limit"] + 1))
    items = rows[: query["limit"]]
    following = (items[-1]["name_key"], items[-1]["id"]) if len(rows) > len(items) else None
    for row in items:
        del row["name_key"]
    count = select(func.count()).select_from(Employer).where(wanted)
    return page_response(items, following, uow.session.scalar(count) if query["count"] else None)


@blueprint.route("/employer-matches", methods=["GET"])
@operation(MATCH, of_whole=True)
@blueprint.arguments(EmployerMatchQuery, location="query")
@blueprint.response(200, EmployerMatchPage)
def list_matches(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Pairs of employers whose names look alike, the likeliest first."""
    wanted = _MATCH.state == query["state"]
    keys = (_MATCH.score, _MATCH.id)
    page = select(EmployerMatch.__table__).where(wanted).order_by(*(key.desc() for key in keys))
    after = decode_cursor(query.get("cursor"), (int, UUID))
    if after is not None:
        page = page.where(tuple_(*keys) < tuple_(*map(literal, after)))
    rows = _matches(uow, page.limit(query["limit"] + 1))
    items = rows[: query["limit"]]
    following = (items[-1]["score"], items[-1]["id"]) if len(rows) > len(items) else None
    count = select(func.count()).select_from(EmployerMatch).where(wanted)
    return page_response(items, following, uow.session.scalar(count) if query["count"] else None)


@blueprint.route("/employer-matches/<uuid:match_id>/decide", methods=["POST"])
@operation(MATCH, of_whole=True)
@idempotent
@blueprint.arguments(EmployerDecision)
@blueprint.response(200, EmployerMatchOut)
def decide(uow: UnitOfWork, body: dict[str, bool], match_id: UUID) -> Response:
    """Say whether the two are one employer; if so, unions and members of the later one move to the known one."""
    decide_match(uow, _held(uow, match_id), same=body["same"])
    return _answer(uow, match_id)


@blueprint.route("/employer-matches/<uuid:match_id>/reopen", methods=["POST"])
@operation(MATCH, of_whole=True)
@idempotent
@blueprint.response(200, EmployerMatchOut)
def reopen(uow: UnitOfWork, match_id: UUID) -> Response:
    """Take a decision back; what it moved goes back."""
    reopen_match(uow, _held(uow, match_id))
    return _answer(uow, match_id)


def _wanted(text: str | None) -> Any:
    standing = _EMPLOYER.merged_into_id.is_(None)
    text = (text or "").strip()
    if not text:
        return standing
    begins = or_(
        name_holds(_EMPLOYER.name, _EMPLOYER.name_key, text),
        _EMPLOYER.uscc == text.upper(),
    )
    return and_(standing, begins)


def _held(uow: UnitOfWork, match_id: UUID) -> EmployerMatch:
    """The pair, locked, so that two who decide at once do so one after the other. Raises `NotFound`."""
    found = uow.session.scalars(
        select(EmployerMatch).where(EmployerMatch.id == match_id).with_for_update()
    ).one_or_none()
    if found is None:
        raise not_found()
    return found


def _matches(uow: UnitOfWork, page: Select[Any]) -> list[dict[str, Any]]:
    """Pairs with the names of both; the page is cut before the names are looked up."""
    match, employer, candidate = (
        page.subquery(),
        Employer.__table__.alias("employer"),
        Employer.__table__.alias("candidate"),
    )
    columns = [match.c[name] for name in ("id", "score", "state", "decided_at")]
    for side in (employer, candidate):
        columns += [side.c[name].label(f"{side.name}_{name}") for name in ("id", "name", "uscc")]
    found = (
        select(*columns)
        .join(employer, _is_party(match, match.c.employer_id, employer))
        .join(candidate, _is_party(match, match.c.candidate_id, candidate))
        .order_by(match.c.score.desc(), match.c.id.desc())
    )
    return [_paired(row) for row in _rows(uow, found)]


def _is_party(match: Any, column: Any, party: Any) -> Any:
    return and_(party.c.tenant_id == match.c.tenant_id, party.c.id == column)


def _paired(row: Mapping[str, Any]) -> dict[str, Any]:
    parties = {
        side: {name: row[f"{side}_{name}"] for name in ("id", "name", "uscc")}
        for side in ("employer", "candidate")
    }
    return {**{name: row[name] for name in ("id", "score", "state", "decided_at")}, **parties}


def _rows(uow: UnitOfWork, statement: Select[Any]) -> list[dict[str, Any]]:
    found = uow.session.connection().execute(statement)
    names: Sequence[str] = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found.all()]


def _answer(uow: UnitOfWork, match_id: UUID) -> Response:
    (row,) = _matches(uow, select(EmployerMatch.__table__).where(_MATCH.id == match_id))
    return Response(orjson.dumps(row), content_type="application/json")
