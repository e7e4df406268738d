"""Steps in bulk: one transition of many records with the same answers, each done or refused with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, DomainError, FieldFault, Stale, forbidden, invalid, not_found
from gonghui.events.batches import gathered
from gonghui.i18n import _
from gonghui.records.record import Record, check_version
from gonghui.records.record_types import READ, RecordType
from gonghui.records.sight import permitted, visible
from gonghui.records.steps import step
from gonghui.records.workflow import Answers, Transition

MOST = 100


@dataclass(frozen=True)
class Outcome:
    """What became of one record: its state and version now, or the reason why it stays as it was."""

    id: UUID
    state: str | None = None
    version: int | None = None
    refusal: DomainError | None = None

    @property
    def as_json(self) -> dict[str, Any]:
        """The outcome as it is answered."""
        told: dict[str, Any] = {"id": str(self.id), "done": self.refusal is None}
        if self.refusal is None:
            return told | {"state": self.state, "version": self.version}
        faults = [
            {"pointer": f.pointer, "code": f.code, "detail": str(f.detail)} for f in self.refusal.faults
        ]
        return told | {"code": self.refusal.code, "detail": str(self.refusal.detail), "errors": faults}


def take_steps(
    uow: UnitOfWork,
    kind: RecordType,
    name: str,
    versions: Sequence[tuple[UUID, int]],
    answers: Answers,
    *,
    all_or_nothing: bool = False,
) -> list[Outcome]:
    """Take the transition `name` of each record, of the version that is named with it; outcomes in that order.

    What is refused leaves nothing behind and keeps no other back, unless it is `all_or_nothing`. Raises `Invalid`
    for a record that is named twice, `Conflict` with every outcome where nothing is done.
    """
    transition = kind.workflow.named(name)
    if not transition.in_bulk or transition.timer is not None:
        raise Conflict("not_in_bulk", _("这一步不能批量办理。"))
    _refuse_repeated(versions)
    found = _locked(uow, kind, [record_id for record_id, _version in versions])
    allowed = permitted(uow, kind, list(found.values()), kind.permission(name), above=transition.above)
    wanted = dict(versions)
    with gathered(uow):
        done = {
            record_id: _outcome(
                uow, kind, transition, record_id, found.get(record_id), wanted, allowed, answers
            )
            for record_id in sorted(wanted)
        }
    outcomes = [done[record_id] for record_id, _version in versions]
    refused = sum(1 for outcome in outcomes if outcome.refusal is not None)
    if refused == len(outcomes) or (refused and all_or_nothing):
        message = _("{n} 条记录有 {refused} 条不能办理，全部没有办理。", n=len(outcomes), refused=refused)
        raise Conflict("bulk_refused", message, extra={"results": [one.as_json for one in outcomes]})
    return outcomes


def _refuse_repeated(versions: Sequence[tuple[UUID, int]]) -> None:
    seen: set[UUID] = set()
    faults = []
    for index, (record_id, _version) in enumerate(versions):
        if record_id in seen:
            faults.append(FieldFault(f"/records/{index}/id", "named_twice", _("这条记录写了两次。")))
        seen.add(record_id)
    if faults:
        raise invalid(*faults)


def _locked(uow: UnitOfWork, kind: RecordType, ids: Sequence[UUID]) -> Mapping[UUID, Record]:
    """The records that the principal may read, locked in the order of their ids, as everybody locks several."""
    seen = visible(kind, uow.principal, kind.permission(READ))
    wanted = select(kind.model).where(kind.model.id.in_(ids), seen).order_by(kind.model.id)
    locked = wanted.with_for_update(of=kind.model).execution_options(populate_existing=True)
    return {record.id: record for record in uow.session.scalars(locked)}


def _outcome(
    uow: UnitOfWork,
    kind: RecordType,
    transition: Transition,
    record_id: UUID,
    record: Record | None,
    versions: Mapping[UUID, int],
    allowed: set[UUID],
    answers: Answers,
) -> Outcome:
    try:
        if record is None:
            raise not_found()
        if record_id not in allowed:
            raise forbidden(kind.permission(transition.name))
        check_version(record, versions[record_id])
        with undone_alone(uow):
            step(uow, kind, record, transition, answers)
    except DomainError as refusal:
        return Outcome(record_id, refusal=refusal)
    except StaleDataError:
        stale = Stale("version_stale", _("记录已被他人修改，请重新读取后再改。"))
        return Outcome(record_id, refusal=stale)
    return Outcome(record_id, record.state, record.version)


@contextmanager
def undone_alone(uow: UnitOfWork) -> Iterator[None]:
    """What is done in the block is undone by an error in it, with what the trail would say, and nothing else is."""
    pending, current = list(uow.pending_notes), uow.current_note
    try:
        with uow.session.begin_nested():
            yield
    except Exception:
        uow.pending_notes, uow.current_note = pending, current
        raise
