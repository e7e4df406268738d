"""The life of a membership: entered or applied for, approved, changed, retained, resumed, ended (domain §1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from gonghui.sdk import (
    Conflict,
    FieldFault,
    OrgUnitKind,
    UnitOfWork,
    _,
    clock,
    enter_person,
    forbidden,
    invalid,
    obtain_employers,
    only_employer_named,
    opened,
    path_of,
    person_by_id,
    reaches,
    tell_of_person,
    transition_row,
    unit_within,
    visible,
)
from gonghui_organising.member_identity import READ, read_entry, read_facts, refuse_likely_duplicate
from gonghui_organising.membership import LIVE, Membership, MembershipState

CREATE, CHANGE = "organising.member.create", "organising.member.change"
APPROVE, END, BACKDATE = "organising.member.approve", "organising.member.end", "organising.member.backdate"

_S = MembershipState
_PLAIN = (
    "joined_on", "first_joined_on", "occupation", "employment_form", "new_form_group", "union_office", "card_number",
    "remark",
)  # fmt: skip


def enter(uow: UnitOfWork, values: Mapping[str, Any]) -> Membership:
    """入会申请, or somebody of the paper register who is a member already (`is_member_already`)."""
    return register(uow, values) if values.get("is_member_already") else apply(uow, values)


def apply(uow: UnitOfWork, values: Mapping[str, Any]) -> Membership:
    """入会申请: somebody wants to join the union at `values["org_unit_id"]`."""
    return _enter(uow, values, _S.APPLIED, "apply")


def register(uow: UnitOfWork, values: Mapping[str, Any]) -> Membership:
    """Enter somebody who is a member already, from the day of joining that the paper register gives."""
    return _enter(uow, values, _S.ACTIVE, "register")


def _enter(uow: UnitOfWork, values: Mapping[str, Any], state: MembershipState, step: str) -> Membership:
    """Raises `NotFound` for a unit out of reach, `Invalid`, and `Conflict` for somebody who is a member already."""
    place = unit_within(uow, uow.principal, CREATE, values["org_unit_id"])
    if place.kind != OrgUnitKind.GRASSROOTS_UNION:
        raise invalid(FieldFault("/org_unit_id", "not_a_union", _("会员要登记在基层工会。")))
    if step == "register" and not reaches(uow.principal, APPROVE, place.path):
        raise forbidden(APPROVE)
    identity, facts = read_entry(uow, values)
    joined_on = values.get("joined_on")
    _refuse_bad_day(joined_on, identity.born_on)
    if not values.get("is_another_person"):
        refuse_likely_duplicate(uow, identity, facts.get("phone"))
    uow.note(f"organising.member.{'applied' if state is _S.APPLIED else 'registered'}")
    person, is_new = enter_person(uow, identity, facts)
    if not is_new:
        tell_of_person(uow, person, facts, only_gaps=True)
    membership = Membership(org_unit_id=place.id, person_id=person.id, state=state.value)
    for name in _PLAIN:
        setattr(membership, name, values.get(name))
    if state is _S.ACTIVE:
        membership.first_joined_on = membership.first_joined_on or joined_on
    membership.employer_id = employer_id(uow, values.get("employer"))
    add_live(uow, membership)
    uow.add(transition_row(uow, membership, step, None, joined_on if state is _S.ACTIVE else None))
    uow.session.flush()
    return membership


def add_live(uow: UnitOfWork, membership: Membership) -> None:
    """One natural person has one live membership; the database holds it, whoever else is writing."""
    try:
        with uow.session.begin_nested():
            uow.add(membership)
            uow.session.flush()
    except IntegrityError:
        home = uow.session.scalars(
            select(Membership.id).where(
                Membership.person_id == membership.person_id,
                Membership.state.in_(LIVE),
                visible(uow.principal, READ, Membership.__table__.c.org_unit_id),
            )
        ).one_or_none()
        raise Conflict(
            "already_member",
            _("此人已有会籍。换工会请办理会籍转接，不要重复登记。"),
            extra={"membership_id": str(home)} if home else {},
        ) from None


def _refuse_bad_day(day: date | None, born_on: date | None, pointer: str = "/joined_on") -> None:
    if day is not None and day > clock.today():
        raise invalid(FieldFault(pointer, "join_date_in_future", _("入会日期不能晚于今天。")))
    if day is not None and born_on is not None and day <= born_on:
        raise invalid(FieldFault(pointer, "join_date_before_birth", _("入会日期不能早于出生日期。")))


def employer_id(uow: UnitOfWork, employer: Mapping[str, Any] | None) -> UUID | None:
    """The employer with this name and code, entered where nobody knows it."""
    if not employer:
        return None
    name, code = employer["name"].strip(), employer.get("uscc") or None
    found = only_employer_named(uow, name) if code is None else None
    return (found or obtain_employers(uow, [(name, code)])[0]).id


def change(uow: UnitOfWork, membership: Membership, values: Mapping[str, Any]) -> None:
    """Change what is known of a member: a new phone, another post. Name and document do not change.

    Another day of joining changes past figures, so it needs the permission to back-date.
    """
    person = person_by_id(uow, membership.person_id)
    facts = read_facts(uow, values)
    told = opened(uow, person, "born_on")
    born_on = date.fromisoformat(told) if told else None
    for name in ("joined_on", "first_joined_on"):
        if values.get(name, getattr(membership, name)) != getattr(membership, name):
            _refuse_bad_day(values[name], born_on, f"/{name}")
            if not reaches(uow.principal, BACKDATE, path_of(uow, membership.org_unit_id)):
                raise forbidden(BACKDATE)
    tell_of_person(uow, person, facts)
    for name in _PLAIN:
        if name in values:
            setattr(membership, name, values[name])
    if "employer" in values:
        membership.employer_id = employer_id(uow, values["employer"])


def join_from(_uow: UnitOfWork, membership: Membership, answers: Mapping[str, Any]) -> None:
    """Membership dates from the approval, whatever the application hoped for."""
    day: date = answers["effective_on"]
    membership.joined_on = day
    membership.first_joined_on = membership.first_joined_on or day
