"""The page of data quality: what is double, out of date or missing, one question at a time, with ways to mend it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, g, render_template, request

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.auth.scope import holds_whole, visible
from gonghui.auth.unattended import units_without_officer
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.parties.alike import employers_alike, pair_judged, persons_alike, persons_of_one_number
from gonghui.records.quality import QualityCheck, count_found, list_found
from gonghui.records.record_types import READ as READ_RECORD
from gonghui.tenancy.org_tree import OrgUnit, under
from gonghui.values.ids import parse_id
from gonghui.web.navigation import list_path
from gonghui.web.page import here, page
from gonghui.web.units import AREAS, unit_in_view

blueprint = Blueprint("quality", __name__, template_folder="templates")

READ, DECIDE, MERGE = "core.quality.read", "core.quality.decide", "core.quality.merge"
_AT_ONCE = 50


@dataclass(frozen=True)
class Question:
    """One thing that may be wrong: how it is asked, and how its answers are drawn."""

    code: str
    title: Text
    about: Text
    shape: str
    rows: Callable[[UnitOfWork, Any, int], Sequence[Any]]
    parsers: tuple[Any, ...]
    key: Callable[[Any], tuple[Any, ...]]
    count: Callable[[UnitOfWork], int] | None = None
    list_path: str = ""


@blueprint.get("/console/quality")
@page(READ)
def show_quality(uow: UnitOfWork) -> str:
    """What one of the questions finds; the others are a click away."""
    questions = _questions(uow)
    chosen = next((each for each in questions if each.code == request.args.get("of")), questions[0])
    after = decode_cursor(request.args.get("cursor"), chosen.parsers)
    rows = chosen.rows(uow, after, _AT_ONCE + 1)
    shown = rows[:_AT_ONCE]
    return render_template(
        "quality/list.html",
        views=[{"title": q.title, "path": here(of=q.code), "is_here": q is chosen} for q in questions],
        question=chosen,
        rows=shown,
        count=chosen.count(uow) if chosen.count else None,
        may_merge=holds_whole(uow.principal, MERGE),
        decided=pair_judged(uow, parse_id(request.args.get("done", "")))
        if chosen.shape == "employers"
        else None,
        is_first=after is None,
        next_cursor=encode_cursor(chosen.key(shown[-1])) if len(rows) > _AT_ONCE else None,
    )


def _questions(uow: UnitOfWork) -> list[Question]:
    """Units first, then what plugins ask of their records, then parties, which belong to no unit."""
    unit = unit_in_view(uow)
    path = unit.path if unit is not None else None
    registry = current_app.extensions["gonghui"].registry
    checks = [
        check
        for check in registry.quality_checks(g.tenant.plugins_on)
        if uow.principal.holds(check.kind.permission(READ_RECORD))
    ]
    of_parties = _of_parties() if holds_whole(uow.principal, READ) and unit is None else []
    return [_of_units(path), *(_of_check(check, path) for check in checks), *of_parties]


def _of_units(path: str | None) -> Question:
    def rows(uow: UnitOfWork, after: Any, limit: int) -> Sequence[Any]:
        wanted = visible(uow.principal, READ, OrgUnit.__table__.c.id)
        if path is not None:
            wanted = wanted & under([path])
        kinds = [kind.value for kind in AREAS]
        return units_without_officer(uow, kinds, wanted, after=after[0] if after else None, limit=limit)

    about = _("这些组织没有账号任职，报来的事项会一直由上级办理。给人角色，或者撤销不再使用的组织。")
    return Question("units", _("没有干部的组织"), about, "units", rows, (UUID,), lambda row: (row.id,))


def _of_check(check: QualityCheck, path: str | None) -> Question:
    def rows(uow: UnitOfWork, after: Any, limit: int) -> Sequence[Any]:
        return list_found(uow, check, path, after=after[0] if after else None, limit=limit)

    return Question(
        check.code, check.title, check.about, "records", rows, (UUID,), lambda row: (row.id,),
        lambda uow: count_found(uow, check, path), list_path(check.kind),
    )  # fmt: skip


def _of_parties() -> list[Question]:
    def employers(uow: UnitOfWork, after: Any, limit: int) -> Sequence[Any]:
        return employers_alike(uow, after=after[0] if after else None, limit=limit)

    return [
        Question(
            "employers", _("名称相近的单位"), _("名称相近的单位可能是同一个。判断为同一个后，先登记的那一个代表两者。"),
            "employers", employers, (UUID,), lambda row: (row.id,),
        ),
        _of_persons("phones", _("同名同手机的人"), persons_alike),
        _of_persons("numbers", _("同名同证件尾号的人"), persons_of_one_number),
    ]  # fmt: skip


def _of_persons(code: str, title: Text, read: Callable[..., Sequence[Any]]) -> Question:
    def rows(uow: UnitOfWork, after: Any, limit: int) -> Sequence[Any]:
        return read(uow, after=after, limit=limit)

    about = _("同名、后四位又相同，可能是同一个人登记了两次。查对后合并。")
    return Question(code, title, about, "persons", rows, (str, int), lambda row: (row.name, row.tail))
