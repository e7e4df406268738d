"""Bundles: rows of several tables that belong together, written by COPY, with one audit entry for each bundle.

What was written is published as one event, under the name of the act.
COPY is refused on a table under a policy, so the rows go into a temporary table and from there, each in one
statement, into their own, by a function of the database that asks once a batch whether what they refer to is there.
A member of a register is a bundle: the person, the membership, its first step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, repeat
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from psycopg.errors import DeadlockDetected, ForeignKeyViolation, LockNotAvailable, UniqueViolation
from sqlalchemy import Boolean, Date, Integer, LargeBinary, Table, Text, Uuid

from gonghui.audit.entries import digest
from gonghui.audit.recorder import REDACTED
from gonghui.db.base import Base
from gonghui.db.ciphers import random_pieces
from gonghui.db.copying import Remembered, RowPacker, copied
from gonghui.db.sensitive import seal_columns
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.i18n import _
from gonghui.tenancy.keys import keyring
from gonghui.values import clock
from gonghui.values.ids import new_id, new_ids

Values = Mapping[str, Any]
#: Values of one table by column name, row by row in the order of the bundles.
Columns = dict[str, Sequence[Any]]
#: Pieces of rows that are to be put together, piece by piece.
Pieces = list[Iterable[bytes]]

_TYPES: Mapping[type[Any], str] = {
    Uuid: "uuid",
    Integer: "int8",
    Boolean: "bool",
    Date: "date",
    LargeBinary: "bytea",
    Text: "text",
}
_STAGE = "bundle_stage"
_SALT_BYTES = 16
#: First, because every statement asks for them; the content as the bytes that its digest was taken over.
_AUDIT = (("entry_id", "uuid"), ("salt", "bytea"), ("digest", "bytea"), ("content", "utf8"))
_BEGIN, _END, _BACK = "SAVEPOINT bundles", "RELEASE SAVEPOINT bundles", "ROLLBACK TO SAVEPOINT bundles"
_ROWS = "SELECT core.insert_staged(%(parts)s)"
# No order is asked for: a temporary table that was emptied and filled once gives its rows as they came.
_ENTRIES = """
INSERT INTO core.audit_entry (tenant_id, id, at, actor_kind, account_id, person_id, on_behalf_by, org_unit_id,
    action, operation, object_table, object_id, request_id, digest)
SELECT %(tenant_id)s, entry_id, %(at)s, %(actor_kind)s, %(account_id)s, %(person_id)s, %(on_behalf_by)s, {unit},
    %(action)s, 'insert', %(table)s, {main}, %(request_id)s, digest FROM {stage}
"""
# One event for the batch, whose rows are told by id; they are new, so of version 1. Put together as text: to build it
# takes three times as long.
_EVENT = """
INSERT INTO core.outbox_event (tenant_id, id, name, at, subject_table, facts, request_id, due_at)
SELECT %(tenant_id)s, %(event_id)s, %(action)s, %(at)s, %(table)s,
    ('{{"records":[' || string_agg('["' || {main} || '",1]', ',') || ']}}')::jsonb, %(request_id)s, %(at)s FROM {stage}
