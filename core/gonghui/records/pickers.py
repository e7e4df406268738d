"""Pickers: what may be chosen for a reference, so that nobody can point at what they cannot see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, func, select

from gonghui.auth import scope
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.records.fields import Bound
from gonghui.records.record_types import READ, RECORD_TYPES, RecordTypeError
from gonghui.records.sight import visible

MOST = 20


def options(uow: UnitOfWork, bound: Bound, permission: str) -> Select[Any]:
    """What may be chosen for a field by whoever acts with `permission`: a select of `id` and `label`.

    Units within the permission; records of a record type that one may read; all employers of the federation.
    Raises `RecordTypeError` for a target that nobody said how to pick.
    """
    if bound.field.picker is not None:
        return bound.field.picker(uow, permission)
    target: Any = bound.target
    if target is None:
        raise RecordTypeError(f"{bound.name} leads to no table; give it a picker")
    chosen = select(target.c.id, _label(bound))
    if target.fullname == "core.org_unit":
        return chosen.where(scope.visible(uow.principal, permission, target.c.id))
    if target.fullname == "core.employer":
        return chosen.where(target.c.merged_into_id.is_(None))
    kind = RECORD_TYPES.get(target.fullname)
    if kind is None:
        raise RecordTypeError(f"{target.fullname} has no record type; give the field {bound.name} a picker")
    return chosen.where(visible(kind, uow.principal, kind.permission(READ)))


def pick(uow: UnitOfWork, bound: Bound, permission: str, text: str = "") -> list[dict[str, Any]]:
    """The first of what may be chosen whose label holds `text`."""
    offered = options(uow, bound, permission).subquery()
    page = select(offered.c.id, offered.c.label).order_by(offered.c.label, offered.c.id).limit(MOST)
    if text.strip():
        page = page.where(func.strpos(offered.c.label, text.strip()) > 0)
    return [{"id": row.id, "label": row.label} for row in uow.session.connection().execute(page)]


def choosable(uow: UnitOfWork, bound: Bound, permission: str, wanted: set[UUID]) -> set[UUID]:
    """Those of the wanted ids that may be chosen."""
    if not wanted:
        return set()
    offered = options(uow, bound, permission).subquery()
    return set(uow.session.scalars(select(offered.c.id).where(offered.c.id.in_(wanted))))


def labels(uow: UnitOfWork, bound: Bound, permission: str, ids: Iterable[UUID]) -> dict[UUID, str]:
    """What those of the ids are called that may be chosen: for references whose target has no name of its own."""
    offered = options(uow, bound, permission).subquery()
    found = select(offered.c.id, offered.c.label).where(offered.c.id.in_(list(ids)))
    return {row.id: row.label for row in uow.session.connection().execute(found)}


def _label(bound: Bound) -> Any:
    target: Any = bound.target
    return (bound.label if bound.label is not None else cast(target.c.id, Text())).label("label")
