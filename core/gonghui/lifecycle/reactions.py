"""What the core itself does when something happened, and at which hour."""

from __future__ import annotations

from gonghui.events.handlers import BULK, SLOW, Subscriber
from gonghui.jobs.asking import ASKED
from gonghui.jobs.ending import CLEARED, sweep_jobs
from gonghui.lifecycle.core_jobs import (
    prune_events,
    purge_plugins,
    remind_of_deadlines,
    settle_tree,
    sweep_attachments,
    sweep_registers,
    take_timed_steps,
)
from gonghui.lifecycle.running_jobs import delete_cleared, run_job
from gonghui.notifications.messages import WAITING, send_message
from gonghui.plugin_host.registry import Registry
from gonghui.plugin_host.schedules import Schedule, daily
from gonghui.records.notices import facts_told, tell_of_steps


def core_subscribers(registry: Registry) -> tuple[Subscriber, ...]:
    """Its subscribers; what they wait for depends on the plugins that there are."""
    return (
        Subscriber(facts_told(registry.record_types()), tell_of_steps),
        # A gateway outside may take its time.
        Subscriber(WAITING, send_message, queue=SLOW),
        Subscriber(ASKED, run_job, queue=BULK),
        Subscriber(CLEARED, delete_cleared),
    )


def core_schedules() -> tuple[Schedule, ...]:
    """Its hours. People are reminded when they come to work, after the night has changed what is due."""
    return (
        daily(settle_tree, "00:05"),
        daily(take_timed_steps, "00:30"),
        daily(purge_plugins, "01:00"),
        daily(prune_events, "01:30"),
        daily(sweep_attachments, "02:00"),
        daily(sweep_jobs, "02:30"),
        daily(sweep_registers, "02:45"),
        daily(remind_of_deadlines, "08:30"),
    )
