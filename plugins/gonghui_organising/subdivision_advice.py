"""Whether a union is large enough for branches and groups, by local figures; a hint, and no duty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from gonghui.sdk import Text, UnitOfWork, _, figure, found
from gonghui_organising.membership import Membership, MembershipState
from gonghui_organising.subdivision import DISSOLVED, Subdivision, SubdivisionKind
from gonghui_organising.unions import unions

#: By the figure from which each is worth while, the larger part first.
FIGURES = {
    SubdivisionKind.BRANCH.value: "organising.union_branch.members_from",
    SubdivisionKind.GROUP.value: "organising.union_group.members_from",
}


@dataclass(frozen=True)
class Hint:
    """A kind of part that the union could set up, and why."""

    kind: str
    members_from: int
    has_some: bool
    reason: Text
    basis: str


def hints(uow: UnitOfWork, union_id: UUID) -> tuple[int, list[Hint]]:
    """Members of a union, and the hints that follow. The larger of what it told and what is registered counts."""
    union: Any = found(uow, unions, union_id)
    here = Membership.org_unit_id == union.org_unit_id
    registered = select(func.count()).where(here, Membership.state == MembershipState.ACTIVE.value)
    members = max(union.members or 0, uow.session.scalar(registered) or 0)
    kinds = select(Subdivision.kind).where(
        Subdivision.org_unit_id == union.org_unit_id, Subdivision.state != DISSOLVED
    )
    there = set(uow.session.scalars(kinds.distinct()))
    return members, [hint for kind in FIGURES for hint in _hint(uow, kind, members, kind in there)]


def _hint(uow: UnitOfWork, kind: str, members: int, has_some: bool) -> list[Hint]:
    limit = figure(uow, FIGURES[kind])
    if members < limit.value:
        return []
    words: dict[str, Any] = {"members": members, "n": limit.value}
    reason = (
        _("会员 {members} 人，达到 {n} 人，可以按车间、部门设分会。", **words)
        if kind == SubdivisionKind.BRANCH
        else _("会员 {members} 人，达到 {n} 人，可以设工会小组。", **words)
    )
    return [Hint(kind, limit.value, has_some, reason, limit.basis)]
