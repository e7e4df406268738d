"""Merging persons: two rows of one human being become one, and can be taken apart again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, and_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from gonghui.db.base import TenantTable, ref
from gonghui.db.sensitive import identifying
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, FieldFault, invalid
from gonghui.i18n import _
from gonghui.parties.merging import move_back, move_references
from gonghui.parties.persons import Person, person_by_id
from gonghui.values import clock


class PersonMerge(TenantTable):
    """`dropped` was found to be `kept`; `moved` says which rows named the dropped one, so that they can go back."""

    __tablename__ = "person_merge"
    __table_args__ = (
        Index("ix_person_merge_kept", "tenant_id", "kept_id"),
        Index("ix_person_merge_dropped", "tenant_id", "dropped_id"),
    )

    kept: Mapped[Person] = ref(Person)
    kept_id: Mapped[UUID]
    dropped: Mapped[Person] = ref(Person)
    dropped_id: Mapped[UUID]
    #: In anybody's words, and so perhaps with their name in it.
    reason: Mapped[str] = identifying()
    moved: Mapped[dict[str, Any]]
    merged_at: Mapped[datetime] = mapped_column(default=clock.now)
    undone_at: Mapped[datetime | None]


def merge_persons(
    uow: UnitOfWork, kept: Person, dropped: Person, reason: str, *, also: Mapping[str, Any] | None = None
) -> PersonMerge:
    """Let `kept` stand for both: what names the other one names it from now on. Raises `Invalid`, `Conflict`.

    `also` is what a plugin changed besides, kept with what was moved so that it can be taken back.
    """
    if kept.id == dropped.id:
        raise invalid(FieldFault("/dropped_id", "same_person", _("这已经是同一个人。")))
    if kept.merged_into_id is not None or dropped.merged_into_id is not None:
        raise Conflict("already_merged", _("其中一人已经并入他人，请先撤销原来的合并。"))
    if uow.session.scalars(select(Person.id).where(Person.merged_into_id == dropped.id).limit(1)).first():
        message = _("要并入的人已经代表另一人。把保留和并入的两人对调，或先撤销原来的合并。")
        raise Conflict("stands_for_others", message)
    uow.note("core.person.merged")
    moved = move_references(uow, Person, dropped.id, kept.id, apart_from=PersonMerge)
    merge = PersonMerge(
        kept_id=kept.id, dropped_id=dropped.id, reason=reason, moved={**moved, **(also or {})}
    )
    dropped.merged_into_id = kept.id
    uow.add(merge)
    uow.session.flush()
    return merge


def list_merges(
    uow: UnitOfWork, *, before: UUID | None = None, limit: int = 50
) -> Sequence[tuple[PersonMerge, str, str]]:
    """Merges, the last one first, each with the names of who stays and of who was found to be them."""
    kept, dropped = aliased(Person), aliased(Person)
    page = (
        select(PersonMerge, kept.name, dropped.name)
        .join(kept, and_(kept.tenant_id == PersonMerge.tenant_id, kept.id == PersonMerge.kept_id))
        .join(dropped, and_(dropped.tenant_id == PersonMerge.tenant_id, dropped.id == PersonMerge.dropped_id))
        .order_by(PersonMerge.id.desc())
        .limit(limit)
    )
    page = page if before is None else page.where(PersonMerge.id < before)
    return [(merge, stays, goes) for merge, stays, goes in uow.session.execute(page)]


def undo_merge(uow: UnitOfWork, merge: PersonMerge) -> None:
    """Take a merge apart: what was moved goes back to the person it belonged to. Raises `Conflict`."""
    if merge.undone_at is not None:
        raise Conflict("merge_undone", _("这次合并已经撤销。"))
    uow.note("core.person.unmerged")
    person_by_id(uow, merge.dropped_id).merged_into_id = None
    move_back(uow, Person, merge.moved, old=merge.dropped_id, new=merge.kept_id, apart_from=PersonMerge)
    merge.undone_at = clock.now()
    uow.session.flush()
