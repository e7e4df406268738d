"""Reorganising the tree: units are moved, merged, split, renamed and closed from a day on, one change at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, case, func, literal, select

from gonghui.auth.scope import require_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, DomainError, FieldFault, invalid, not_found
from gonghui.events.batches import publish_many
from gonghui.i18n import Text, _
from gonghui.lifecycle.reorganisation import Change, Reorganisation, ReorganisationState, change_of
from gonghui.lifecycle.reorganisation_effects import Effects, effects_of
from gonghui.lifecycle.reorganisation_plans import Plan, Shift, plan_of
from gonghui.records.bulk import insert_many, update_many
from gonghui.tenancy.org_history import OrgUnitName
from gonghui.tenancy.org_tree import PATH_PART, EdgeCause, OrgEdge, OrgUnit, first_edge, hold_tree
from gonghui.values import clock
from gonghui.values.principal import Principal, PrincipalKind

BACKDATE = "core.org_unit.backdate"

_EDGE: Any = OrgEdge.__table__.c
_UNIT: Any = OrgUnit.__table__.c


@dataclass(frozen=True)
class Outcome:
    """What a reorganisation touches, and how far it is; without a record where it was only looked at."""

    effective_on: date
    effects: Effects
    record: Reorganisation | None = None
    notices: list[Text] = field(default_factory=list)

    @property
    def state(self) -> str:
        """`preview`, `planned` or `applied`."""
        return self.record.state if self.record else "preview"


def preview(uow: UnitOfWork, change: Change, effective_on: date | None = None) -> Outcome:
    """What a change would touch; nothing is changed. Raises as `reorganise` does."""
    day = _day(uow, effective_on)
    return _outcome(uow, plan_of(uow, change, day), day)


def reorganise(
    uow: UnitOfWork, change: Change, *, effective_on: date | None = None, decision: str | None = None
) -> Outcome:
    """Change the tree from a day (today) on; a day to come is planned, and the present tree stays until then.

    Raises `Invalid` and `Conflict` where the tree forbids it, `Forbidden` for a day before today without the
    permission to back-date.
    """
    hold_tree(uow)
    settle(uow)
    day = _day(uow, effective_on)
    plan = plan_of(uow, change, day)
    outcome = _outcome(uow, plan, day)
    state = ReorganisationState.PLANNED if day > clock.today() else ReorganisationState.APPLIED
    uow.note("core.org_unit.planned" if state is ReorganisationState.PLANNED else plan.action)
    record = Reorganisation(
        kind=change.kind.value,
        state=state.value,
        effective_on=day,
        decision=decision,
        content=change.content(),
        account_id=uow.principal.account_id,
        person_id=uow.principal.person_id,
    )
    uow.add(record)
    uow.session.flush()
    if state is ReorganisationState.APPLIED:
        record.settled_at = clock.now()
        _apply(uow, plan, record)
    return Outcome(day, outcome.effects, record, outcome.notices)


def settle(uow: UnitOfWork) -> list[Reorganisation]:
    """Apply what was planned for a day up to today, in the order of the days, as the system.

    One that the tree no longer allows is marked as failed, with the reason, and the others go on.
    """
    due = (
        select(Reorganisation)
        .where(
            Reorganisation.state == ReorganisationState.PLANNED.value,
            Reorganisation.effective_on <= clock.today(),
        )
        .order_by(Reorganisation.effective_on, Reorganisation.recorded_at, Reorganisation.id)
    )
    if uow.only_reads or uow.session.scalar(due.with_only_columns(Reorganisation.id).limit(1)) is None:
        return []
    hold_tree(uow)
    asked = uow.principal
    uow.become(_system(asked))
    try:
        settled = list(uow.session.scalars(due.with_for_update()))
        for record in settled:
            _settle_one(uow, record)
        uow.session.flush()
    finally:
        uow.become(asked)
    return settled


def cancel(uow: UnitOfWork, reorganisation_id: UUID) -> Reorganisation:
    """Give up a reorganisation that is still planned. Raises `NotFound`, `Conflict`."""
    hold_tree(uow)
    settle(uow)
    record = uow.session.get(Reorganisation, (uow.tenant_id, reorganisation_id))
    if record is None:
        raise not_found()
    if record.state != ReorganisationState.PLANNED.value:
        raise Conflict("not_planned", _("这项调整不在计划中，不能取消。"), extra={"state": record.state})
    uow.note("core.org_unit.plan_cancelled")
    record.state = ReorganisationState.CANCELLED.value
    record.settled_at = clock.now()
    uow.session.flush()
    return record


def _day(uow: UnitOfWork, effective_on: date | None) -> date:
    """The day from which the change holds, where the principal may name it."""
    day = effective_on or clock.today()
    if day < clock.today():
        require_whole(uow.principal, BACKDATE)
    if not date(1949, 10, 1) <= day <= clock.today() + timedelta(days=3 * 366):
        raise invalid(FieldFault("/effective_on", "day_out_of_range", _("生效日期太早，或者在三年以后。")))
    return day


def _outcome(uow: UnitOfWork, plan: Plan, day: date) -> Outcome:
    effects = effects_of(uow, plan.touched, [unit.id for unit in plan.closed])
    notices = []
    if effects.assignments_staying:
        notices.append(
            _(
                "{n} 项角色分派留在被合并或撤销的组织上，只及于原来登记在那里的记录；需要的话请另行分派。",
                n=effects.assignments_staying,
            )
        )
    return Outcome(day, effects, notices=notices)


def _system(asked: Principal) -> Principal:
    """The platform itself; whoever came by when it was due is on record beside it."""
    return Principal(
        PrincipalKind.SYSTEM,
        asked.tenant_id,
        name="settle",
        signed_in_by="schedule",
        on_behalf_by=asked.on_behalf_by or asked.name,
    )


def _settle_one(uow: UnitOfWork, record: Reorganisation) -> None:
    try:
        plan = plan_of(uow, change_of(record.kind, record.content), record.effective_on)
    except DomainError as refusal:
        uow.note("core.org_unit.plan_failed")
        faults = "".join(str(fault.detail) for fault in refusal.faults)
        record.state, record.reason = ReorganisationState.FAILED.value, faults or str(refusal.detail)
    else:
        uow.note(plan.action)
        record.state = ReorganisationState.APPLIED.value
        _apply(uow, plan, record)
    record.settled_at = clock.now()
    uow.session.flush()


def _apply(uow: UnitOfWork, plan: Plan, record: Reorganisation) -> None:
    day, decision = record.effective_on, record.decision
    units = [(unit.id, None) for unit in plan.units]  # while the session has them at hand
    if plan.founded is not None:
        _set_up(uow, plan.founded, plan.shifts[0].cause, decision)
    for shift in plan.shifts:
        _write_edges(uow, shift, day, decision)
        _write_paths(uow, shift)
    if plan.closed:
        these = _UNIT.id.in_([unit.id for unit in plan.closed])
        successor = plan.successor.id if plan.successor else None
        update_many(uow, OrgUnit, these, {"valid_to": day - timedelta(days=1), "successor_id": successor})
    if plan.renamed is not None:
        _rename(uow, *plan.renamed, day, decision)
    publish_many(uow, plan.action, OrgUnit, units, reorganisation_id=record.id, effective_on=day)
    uow.session.flush()


def _set_up(uow: UnitOfWork, unit: OrgUnit, cause: EdgeCause, decision: str | None) -> None:
    values = {"id": unit.id, "parent_id": unit.parent_id, "valid_from": unit.valid_from}
    uow.add(unit, OrgEdge(**first_edge(values, cause, decision)))
    uow.session.flush()


def _write_edges(uow: UnitOfWork, shift: Shift, day: date, decision: str | None) -> None:
    """End the edges of the units on the day before and begin new ones; one that began on the day itself is changed.

    A unit that was set up here after the day stood where it first stood until then; one that was moved to its
    parent after the day comes to the new one instead.
    """
    ids, eve = [unit.id for unit in shift.units], day - timedelta(days=1)
    current = (_EDGE.unit_id == any_(literal(ids, ARRAY(Uuid())))) & _EDGE.valid_to.is_(None)
    values = {"parent_id": shift.parent.id, "cause": shift.cause.value, "decision": decision}
    on_the_day = current & (_EDGE.valid_from == day)
    later = current & (_EDGE.valid_from > day) & ~_EDGE.is_first
    changed = set(uow.session.scalars(select(_EDGE.unit_id).where(on_the_day | later)))
    if changed:
        update_many(uow, OrgEdge, on_the_day, values)
        update_many(uow, OrgEdge, later, {"parent_id": shift.parent.id})
    ended = {"valid_from": func.least(_EDGE.valid_from, eve), "valid_to": eve}
    update_many(uow, OrgEdge, current & ~_EDGE.unit_id.in_(changed), ended)
    fresh = [{"unit_id": unit_id, "valid_from": day, **values} for unit_id in ids if unit_id not in changed]
    insert_many(uow, OrgEdge, fresh)


def _write_paths(uow: UnitOfWork, shift: Shift) -> None:
    """Let the paths of the units and of all below them begin with that of their parent, in one statement."""
    before, after = shift.units[0].path[:-PATH_PART], shift.parent.path
    if before == after:
        return
    ids, parts = [unit.id for unit in shift.units], [unit.path[-PATH_PART:] for unit in shift.units]
    part = func.substr(_UNIT.path, len(before) + 1, PATH_PART)
    wanted = _UNIT.path.bool_op("^@")(before) & part.in_(parts)
    is_shifted = _UNIT.id == any_(literal(ids, ARRAY(Uuid())))
    values = {
        "path": func.concat(after, func.substr(_UNIT.path, len(before) + 1)),
        "parent_id": case((is_shifted, literal(shift.parent.id, Uuid())), else_=_UNIT.parent_id),
    }
    update_many(uow, OrgUnit, wanted, values)


def _rename(uow: UnitOfWork, unit: OrgUnit, name: str, day: date, decision: str | None) -> None:
    """Keep the name that the unit bore until the day before; one that it got on the day itself leaves nothing."""
    former = select(func.max(OrgUnitName.valid_to)).where(OrgUnitName.unit_id == unit.id)
    last = uow.session.scalar(former)
    eve = day - timedelta(days=1)
    since = last + timedelta(days=1) if last else unit.valid_from
    if since != day:
        uow.add(
            OrgUnitName(
                unit_id=unit.id,
                name=unit.name,
                valid_from=min(since, eve),
                valid_to=eve,
                decision=decision,
            )
        )
    unit.name = name
    uow.session.flush()
