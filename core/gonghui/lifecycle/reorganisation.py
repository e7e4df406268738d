"""A reorganisation of the tree: what is asked for, and the record of what was decided, planned and done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import TenantTable, one_of
from gonghui.values import clock


class ReorganisationKind(StrEnum):
    """What can be done to units of the tree."""

    MOVE = "move"
    MERGE = "merge"
    SPLIT = "split"
    RENAME = "rename"
    CLOSE = "close"


class ReorganisationState(StrEnum):
    """A planned one waits for its day. One that the tree no longer allows on that day has failed."""

    PLANNED = "planned"
    APPLIED = "applied"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Reorganisation(TenantTable):
    """One reorganisation, by whom it was decided, and from which day it holds."""

    __tablename__ = "reorganisation"
    __table_args__ = (
        one_of("kind", ReorganisationKind),
        one_of("state", ReorganisationState),
        Index(
            "ix_reorganisation_planned",
            "tenant_id",
            "effective_on",
            postgresql_where=text("state = 'planned'"),
        ),
    )

    kind: Mapped[str]
    state: Mapped[str]
    effective_on: Mapped[date]
    decision: Mapped[str | None]
    content: Mapped[dict[str, Any]]
    account_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    settled_at: Mapped[datetime | None]
    #: Why one that was planned could not be applied.
    reason: Mapped[str | None]


@dataclass(frozen=True)
class Change:
    """What is asked for; each kind has its own fields."""

    kind: ClassVar[ReorganisationKind]

    def content(self) -> dict[str, Any]:
        """The fields as JSON."""
        return {name: _plain(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Move(Change):
    """Set a unit, and what is below it, under another parent."""

    kind = ReorganisationKind.MOVE
    unit_id: UUID
    parent_id: UUID


@dataclass(frozen=True)
class Merge(Change):
    """Make units of one kind into one: one of them (`into_id`), or a new one (`name`, below `parent_id`)."""

    kind = ReorganisationKind.MERGE
    unit_ids: tuple[UUID, ...]
    into_id: UUID | None = None
    name: str | None = None
    parent_id: UUID | None = None


@dataclass(frozen=True)
class Split(Change):
    """Set some of a unit's children under a new unit beside it."""

    kind = ReorganisationKind.SPLIT
    unit_id: UUID
    name: str
    child_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class Rename(Change):
    """Give a unit another name."""

    kind = ReorganisationKind.RENAME
    unit_id: UUID
    name: str


@dataclass(frozen=True)
class Close(Change):
    """Close a unit under which nothing stands any more."""

    kind = ReorganisationKind.CLOSE
    unit_id: UUID


_CHANGES: dict[str, type[Change]] = {
    change.kind.value: change for change in (Move, Merge, Split, Rename, Close)
}


def change_of(kind: str, content: Mapping[str, Any]) -> Change:
    """The change that a record of a reorganisation holds."""
    return _CHANGES[kind](**{name: _read(name, value) for name, value in content.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, UUID) else value


def _read(name: str, value: Any) -> Any:
    if name.endswith("_ids"):
        return tuple(UUID(part) for part in value)
    return UUID(value) if name.endswith("_id") and value is not None else value
