"""What a plugin is to a tenant, before it is switched or removed: what comes, what depends, whose data, how much."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import _
from gonghui.lifecycle.plugin_holdings import personal_data, row_counts
from gonghui.plugin_host.calls import CallFailed, guarded, hook_of
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
        "health": _health(uow, registry, plugin),
        "rows": [{"code": c.table, "title": str(c.title), "rows": c.rows} for c in row_counts(uow, plugin)],
    }


def _health(uow: UnitOfWork, registry: Registry, plugin: Plugin) -> dict[str, Any] | None:
    """How the plugin says that it fares here; None where it does not say."""
    hook = hook_of(registry, plugin, "health")
    if hook is None:
        return None
    try:
        told = guarded(uow, plugin, "health", partial(_said, hook, uow=uow))
    except CallFailed:
        return {"is_well": False, "sentence": str(_("插件没有答复，见出错记录。"))}
    return {"is_well": told[0], "sentence": told[1]}


def _said(hook: Any, uow: UnitOfWork) -> tuple[bool, str]:
    health = hook(uow=uow)
    return bool(health.is_well), str(health.sentence)
