"""Bundles: rows of several tables that belong together, written by COPY, with one audit entry for each bundle.

COPY is refused on a table under a policy, so the rows go into a temporary table and from there, each in one
statement, into their own. A member of a register is a bundle: the person, the membership, its first step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.errors import UniqueViolation
from sqlalchemy import Boolean, Date, DateTime, Integer, LargeBinary, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from gonghui.audit.entries import canonical, digest
from gonghui.audit.recorder import REDACTED
from gonghui.db.base import Base
from gonghui.db.ciphers import random_bytes
from gonghui.db.sensitive import seal_values, sealed_columns
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.i18n import _
from gonghui.tenancy.keys import keyring
from gonghui.values import clock
from gonghui.values.ids import new_id

Values = Mapping[str, Any]

_TYPES: tuple[tuple[type[Any], str], ...] = (
    (Uuid, "uuid"),
    (Integer, "int8"),
    (Boolean, "bool"),
    (Date, "date"),
    (DateTime, "timestamptz"),
    (LargeBinary, "bytea"),
    (JSONB, "jsonb"),
)
_STAGE = "bundle_stage"
_AUDIT = (
    ("entry_id", "uuid"),
    ("object_unit", "uuid"),
    ("salt", "bytea"),
    ("digest", "bytea"),
    ("content", "bytea"),
)
_ENTRIES = """
INSERT INTO core.audit_entry (tenant_id, id, at, actor_kind, account_id, person_id, on_behalf_by, org_unit_id,
    action, operation, object_table, object_id, request_id, digest)
SELECT %(tenant_id)s, entry_id, %(at)s, %(actor_kind)s, %(account_id)s, %(person_id)s, %(on_behalf_by)s, object_unit,
    %(action)s, 'insert', %(table)s, {main}, %(request_id)s, digest FROM {stage} ORDER BY place
