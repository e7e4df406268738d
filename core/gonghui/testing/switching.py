"""A plugin that is off is not there: on every path and verb, exactly as if it had never been installed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sqlalchemy import select

from gonghui.db.base import Base
from gonghui.testing.federation import Federation
from gonghui.testing.operations import Operation

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def answers_while_off(off: Federation, some: Iterable[Operation]) -> Iterator[str]:
    """Paths of a plugin that answer otherwise than an unknown one, where the plugin is off."""
    admin = off.client("admin")
    unknown = admin.get("/api/v1/nobody-ever-heard-of").get_data()
    for path in dict.fromkeys(operation.at(off.view.id.hex) for operation in some):
        for verb in VERBS:
            answer = admin(verb, path)
            if answer.status_code != 404 or (verb != "HEAD" and answer.get_data() != unknown):
                yield f"{verb} {path} where the plugin is off: {answer.status_code} {answer.text[:100]}"


def told_to_strangers(off: Federation, on: Federation, some: Iterable[Operation]) -> Iterator[str]:
    """Operations by which somebody who is not signed in learns whether a plugin is on."""
    for operation in some:
        if operation.is_public:
            continue
        path = operation.at(off.view.id.hex)
        there, here = (each.client()(operation.method, path) for each in (off, on))
        if there.status_code != 401 or here.status_code != 401 or there.get_data() != here.get_data():
            yield f"{operation.name} for a stranger: {there.status_code} off, {here.status_code} on"


def mentions_while_off(off: Federation, plugin_id: str) -> Iterator[str]:
    """Paths, permissions and tags of a plugin in the document of a federation that has it off."""
    document = off.client("admin").get("/api/v1/openapi.json").text
    for found in dict.fromkeys(re.findall(rf'[/"]{plugin_id}[./"][^"]*', document)):
        yield f"the document names {found} where {plugin_id} is off"


def put_switch(federation: Federation, plugin_id: str, *, on: bool) -> None:
    """Switch a plugin as the federation's administrator does. Raises `RuntimeError` where that is refused."""
    answer = federation.client("admin")("PUT", f"/api/v1/plugins/{plugin_id}", json={"on": on})
    if answer.status_code != 200:
        raise RuntimeError(f"switching {plugin_id} is refused: {answer.status_code} {answer.text[:300]}")


def rows_of(federation: Federation, schema: str) -> dict[str, list[str]]:
    """Every row that a federation has in the tables of a schema, as text."""
    tables = [table for table in Base.metadata.sorted_tables if table.schema == schema]
    with federation.uow() as uow:
        return {
            table.fullname: [
                repr(tuple(row)) for row in uow.session.execute(select(table).order_by(table.c.id))
            ]
            for table in tables
        }
