"""What the designs do when something happened: a room that was opened is inspected for the first time."""

from __future__ import annotations

from tests.designs.rooms import Inspection

from gonghui.sdk import Event, Subscriber, UnitOfWork, clock


def inspect_first(uow: UnitOfWork, event: Event) -> None:
    """Write the first inspection down."""
    for room_id, _version in event.records:
        uow.add(Inspection(room_id=room_id, inspected_on=clock.today(), remark=str(event.id)))


SUBSCRIBERS = (Subscriber("designs.room.opened", inspect_first),)
