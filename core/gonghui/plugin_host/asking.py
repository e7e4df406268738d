"""Questions from plugin to plugin: many keys at once, answered by the owner, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.i18n import _
from gonghui.plugin_host.calls import CallFailed, guarded
from gonghui.plugin_host.registry import discover
from gonghui.tenancy.switches import plugins_on

Key = TypeVar("Key")


class Unavailable(Conflict):
    """Nobody answers this question here: its plugin is not installed, off, or failed. Whoever asks goes on without."""


def ask(uow: UnitOfWork, name: str, keys: Collection[Key]) -> Mapping[Key, Any]:
    """What the plugin that provides `name` (`"nursing_rooms.near"`) knows of `keys`, by key; unknown keys are left out.

    It reads with the permissions of whoever acts now. Raises `Unavailable`.
    """
    plugin = discover().provider(name)
    if plugin is None or plugin.id not in plugins_on(uow):
        raise Unavailable("unavailable", _("“{name}”没有可用的插件来回答。", name=name))
    try:
        answer = guarded(uow, plugin, name, lambda: plugin.provides[name](uow, keys))
    except CallFailed as failed:
        raise Unavailable("unavailable", _("插件“{plugin}”没有回答。", plugin=plugin.name)) from failed
    return dict(answer)
