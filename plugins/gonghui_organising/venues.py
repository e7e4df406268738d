"""Venues (职工之家 and other places of service): being built, built, in use, closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from gonghui.sdk import (
    Comment,
    Field,
    FieldFault,
    Record,
    RecordType,
    Transition,
    UnitOfWork,
    Workflow,
    _,
)
from gonghui_organising.union import PLUGIN

CODE = "organising.venue"
READ = f"{CODE}.read"
WORKERS_HOME = "workers_home"
KINDS = {
    WORKERS_HOME: _("职工之家"),
    "service_centre": _("职工服务中心"),
    "care_station": _("维权关爱服务站"),
}


class Venue(Record, schema=PLUGIN):
    """A place of service, filed at the unit that answers for it."""

    __tablename__ = "venue"
    __table_args__ = (
        Index("ix_venue_name_key", "tenant_id", "name_key", postgresql_ops={"name_key": "text_pattern_ops"}),
    )

    name: Mapped[str]
    name_key: Mapped[str]
    kind: Mapped[str]
    address: Mapped[str | None]
    expected_on: Mapped[date]
    built_on: Mapped[date | None]
    opened_on: Mapped[date | None]


def keep_day_built(_uow: UnitOfWork, venue: Venue, answers: Any) -> None:
    venue.built_on = answers["effective_on"]


def keep_day_opened(_uow: UnitOfWork, venue: Venue, answers: Any) -> None:
    venue.opened_on = answers["effective_on"]


def has_an_address(_uow: UnitOfWork, venue: Venue, _answers: object) -> Iterable[FieldFault]:
    if not venue.address:
        yield FieldFault("/address", "address_missing", _("启用前要写明地址，职工才找得到。"))


venues = RecordType(
    Venue,
    code=CODE,
    path="venues",
    title=_("阵地"),
    fields=(
        Field("name", _("名称"), required=True, listed=True, example="示例工业园职工之家"),
        Field("kind", _("种类"), choices=KINDS, required=True, listed=True, filtered=True),
        Field("address", _("地址"), listed=True),
        Field(
            "expected_on", _("预计建成日期"), required=True, listed=True, filtered=True, example="2024-06-30"
        ),
        Field("built_on", _("建成日期"), settable=False, listed=True, filtered=True),
        Field("opened_on", _("启用日期"), settable=False, listed=True, filtered=True),
    ),
    search=("name",),
    workflow=Workflow(
        "under_construction",
        {
            "under_construction": _("在建"),
            "built": _("已建成未投用"),
            "in_use": _("已投用"),
            "closed": _("已停用"),
        },
        (
            Transition("finish", "under_construction -> built", _("建成"), effect=keep_day_built),
            Transition(
                "open", "built -> in_use", _("投入使用"), guards=(has_an_address,), effect=keep_day_opened
            ),
            Transition(
                "close", "built, in_use, under_construction -> closed", _("停用"), comment=Comment.REQUIRED
            ),
        ),
        changeable={"under_construction", "built", "in_use"},
        in_order=True,
    ),
    backdate="organising.venue.backdate",
)
