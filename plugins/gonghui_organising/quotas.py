"""Quotas (街道组建考核任务): how much a street is to reach in a period, and how the streets rank by what they reached.

Only outcomes count: what is done is the figure of an indicator, which opens to its records. Nobody types it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Index, Numeric, String, cast, exists, func, select, text
from sqlalchemy.orm import Mapped

from gonghui.sdk import (
    Comment,
    Field,
    FieldFault,
    Indicator,
    OrgUnit,
    OrgUnitKind,
    Period,
    Record,
    RecordType,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    values_below,
    visible,
)
from gonghui_organising import grading_indicators, indicators, member_indicators
from gonghui_organising.union import PLUGIN

CODE = "organising.quota"
READ = f"{CODE}.read"
#: What a street can be held to.
COUNTED: Mapping[str, Indicator] = {
    each.code: each
    for each in (
        *indicators.INDICATORS,
        *member_indicators.INDICATORS,
        *(one for one in grading_indicators.INDICATORS if one.code != "organising.unions_by_grade"),
    )
}


class StreetQuota(Record, schema=PLUGIN):
    """So much of one thing in one period, for the street where it is filed."""

    __tablename__ = "street_quota"
    __table_args__ = (
        Index(
            "uq_street_quota",
            "tenant_id",
            "org_unit_id",
            "period",
            "indicator",
            unique=True,
            postgresql_where=text("state <> 'withdrawn'"),
        ),
    )

    period: Mapped[str]
    indicator: Mapped[str]
    target: Mapped[int]


def of_a_street(uow: UnitOfWork, quota: StreetQuota, _values: object) -> Iterable[FieldFault]:
    """A street has one quota for a thing and a period; periods are written as everywhere."""
    kind = uow.session.scalar(select(OrgUnit.kind).where(OrgUnit.id == quota.org_unit_id))
    if kind != OrgUnitKind.STREET_FEDERATION:
        yield FieldFault("/org_unit_id", "no_street", _("考核任务下达给街道总工会。"))
    try:
        quota.period = Period.parse(quota.period).code
    except ValueError:
        message = _("期间应写成 2024、2024H1、2024Q3 或 2024M07。")
        yield FieldFault("/period", "unknown_period", message)
    same = (
        StreetQuota.org_unit_id == quota.org_unit_id,
        StreetQuota.period == quota.period,
        StreetQuota.indicator == quota.indicator,
        StreetQuota.state != "withdrawn",
        StreetQuota.id != quota.id,
    )
    if uow.session.scalar(select(exists().where(*same))):
        yield FieldFault("/period", "quota_there", _("这个街道这一期间的这项任务已经有了。"))


def ranking(uow: UnitOfWork, period: Period, indicator: Indicator) -> list[Mapping[str, Any]]:
    """Streets with an issued quota, by the share of it that they reached: done, rate and rank in one statement.

    A street's rank is among all streets; its numbers are shown to whoever may see its quota and the records behind.
    """
    quota, street = StreetQuota.__table__.c, OrgUnit.__table__.alias("street")
    issued = (quota.period == period.code, quota.indicator == indicator.code, quota.state == "issued")
    held = (
        select(street.c.id, street.c.name, street.c.path, quota.id.label("quota_id"), quota.target)
        .join(
            StreetQuota.__table__,
            (quota.tenant_id == street.c.tenant_id) & (quota.org_unit_id == street.c.id),
        )
        .where(*issued)
        .cte("held")
    )
    reached = values_below(indicator, period, held).cte("reached")
    done = func.coalesce(reached.c.value, 0)
    share = cast(done, Numeric) / held.c.target
    ranked = (
        select(
            held.c.quota_id,
            held.c.id.label("org_unit_id"),
            held.c.name.label("org_unit_name"),
            held.c.target,
            done.label("done"),
            cast(func.round(cast(done, Numeric) * 100 / held.c.target, 1), String).label("rate"),
            func.rank().over(order_by=share.desc()).label("rank"),
            func.count().over().label("streets"),
        )
        .select_from(held.outerjoin(reached, reached.c.unit_id == held.c.id))
        .subquery()
    )
    seen = [visible(uow.principal, each, ranked.c.org_unit_id) for each in (READ, indicator.permission)]
    ordered = select(ranked).where(*seen).order_by(ranked.c.rank, ranked.c.org_unit_name)
    found = uow.session.connection().execute(ordered).mappings()
    return [{str(key): value for key, value in row.items()} for row in found]


quotas = RecordType(
    StreetQuota,
    code=CODE,
    path="quotas",
    title=_("街道组建考核任务"),
    fields=(
        Field("period", _("期间"), required=True, listed=True, filtered=True, longest=10, example="2024H1"),
        Field(
            "indicator",
            _("考核指标"),
            choices={code: each.title for code, each in COUNTED.items()},
            required=True,
            listed=True,
            filtered=True,
        ),
        Field("target", _("任务数"), required=True, listed=True, least=1, example=50),
    ),
    place_sample="street_id",
    rules=(of_a_street,),
    workflow=Workflow(
        "draft",
        {"draft": _("拟定中"), "issued": _("已下达"), "withdrawn": _("已撤销")},
        (
            Transition("issue", "draft -> issued", _("下达任务"), verb="issued"),
            Transition("withdraw", "draft, issued -> withdrawn", _("撤销任务"), comment=Comment.REQUIRED),
        ),
    ),
    backdate="organising.quota.backdate",
)
