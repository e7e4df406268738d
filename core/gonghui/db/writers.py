"""Who writes which tables: a plugin its own, the core its own, and neither behind the other's back.

The schema of a table is its owner. While code of a plugin runs, what it puts into the session, changes there or
deletes must stand in its schema; core services that it calls write the core's. A guard rail against mistakes:
registers that a plugin reads in, and demonstrations that are made of them, enter persons, employers and units by the
thousand and run as the core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from typing import Any

from sqlalchemy import event, inspect

from gonghui.db.base import Base
from gonghui.db.unit_of_work import Overstepped, TenantSession, UnitOfWork

_MADE_BY_CORE = "made_by_core"


@contextmanager
def written_by(uow: UnitOfWork, writer: str | None, *, reading: bool = False) -> Iterator[None]:
    """Run a block as the code of a plugin, or of the core (None); `reading`: it may write nothing at all.

    Raises `Overstepped` at the end of the block, or at the flush before, for a row of somebody else's table.
    """
    outside = (uow.writer, uow.is_reading)
    if outside == (writer, reading):
        yield
        return
    _vet(uow)  # what is outstanding was written by whoever ran until here
    uow.writer, uow.is_reading = writer, reading or uow.is_reading
    try:
        yield
        _vet(uow)
    finally:
        uow.writer, uow.is_reading = outside


def core_service(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the core as plugins get it: what it writes is written by the core.

    One that takes no unit of work is given back as it is.
    """
    if next(iter(signature(function).parameters), None) != "uow":
        return function

    @wraps(function)
    def service(uow: UnitOfWork, *args: Any, **kwargs: Any) -> Any:
        if uow.writer is None:
            return function(uow, *args, **kwargs)
        with written_by(uow, None):
            return function(uow, *args, **kwargs)

    return service


def core_factory(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the core that makes a row for its caller to add: such a row may be added by a plugin."""

    @wraps(function)
    def factory(*args: Any, **kwargs: Any) -> Any:
        return made_by_core(function(*args, **kwargs))

    return factory


def made_by_core(row: Any) -> Any:
    """Mark a new row as the core's own work, whoever adds it."""
    inspect(row).info[_MADE_BY_CORE] = True
    return row


def refuse_strange(uow: UnitOfWork, model: type[Base]) -> None:
    """Raise `Overstepped` where whoever runs now may not write the table of `model`."""
    table: Any = model.__table__
    schema = str(table.schema)
    if uow.is_reading:
        raise Overstepped(f"{uow.writer or 'a hook'} may only read here, and would have written {schema}")
    if uow.writer not in (None, schema) and not model.open_to_plugins:
        raise Overstepped(f"the plugin {uow.writer} may not write {table.fullname}")


def _vet(uow: UnitOfWork) -> None:
    """Look at what is outstanding and was not looked at yet."""
    session = uow.session
    changed = (row for row in session.dirty if session.is_modified(row))
    for row in (*session.new, *changed, *session.deleted):
        if id(row) not in uow.vetted:
            if not (row in session.new and inspect(row).info.get(_MADE_BY_CORE)):
                refuse_strange(uow, type(row))
            uow.vetted[id(row)] = row


@event.listens_for(TenantSession, "before_flush")
def _vet_flush(session: TenantSession, _context: Any, _instances: Any) -> None:
    if session.uow.writer is not None or session.uow.is_reading:
        _vet(session.uow)


@event.listens_for(TenantSession, "after_flush_postexec")
def _forget_vetted(session: TenantSession, _context: Any) -> None:
    session.uow.vetted.clear()
