"""Pages for operators at one federation: which plugins its plan includes, and a plugin's data as a file to keep."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from gonghui.api.operator_sessions import PLACE
from gonghui.api.plugins_here import exported, plugin_here, registry_here
from gonghui.api.resources.plugins import EXPORT, PLAN
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.i18n import _
from gonghui.lifecycle.plugin_preview import preview
from gonghui.plugin_host.previews import all_standing
from gonghui.plugin_host.requirements import dependents_of, required_by
from gonghui.plugin_host.switching import put_in_plan
from gonghui.tenancy.switches import positions
from gonghui.web.operating import operator_key
from gonghui.web.page import page

blueprint = Blueprint("operating_plan", __name__, template_folder="templates")

_HOME = f"{PLACE}/plan"
#: What the form sends, and what its page says afterwards.
_OUT, _IN = "0", "1"
_PLACES = {_OUT: "out", _IN: "in"}


@blueprint.get(_HOME)
@page(PLAN, of_whole=True)
def show_plan(uow: UnitOfWork) -> str:
    """Every plugin that is installed, and how it stands at this federation."""
    operator_key()
    return render_template("operating/plan.html", rows=all_standing(uow, registry_here()))


@blueprint.get(f"{_HOME}/<string:plugin_id>")
@page(PLAN, of_whole=True)
def show_planned(uow: UnitOfWork, plugin_id: str) -> str:
    """A plugin at this federation: in the plan or not, what would go along, and what it holds."""
    operator_key()
    plugin = plugin_here(plugin_id)
    known = positions(uow)
    is_planned = plugin.id not in known or known[plugin.id].is_planned
    along = dependents_of(plugin.id, registry_here().plugins) if is_planned else required_by(
        plugin.id, registry_here().plugins
    )  # fmt: skip
    return render_template(
        "operating/planned.html",
        plugin=preview(uow, registry_here(), plugin),
        is_planned=is_planned,
        along=[
            each.name
            for each in along
            if each is not plugin and (each.id not in known or known[each.id].is_planned) is is_planned
        ],
        done=request.args.get("done"),
    )


@blueprint.post(f"{_HOME}/<string:plugin_id>")
@page(PLAN, of_whole=True)
def change_plan(uow: UnitOfWork, plugin_id: str) -> Response:
    """Take a plugin into the plan or out of it; it keeps its switch and its data, and comes back as it stood."""
    operator_key()
    plugin, planned = plugin_here(plugin_id), request.form.get("planned")
    if planned not in _PLACES:
        raise invalid(FieldFault("/planned", "required", _("此项必填。")))
    put_in_plan(uow, registry_here(), plugin, planned=planned == _IN)
    return redirect(f"{_HOME}/{plugin_id}?done={_PLACES[planned]}", 303)


@blueprint.post(f"{_HOME}/<string:plugin_id>/export")
@page(EXPORT, of_whole=True)
def export_plugin(uow: UnitOfWork, plugin_id: str) -> Response:
    """Everything that the plugin holds here as a zip of JSON lines, sealed values masked."""
    operator_key()
    return exported(uow, plugin_here(plugin_id))
