"""What plugins add to the pages of whoever reads: entries of the navigation, figures of the first page, what waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from flask import current_app, g

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.plugin_host.calls import ask_hooks
from gonghui.plugin_host.gate import may
from gonghui.plugin_host.hooks import Card, Link, Waiting

Item = TypeVar("Item", Link, Card, Waiting)


def links(uow: UnitOfWork) -> list[tuple[str, Link]]:
    """Entries of the navigation that the reader may follow, each with the id of its plugin; asked for once."""
    # An error page is drawn whatever broke, the transaction included.
    if g.get("is_problem"):
        return []
    if "plugin_links" not in g:
        g.plugin_links = list(_permitted(uow, "navigation", Link))
    found: list[tuple[str, Link]] = g.plugin_links
    return found


def cards(uow: UnitOfWork) -> list[Card]:
    """Figures for the first page that the reader may open."""
    return [card for _owner, card in _permitted(uow, "dashboard", Card)]


def waiting(uow: UnitOfWork) -> list[Waiting]:
    """What waits for the reader outside of workflows, and is something at all."""
    return [item for _owner, item in _permitted(uow, "waiting", Waiting) if item.count]


def _permitted(uow: UnitOfWork, hook: str, kind: type[Item]) -> Iterable[tuple[str, Item]]:
    platform = current_app.extensions["gonghui"]
    for plugin, answer in ask_hooks(platform.registry, uow, g.tenant.plugins_on, hook):
        for item in answer:
            if isinstance(item, kind) and may(platform.registry, g.tenant, uow.principal, item.permission):
                yield plugin.id, item
