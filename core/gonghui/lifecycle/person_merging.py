"""Two rows of one human being become one over the core and every plugin, and are taken apart again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.db.writers import written_by
from gonghui.errors import Conflict, not_found
from gonghui.i18n import _
from gonghui.parties.person_merges import PersonMerge, merge_persons, undo_merge
from gonghui.parties.persons import Person
from gonghui.plugin_host.calls import hook_of
from gonghui.plugin_host.registry import Registry


def merge(uow: UnitOfWork, registry: Registry, kept_id: UUID, dropped_id: UUID, reason: str) -> PersonMerge:
    """Let `kept_id` stand for both, for whoever answers for the whole federation.

    Plugins make room first, on or off: what one of them cannot do keeps the two apart. Raises `NotFound`,
    `Conflict`, `Invalid`.
    """
    kept, dropped = persons_held(uow, kept_id, dropped_id)
    _refuse_oneself(uow, kept_id, dropped_id)
    told: dict[str, Any] = {}
    for plugin in registry.plugins.values():
        hook = hook_of(registry, plugin, "before_merge")
        if hook is not None:
            with written_by(uow, plugin.id):
                told |= hook(uow=uow, kept_id=kept.id, dropped_id=dropped.id, reason=reason) or {}
    return merge_persons(uow, kept, dropped, reason, also=told)


def unmerge(uow: UnitOfWork, registry: Registry, merge_id: UUID) -> PersonMerge:
    """Take a merge apart, with both histories as they were. Raises `NotFound`, `Conflict`."""
    wanted = select(PersonMerge).where(PersonMerge.id == merge_id).with_for_update()
    made = uow.session.scalars(wanted).one_or_none()
    if made is None:
        raise not_found()
    _refuse_oneself(uow, made.kept_id, made.dropped_id)
    undo_merge(uow, made)
    for plugin in registry.plugins.values():
        hook = hook_of(registry, plugin, "after_unmerge")
        if hook is not None:
            with written_by(uow, plugin.id):
                hook(uow=uow, changed=made.moved)
    uow.session.flush()
    return made


def persons_held(uow: UnitOfWork, *wanted: UUID) -> list[Person]:
    """Persons in the order in which they are named, locked in one order, whoever names them how. Raises `NotFound`."""
    rows = select(Person).where(Person.id.in_(wanted)).order_by(Person.id).with_for_update()
    found = {each.id: each for each in uow.session.scalars(rows.execution_options(populate_existing=True))}
    if not found.keys() >= set(wanted):
        raise not_found()
    return [found[each] for each in wanted]


def _refuse_oneself(uow: UnitOfWork, *persons: UUID) -> None:
    """Nobody says of themselves that they are somebody else, or are not: rights and duties go with the person."""
    if uow.principal.person_id is not None and uow.principal.person_id in persons:
        raise Conflict("own_record", _("不能办理关于本人的事项，请由他人办理。"))
