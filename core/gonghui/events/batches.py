"""Batches: what bulk work tells, as one event for all the rows of a table that the same became of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from gonghui.db.base import Base
from gonghui.db.unit_of_work import Outgoing, UnitOfWork

#: Rows of one event; more of them are told in several.
MOST = 5_000


@contextmanager
def gathered(uow: UnitOfWork) -> Iterator[None]:
    """Tell what is published in the block when it ends: one event for all rows of which the same is told.

    Facts that differ from row to row stand with the row; `Event.singly` gives each row its own.
    """
    if uow.gathered is not None:  # the block around this one tells it all
        yield
        return
    uow.session.flush()
    uow.gathered = []
    try:
        yield
        uow.session.flush()
        told = uow.gathered
    finally:
        uow.gathered = None
        uow.gathered_before.clear()
    for alike in _alike(told):
        uow.outgoing += [_merged(alike[at : at + MOST]) for at in range(0, len(alike), MOST)]


def publish_many(
    uow: UnitOfWork, name: str, model: type[Base], records: Sequence[tuple[UUID, int | None]], **facts: Any
) -> None:
    """Publish a fact of many rows of a table, each told by its id and version: one event for thousands of them.

    Raises `Overstepped` as `uow.publish` does.
    """
    for at in range(0, len(records), MOST):
        uow.publish(name, model, records=records[at : at + MOST], **facts)


def _alike(told: Sequence[Outgoing]) -> list[list[Outgoing]]:
    groups: dict[Any, list[Outgoing]] = {}
    for place, each in enumerate(told):
        # What is about no single row stays as it is.
        by = place if each.subject is None or isinstance(each.subject, type) else type(each.subject)
        groups.setdefault((each.name, by, each.not_before), []).append(each)
    return list(groups.values())


def _merged(alike: list[Outgoing]) -> Outgoing:
    first = alike[0]
    model: Any = type(first.subject)
    if len(alike) == 1:
        return first
    facts = [_with_unit(each) for each in alike]
    shared = {
        name: value
        for name, value in facts[0].items()
        if all(name in one and one[name] == value for one in facts)
    }
    records = [
        (each.subject.id, getattr(each.subject, "version", None), _without(one, shared))  # type: ignore[union-attr]
        for each, one in zip(alike, facts, strict=True)
    ]
    return Outgoing(first.name, model, {**shared, "records": records}, first.at, first.not_before)


def _with_unit(each: Outgoing) -> dict[str, Any]:
    unit = getattr(each.subject, "org_unit_id", None)
    return each.facts if unit is None else {**each.facts, "org_unit_id": unit}


def _without(facts: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in shared}
