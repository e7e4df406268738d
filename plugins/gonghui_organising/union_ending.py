"""The end of a union: it is dissolved only when its employer ends, and its members keep their membership.

Source: 工会法 Art. 13. Nobody may dissolve a union at will; its dissolution is reported to the upper union, where the
members are retained from that day (会员会籍管理办法).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select

from gonghui.sdk import FieldFault, OrgUnit, UnitOfWork, _, clock, transition_row
from gonghui_organising.legal_person import LegalPerson
from gonghui_organising.membership import Membership, MembershipState
from gonghui_organising.union import GrassrootsUnion

ENDED = {
    "closed": _("单位终止"),
    "cancelled": _("单位被撤销"),
    "merged": _("单位合并"),
    "moved": _("单位迁出本区"),
}


def nothing_under_way(
    uow: UnitOfWork, union: GrassrootsUnion, answers: Mapping[str, Any]
) -> Iterator[FieldFault]:
    """No member may be on the way to another union, and the union cannot end before it was founded."""
    count = select(func.count()).where(
        Membership.org_unit_id == union.org_unit_id, Membership.state == MembershipState.TRANSFERRING.value
    )
    moving = uow.session.scalar(count) or 0
    if moving:
        yield FieldFault("", "transfers_pending", _("有 {n} 名会员正在转接，先办结再撤销工会。", n=moving))
    registered = select(func.count()).where(
        LegalPerson.union_id == union.id, LegalPerson.state != "cancelled"
    )
    if uow.session.scalar(registered):
        yield FieldFault("", "legal_person_lives", _("工会法人登记还没有注销，先办理注销。"))
    day = answers.get("effective_on") or clock.today()
    if union.founded_on is not None and day < union.founded_on:
        yield FieldFault("/effective_on", "before_founding", _("撤销日期不能早于建会日期。"))


def retain_members(uow: UnitOfWork, union: GrassrootsUnion, answers: Mapping[str, Any]) -> None:
    """Let the members rest with the upper union from that day; who only applied is told that the union has ended."""
    node = uow.session.get_one(OrgUnit, (uow.tenant_id, union.org_unit_id))
    there = Membership.org_unit_id == union.org_unit_id
    live = (MembershipState.ACTIVE.value, MembershipState.RETAINED.value, MembershipState.APPLIED.value)
    found = uow.session.scalars(select(Membership).where(there, Membership.state.in_(live)).with_for_update())
    uow.note("organising.member.retained_at_dissolution")
    # All rows in one flush: a union may have thousands.
    for membership in found.all():
        _let_go(uow, membership, node, answers["effective_on"])
    uow.session.flush()


def _let_go(uow: UnitOfWork, membership: Membership, node: OrgUnit, day: date) -> None:
    before, step = membership.state, "retain-at-dissolution"
    if before == MembershipState.APPLIED:
        membership.state, step = MembershipState.REFUSED.value, "refuse-at-dissolution"
    else:
        membership.state = MembershipState.RETAINED.value
        if node.parent_id is not None:
            membership.org_unit_id = node.parent_id
    membership.employer_id = None
    # Who joined later than the day on which the paper says that the union ended is retained from joining.
    since = max(day, membership.joined_on or day)
    uow.add(transition_row(uow, membership, step, before, since, str(_("所在工会已撤销"))))
