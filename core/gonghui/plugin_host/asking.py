"""Questions from plugin to plugin: many keys at once, answered by the owner, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, TypeVar

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.i18n import _
from gonghui.plugin_host.calls import CallFailed, guarded
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import discover
from gonghui.tenancy.switches import plugins_on

Key = TypeVar("Key")
MOST_KEYS = 10_000


class Unavailable(Conflict):
    """Nobody answers this question here: its plugin is not installed, off, or failed. Whoever asks goes on without."""


def ask(uow: UnitOfWork, name: str, keys: Collection[Key]) -> Mapping[Key, Any]:
    """What the plugin that provides `name` (`"nursing_rooms.near"`) knows of `keys`, by key; unknown keys are left out.

    It reads with the permissions of whoever acts now. Raises `Unavailable`, also where the question came, by others,
    from that very plugin; `ValueError` for more than 10,000 keys.
    """
    plugin = discover().provider(name)
    if plugin is None or plugin.id in uow.asking or plugin.id not in plugins_on(uow):
        raise Unavailable("unavailable", _("“{name}”没有可用的插件来回答。", name=name))
    if len(keys) > MOST_KEYS:
        raise ValueError(f"{len(keys)} keys at once; ask for {MOST_KEYS} at most")
    before, uow.asking = uow.asking, (*uow.asking, plugin.id)
    try:
        found: Mapping[Key, Any] = guarded(uow, plugin, name, partial(_answer, plugin, name, uow, keys))
    except CallFailed as failed:
        raise Unavailable("unavailable", _("插件“{plugin}”没有回答。", plugin=plugin.name)) from failed
    finally:
        uow.asking = before
    return found


def _answer(plugin: Plugin, name: str, uow: UnitOfWork, keys: Collection[Any]) -> dict[Any, Any]:
    """The whole answer, to what was asked and nothing else."""
    answer = dict(plugin.provides[name](uow, keys))
    return {key: answer[key] for key in keys if key in answer}
