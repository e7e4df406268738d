"""Plugins of the application that serves the request: by id, and what one holds as a file."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile

from flask import Response, current_app

from gonghui.api.exports import file_response
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.jobs.kinds import JobFile
from gonghui.lifecycle.plugin_export import export_rows
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import Registry
from gonghui.records.exporting import IN_MEMORY
from gonghui.values import clock


def registry_here() -> Registry:
    """The registry of the application."""
    registry: Registry = current_app.extensions["gonghui"].registry
    return registry


def plugin_here(plugin_id: str) -> Plugin:
    """The plugin with this id. Raises `NotFound`."""
    found = registry_here().plugins.get(plugin_id)
    if found is None:
        raise not_found()
    return found


def exported(uow: UnitOfWork, plugin: Plugin) -> Response:
    """Everything that the plugin holds at the tenant, as a zip of JSON lines, sealed values masked."""
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with the answer
    export_rows(uow, plugin, file)
    return file_response(JobFile(file, f"{plugin.id}-{clock.today():%Y%m%d}.zip", "application/zip"))
