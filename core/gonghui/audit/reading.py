"""Reading the trail, and how far it is sealed; whoever reads it stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import ColumnElement, Select, and_, func, select

from gonghui.audit.chain import fingerprint, head_bytes, latest_head
from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.audit.sampling import drawn
from gonghui.audit.seals import AuditProgress, AuditSeal
from gonghui.auth.scope import visible
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.i18n import _
from gonghui.parties.persons import Person
from gonghui.tenancy.org_tree import OrgUnit, in_subtree
from gonghui.values import clock

READ = "core.audit.read"
#: Columns of an entry that are told as they are.
COLUMNS = (
    "id", "at", "action", "operation", "actor_kind", "on_behalf_by", "object_table", "object_id", "request_id",
)  # fmt: skip
_ENTRY: Any = AuditEntry.__table__.c
_PAYLOAD: Any = AuditPayload.__table__.c
_PERSON: Any = Person.__table__.c
_SEAL: Any = AuditSeal.__table__.c
_UNIT: Any = OrgUnit.__table__.c


@dataclass(frozen=True)
class Wanted:
    """Which entries: about one object, one act, by somebody of this name, on these days, at a unit and below."""

    object_id: UUID | None = None
    action: str | None = None
    actor: str | None = None
    since: date | None = None
    until: date | None = None
    path: str | None = None

    def told(self) -> dict[str, str]:
        """The same as the trail tells it of whoever reads."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class SealState:
    """How far the trail of a tenant is sealed: entries in the chain, those that still wait, and the last head.

    `fits`: the head is signed by the key that it names, and the chain still leads through it; None without a head.
    """

    sealed: int
    waiting: int
    signed_up_to: int | None
    signed_at: datetime | None
    key: str | None
    fits: bool | None
    stored_up_to: int


def list_entries(uow: UnitOfWork, wanted: Wanted, *, after: int | None, limit: int) -> Sequence[Any]:
    """Entries about what the principal sees, newest first; those about no org unit show to whoever holds the root."""
    conditions = [visible(uow.principal, READ, _ENTRY.org_unit_id), *_conditions(wanted)]
    if after is not None:
        conditions.append(_ENTRY.number < after)
    page = _told().where(*conditions).order_by(_ENTRY.number.desc()).limit(limit)
    return uow.session.execute(page).all()


def one_entry(uow: UnitOfWork, entry_id: UUID) -> Any:
    """An entry that the principal sees, with its place in the chain; None where there is none."""
    mine = (visible(uow.principal, READ, _ENTRY.org_unit_id), _ENTRY.id == entry_id)
    return uow.session.execute(_with_seal(_told().where(*mine), inner=False)).one_or_none()


def note_reading(uow: UnitOfWork, wanted: Wanted, rows: int) -> None:
    """Have the trail tell who read how much of it, and of what."""
    uow.note("core.audit.read", rows=rows, narrowed=wanted.told())


def sample(uow: UnitOfWork, seed: str, size: int, up_to: int | None) -> tuple[int, list[Any]]:
    """Sealed entries drawn by a seed among so many, in the order in which they were drawn, as far as one sees them.

    Raises `Invalid` for more than are sealed.
    """
    sealed = _sealed(uow)
    among = sealed if up_to is None else up_to
    if among > sealed:
        raise invalid(FieldFault("/up_to", "not_sealed", _("封存的只有 {n} 条。", n=sealed)))
    numbers = drawn(seed, size, among)
    found = _with_seal(_told()).where(
        visible(uow.principal, READ, _ENTRY.org_unit_id), _SEAL.seq.in_(numbers)
    )
    rows = {row.seq: row for row in uow.session.execute(found)}
    uow.note("core.audit.sampled", seed=seed, size=size, up_to=among)
    return among, [rows[number] for number in numbers if number in rows]


def seal_state(uow: UnitOfWork) -> SealState:
    """How far the trail is sealed and signed, and whether the last head fits."""
    progress = uow.session.get(AuditProgress, uow.tenant_id)
    floor = progress.floor if progress is not None else 0
    unsealed = ~select(_SEAL.entry_id).where(
        _SEAL.tenant_id == _ENTRY.tenant_id, _SEAL.entry_id == _ENTRY.id
    ).exists()  # fmt: skip
    waiting = uow.session.scalar(select(func.count()).where(_ENTRY.number > floor, unsealed))
    head = latest_head(uow.session, uow.tenant_id)
    return SealState(
        sealed=_sealed(uow),
        waiting=waiting or 0,
        signed_up_to=head.seq if head else None,
        signed_at=head.at if head else None,
        key=fingerprint(head.public_key) if head else None,
        fits=_fits(uow, head) if head else None,
        stored_up_to=progress.stored_seq if progress is not None else 0,
    )


def _fits(uow: UnitOfWork, head: Any) -> bool:
    reached = uow.session.scalar(select(_SEAL.hash).where(_SEAL.seq == head.seq))
    told = head_bytes(head.tenant_id, head.seq, head.hash, head.at, fingerprint(head.public_key))
    try:
        Ed25519PublicKey.from_public_bytes(head.public_key).verify(head.signature, told)
    except InvalidSignature:
        return False
    return bool(reached == head.hash)


def _sealed(uow: UnitOfWork) -> int:
    return uow.session.scalar(select(func.max(_SEAL.seq))) or 0


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.object_id is not None:
        conditions.append(_ENTRY.object_id == wanted.object_id)
    if wanted.action is not None:
        conditions.append(_ENTRY.action == wanted.action)
    if wanted.actor is not None:
        conditions.append(_ENTRY.person_id.in_(select(_PERSON.id).where(_PERSON.name == wanted.actor)))
    if wanted.since is not None:
        conditions.append(_ENTRY.at >= clock.midnight(wanted.since))
    if wanted.until is not None and wanted.until < date.max:
        conditions.append(_ENTRY.at < clock.midnight(wanted.until + timedelta(days=1)))
    if wanted.path is not None:
        conditions.append(in_subtree(_ENTRY.org_unit_id, (wanted.path,)))
    return conditions


def _told() -> Select[Any]:
    """Entries with the names of those who acted and of their units, and with their values."""
    of_entry = and_(_PAYLOAD.tenant_id == _ENTRY.tenant_id, _PAYLOAD.entry_id == _ENTRY.id)
    by_person = and_(_PERSON.tenant_id == _ENTRY.tenant_id, _PERSON.id == _ENTRY.person_id)
    at_unit = and_(_UNIT.tenant_id == _ENTRY.tenant_id, _UNIT.id == _ENTRY.org_unit_id)
    return (
        select(
            *(_ENTRY[name] for name in COLUMNS),
            _ENTRY.number,
            _PERSON.name.label("actor"),
            _UNIT.name.label("org_unit_name"),
            _PAYLOAD.content,
        )
        .outerjoin(AuditPayload.__table__, of_entry)
        .outerjoin(Person.__table__, by_person)
        .outerjoin(OrgUnit.__table__, at_unit)
    )


def _with_seal(found: Select[Any], *, inner: bool = True) -> Select[Any]:
    same = and_(_SEAL.tenant_id == _ENTRY.tenant_id, _SEAL.entry_id == _ENTRY.id)
    return found.add_columns(_SEAL.seq, _SEAL.hash).join(AuditSeal.__table__, same, isouter=not inner)
