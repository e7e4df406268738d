"""The life of a membership: entered or applied for, approved, changed, retained, resumed, ended (domain §1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from gonghui.sdk import (
    Conflict,
    FieldFault,
    OrgUnit,
    OrgUnitKind,
    Person,
    RecordTransition,
    UnitOfWork,
    _,
    add_months,
    check_version,
    clock,
    enter_person,
    figure,
    forbidden,
    invalid,
    not_found,
    obtain_employers,
    only_employer_named,
    opened,
    person_by_id,
    reaches,
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


@dataclass(frozen=True)
class Step:
    """A step: from which states, to which state, by whom, and whether it must be given a reason."""

    name: str
    states: tuple[MembershipState, ...]
    to: MembershipState
    permission: str = END
    needs_reason: bool = False


#: Every step that takes a membership from one state to another. Source of each: 工会会员会籍管理办法.
STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Step("approve", (_S.APPLIED,), _S.ACTIVE, APPROVE),
        Step("refuse", (_S.APPLIED,), _S.REFUSED, APPROVE, needs_reason=True),
        Step("retain", (_S.ACTIVE,), _S.RETAINED, needs_reason=True),
        Step("resume", (_S.RETAINED,), _S.ACTIVE),
        Step("withdraw", (_S.APPLIED, _S.ACTIVE, _S.RETAINED), _S.WITHDRAWN),
        Step("deem-withdrawn", (_S.ACTIVE,), _S.DEEMED_WITHDRAWN, needs_reason=True),
        Step("expel", (_S.ACTIVE, _S.RETAINED), _S.EXPELLED, needs_reason=True),
        Step("record-death", (_S.ACTIVE, _S.RETAINED), _S.DECEASED),
    )
}


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
        _take_facts(person, facts)
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


def _take_facts(person: Person, facts: Mapping[str, Any]) -> None:
    """What is told of a person who is known fills gaps; it does not overwrite."""
    for name, value in facts.items():
        if value is not None and getattr(person, name) is None:
            setattr(person, name, value)


def employer_id(uow: UnitOfWork, employer: Mapping[str, Any] | None) -> UUID | None:
    """The employer with this name and code, entered where nobody knows it."""
    if not employer:
        return None
    name, code = employer["name"].strip(), employer.get("uscc") or None
    found = only_employer_named(uow, name) if code is None else None
    return (found or obtain_employers(uow, [(name, code)])[0]).id


def change(uow: UnitOfWork, member_id: UUID, version: int | None, values: Mapping[str, Any]) -> Membership:
    """Change what is known of a member: a new phone, another post. Name and document do not change.

    Another day of joining changes past figures, so it needs the permission to back-date.
    """
    membership = take(uow, member_id, CHANGE, version)
    if membership.state not in LIVE:
        raise Conflict("state_forbids", _("会籍已经终止，不能再改。"), extra={"state": membership.state})
    person = person_by_id(uow, membership.person_id)
    facts = read_facts(uow, values)
    told = opened(uow, person, "born_on")
    born_on = date.fromisoformat(told) if told else None
    for name in ("joined_on", "first_joined_on"):
        if values.get(name, getattr(membership, name)) != getattr(membership, name):
            _refuse_bad_day(values[name], born_on, f"/{name}")
            if not reaches(uow.principal, BACKDATE, path_of(uow, membership.org_unit_id)):
                raise forbidden(BACKDATE)
    uow.note("organising.member.changed")
    for name, value in facts.items():
        setattr(person, name, value)
    for name in _PLAIN:
        if name in values:
            setattr(membership, name, values[name])
    if "employer" in values:
        membership.employer_id = employer_id(uow, values["employer"])
    # A change of the person alone is a change of the record: its version moves too.
    membership.changed_at = clock.now()
    uow.session.flush()
    return membership


def take_step(
    uow: UnitOfWork,
    member_id: UUID,
    version: int | None,
    name: str,
    *,
    reason: str | None = None,
    effective_on: date | None = None,
    warned_on: date | None = None,
) -> Membership:
    """Take one of `STEPS`. Raises `Conflict` where the state forbids it, `Invalid` for what is missing."""
    step = STEPS[name]
    membership = take(uow, member_id, step.permission, version)
    if membership.state not in step.states:
        allowed = [other.name for other in STEPS.values() if membership.state in other.states]
        raise Conflict(
            "state_forbids",
            _("当前状态不允许这一步。"),
            extra={"state": membership.state, "allowed": allowed},
        )
    day = effective_on or clock.today()
    faults = _faults_of_step(uow, membership, step, reason, day, warned_on)
    if faults:
        raise invalid(*faults)
    _require_backdating(uow, membership, day)
    if name == "approve":  # membership dates from the approval, whatever the application hoped for
        membership.joined_on = day
        membership.first_joined_on = membership.first_joined_on or day
    return enter_state(uow, membership, name, step.to, day=day, comment=reason)


def enter_state(
    uow: UnitOfWork,
    membership: Membership,
    step: str,
    state: MembershipState,
    *,
    day: date | None = None,
    comment: str | None = None,
) -> Membership:
    """Put a membership into a state and write the step down."""
    uow.note(f"organising.member.{step.replace('-', '_')}")
    before, membership.state = membership.state, state.value
    uow.add(transition_row(uow, membership, step, before, day, comment))
    uow.session.flush()
    return membership


def _faults_of_step(
    uow: UnitOfWork, membership: Membership, step: Step, reason: str | None, day: date, warned_on: date | None
) -> list[FieldFault]:
    faults = []
    latest = select(func.max(RecordTransition.effective_on)).where(
        RecordTransition.record_id == membership.id, RecordTransition.from_state.is_not(None)
    )
    since = uow.session.scalar(latest) or membership.joined_on
    if since is not None and day < since and membership.state != _S.APPLIED:
        message = _("生效日期不能早于上一步的 {day}。", day=since)
        faults.append(FieldFault("/effective_on", "before_last_step", message))
    if step.needs_reason and not reason:
        faults.append(FieldFault("/comment", "reason_missing", _("要写明理由。")))
    if day > clock.today():
        faults.append(FieldFault("/effective_on", "in_future", _("生效日期不能晚于今天。")))
    if step.to is _S.DEEMED_WITHDRAWN:
        months: int = figure(uow, "organising.membership.deemed_withdrawal_months", day).value
        if warned_on is None:
            message = _("视为退会前要先提醒本人。填写提醒的日期。")
            faults.append(FieldFault("/warned_on", "warning_missing", message))
        elif add_months(warned_on, months) > day:
            message = _("提醒本人后要满 {months} 个月。", months=months)
            faults.append(FieldFault("/warned_on", "warned_too_late", message))
    return faults


def _require_backdating(uow: UnitOfWork, membership: Membership, day: date) -> None:
    if day < clock.today() and not reaches(uow.principal, BACKDATE, path_of(uow, membership.org_unit_id)):
        raise forbidden(BACKDATE)


def take(uow: UnitOfWork, member_id: UUID, permission: str, version: int | None) -> Membership:
    """The membership, locked: seen (else 404), permitted (403), up to date (428, 412)."""
    membership = seen(uow, member_id, permission, lock=True)
    check_version(membership, version)
    return membership


def seen(uow: UnitOfWork, member_id: UUID, permission: str, *, lock: bool = False) -> Membership:
    """The membership: seen (else 404) and permitted (403)."""
    in_sight = visible(uow.principal, READ, Membership.__table__.c.org_unit_id)
    found = select(Membership).where(Membership.id == member_id, in_sight)
    membership = uow.session.scalars(found.with_for_update() if lock else found).one_or_none()
    if membership is None:
        raise not_found()
    if not reaches(uow.principal, permission, path_of(uow, membership.org_unit_id)):
        raise forbidden(permission)
    return membership


def path_of(uow: UnitOfWork, unit_id: UUID) -> str:
    """Path of a unit in the tree."""
    return uow.session.scalar(select(OrgUnit.path).where(OrgUnit.id == unit_id)) or ""
