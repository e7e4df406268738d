"""The page of one of my jobs: how far it is, and the file that it gave."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import text_from_json
from gonghui.jobs.asking import job_of
from gonghui.jobs.table import OPEN
from gonghui.web.page import SIGNED_IN, page

blueprint = Blueprint("job_pages", __name__, template_folder="templates")


@blueprint.get("/console/jobs/<uuid:job_id>")
@page(SIGNED_IN)
def show_job(uow: UnitOfWork, job_id: UUID) -> str:
    """How far a job of mine is; the page asks again by itself until it has ended."""
    job = job_of(uow, job_id)
    return render_template("job.html", job=job, title=text_from_json(job.title), is_open=job.state in OPEN)
