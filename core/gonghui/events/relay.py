"""The relay: makes a delivery for each handler that a fact is to reach, and sends those that are due, fairly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection, text

from gonghui.db.database import Database
from gonghui.events.broker import Message
from gonghui.events.handlers import SLOW, Handler
from gonghui.settings import settings
from gonghui.values import clock
from gonghui.values.ids import new_id

_AT_ONCE = 500
#: So often a message about a delivery may be lost, without one failure, before the delivery is given up.
_MOST_SENDS = 30
_log = structlog.get_logger()

Send = Callable[[Iterable[Message]], None]


class Relay:
    """One pass takes in what was published and sends what is due; two relays take turns."""

    def __init__(self, database: Database, handlers: Mapping[str, Handler], send: Send) -> None:
        self._database = database
        self._handlers = handlers
        self._send = send

    def run_once(self) -> int:
        """One pass; how much there was to do. Raises what the broker raises, after which nothing is lost."""
        taken = self.take_in()
        messages = self.admit()
        if messages:
            self._send_out(messages)
        return taken + len(messages)

    def take_in(self) -> int:
        """Make the deliveries of events that nobody has taken in yet; how many events there were."""
        with self._database.relay() as connection:
            events = connection.execute(_FRESH, {"now": clock.now(), "limit": _AT_ONCE}).all()
            if events:
                rows = self._deliveries_of(connection, events)
                if rows:
                    connection.execute(_DELIVER, rows)
                seen = [(event.tenant_id, event.id) for event in events]
                connection.execute(
                    _RELAYED,
                    {"now": clock.now(), "tenants": [t for t, _ in seen], "ids": [i for _, i in seen]},
                )
        return len(events)

    def admit(self) -> list[Message]:
        """Mark what is due as sent, so many of each federation and queue, and give it to be sent.

        It is marked before it is sent: the message may be quicker than the transaction. What is lost in between is
        due again after its lease.
        """
        with self._database.relay() as connection:
            if not connection.scalar(_MY_TURN):
                return []
            now = clock.now()
            connection.execute(_GIVE_UP, {"now": now, "most": _MOST_SENDS})
            told = {
                "now": now,
                "at_once": settings().deliveries_at_once,
                "slow": SLOW,
                "lease": settings().delivery_lease_seconds,
            }
            return [(r.tenant_id, r.id, r.handler, r.queue) for r in connection.execute(_ADMIT, told)]

    def _send_out(self, messages: Sequence[Message]) -> None:
        try:
            self._send(messages)
        except Exception:
            # Nobody knows which of them arrived: they are due again at once, and what was done finds its row done.
            with self._database.relay() as connection:
                connection.execute(_TAKE_BACK, {"now": clock.now(), "ids": [m[1] for m in messages]})
            raise

    def _deliveries_of(self, connection: Connection, events: Sequence[Any]) -> list[dict[str, Any]]:
        on = plugins_by_tenant(connection)
        now = clock.now()
        return [
            {
                "tenant_id": event.tenant_id,
                "id": new_id(),
                "event_id": event.id,
                "handler": handler.name,
                "key": str(event.id),
                "queue": handler.queue,
                "now": now,
            }
            for event in events
            for handler in self._handlers.values()
            if handler.wants(event.name)
            and (handler.plugin is None or handler.plugin in on.get(event.tenant_id, ()))
        ]


def plugins_by_tenant(connection: Connection) -> dict[Any, frozenset[str]]:
    """Every federation of the installation, with the plugins that it has on."""
    found = connection.execute(text("SELECT tenant_id, plugins FROM core.plugins_by_tenant()"))
    return {row.tenant_id: frozenset(row.plugins) for row in found}


_FRESH = text("""
SELECT tenant_id, id, name FROM core.outbox_event WHERE relayed_at IS NULL AND due_at <= :now
ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
""")

_RELAYED = text("""
UPDATE core.outbox_event e SET relayed_at = :now
FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[])) AS seen (tenant_id, id)
WHERE e.tenant_id = seen.tenant_id AND e.id = seen.id
""")

_DELIVER = text("""
INSERT INTO core.event_delivery (tenant_id, id, event_id, handler, key, queue, state, made_at, due_at, sends, attempts)
VALUES (:tenant_id, :id, :event_id, :handler, :key, :queue, 'waiting', :now, :now, 0, 0)
ON CONFLICT (tenant_id, handler, key) DO NOTHING
""")

#: One relay at a time admits, or two would let in twice as many.
_MY_TURN = text("SELECT pg_try_advisory_xact_lock(7215004)")

_GIVE_UP = text("""
UPDATE core.event_delivery SET state = 'dead', error = 'nobody finished it, and nobody said why'
WHERE state = 'sent' AND due_at <= :now AND sends >= :most
""")

# Every pair of a federation and a handler that has something waiting is found by hopping through the index, however
# much waits. Pairs take turns, and one has no more than half of the places of its federation and queue. A pair of
# which something has failed is served in the slow queue until that is through.
_ADMIT = text("""
WITH RECURSIVE pair AS (
    (SELECT tenant_id, handler FROM core.event_delivery WHERE state = 'waiting'
     ORDER BY tenant_id, handler LIMIT 1)
    UNION ALL
    SELECT more.tenant_id, more.handler
    FROM pair CROSS JOIN LATERAL (
        SELECT d.tenant_id, d.handler FROM core.event_delivery d
        WHERE d.state = 'waiting' AND (d.tenant_id, d.handler) > (pair.tenant_id, pair.handler)
        ORDER BY d.tenant_id, d.handler LIMIT 1
    ) more
), running AS (
    SELECT tenant_id, queue, handler, count(*) AS places FROM core.event_delivery WHERE state = 'sent'
    GROUP BY tenant_id, queue, handler
), wanted AS (
    SELECT pair.tenant_id, pair.handler, waiting.id, waiting.due_at, route.queue,
           coalesce(running.places, 0)
           + row_number() OVER (PARTITION BY pair.tenant_id, pair.handler, route.queue ORDER BY waiting.due_at) AS turn
    FROM pair
    CROSS JOIN LATERAL (
        SELECT d.id, d.queue, d.due_at FROM core.event_delivery d
        WHERE d.state = 'waiting' AND d.tenant_id = pair.tenant_id AND d.handler = pair.handler AND d.due_at <= :now
        ORDER BY d.due_at LIMIT :at_once
    ) waiting
    CROSS JOIN LATERAL (
        SELECT CASE WHEN waiting.queue = 'swift' AND EXISTS (
            SELECT FROM core.event_delivery f WHERE f.tenant_id = pair.tenant_id AND f.handler = pair.handler
            AND f.attempts > 0 AND f.state IN ('waiting', 'sent')
        ) THEN :slow ELSE waiting.queue END AS queue
    ) route
    LEFT JOIN running ON running.tenant_id = pair.tenant_id AND running.handler = pair.handler
        AND running.queue = route.queue
), placed AS (
    SELECT tenant_id, id, queue, turn,
           row_number() OVER (PARTITION BY tenant_id, queue ORDER BY turn, due_at)
           + coalesce((SELECT sum(r.places) FROM running r
                       WHERE r.tenant_id = wanted.tenant_id AND r.queue = wanted.queue), 0) AS place
    FROM wanted
    WHERE turn <= greatest(CAST(:at_once AS int) / 2, 1)
), chosen AS (
    SELECT tenant_id, id, queue FROM placed WHERE place <= :at_once
    UNION ALL
    SELECT tenant_id, id, queue FROM core.event_delivery WHERE state = 'sent' AND due_at <= :now
), held AS (
    SELECT d.tenant_id, d.id, chosen.queue FROM core.event_delivery d
    JOIN chosen ON chosen.tenant_id = d.tenant_id AND chosen.id = d.id
    WHERE d.state IN ('waiting', 'sent') FOR UPDATE OF d SKIP LOCKED
)
UPDATE core.event_delivery d
SET state = 'sent', queue = held.queue, sends = d.sends + 1,
    due_at = CAST(:now AS timestamptz) + make_interval(secs => :lease * power(2, least(d.sends, 6)))
FROM held WHERE d.tenant_id = held.tenant_id AND d.id = held.id
RETURNING d.tenant_id, d.id, d.handler, d.queue
""")

_TAKE_BACK = text("""
UPDATE core.event_delivery SET state = 'waiting', due_at = :now, sends = greatest(sends - 1, 0)
WHERE state = 'sent' AND id = ANY(CAST(:ids AS uuid[]))
""")
