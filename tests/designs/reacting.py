"""What the designs do when something happened: a room that was opened is inspected and told of."""

from __future__ import annotations

from sqlalchemy import select
from tests.designs.course import enrolments
from tests.designs.rooms import Inspection

from gonghui.sdk import (
    Event,
    Holder,
    Notice,
    NotificationKind,
    Subscriber,
    UnitOfWork,
    _,
    accounts_of,
    clock,
    nearest_holders,
    notify,
)

OPENED = NotificationKind("designs.room_opened", _("母婴室已开放"))
OVER = NotificationKind("designs.course_over", _("课程已结束"), _("你报名的课程已结束，请登录工会平台查看。"))


def inspect_first(uow: UnitOfWork, event: Event) -> None:
    """Write the first inspection down."""
    for room_id, _version in event.records:
        uow.add(Inspection(room_id=room_id, inspected_on=clock.today(), remark=str(event.id)))


def tell_of_the_room(uow: UnitOfWork, event: Event) -> None:
    """Tell whoever looks after rooms over its unit."""
    assert event.org_unit_id is not None
    found: list[Holder] = nearest_holders(uow, [event.org_unit_id], {"designs.room.read": True})
    notify(uow, OPENED, [Notice(holder.account_id, OPENED.title) for holder in found])


def tell_the_learners(uow: UnitOfWork, event: Event) -> None:
    """Tell everybody who had enrolled that the course is over."""
    table = enrolments.table.c
    learners = uow.session.scalars(select(table.person_id).where(table.course_id == event.subject_id)).all()
    accounts = accounts_of(uow, learners).values()
    notify(uow, OVER, [Notice(account, OVER.title) for each in accounts for account in each])


SUBSCRIBERS = (
    Subscriber("designs.room.opened", inspect_first),
    Subscriber("designs.room.opened", tell_of_the_room),
    Subscriber("designs.course.close", tell_the_learners),
)
NOTIFICATIONS = (OPENED, OVER)
