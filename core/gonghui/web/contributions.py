"""What plugins add to the pages of whoever reads: entries of the navigation and figures of the first page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from flask import current_app, g

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.plugin_host.calls import ask_hooks
from gonghui.plugin_host.gate import may
from gonghui.plugin_host.hooks import Card, Link
from gonghui.plugin_host.manifest import Plugin

Item = TypeVar("Item", Link, Card)


def links(uow: UnitOfWork) -> list[Link]:
    """Entries of the navigation that the reader may follow."""
    # An error page is drawn whatever broke, the transaction included.
    return [] if g.get("is_problem") else list(_permitted(uow, "navigation", Link))


def cards(uow: UnitOfWork) -> list[Card]:
    """Figures for the first page that the reader may open."""
    return list(_permitted(uow, "dashboard", Card))


def _permitted(uow: UnitOfWork, hook: str, kind: type[Item]) -> Iterable[Item]:
    platform = current_app.extensions["gonghui"]
    for plugin, answer in ask_hooks(platform.registry, uow, g.tenant.plugins_on, hook):
        for item in answer:
            is_shown = isinstance(item, kind) and _is_own(plugin, item)
            if is_shown and may(platform.registry, g.tenant, uow.principal, item.permission):
                yield item


def _is_own(plugin: Plugin, item: Link | Card) -> bool:
    """Whether it leads to the plugin's own pages, by a permission of its own."""
    is_below = any(item.path == own or item.path.startswith(f"{own}/") for own in plugin.prefixes)
    return is_below and item.permission in plugin.permissions
