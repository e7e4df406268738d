"""Lists: as many statements for thirty rows as for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gonghui.db import policies
from gonghui.testing.federation import Federation
from gonghui.testing.operations import NoSample, Operation, sample_query
from gonghui.testing.queries import counted_statements
from gonghui.testing.right_askers import rightful

MANY = 30


@dataclass(frozen=True)
class Asked:
    """A list, who asks for it, and how often it went to the database for how many rows."""

    operation: Operation
    login: str
    statements: int
    rows: int | None


def readers_of(federation: Federation, some: Iterable[Operation]) -> list[tuple[Operation, str]]:
    """Everything that lists many records, with somebody who may; what nobody may is the isolation's to tell."""
    found = []
    for operation in some:
        if operation.method == "GET" and not operation.parameters and not operation.is_public:
            with suppress(NoSample):
                found.append((operation, rightful(federation, operation)))
    return found


def ask_lists(federation: Federation, readers: Iterable[tuple[Operation, str]]) -> list[Asked]:
    """Ask for each list."""
    return [_ask(federation, operation, login) for operation, login in readers]


def list_faults(one: list[Asked], many: list[Asked]) -> Iterator[str]:
    """Lists that send more statements for many rows than for one."""
    for before, after in zip(one, many, strict=True):
        if before.statements != after.statements:
            yield (
                f"{before.operation.name} sends {before.statements} statements at first"
                f" and {after.statements} for {MANY} records of each kind"
            )


def _ask(federation: Federation, operation: Operation, login: str) -> Asked:
    asker, query = federation.client(login), _query(federation, operation)
    asker.get(operation.path, query_string=query)  # what a process reads once is read by now
    with counted_statements(federation.world.database.engine(policies.APP)) as sent:
        answer = asker.get(operation.path, query_string=query)
    content = answer.get_json() if answer.is_json else None
    rows = len(content["items"]) if isinstance(content, dict) and "items" in content else None
    return Asked(operation, login, len(sent), rows)


def _query(federation: Federation, operation: Operation) -> dict[str, Any]:
    query = sample_query(federation.world.app, operation, {})
    named = {parameter["name"] for parameter in operation.document.get("parameters", ())}
    return {**query, "limit": 100} if "limit" in named else query