"""
_PAYLOADS = """
INSERT INTO core.audit_payload (tenant_id, entry_id, salt, content)
SELECT %(tenant_id)s, entry_id, salt, content FROM {stage}
"""


class Same(NamedTuple):
    """What a column holds that has no value of its own: that of another column of the same bundle."""

    table: type[Base]
    column: str

    def checked(self) -> Same:
        """Itself. Raises `ValueError` for a sensitive column: its value opens at its own place alone."""
        if self.table.__table__.columns[self.column].info.get("redacted"):
            raise ValueError(f"no column can be the same as the sensitive {self.column}")
        return self


class BundleWriter:
    """Writes many rows of several tables at once, a bundle for each line of a register, each with its audit entry.

    `parts` names the tables with the columns that differ from row to row, `action` the act in the trail, which is
    also the name of the fact that each call of `write` publishes.
    The first table is the one that the audit entry is about. `fixed` tells what other columns hold in every
    bundle: a value, or the `Same` as another column. Columns that neither names hold their defaults. A bundle may
    lack any table but the first: a membership of a person who is known brings no person. Bundles are made ready
    apart from being written, so that one batch is made while the database works on another.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        parts: Mapping[type[Base], Sequence[str]],
        action: str,
        fixed: Mapping[type[Base], Values] | None = None,
    ) -> None:
        self._uow = uow
        self._action = action
        self._ring = keyring(uow)
        numbers = {model: number for number, model in enumerate(parts)}
        self._parts = [
            _Part(model, names, (fixed or {}).get(model, {}), numbers) for model, names in parts.items()
        ]
        # Written in the order of their references: what others point to comes first.
        self._order = sorted(self._parts, key=lambda part: _depth(part.table))
        self._columns = [*_AUDIT, *(column for part in self._parts for column in part.columns)]
        self._packer = RowPacker([kind for _name, kind in self._columns])
        self._plan = orjson.dumps([part.plan(uow.tenant_id) for part in self._order], default=str).decode()
        self._made_stage = False

    def ready(self, tables: Mapping[type[Base], Columns]) -> list[bytes]:
        """Bundles, sealed and described for the trail; each table brings as many rows, with their ids, or is left out.

        The columns are used up.
        """
        count = len(next(iter(tables.values()))["id"])
        staged: list[Sequence[Any]] = []
        told: list[Pieces] = []
        for part in self._parts:
            columns = tables.get(part.model)
            if columns is None:
                staged += [[None] * count] * len(part.names)
                continue
            part.complete(tables, columns)
            seal_columns(self._ring, part.table, columns)
            staged += [columns[name] for name in part.names]
            told.append(part.told(columns))
        # What is told has an order of its own, and the digest is over the bytes that are kept.
        main, *others = told
        listed = [piece for other in others for piece in (repeat(b","), *other)][1:]
        pieces = [repeat(b"{"), *main, repeat(b',"with":['), *listed, repeat(b"]}")]
        contents = list(islice(map(b"".join, zip(*pieces, strict=False)), count))
        salts = random_pieces(_SALT_BYTES, count)
        digests = list(map(digest, salts, contents))
        return self._packer.pack([new_ids(count), salts, digests, contents, *staged])

    def write(self, bundles: Sequence[bytes]) -> None:
        """Write bundles that are ready, with their audit entries, in one statement for each table.

        Raises `Conflict` where somebody else has entered the same meanwhile, or taken away what they refer to; nothing
        of these bundles is written then, and the transaction goes on.
        """
        if not bundles:
            return
        driver: Any = self._uow.session.connection().connection.driver_connection
        values = {**self._audit_values(), "tenant_id": self._uow.tenant_id, "parts": self._plan}
        main, unit = self._parts[0].staged("id"), self._parts[0].staged("org_unit_id")
        with driver.cursor() as cursor:
            self._copy(cursor, bundles)
            try:
                with driver.pipeline():  # the database goes on from one to the next without asking
                    for statement in (_BEGIN, _ROWS, _ENTRIES, _PAYLOADS, _EVENT, _END):
                        cursor.execute(statement.format(main=main, unit=unit, stage=_STAGE), values)
            except _MET as error:
                cursor.execute(_BACK)
                # Their texts quote the key, and the key may be a blind index: they are not passed on.
                raise _conflict(error) from None
        note, pending = self._uow.current_note, self._uow.pending_notes
        if note is not None and not note.detail and note in pending:
            pending.remove(note)

    def _copy(self, cursor: Any, bundles: Sequence[bytes]) -> None:
        if not self._made_stage:
            columns = [(name, kind.replace("utf8", "text")) for name, kind in self._columns]
            cursor.execute("SELECT core.open_stage(%s)", [orjson.dumps(columns).decode()])
            self._made_stage = True
        cursor.execute(f"TRUNCATE {_STAGE}")
        with cursor.copy(f"COPY {_STAGE} FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(copied(bundles))

    def _audit_values(self) -> dict[str, Any]:
        principal = self._uow.principal
        return {
            "at": clock.now(),
            "event_id": new_id(),
            "actor_kind": principal.kind.value,
            "account_id": principal.account_id,
            "person_id": principal.person_id,
            "on_behalf_by": principal.on_behalf_by or None,
            "action": self._action,
            "table": self._parts[0].table.fullname,
            "request_id": self._uow.request_id,
        }


class _Part:
    """One table of the bundles: the columns that are staged, and what the others hold."""

    def __init__(
        self, model: type[Base], given: Sequence[str], fixed: Values, numbers: Mapping[type[Base], int]
    ) -> None:
        table: Any = model.__table__
        self._number, self.model, self.table = numbers[model], model, table
        self._is_main = self._number == 0
        derived = [
            c.name for c in table.columns if {c.info.get("index_of"), c.info.get("tail_of")} & set(given)
        ]
        self.names = ["id", *given, *derived]
        self.columns = [(f"p{self._number}_{name}", _type_of(table.columns[name])) for name in self.names]
        same = {name: value for name, value in fixed.items() if isinstance(value, Same)}
        self._same = [
            (name, each.checked(), f"p{numbers[each.table]}_{each.column}") for name, each in same.items()
        ]
        set_apart = {*self.names, *same, "tenant_id"}
        self.values = {
            name: value for name, value in {**_defaults(table), **fixed}.items() if name not in set_apart
        }
        redacted = {column.name for column in table.columns if column.info.get("redacted")}
        self._tellers = {
            name: _redacted(name) if name in redacted else Remembered(_pairs(name)).of
            for name in [*given, *same]
        }
        self._always = b"".join(
            _pair(name, REDACTED if name in redacted and value is not None else value)
            for name, value in self.values.items()
        )

    def staged(self, name: str) -> str:
        """What a statement over the temporary table says for a column."""
        elsewhere = {own: staged for own, _same, staged in self._same}
        return elsewhere.get(name) or (f"p{self._number}_{name}" if name in self.names else "NULL")

    def complete(self, tables: Mapping[type[Base], Columns], columns: Columns) -> None:
        """Fill in what is the same as elsewhere in the bundle."""
        for name, same, _staged in self._same:
            columns[name] = tables[same.table][same.column]

    def told(self, columns: Columns) -> Pieces:
        """The rows as the trail holds them, in JSON: those of the main table what an object holds, others whole.

        Left out are the tenant and the id, which stand beside, blind indexes, and what is empty. Put together of
        pieces, most of which came before: to make objects of them and have those written costs three times as much.
        """
        pairs: Pieces = [tell(columns[name]) for name, tell in self._tellers.items()]
        if self._always:
            pairs.insert(0, repeat(self._always[1:]))
        else:  # which pair is the first, and has no comma before it, differs from row to row
            pairs = [[row[1:] for row in map(b"".join, zip(*pairs, strict=True))]]
        if self._is_main:
            return [repeat(b'"after":{'), *pairs, repeat(b"}")]
        start = b'{"table":%b,"id":"' % orjson.dumps(self.table.fullname)
        ids = [str(own).encode() for own in columns["id"]]
        return [repeat(start), ids, repeat(b'","after":{'), *pairs, repeat(b"}}")]

    def plan(self, tenant_id: UUID) -> dict[str, Any]:
        """How the rows are filled from the stage, as `core.insert_staged` is told."""
        own = [*self.names, *(name for name, _same, _staged in self._same)]
        return {
            "target": self.table.fullname,
            "staged": {name: self.staged(name) for name in own},
            "fixed": {**self.values, "tenant_id": tenant_id},
        }


#: What the database says where somebody else works on the same.
_MET = (UniqueViolation, ForeignKeyViolation, DeadlockDetected, LockNotAvailable)


def _conflict(error: Exception) -> Conflict:
    if isinstance(error, ForeignKeyViolation):
        message = _(
            "这批记录所指的工会、单位或人员刚被删除或改动，这次没有写入。重新导入，按现在的情况核对。"
        )
        return Conflict("gone_meanwhile", message)
    message = _("有人正在登记同样的人或单位，这次没有写入。稍后重新导入即可，不会重复。")
    return Conflict("entered_meanwhile", message)


def _pair(name: str, value: Any) -> bytes:
    """A member of a JSON object, with the comma before it; nothing where there is no value."""
    return _pairs(name)(value)


def _pairs(name: str) -> Callable[[Any], bytes]:
    start = b',"%b":' % name.encode()
    return lambda value: b"" if value is None else start + orjson.dumps(value, default=str)


def _redacted(name: str) -> Callable[[Sequence[Any]], list[bytes]]:
    pair = _pair(name, REDACTED)
    return lambda column: [b"" if value is None else pair for value in column]


def _defaults(table: Table) -> dict[str, Any]:
    """What a table fills in by itself, the same for all rows of a writer."""
    wanted = [column for column in table.columns if column.default is not None]
    return {c.name: c.default.arg({}) if c.default.is_callable else c.default.arg for c in wanted}  # type: ignore[union-attr]


def _type_of(column: Any) -> str:
    """How a column is packed. A `StopIteration` means a type that nobody has packed yet."""
    impl = getattr(column.type, "impl_instance", column.type)
    return next(name for kind, name in _TYPES.items() if isinstance(impl, kind))


def _depth(table: Table) -> int:
    """How many references a row of the table stands above: 0 for one that points to nothing."""
    keys = (key.referred_table for key in table.foreign_key_constraints)
    return 1 + max((_depth(other) for other in keys if other is not table), default=-1)
