"""What the core itself does when something happened."""

from __future__ import annotations

from gonghui.events.handlers import SLOW, Subscriber
from gonghui.notifications.messages import WAITING, send_message
from gonghui.plugin_host.registry import Registry
from gonghui.records.notices import facts_told, tell_of_steps


def core_subscribers(registry: Registry) -> tuple[Subscriber, ...]:
    """Its subscribers; what they wait for depends on the plugins that there are."""
    return (
        Subscriber(facts_told(registry.record_types()), tell_of_steps),
        # A gateway outside may take its time.
        Subscriber(WAITING, send_message, queue=SLOW),
    )
