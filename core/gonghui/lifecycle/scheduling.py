"""The scheduler: makes a delivery for each hour of a schedule, at every federation that has it on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from gonghui.db.database import Database
from gonghui.events.relay import plugins_by_tenant
from gonghui.lifecycle.delivering import Scheduled
from gonghui.values import clock
from gonghui.values.ids import new_id


class Scheduler:
    """One turn makes what has become due and was not made yet; two schedulers make nothing twice.

    Of the hours that were missed, the last one is made up for, once: also at a federation that is new, and of a
    plugin that was just switched on.
    """

    def __init__(self, database: Database, scheduled: Mapping[str, Scheduled]) -> None:
        self._database = database
        self._scheduled = scheduled
        #: What this process has seen to, so that most turns ask nothing but who there is.
        self._seen: dict[tuple[Any, str], datetime] = {}

    def run_once(self) -> int:
        """Make the deliveries of all hours that have come; how many there were."""
        now = clock.now()
        with self._database.relay() as connection:
            due = {
                (tenant_id, name): each.schedule.last_due(now)
                for tenant_id, plugins in plugins_by_tenant(connection).items()
                for name, each in self._scheduled.items()
                if each.handler.plugin is None or each.handler.plugin in plugins
            }
            fresh = {pair: hour for pair, hour in due.items() if self._seen.get(pair) != hour}
            made = 0
            if fresh:
                rows = [
                    (tenant_id, new_id(), name, hour.isoformat(), self._scheduled[name].handler.queue)
                    for (tenant_id, name), hour in fresh.items()
                ]
                names = ("tenants", "ids", "handlers", "keys", "queues")
                told: dict[str, Any] = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
                made = connection.execute(_FAN_OUT, {**told, "now": now}).rowcount
        self._seen = due  # only once it is committed
        return made


_FAN_OUT = text("""
INSERT INTO core.event_delivery (tenant_id, id, handler, key, queue, state, made_at, due_at, sends, attempts)
SELECT due.tenant_id, due.id, due.handler, due.key, due.queue, 'waiting', :now, :now, 0, 0
FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:handlers AS text[]), CAST(:keys AS text[]),
            CAST(:queues AS text[])) AS due (tenant_id, id, handler, key, queue)
ON CONFLICT (tenant_id, handler, key) DO NOTHING
""")
