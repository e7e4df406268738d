"""Plugins of this federation as pages: how each stands, what it brings and holds, the switch, and uninstalling."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from gonghui.api.plugins_here import plugin_here, registry_here
from gonghui.api.resources.plugins import READ, SWITCH, UNINSTALL
from gonghui.auth.scope import holds_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, FieldFault, invalid
from gonghui.i18n import _
from gonghui.lifecycle.plugin_preview import preview
from gonghui.lifecycle.plugin_removal import cancel_removal, request_removal
from gonghui.plugin_host.failures import failures_of
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.previews import all_standing
from gonghui.plugin_host.switching import switch_off, switch_on
from gonghui.settings import settings
from gonghui.values import clock
from gonghui.web.forms import Faults, refused
from gonghui.web.page import page, to

blueprint = Blueprint("plugins_pages", __name__, template_folder="templates")

_HOME = "/console/plugins"


@blueprint.get(_HOME)
@page(READ)
def show_plugins(uow: UnitOfWork) -> str:
    """Every plugin that is installed, and how it stands here."""
    return render_template("plugins/list.html", rows=all_standing(uow, registry_here()))


@blueprint.get(f"{_HOME}/<string:plugin_id>")
@page(READ)
def show_plugin(uow: UnitOfWork, plugin_id: str) -> str:
    """What a plugin brings and holds, how it fares, and what went wrong in it."""
    plugin = plugin_here(plugin_id)
    return render_template(
        "plugins/detail.html",
        plugin=preview(uow, registry_here(), plugin),
        failures=failures_of(uow, plugin.id),
        may_switch=holds_whole(uow.principal, SWITCH),
        may_uninstall=holds_whole(uow.principal, UNINSTALL),
        done=request.args.get("done"),
    )


@blueprint.get(f"{_HOME}/<string:plugin_id>/switch")
@page(SWITCH, of_whole=True)
def ask_switch(uow: UnitOfWork, plugin_id: str) -> str:
    """What would follow, before the switch is turned."""
    return _switch_page(uow, plugin_here(plugin_id), [])


@blueprint.post(f"{_HOME}/<string:plugin_id>/switch")
@page(SWITCH, of_whole=True)
def turn_switch(uow: UnitOfWork, plugin_id: str) -> Response | tuple[str, int]:
    """Switch a plugin on with what it requires, or off with what cannot be without it; its data stays."""
    plugin, on = plugin_here(plugin_id), request.form.get("on") == "1"
    try:
        if on:
            switch_on(uow, registry_here(), plugin)
        else:
            switch_off(
                uow, registry_here(), plugin, with_dependents=request.form.get("with_dependents") == "1"
            )
    except DomainError as error:
        return _switch_page(uow, plugin, refused(uow, error)), 422
    return redirect(to(f"{_HOME}/{plugin.id}", done="on" if on else "off"), 303)


@blueprint.get(f"{_HOME}/<string:plugin_id>/removal")
@page(UNINSTALL, of_whole=True)
def ask_removal(uow: UnitOfWork, plugin_id: str) -> str:
    """What would be deleted, and until when that can be taken back."""
    return _removal_page(uow, plugin_here(plugin_id), [])


@blueprint.post(f"{_HOME}/<string:plugin_id>/removal")
@page(UNINSTALL, of_whole=True)
def remove(uow: UnitOfWork, plugin_id: str) -> Response | tuple[str, int]:
    """Uninstall a plugin here, once its name was typed: its rows go after some days."""
    plugin = plugin_here(plugin_id)
    try:
        if request.form.get("name", "").strip() != str(plugin.name):
            message = _("名称不一致。照样输入“{name}”。", name=plugin.name)
            raise invalid(FieldFault("/name", "name_differs", message))
        request_removal(uow, plugin, settings().plugin_grace_days, others=registry_here().plugins.values())
    except DomainError as error:
        faults = refused(uow, error, {"name": _("插件名称")})
        return _removal_page(uow, plugin, faults), 422
    return redirect(to(f"{_HOME}/{plugin.id}"), 303)


@blueprint.post(f"{_HOME}/<string:plugin_id>/removal/cancel")
@page(UNINSTALL, of_whole=True)
def keep(uow: UnitOfWork, plugin_id: str) -> Response:
    """Take the uninstalling back: everything stays."""
    cancel_removal(uow, plugin_here(plugin_id))
    return redirect(to(f"{_HOME}/{plugin_id}"), 303)


def _switch_page(uow: UnitOfWork, plugin: Plugin, faults: Faults) -> str:
    shown = preview(uow, registry_here(), plugin)
    missing = [each for each in shown["requires"] if not each["on"]]
    above = [each for each in shown["required_by"] if each["on"]]
    return render_template(
        "plugins/switch.html", plugin=shown, missing=missing, above=above, faults_found=faults
    )


def _removal_page(uow: UnitOfWork, plugin: Plugin, faults: Faults) -> str:
    days = settings().plugin_grace_days
    return render_template(
        "plugins/removal.html",
        plugin=preview(uow, registry_here(), plugin),
        days=days,
        typed=request.form.get("name", ""),
        faults_found=faults,
        today=clock.today(),
    )