"""
_PAYLOADS = """
INSERT INTO core.audit_payload (tenant_id, entry_id, salt, content)
SELECT %(tenant_id)s, entry_id, salt, convert_from(content, 'UTF8') FROM {stage}
"""


class BundleWriter:
    """Writes bundles: `parts` names the tables with the columns that differ from row to row.

    The first table is the one that the audit entry is about. Other columns hold their defaults. A bundle may lack
    any table but the first: a membership of a person who is known brings no person. Bundles are made ready apart
    from being written, so that one batch is made while the database works on another.
    """

    def __init__(self, uow: UnitOfWork, parts: Mapping[type[Base], Sequence[str]], action: str) -> None:
        self._uow = uow
        self._action = action
        self._ring = keyring(uow)
        fixed = {"tenant_id": uow.tenant_id}
        self._parts = [_Part(*numbered, fixed) for numbered in enumerate(parts.items())]
        # Written in the order of their references: what others point to comes first.
        self._order = sorted(self._parts, key=lambda part: _depth(part.table))
        self._made_stage = False

    def ready(self, rows: Sequence[dict[str, Any] | None]) -> list[Any]:
        """One bundle, a row with its id for each table, sealed and described for the trail. The rows are used up."""
        flat: list[Any] = []
        after: list[dict[str, Any]] = []
        for part, row in zip(self._parts, rows, strict=True):
            if row is None:
                flat += part.empty
                continue
            if part.has_sealed:
                seal_values(self._ring, part.table, row)
            flat += part.staged_values(row)
            after.append({"table": part.table.fullname, "id": row["id"], "after": part.shown(row)})
        content = canonical({"after": after[0]["after"], "with": after[1:]})
        salt = random_bytes(16)
        flat += (new_id(), (rows[0] or {}).get("org_unit_id"), salt, digest(salt, content), content)
        return flat

    def write(self, bundles: Sequence[Sequence[Any]]) -> None:
        """Write bundles that are ready, with their audit entries, in one statement for each table.

        Raises `Conflict` where somebody else has entered the same meanwhile.
        """
        if not bundles:
            return
        connection = self._uow.session.connection()
        try:
            with connection.connection.driver_connection.cursor() as cursor:  # type: ignore[union-attr]
                self._copy(cursor, bundles)
                for part in self._order:
                    cursor.execute(part.insert, part.fixed)
                self._write_audit(cursor)
        except UniqueViolation:
            # Its text quotes the key, and the key may be a blind index: it is not passed on.
            message = _("有人正在登记同样的人或单位，这次没有写入。稍后重新导入即可，不会重复。")
            raise Conflict("entered_meanwhile", message) from None
        note, pending = self._uow.current_note, self._uow.pending_notes
        if note is not None and not note.detail and note in pending:
            pending.remove(note)

    def _copy(self, cursor: Any, bundles: Sequence[Sequence[Any]]) -> None:
        columns = [(part.staged(name), part.types[name]) for part in self._parts for name in part.names]
        columns += _AUDIT
        if not self._made_stage:
            listed = ", ".join(f"{name} {kind}" for name, kind in columns)
            cursor.execute(f"DROP TABLE IF EXISTS {_STAGE}")
            cursor.execute(f"CREATE TEMP TABLE {_STAGE} (place serial, {listed}) ON COMMIT DROP")
            self._made_stage = True
        cursor.execute(f"TRUNCATE {_STAGE}")
        names = ", ".join(name for name, _kind in columns)
        with cursor.copy(f"COPY {_STAGE} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([kind for _name, kind in columns])
            for bundle in bundles:
                copy.write_row(bundle)

    def _write_audit(self, cursor: Any) -> None:
        principal, main = self._uow.principal, self._parts[0]
        values = {
            "tenant_id": self._uow.tenant_id,
            "at": clock.now(),
            "actor_kind": principal.kind.value,
            "account_id": principal.account_id,
            "person_id": principal.person_id,
            "on_behalf_by": principal.on_behalf_by or None,
            "action": self._action,
            "table": main.table.fullname,
            "request_id": self._uow.request_id,
        }
        cursor.execute(_ENTRIES.format(main=main.staged("id"), stage=_STAGE), values)
        cursor.execute(_PAYLOADS.format(stage=_STAGE), values)


class _Part:
    """One table of the bundles: the columns that are staged, and what the others hold."""

    def __init__(self, number: int, declared: tuple[type[Base], Sequence[str]], fixed: Values) -> None:
        model, given = declared
        table: Any = model.__table__
        self.number, self.table = number, table
        columns = table.columns
        derived = [c.name for c in columns if {c.info.get("index_of"), c.info.get("tail_of")} & set(given)]
        self.names = ["id", *given, *derived]
        self.types = {name: _type_of(columns[name]) for name in self.names}
        self.empty: list[Any] = [None] * len(self.names)
        self.has_sealed = any(column.name in given for column in sealed_columns(table))
        self.fixed = {**_defaults(table, self.names), **fixed}
        self._redacted = [name for name in self.names if columns[name].info.get("redacted")]
        self._sealed = [
            self.names.index(column.name) for column in sealed_columns(table) if column.name in given
        ]
        self._rest = {column.name: self.fixed.get(column.name) for column in columns}
        listed = ", ".join([*self.fixed, *self.names])
        taken = ", ".join([*(f"%({name})s" for name in self.fixed), *map(self.staged, self.names)])
        self.insert = (
            f"INSERT INTO {table.fullname} ({listed}) SELECT {taken} FROM {_STAGE} "  # noqa: S608 - our own names
            f"WHERE {self.staged('id')} IS NOT NULL ORDER BY place"
        )

    def staged(self, name: str) -> str:
        """The column of the temporary table."""
        return f"p{self.number}_{name}"

    def staged_values(self, row: Mapping[str, Any]) -> list[Any]:
        """The row in the order of the temporary table."""
        values: list[Any] = list(map(row.get, self.names))
        for place in self._sealed:
            sealed = values[place]
            values[place] = None if sealed is None else sealed.raw
        return values

    def shown(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row as the trail may hold it."""
        after = {**self._rest, **row}
        for name in self._redacted:
            if after[name] is not None:
                after[name] = REDACTED
        return after


def _defaults(table: Table, given: Sequence[str]) -> dict[str, Any]:
    """What a table fills in by itself, the same for all rows of a writer."""
    wanted = [column for column in table.columns if column.default is not None and column.name not in given]
    return {c.name: c.default.arg({}) if c.default.is_callable else c.default.arg for c in wanted}  # type: ignore[union-attr]


def _type_of(column: Any) -> str:
    impl = getattr(column.type, "impl_instance", column.type)
    return next((name for kind, name in _TYPES if isinstance(impl, kind)), "text")


def _depth(table: Table) -> int:
    """How many references a row of the table stands above: 0 for one that points to nothing."""
    keys = (key.referred_table for key in table.foreign_key_constraints)
    return 1 + max((_depth(other) for other in keys if other is not table), default=-1)
