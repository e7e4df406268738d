"""Figures about activists and volunteers: how many there are, and how often they served."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, and_, cast, select

from gonghui.sdk import Indicator, Period, Person, _
from gonghui_organising.helper import CONFIRMED, KINDS, Helper, HelperService, helpers
from gonghui_organising.latest_steps import left_in

_HELPER: Any = Helper.__table__.c
_SERVICE: Any = HelperService.__table__.c
_PERSON: Any = Person.__table__.c
_SAME_PERSON = and_(_PERSON.tenant_id == _HELPER.tenant_id, _PERSON.id == _HELPER.person_id)


def helpers_in_force(period: Period) -> Any:
    """Helpers whom the last of their steps by the period's last day left confirmed."""
    latest, joined, is_in_force = left_in(helpers, (CONFIRMED,), period.last)
    return (
        select(
            _HELPER.id,
            cast(_HELPER.id, String).label("key"),
            _PERSON.name.label("label"),
            _HELPER.kind.label("breakdown"),
            _HELPER.org_unit_id,
            latest.c.effective_on.label("on"),
        )
        .select_from(Helper.__table__)
        .join(latest, joined)
        .outerjoin(Person.__table__, _SAME_PERSON)
        .where(is_in_force)
    )


def helper_services(period: Period) -> Any:
    """Entries of service whose day lies in the period."""
    mine = and_(_SERVICE.tenant_id == _HELPER.tenant_id, _SERVICE.helper_id == _HELPER.id)
    return (
        select(
            _HELPER.id,
            cast(_SERVICE.id, String).label("key"),
            _SERVICE.what.label("label"),
            _HELPER.kind.label("breakdown"),
            _HELPER.org_unit_id,
            _SERVICE.served_on.label("on"),
        )
        .select_from(Helper.__table__)
        .join(HelperService.__table__, mine)
        .where(_SERVICE.served_on >= period.first, _SERVICE.served_on <= period.last)
    )


INDICATORS = (
    Indicator(
        code="organising.helpers_in_force",
        title=_("期末积极分子和志愿者"),
        unit=_("人"),
        aggregation="stock",
        permission=helpers.permission("read"),
        source=helpers_in_force,
        breakdowns=KINDS,
        definition=_("期末当日已确认的积极分子和志愿者；一人两种身份的，各计一次。"),
    ),
    Indicator(
        code="organising.helper_services",
        title=_("积极分子和志愿者服务"),
        unit=_("人次"),
        aggregation="sum",
        permission=helpers.permission("read"),
        source=helper_services,
        breakdowns=KINDS,
        definition=_("期间内登记的服务次数，以服务日期计，每条记录计一次。"),
    ),
)
