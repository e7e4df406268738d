"""Which unions would gain or lose a duty if a figure of law changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, literal, select

from gonghui.sdk import Consequence, Parameter, UnitOfWork, _
from gonghui_organising.founding import READ
from gonghui_organising.union import GrassrootsUnion, UnionState

_UNION: Any = GrassrootsUnion.__table__.c


def unions_across(_uow: UnitOfWork, now: Parameter, then: Parameter) -> Any:
    """Unions in force whose members lie between two thresholds: at the lower they have the duty, at the higher not."""
    lower, higher = sorted((now.value, then.value))
    gains = literal(then.value < now.value)
    return select(
        _UNION.id,
        _UNION.name.label("label"),
        _UNION.org_unit_id,
        case((gains, literal("gains")), else_=literal("loses")).label("change"),
    ).where(
        _UNION.state == UnionState.APPROVED.value,
        _UNION.members >= lower,
        _UNION.members < higher,
    )


CONSEQUENCES = (
    Consequence(
        parameter="organising.committee.members_from",
        title=_("应当建立基层工会委员会的工会"),
        permission=READ,
        compute=unions_across,
    ),
    Consequence(
        parameter="organising.congress.members_from",
        title=_("召开会员代表大会的工会"),
        permission=READ,
        compute=unions_across,
    ),
)
