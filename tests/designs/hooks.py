"""What the designs add to pages: a link to the rooms, how many there are and how many wait."""

from __future__ import annotations

from sqlalchemy import func, select
from tests.designs.rooms import NursingRoom, rooms

from gonghui.sdk import Card, Health, Link, UnitOfWork, Waiting, _, hookimpl, visible

_PAGE, _READ = "/console/designs/rooms", rooms.permission("read")


@hookimpl
def navigation() -> list[Link]:
    return [Link(_("样本小屋"), _PAGE, _READ)]


@hookimpl
def dashboard(uow: UnitOfWork) -> list[Card]:
    mine = visible(uow.principal, _READ, NursingRoom.__table__.c.org_unit_id)
    count = uow.session.scalar(select(func.count()).select_from(NursingRoom).where(mine))
    return [Card(_("样本小屋"), str(count), _PAGE, _READ)]


@hookimpl
def waiting(uow: UnitOfWork) -> list[Waiting]:
    mine = visible(uow.principal, _READ, NursingRoom.__table__.c.org_unit_id)
    count = uow.session.scalar(select(func.count()).select_from(NursingRoom).where(mine)) or 0
    return [Waiting(_("待评级的样本小屋"), count, _PAGE, _READ)]


@hookimpl
def health(uow: UnitOfWork) -> Health:
    del uow
    return Health(True, _("样本正常。"))
