"""Links to attachments that our own store signed: whoever has one saves the file, with no sign-in, for some minutes."""

from __future__ import annotations

from flask import Blueprint, Response, g
from sqlalchemy import select

from gonghui.api.attachments import file_response
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.objects.configured import configured_objects
from gonghui.objects.links import LINK_PATH, BadLink
from gonghui.records.attachments import keeping
from gonghui.records.attachments.table import Attachment
from gonghui.tenancy.switches import plugins_on

blueprint = Blueprint("object_links", __name__)


@blueprint.route(f"{LINK_PATH}<signed>", methods=["GET"])
def follow(signed: str) -> Response:
    """The file that a link leads to; 404 alike for a forged, expired or foreign link and for a file that is gone."""
    uow: UnitOfWork = g.uow
    try:
        name, _download = configured_objects().linked(uow.tenant_id, signed)
    except BadLink:
        raise not_found() from None
    wanted = select(Attachment).where(Attachment.object_name == name, Attachment.removed_at.is_(None))
    row = uow.session.scalars(wanted).one_or_none()
    if row is None or row.record_type.partition(".")[0] not in plugins_on(uow):
        raise not_found()
    return file_response(keeping.opened(uow, row), row)
