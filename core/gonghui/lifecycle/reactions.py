"""What the core itself does when something happened, and of what it reminds people."""

from __future__ import annotations

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.handlers import BULK, SLOW, Subscriber
from gonghui.jobs.asking import ASKED
from gonghui.jobs.ending import CLEARED
from gonghui.lifecycle.running_jobs import delete_cleared, run_job
from gonghui.notifications.messages import WAITING, send_message
from gonghui.plugin_host.registry import Registry, discover
from gonghui.records.notices import facts_told, tell_of_steps
from gonghui.records.reminders import remind
from gonghui.tenancy.switches import plugins_on


def core_subscribers(registry: Registry) -> tuple[Subscriber, ...]:
    """Its subscribers; what they wait for depends on the plugins that there are."""
    return (
        Subscriber(facts_told(registry.record_types()), tell_of_steps),
        # A gateway outside may take its time.
        Subscriber(WAITING, send_message, queue=SLOW),
        Subscriber(ASKED, run_job, queue=BULK),
        Subscriber(CLEARED, delete_cleared),
    )


def remind_of_deadlines(uow: UnitOfWork) -> None:
    """Tell of the deadlines of all plugins that are on."""
    registry, on = discover(), plugins_on(uow)
    remind(uow, registry.record_types(on), registry.deadline_rules(on))
