"""Leaders' hang-points (领导挂点督查): which leader answers for a street, a community or a firm, and looks there.

What a leader finds that must be put right is an issue of its own (`issues.py`), because it outlives the visit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Select, String, cast, select
from sqlalchemy.orm import Mapped

from gonghui.sdk import (
    Account,
    Child,
    Employer,
    Field,
    FieldFault,
    Record,
    RecordType,
    TenantTable,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    clock,
    ref,
    visible,
)
from gonghui_organising.officers import officers
from gonghui_organising.union import PLUGIN

CODE = "organising.hang_point"
READ = f"{CODE}.read"
KINDS = {"street": _("街道"), "community": _("社区、园区"), "enterprise": _("企业")}


class HangPoint(Record, schema=PLUGIN):
    """A leader's point for a time. The unit where it is filed is the one that the leader supervises."""

    __tablename__ = "hang_point"

    kind: Mapped[str]
    #: The firm, where the point is one that has no unit of its own.
    employer: Mapped[Employer | None] = ref(Employer, optional=True)
    employer_id: Mapped[UUID | None]
    leader: Mapped[Account | None] = ref(Account, optional=True)
    leader_id: Mapped[UUID | None]
    leader_name: Mapped[str]
    leader_office: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class SupervisedVisit(TenantTable, schema=PLUGIN):
    """A leader was there: when, where, and what was found."""

    __tablename__ = "supervised_visit"
    __table_args__ = (
        Index("ix_supervised_visit_hang_point_id", "tenant_id", "hang_point_id"),
        Index("ix_supervised_visit_visited_on", "tenant_id", "visited_on"),
    )

    hang_point: Mapped[HangPoint] = ref(HangPoint)
    hang_point_id: Mapped[UUID]
    visited_on: Mapped[date]
    place: Mapped[str]
    findings: Mapped[str]


def points_seen(uow: UnitOfWork, _permission: str) -> Select[Any]:
    """Hang-points that one may read, by their leader and the day from which they hold."""
    table: Any = HangPoint.__table__.c
    label = table.leader_name + " " + cast(table.starts_on, String)
    return select(table.id, label.label("label")).where(visible(uow.principal, READ, table.org_unit_id))


def sound_span(_uow: UnitOfWork, point: HangPoint, values: Mapping[str, Any]) -> Iterable[FieldFault]:
    """The time does not end before it begins, and visits lie in it and not in the future."""
    if point.ends_on < point.starts_on:
        yield FieldFault("/ends_on", "before_start", _("截止日期不能早于起始日期。"))
    for index, visit in enumerate(values.get("visits") or ()):
        on = visit.get("visited_on")
        if on is not None and on > clock.today():
            yield FieldFault(f"/visits/{index}/visited_on", "in_future", _("督查日期不能晚于今天。"))
        elif on is not None and not point.starts_on <= on <= point.ends_on:
            yield FieldFault(f"/visits/{index}/visited_on", "outside", _("督查日期不在挂点期限内。"))


def firm_is_named(_uow: UnitOfWork, point: HangPoint, _values: object) -> Iterable[FieldFault]:
    if point.employer_id is not None and point.kind != "enterprise":
        yield FieldFault("/employer", "no_enterprise", _("只有挂点企业才写单位。"))


hang_points = RecordType(
    HangPoint,
    code=CODE,
    path="hang-points",
    title=_("领导挂点"),
    fields=(
        Field("kind", _("挂点对象"), choices=KINDS, required=True, listed=True, filtered=True),
        Field("employer", _("挂点企业"), listed=True),
        Field("leader_id", _("领导账号"), filtered=True, picker=officers),
        Field("leader_name", _("领导姓名"), required=True, listed=True, longest=50, example="冯示例"),
        Field("leader_office", _("职务"), required=True, listed=True, example="区总工会副主席"),
        Field("starts_on", _("起始日期"), required=True, listed=True, filtered=True, example="2024-01-01"),
        Field("ends_on", _("截止日期"), required=True, listed=True, filtered=True, example="2024-12-31"),
    ),
    children=(
        Child(
            "visits",
            _("督查"),
            SupervisedVisit,
            (
                Field("visited_on", _("督查日期"), required=True, example="2024-06-20"),
                Field("place", _("地点"), required=True, example="示例工业园"),
                Field("findings", _("情况"), required=True, longest=2000, example="尚未设立女职工委员会"),
            ),
            states=frozenset({"active"}),
            permission="organising.hang_point.visit",
        ),
    ),
    search=("leader_name",),
    rules=(sound_span, firm_is_named),
    workflow=Workflow(
        "active",
        {"active": _("挂点中"), "ended": _("已结束")},
        (Transition("end", "active -> ended", _("结束挂点"), verb="ended"),),
    ),
    backdate="organising.hang_point.backdate",
)
