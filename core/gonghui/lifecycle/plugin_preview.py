"""What a plugin is to a tenant, before it is switched or removed: what comes, what depends, whose data, how much."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.lifecycle.plugin_holdings import personal_data, row_counts
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.previews import brings, standing
from gonghui.plugin_host.registry import Registry
from gonghui.plugin_host.requirements import dependents_of, required_by
from gonghui.tenancy.switches import positions


def preview(uow: UnitOfWork, registry: Registry, plugin: Plugin) -> dict[str, Any]:
    """What switching the plugin on brings, what switching it off takes along, and what it holds here."""
    known = positions(uow)

    def told(plugins: Iterable[Plugin]) -> list[dict[str, Any]]:
        return [standing(each, known.get(each.id)) for each in plugins]

    return {
        **standing(plugin, known.get(plugin.id)),
        "requires": told(p for p in required_by(plugin.id, registry.plugins) if p is not plugin),
        "required_by": told(dependents_of(plugin.id, registry.plugins)),
        "brings": brings(plugin),
        "personal_data": [{"code": d.table, "title": str(d.sentence)} for d in personal_data(plugin)],
        "rows": [{"code": c.table, "title": str(c.title), "rows": c.rows} for c in row_counts(uow, plugin)],
    }
