"""The plugin that somebody names, or a sentence that says why there is none."""

from __future__ import annotations

from gonghui.errors import NotFound
from gonghui.i18n import _
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import Registry, discover


def installed(plugin_id: str, registry: Registry | None = None) -> Plugin:
    """The installed plugin with this id. Raises `NotFound`, with the reason where it was refused at load."""
    registry = registry or discover()
    found = registry.plugins.get(plugin_id)
    if found is not None:
        return found
    for rejected in registry.rejected:
        if rejected.name == plugin_id:
            message = _("插件 {plugin} 未能载入：{reason}", plugin=plugin_id, reason=rejected.reason)
            raise NotFound("plugin_rejected", message)
    raise NotFound("unknown_plugin", _("没有安装名为 {plugin} 的插件。", plugin=plugin_id))
