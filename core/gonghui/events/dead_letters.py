"""Dead letters: deliveries that were given up after the last attempt, to be seen and resumed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, not_found
from gonghui.events.deliveries import DeliveryState, EventDelivery
from gonghui.events.outbox import OutboxEvent
from gonghui.i18n import _
from gonghui.values import clock

_DELIVERY: Any = EventDelivery.__table__.c
_EVENT: Any = OutboxEvent.__table__.c
COLUMNS = ("id", "handler", "key", "queue", "state", "attempts", "made_at", "due_at", "done_at", "error")


def list_deliveries(
    uow: UnitOfWork,
    *,
    state: DeliveryState | None = None,
    handler: str | None = None,
    after: UUID | None = None,
    limit: int,
) -> Sequence[Any]:
    """Deliveries, the newest first, each with the fact that it tells (`event`, None for an hour)."""
    wanted = []
    if state is not None:
        wanted.append(_DELIVERY.state == state.value)
    if handler is not None:
        wanted.append(_DELIVERY.handler == handler)
    if after is not None:
        wanted.append(_DELIVERY.id < after)
    event = and_(_EVENT.tenant_id == _DELIVERY.tenant_id, _EVENT.id == _DELIVERY.event_id)
    columns = (*(_DELIVERY[name] for name in COLUMNS), _EVENT.name.label("event"), _EVENT.subject_id)
    found = (
        select(*columns)
        .select_from(EventDelivery.__table__)
        .outerjoin(OutboxEvent.__table__, event)
        .where(*wanted)
        .order_by(_DELIVERY.id.desc())
        .limit(limit)
    )
    return uow.session.execute(found).all()


def resume(uow: UnitOfWork, delivery_id: UUID) -> EventDelivery:
    """Let a delivery that was given up begin anew. Raises `NotFound`, `Conflict` for one that was not given up."""
    wanted = select(EventDelivery).where(EventDelivery.id == delivery_id).with_for_update()
    delivery = uow.session.scalars(wanted).one_or_none()
    if delivery is None:
        raise not_found()
    if delivery.state != DeliveryState.DEAD.value:
        message = _("只有已放弃的任务才能重新办理。")
        raise Conflict("not_dead", message, extra={"state": delivery.state})
    uow.note("core.event.resumed", delivery=str(delivery.id), handler=delivery.handler)
    delivery.state, delivery.due_at = DeliveryState.WAITING.value, clock.now()
    delivery.attempts = delivery.sends = 0
    uow.session.flush()
    return delivery
