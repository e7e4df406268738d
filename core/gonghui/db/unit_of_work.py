"""The unit of work: one transaction, bound to one tenant, that fails without one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from psycopg.pq import ExecStatus
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, SessionTransaction

from gonghui.db.base import Base, TenantTable
from gonghui.values import clock
from gonghui.values.ids import new_id
from gonghui.values.principal import Principal

if TYPE_CHECKING:
    from gonghui.db.ciphers import MasterKeys
    from gonghui.db.database import Database

_log = structlog.get_logger()
_READING = re.compile(r"\s*(?:select|with|values|explain|show)\b", re.IGNORECASE)
_SAVEPOINT = re.compile(r"(?:SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT) \w+")
#: What a reading statement may not hold either: a change, a second statement, another tenant, a hidden word.
_CHANGING = re.compile(
    r";|\bU&[\"']"
    r"|\b(?:insert|(?<!for )(?<!key )update|delete|merge|truncate|copy|call|do|set|set_config)\b"
    r"|\b(?:insert_staged|open_stage|ts_stat|ts_rewrite|query_to_xml\w*)\b",
    re.IGNORECASE,
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class NoTenant(RuntimeError):
    """A session tried to reach the database without knowing for whom."""


class Unrecorded(RuntimeError):
    """A statement would have changed records behind the recorder's back."""


class Overstepped(RuntimeError):
    """Code of a plugin would have written what is not its own, or more than read where it may only read."""


class TookTooLong(RuntimeError):
    """Code of a plugin was ended because its time was over."""


class TenantSession(Session):
    """A session that belongs to a unit of work; it cannot begin without one."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what is outstanding, all of it; the door for changes is open no longer than that takes."""
        if objects is not None:
            raise Unrecorded("a flush of some rows only would leave the recorder behind")
        try:
            super().flush()
            if self.uow.outgoing:
                self.uow.put_out()
        finally:
            # Taken away with the door: after the transaction the connection is somebody else's.
            self.info.pop("door", {})["recorded"] = False

    def commit(self) -> None:
        """Commit; not in code that may only read, which is somebody's guest in this transaction."""
        self._refuse_guest()
        self.flush()  # what was published goes along, also where no row is outstanding
        super().commit()

    def rollback(self) -> None:
        """Undo; not in code that may only read."""
        self._refuse_guest()
        super().rollback()

    def close(self) -> None:
        """Give the connection back; not in code that may only read."""
        self._refuse_guest()
        super().close()

    def _refuse_guest(self) -> None:
        uow = self.info.get("uow")
        if uow is not None and uow.is_reading:
            raise Overstepped(f"{uow.writer or 'a hook'} may not end the transaction that it reads in")

    @property
    def uow(self) -> UnitOfWork:
        """The unit of work that this session serves. Raises `NoTenant` where there is none."""
        uow = self.info.get("uow")
        if not isinstance(uow, UnitOfWork):
            raise NoTenant("this session has no unit of work, so it has no tenant")
        return uow


@dataclass(frozen=True)
class Note:
    """What the domain calls that which is being done, with facts that no row holds."""

    action: str
    subject: Base | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outgoing:
    """A fact that is about to be published: its name, the row that it is about, and what else there is to know.

    `subject` is the class of the rows where there are many, which `facts` tell as `records`.
    """

    name: str
    subject: Base | type[Base] | None
    facts: dict[str, Any]
    at: datetime
    not_before: datetime | None = None


