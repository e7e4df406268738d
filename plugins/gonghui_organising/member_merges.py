"""Merging members who are one human being, and taking a merge apart with both histories as they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import (
    Conflict,
    PersonMerge,
    UnitOfWork,
    _,
    forbidden,
    merge_persons,
    not_found,
    path_of,
    person_by_id,
    reaches,
    undo_merge,
)
from gonghui_organising.members import enter_state, seen
from gonghui_organising.membership import LIVE, Membership, MembershipState

MERGE = "organising.member.merge"


def merge_members(uow: UnitOfWork, kept_id: UUID, dropped_id: UUID, reason: str) -> PersonMerge:
    """Let the person of the one membership stand for that of the other; a second live membership becomes void.

    Both must be within the caller's reach. Raises `NotFound`, `Forbidden`, `Conflict`, `Invalid`.
    """
    # In one order, whichever is kept: two who merge the same pair the other way round must not wait for each other.
    found = {member_id: seen(uow, member_id, MERGE, lock=True) for member_id in sorted((kept_id, dropped_id))}
    kept, dropped = found[kept_id], found[dropped_id]
    _refuse_oneself(uow, kept.person_id, dropped.person_id)
    # A merge concerns whole histories: whoever reaches a part of one must not rewrite the rest.
    everything = [*_of_person(uow, kept.person_id), *_of_person(uow, dropped.person_id)]
    if not all(_is_reached(uow, membership) for membership in everything):
        raise forbidden(MERGE)
    voided = void_second(uow, kept.person_id, dropped.person_id, reason)
    stays, goes = person_by_id(uow, kept.person_id), person_by_id(uow, dropped.person_id)
    return merge_persons(uow, stays, goes, reason, also=voided)


def _refuse_oneself(uow: UnitOfWork, *persons: UUID) -> None:
    """Nobody says of themselves that they are somebody else, or are not: rights and duties go with the person."""
    if uow.principal.person_id is not None and uow.principal.person_id in persons:
        raise Conflict("own_record", _("不能办理关于本人的事项，请由他人办理。"))


def void_second(uow: UnitOfWork, kept_id: UUID, dropped_id: UUID, reason: str) -> dict[str, dict[str, str]]:
    """Let the weaker of two live memberships become void; its id with the state that it had, for `unvoid_second`.

    An application never outlives a membership; of equals that of the person who stays does. Raises `Conflict`.
    """
    both = [*_of_person(uow, kept_id), *_of_person(uow, dropped_id)]
    live = [membership for membership in both if membership.state in LIVE]
    if len(live) < 2:
        return {}
    if any(membership.state == MembershipState.TRANSFERRING for membership in live):
        raise Conflict("state_forbids", _("其中一份会籍正在转接，请先办结或撤回。"))
    second = max(reversed(live), key=lambda membership: _WEAKNESS[membership.state])
    before = second.state
    enter_state(uow, second, "void", MembershipState.VOIDED, comment=reason)
    return {_VOIDED: {str(second.id): before}}


def unvoid_second(uow: UnitOfWork, changed: Mapping[str, Any]) -> None:
    """Let a membership that became void by a merge be again what it was; what was deleted since stays deleted."""
    for membership_id, state in changed.get(_VOIDED, {}).items():
        known = select(Membership).where(Membership.id == UUID(membership_id))
        membership = uow.session.scalars(known).one_or_none()
        if membership is not None:
            enter_state(uow, membership, "unvoid", MembershipState(state))


_VOIDED = "voided"
_WEAKNESS = {
    MembershipState.ACTIVE.value: 0,
    MembershipState.RETAINED.value: 1,
    MembershipState.APPLIED.value: 2,
}


def unmerge_members(uow: UnitOfWork, merge_id: UUID) -> PersonMerge:
    """Take a merge apart: persons, what was moved, and the membership that became void.

    It concerns both histories, so every membership of either must be within the caller's reach.
    """
    merge = uow.session.scalars(
        select(PersonMerge).where(PersonMerge.id == merge_id).with_for_update()
    ).one_or_none()
    if merge is None or not all(_is_reached(uow, m) for m in _of_person(uow, merge.kept_id)):
        raise not_found()
    _refuse_oneself(uow, merge.kept_id, merge.dropped_id)
    undo_merge(uow, merge)
    unvoid_second(uow, merge.moved)
    uow.session.flush()
    return merge


def _of_person(uow: UnitOfWork, person_id: UUID) -> list[Membership]:
    return list(uow.session.scalars(select(Membership).where(Membership.person_id == person_id)))


def _is_reached(uow: UnitOfWork, membership: Membership) -> bool:
    return reaches(uow.principal, MERGE, path_of(uow, membership.org_unit_id))
