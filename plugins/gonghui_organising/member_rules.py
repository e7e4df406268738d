"""What may stand in the way of a step of a membership: its day, and the warning before a withdrawal is deemed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gonghui.sdk import FieldFault, UnitOfWork, _, add_months, clock, figure
from gonghui_organising.membership import Membership, MembershipState


def in_order_of_joining(
    _uow: UnitOfWork, membership: Membership, answers: Mapping[str, Any]
) -> Iterator[FieldFault]:
    """No step takes effect before the day of joining."""
    day, since = answers.get("effective_on") or clock.today(), membership.joined_on
    if since is not None and day < since and membership.state != MembershipState.APPLIED:
        message = _("生效日期不能早于上一步的 {day}。", day=since)
        yield FieldFault("/effective_on", "before_last_step", message)


def warned_long_enough(
    uow: UnitOfWork, _membership: Membership, answers: Mapping[str, Any]
) -> Iterator[FieldFault]:
    """A withdrawal is deemed only so long after the warning (会员会籍管理办法); the months come as a parameter."""
    day = answers.get("effective_on") or clock.today()
    months: int = figure(uow, "organising.membership.deemed_withdrawal_months", day).value
    if add_months(answers["warned_on"], months) > day:
        message = _("提醒本人后要满 {months} 个月。", months=months)
        yield FieldFault("/warned_on", "warned_too_late", message)
