"""Calls into plugins, guarded: what goes wrong in one is logged and counted, and leaves out its part only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from time import monotonic
from typing import Any

import structlog

from gonghui.db.unit_of_work import Overstepped, UnitOfWork, say
from gonghui.db.writers import written_by
from gonghui.plugin_host.failures import in_words, note_failure
from gonghui.plugin_host.hooks import FEATURE, MANY, Card, Link, Waiting
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import Registry
from gonghui.plugin_host.time_limits import Interruption, limited

#: Seconds that a hook may take as a whole, and milliseconds that one of its statements may.
HOOK_SECONDS, STATEMENT_MS = 2.0, 1_000
#: More than anybody can read; the rest of an answer is not asked for.
_MOST = 1_000
_log = structlog.get_logger()


class CallFailed(RuntimeError):
    """A call into a plugin went wrong; it has been logged and will be counted."""

    def __init__(self, plugin: Plugin, place: str, error: BaseException) -> None:
        super().__init__(f"{plugin.id}: {place}: {in_words(error)}")
        self.plugin, self.place, self.error = plugin, place, error


def ask_hooks(
    registry: Registry, uow: UnitOfWork, on: frozenset[str], hook: str, **arguments: Any
) -> list[tuple[Plugin, Any]]:
    """What each plugin answers to `hook`; a feature hook is asked of those in `on`, a lifecycle hook of all.

    Those that have no such hook, answer None or fail are left out.
    """
    answers = []
    for plugin in registry.plugins.values():
        if hook in FEATURE and plugin.id not in on:
            continue
        implementation = hook_of(registry, plugin, hook)
        if implementation is None:
            continue
        try:
            call = partial(_answer, plugin, implementation, hook, uow=uow, **arguments)
            answer = guarded(uow, plugin, hook, call)
        except CallFailed:
            continue
        if answer is not None:
            answers.append((plugin, answer))
    return answers


def _answer(plugin: Plugin, implementation: Callable[..., Any], hook: str, **arguments: Any) -> Any:
    """The whole answer in plain values, so that nothing of the plugin runs any more once the guard is gone."""
    answer = implementation(**arguments)
    if answer is None or hook not in MANY:
        return answer
    items = tuple(islice(answer, _MOST))
    return tuple(_own(plugin, item.plain()) for item in items) if hook in FEATURE else items


def _own(plugin: Plugin, item: Link | Card | Waiting) -> Link | Card | Waiting:
    """What leads to the plugin's own paths by a permission of its own. Raises `Overstepped`."""
    if not any(item.path == own or item.path.startswith(f"{own}/") for own in plugin.prefixes):
        raise Overstepped(f"{item.path!r} is not a path of {plugin.id}")
    if item.permission not in plugin.permissions:
        raise Overstepped(f"{item.permission!r} is not a permission of {plugin.id}")
    return item


def hook_of(registry: Registry, plugin: Plugin, hook: str) -> Callable[..., Any] | None:
    """The plugin's implementation of a hook; None where it has none. It is given the arguments that it names."""
    for each in getattr(registry.manager.hook, hook).get_hookimpls():
        if each.plugin_name == plugin.id:
            return lambda **told: each.function(*(told[name] for name in each.argnames))
    return None


def guarded(
    uow: UnitOfWork,
    plugin: Plugin,
    place: str,
    call: Callable[[], Any],
    *,
    seconds: float | None = None,
    statement_ms: int | None = None,
) -> Any:
    """What `call` gives, which is code of the plugin that may read and nothing else. Raises `CallFailed`.

    A transaction that is broken already is nobody's failure here: what that raises goes through.
    """
    seconds = HOOK_SECONDS if seconds is None else seconds
    begun: list[bool] = []
    # Within another call an interruption is that one's; a key at the terminal is nobody's mistake.
    passing = (Interruption, KeyboardInterrupt) if uow.is_reading else KeyboardInterrupt
    try:
        with _reading(uow, seconds, STATEMENT_MS if statement_ms is None else statement_ms):
            begun.append(True)
            with written_by(uow, plugin.id, reading=True):
                return limited(seconds, call)
    except BaseException as error:
        if not begun or isinstance(error, passing):
            raise
        _log.error(
            "plugin_call_failed", plugin=plugin.id, place=place, tenant=str(uow.tenant_id), exc_info=error
        )
        note_failure(uow, plugin.id, place, error)
        raise CallFailed(plugin, place, error) from error


@contextmanager
def _reading(uow: UnitOfWork, seconds: float, statement_ms: int) -> Iterator[None]:
    """A point to which transaction, session and principal go back; what is in it reads, and has less time."""
    kept = (uow.principal, uow.current_note, len(uow.pending_notes))
    with uow.session.begin_nested():
        connection = uow.session.connection()
        info, less = connection.info, f"SET LOCAL statement_timeout = {statement_ms}"
        before = (info.get("deadline"), info.get("statement_ms"))
        say(connection, f"{less}; SET LOCAL transaction_read_only = on")
        info["deadline"] = min(monotonic() + seconds, before[0] or float("inf"))
        info["statement_ms"] = statement_ms
        try:
            yield
        finally:
            info["deadline"], info["statement_ms"] = before
            uow.principal, uow.current_note, notes = kept
            del uow.pending_notes[notes:]
        say(
            connection,
            f"SET LOCAL statement_timeout = {before[1]}" if before[1] else "RESET statement_timeout",
        )
