"""Every kind of job that can be run here, of the core and of every plugin."""

from __future__ import annotations

from gonghui.jobs.kinds import JobKind
from gonghui.lifecycle.export_jobs import EXPORT_LIST
from gonghui.lifecycle.register_jobs import (
    APPLY_REGISTER,
    CHECK_REGISTER,
    READ_REGISTER,
    UNDO_REGISTER,
)
from gonghui.plugin_host.registry import Registry

CORE_KINDS = (READ_REGISTER, CHECK_REGISTER, APPLY_REGISTER, UNDO_REGISTER, EXPORT_LIST)


def kinds_of(registry: Registry) -> dict[str, JobKind]:
    """Kinds of jobs by code."""
    of_plugins = (kind for plugin in registry.plugins.values() for kind in plugin.jobs)
    return {kind.code: kind for kind in (*CORE_KINDS, *of_plugins)}
