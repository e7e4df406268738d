"""Tables that plugins declare in this process: whose they are, and how they leave with their plugin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Mapper

from gonghui.db.base import Base
from gonghui.records.record_types import RECORD_TYPES


def declared() -> dict[str, str]:
    """Every table that is not the core's, as `schema.name`, with the module that declares it.

    Importing a plugin may be what first imports a module of the core, or of another plugin.
    """
    modules = {str(mapper.local_table): mapper.class_.__module__ for mapper in _mappers()}
    found = {name: modules.get(name, "") for name in Base.metadata.tables}
    return {name: module for name, module in found.items() if module.split(".")[0] != "gonghui"}


def forget(gone: set[str]) -> None:
    """Take tables and their classes away: one that cannot be mapped would keep all others from being."""
    for mapper in list(_mappers()):
        if str(mapper.local_table) in gone:
            # SQLAlchemy offers to dispose of all classes or none; this is what it does for each.
            manager = mapper.class_manager
            Base.registry._dispose_manager_and_mapper(manager)
            Base.registry._managers.pop(manager, None)
    for name in gone & set(Base.metadata.tables):
        Base.metadata.remove(Base.metadata.tables[name])
        RECORD_TYPES.pop(name, None)


def forget_schema(schema: str) -> None:
    """Take every table of a plugin away."""
    forget({name for name in declared() if name.startswith(f"{schema}.")})


def _mappers() -> Iterator[Mapper[Any]]:
    """Mapped classes; one whose declaration failed half-way has no mapper, and is passed over."""
    for manager in list(Base.registry._managers):
        if manager.is_mapped:
            yield manager.mapper