class UnitOfWork:
    """One transaction of one principal at one tenant; an operation, a command or a test is given it.

    `session` is the SQLAlchemy session, `principal` whoever acts. `Database.unit_of_work` opens it and commits at the
    end of the block.
    """

    def __init__(
        self, session: TenantSession, principal: Principal, database: Database, *, request_id: str = ""
    ) -> None:
        if not _recorders:
            raise Unrecorded("no audit recorder is installed")
        self.session = session
        self.database = database
        self.principal = principal
        self.request_id = request_id or str(new_id())
        self.current_note: Note | None = None
        self.pending_notes: list[Note] = []
        #: Facts that the next flush writes into the outbox.
        self.outgoing: list[Outgoing] = []
        #: While bulk work goes on, the facts that it will tell at its end (`events/batches.py`), and how many of them
        #: there were when a savepoint began.
        self.gathered: list[Outgoing] | None = None
        self.gathered_before: dict[SessionTransaction, int] = {}
        #: Rows that many rules ask for and that do not change under them; the session forgets what nobody holds.
        self.kept: dict[type[Base], Any] = {}
        #: Whose code runs: a plugin's, by its id, or the core's. `writers.py` sees to what each may write.
        self.writer: str | None = None
        self.is_reading = False
        #: Whether the database refuses whatever this transaction would write.
        self.only_reads = False
        #: Outstanding rows that were found to be written by whoever may, by identity.
        self.vetted: dict[int, Base] = {}
        #: What is to be done once the connection is given back, whether or not this transaction was committed.
        self.afterwards: list[Callable[[], None]] = []
        #: Plugins whose questions are being answered, and those that failed already.
        self.asking: tuple[str, ...] = ()
        self.failed: set[str] = set()
        session.info["uow"] = self

    @property
    def master(self) -> MasterKeys:
        """The keys that wrap every tenant's own."""
        return self.database.master

    @property
    def tenant_id(self) -> UUID:
        """The tenant that this transaction is bound to."""
        return self.principal.tenant_id

    def become(self, principal: Principal) -> None:
        """Go on as `principal` of the same tenant, once sign-in has said who is asking. Raises `NoTenant`."""
        if principal.tenant_id != self.tenant_id:
            raise NoTenant("a unit of work cannot change its tenant")
        self.principal = principal

    def note(self, action: str, subject: Base | None = None, **detail: Any) -> None:
        """Name what is done from here on; the audit rows that follow carry the name.

        With `detail`, or where no row changes, the note becomes an audit entry of its own.
        """
        self.session.flush()
        self.current_note = Note(action, subject, detail)
        self.pending_notes.append(self.current_note)

    def publish(
        self,
        name: str,
        subject: Base | type[Base] | None = None,
        *,
        not_before: datetime | None = None,
        **facts: Any,
    ) -> None:
        """Let everybody who subscribes to `name` know of it, once this transaction is committed, and only then.

        `subject` is the row that it is about, told with its version; `facts` are plain values of JSON, ids and days,
        and never a sensitive one. Nobody is told earlier than `not_before`. Raises `Overstepped` for a name that is
        not the plugin's own.
        """
        if self.is_reading or (self.writer is not None and not name.startswith(f"{self.writer}.")):
            raise Overstepped(f"{self.writer or 'a hook'} may not publish {name} here")
        self.outgoing.append(Outgoing(name, subject, facts, clock.now(), not_before))

    def put_out(self) -> None:
        """Write what is outgoing into the outbox."""
        outgoing, self.outgoing = self.outgoing, []
        if self.gathered is not None:
            self.gathered += outgoing
            return
        for write in _outboxes:
            write(self, outgoing)

    def add(self, *rows: Base) -> None:
        """Put new rows into the transaction."""
        self.session.add_all(rows)

    def plan_afresh(self) -> None:
        """Let the database plan each statement of this transaction for its own values from here on."""
        say(self.session.connection(), "SET LOCAL plan_cache_mode = force_custom_plan")

    def commit(self) -> None:
        """Write what is outstanding, let the recorder close its entries, and commit."""
        self.session.flush()
        for close in _recorders:
            close(self)
        self.session.commit()

    def undo(self) -> None:
        """Take back what was done in this transaction, with what the trail would have said of it, and begin anew."""
        self.session.rollback()
        self.current_note, self.pending_notes = None, []

    def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        self.session.close()
        while self.afterwards:
            try:
                self.afterwards.pop(0)()
            except Exception as error:  # noqa: BLE001 - what is noted aside must not undo what was answered
                _log.error("afterwards_failed", error=type(error).__name__, request_id=self.request_id)


