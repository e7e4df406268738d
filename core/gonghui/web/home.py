"""The first page: what waits for me, and the half-year's figures over what I see."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.web import contributions
from gonghui.web.figures import chosen_period, figures_in_view, periods_to_choose
from gonghui.web.page import SIGNED_IN, page

blueprint = Blueprint("home", __name__, template_folder="templates")


@blueprint.get("/")
@page(SIGNED_IN)
def show_entrance(_uow: UnitOfWork) -> Response:
    """The console is where everybody works who is signed in."""
    return redirect("/console")


@blueprint.get("/console")
@page(SIGNED_IN)
def show_home(uow: UnitOfWork) -> str:
    """What waits for me, and the period's figures over what I see."""
    period = chosen_period()
    return render_template(
        "home.html",
        period=period,
        periods=periods_to_choose(period),
        figures=figures_in_view(uow, period),
        cards=contributions.cards(uow),
    )
