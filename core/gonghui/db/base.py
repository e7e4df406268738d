"""Table bases: every row is led by its tenant, every reference carries the tenant with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKeyConstraint,
    MetaData,
    Text,
    UniqueConstraint,
    Uuid,
    and_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship, remote

from gonghui.i18n import Text as Words
from gonghui.values.ids import new_id

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Reference:
    """A pointer to a row of another table, before the class that holds it is mapped."""

    def __init__(self, target: type[Base], *, optional: bool, on_delete: str, part: bool) -> None:
        self.target = target
        self.optional = optional
        self.on_delete = on_delete
        self.part = part


def ref(target: type[Any], *, optional: bool = False, cascade: bool = False, part: bool = False) -> Any:
    """A reference that cannot leave its tenant.

    `owner: Mapped[Person] = ref(Person)` makes the column `owner_id`, the composite foreign key
    `(tenant_id, owner_id)` and a relationship that writes the id only and never loads by itself.
    `owner_id: Mapped[UUID]` below it tells the type checker what it cannot see.
    In a table that is not audited, an optional reference is emptied when its target goes, and a cascading row
    goes with its target; in an audited one the target stays until its references have been dealt with.
    A `part` is nothing without its target: `delete_many` takes it along, and it holds nobody back from going.
    """
    on_delete = "CASCADE" if cascade else ("SET NULL" if optional else "RESTRICT")
    return Reference(target, optional=optional, on_delete=on_delete, part=part)


class Base(DeclarativeBase):
    """Everything mapped. The schema of a table is its owner: `core`, or the id of a plugin."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        datetime: DateTime(timezone=True),
        date: Date(),
        str: Text(),
        int: BigInteger(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
    }
    audited: ClassVar[bool] = True
    """Whether the recorder writes an audit row for each change; a table that is False says why."""

    sealed_audit: ClassVar[bool] = False
    """Whether the trail keeps of a change no more than what was done and in which hour: not by whom, not to what."""

    table_title: ClassVar[Words | None] = None
    """What people call its rows (`_("不记名答卷")`), where no record type and no child of one says."""

    open_to_plugins: ClassVar[bool] = False
    """Whether plugins write rows of this table of the core themselves; a table that is True says why."""

    def __init_subclass__(cls, *, schema: str | None = None, **kwargs: Any) -> None:
        if "__tablename__" in cls.__dict__:
            cls.__table_args__ = _table_arguments(cls, schema)
        super().__init_subclass__(**kwargs)


class TenantTable(Base):
    """A table whose rows belong to one tenant, by `tenant_id` and `id`; a plugin's has `schema="<plugin id>"`.

    For rows that are no record of their own: parts of one, or a list that is sent with it (`Child`).
    """

    __abstract__ = True

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-20)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-19)

    def __init__(self, **values: Any) -> None:
        # The id is there from the start, so that rows can point to one another before a single flush.
        super().__init__(**{"id": new_id(), **values})


def parts_of(target: Any) -> Iterator[tuple[type[Base], Any]]:
    """Tables whose rows are parts of a row of the table `target`, with the column that names it."""
    for mapper in Base.registry.mappers:
        table: Any = mapper.local_table
        for key in table.foreign_key_constraints:
            named = [c for c in key.columns if c.info.get("part")]
            if named and key.referred_table is target:
                yield mapper.class_, named[0]


def unique(*columns: str) -> UniqueConstraint:
    """A unique constraint over `columns` within one tenant, for `__table_args__`."""
    return UniqueConstraint("tenant_id", *columns)


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """A constraint, for `__table_args__`, that lets a column hold the values of an enumeration and nothing else."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _table_arguments(cls: type[Base], schema: str | None) -> tuple[Any, ...]:
    """Table arguments of a class being mapped, with a composite key for each of its references."""
    declared = cls.__dict__.get("__table_args__", ())
    options: dict[str, Any] = {}
    if declared and isinstance(declared[-1], dict):
        *rest, options = declared
        declared = tuple(rest)
    options = {**options, "schema": schema or options.get("schema", "core")}
    keys = [_foreign_key(cls, name, reference) for name, reference in _references(cls)]
    return (*declared, *keys, options)


def _references(cls: type[Base]) -> Iterator[tuple[str, Reference]]:
    """References declared by `cls` or by an abstract class above it."""
    seen: set[str] = set()
    for level in cls.__mro__:
        for name, value in list(vars(level).items()):
            if isinstance(value, Reference) and name not in seen:
                seen.add(name)
                yield name, value


def _foreign_key(cls: type[Base], name: str, reference: Reference) -> ForeignKeyConstraint:
    """Replace the reference by its column and relationship; give back its composite key."""
    column = f"{name}_id"
    # A class attribute that another column copies from would be shared; each class gets its own.
    made = mapped_column(Uuid(), nullable=reference.optional, index=False, info={"part": reference.part})
    setattr(cls, column, made)
    setattr(cls, name, _relationship(cls, column, reference.target))
    target = cast(Any, reference.target).__table__
    # The database changes no audited row by itself: nothing would record it.
    on_delete = "RESTRICT" if cls.audited else reference.on_delete
    if on_delete == "SET NULL":
        on_delete = f"SET NULL ({column})"
    return ForeignKeyConstraint(["tenant_id", column], [target.c.tenant_id, target.c.id], ondelete=on_delete)


def _relationship(cls: type[Any], column: str, target: type[Any]) -> Any:
    def join() -> Any:
        return and_(
            foreign(getattr(cls, column)) == remote(target.id),
            cls.tenant_id == remote(target.tenant_id),
        )

    return relationship(target, primaryjoin=join, lazy="raise", viewonly=False)