@contextmanager
def unaudited(uow: UnitOfWork) -> Iterator[Connection]:
    """A connection on which statements may change rows: for tables that are not audited, and for bulk writing."""
    connection = uow.session.connection()
    connection.info["recorded"] = True
    try:
        yield connection
    finally:
        connection.info["recorded"] = False


_recorders: list[Callable[[UnitOfWork], None]] = []


def install_recorder(close: Callable[[UnitOfWork], None]) -> None:
    """Register the audit recorder's last step before a commit."""
    _recorders.append(close)


_outboxes: list[Callable[[UnitOfWork, list[Outgoing]], None]] = []


def install_outbox(write: Callable[[UnitOfWork, list[Outgoing]], None]) -> None:
    """Register what writes published facts down, in the transaction that they belong to."""
    _outboxes.append(write)


@event.listens_for(TenantSession, "after_transaction_create")
def _mark_gathered(session: TenantSession, begun: SessionTransaction) -> None:
    uow = session.info.get("uow")
    if uow is not None and uow.gathered is not None and begun.nested:
        uow.gathered_before[begun] = len(uow.gathered)


@event.listens_for(TenantSession, "after_soft_rollback")
def _forget_outgoing(session: TenantSession, undone: SessionTransaction) -> None:
    """What was published since the savepoint is undone with it: a savepoint begins with a flush."""
    uow = session.uow
    uow.outgoing.clear()
    if uow.gathered is not None and undone in uow.gathered_before:
        del uow.gathered[uow.gathered_before[undone] :]


@event.listens_for(TenantSession, "after_begin")
def _bind(session: TenantSession, transaction: SessionTransaction, connection: Connection) -> None:
    """Begin and bind in one message, so that no statement can run between the two."""
    if transaction.nested:
        return
    tenant = str(session.uow.tenant_id)
    if not _UUID.fullmatch(tenant):
        raise NoTenant(f"not a tenant: {tenant!r}")
    connection.info["recorded"] = False
    connection.info.pop("deadline", None)
    try:
        say(connection, f"BEGIN; SET LOCAL app.tenant_id = '{tenant}'")
    except RuntimeError as error:
        raise NoTenant(str(error)) from error


def say(connection: Connection, statement: str) -> None:
    """A statement about the transaction, in the driver's own words: no other way lets one through.

    Raises `RuntimeError` with what the database answers, where it refuses.
    """
    result = connection.connection.driver_connection.pgconn.exec_(statement.encode())  # type: ignore[union-attr]
    if result.status != ExecStatus.COMMAND_OK:
        raise RuntimeError(result.error_message.decode(errors="replace"))


@event.listens_for(TenantSession, "before_flush")
def _lead_by_tenant(session: TenantSession, _context: Any, _instances: Any) -> None:
    """Give every new row the tenant of the transaction; a row of another one is refused."""
    tenant_id = session.uow.tenant_id
    for row in session.new:
        if isinstance(row, TenantTable):
            own: UUID | None = row.tenant_id
            if own is None:
                row.tenant_id = tenant_id
            elif own != tenant_id:
                raise NoTenant("a row of another tenant cannot be written here")


def guard(engine: Engine) -> None:
    """Refuse, on every connection of `engine`, changes that did not come through the recorder."""
    event.listen(engine, "before_cursor_execute", _refuse_unrecorded)


def _refuse_unrecorded(
    connection: Connection, _cursor: Any, statement: str, _params: Any, _context: Any, _many: bool
) -> None:
    deadline = connection.info.get("deadline")
    if deadline is not None and monotonic() > deadline and not _SAVEPOINT.fullmatch(statement):
        raise TookTooLong("its time was over before this statement")
    if not connection.info.get("recorded") and _changes(statement):
        raise Unrecorded(f"records change through the session or records/bulk.py: {statement[:200]}")


@lru_cache(maxsize=4_096)
def _changes(statement: str) -> bool:
    """Whether a statement may do more than read, by its text: values are bound, so words in it are SQL."""
    if _SAVEPOINT.fullmatch(statement):
        return False
    return not _READING.match(statement) or _CHANGING.search(statement) is not None
