"""Ends code of a plugin that goes on for too long, an endless loop included, in the thread that runs it.

Two ways, neither of which breaks what it interrupts. A statement that is sent after the time is over raises before it
leaves (`gonghui.db.unit_of_work`). Code that asks no database is interrupted inside itself, again and again until it
ends; never while it is within SQLAlchemy or the driver, whose state an exception from nowhere would spoil. What waits
outside Python (a socket without a time-out, `time.sleep`) is interrupted when it returns. Looked for and left:
`func_timeout` and `wrapt-timeout-decorator` run the code in another thread or process, where the transaction is not;
`stopit` is no longer kept.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from math import inf
from threading import Event, Lock, Thread, get_ident, local
from time import monotonic
from types import FrameType
from typing import TypeVar

from gonghui.db.unit_of_work import TookTooLong

#: Seconds between two interruptions of code that goes on all the same.
_AGAIN = 0.05
_UNTOUCHABLE = ("sqlalchemy", "psycopg", "threading")

Result = TypeVar("Result")
_until = local()


class Interruption(BaseException):
    """Not an `Exception`, so that a loop which catches those does not go on."""


def limited(seconds: float, call: Callable[[], Result]) -> Result:
    """What `call` gives within so many seconds. Raises `TookTooLong` where it did not end by itself."""
    around: float = getattr(_until, "moment", inf)
    if monotonic() > around:
        raise TookTooLong("the time of the call around this one is over")
    _until.moment = min(around, monotonic() + seconds)
    watch = _Watch(get_ident(), sys._getframe(), seconds)
    Thread(target=watch.keep, name="time limit", daemon=True).start()
    result: Result | None = None
    try:
        result = call()
    except Interruption:
        if not watch.has_interrupted:  # that of a call around this one
            raise
    finally:
        watch.end()
        _until.moment = around
    if watch.has_interrupted:
        raise TookTooLong(f"it took longer than {seconds:g} s")
    return result  # type: ignore[return-value]


class _Watch:
    """Waits beside a thread, and interrupts what it called once the time is over."""

    def __init__(self, watched: int, caller: FrameType, seconds: float) -> None:
        self.has_interrupted = False
        self._watched, self._caller, self._seconds = watched, caller, seconds
        self._lock, self._is_over = Lock(), Event()

    def keep(self) -> None:
        """Wait, then interrupt until the call is over."""
        wait = self._seconds
        while not self._is_over.wait(wait):
            wait = _AGAIN
            with self._lock:
                if not self._is_over.is_set() and self._may_interrupt():
                    self.has_interrupted = True
                    _raise_in(self._watched, ctypes.py_object(Interruption))

    def end(self) -> None:
        """From here on nothing is raised: what was not delivered yet is taken back."""
        with self._lock:
            self._is_over.set()
            if self.has_interrupted:
                _raise_in(self._watched, None)

    def _may_interrupt(self) -> bool:
        """Whether the thread is within the call, in code of its own; it stands still while this one looks.

        Not in the frame that made the call: there the call is over, or `end` is about to be. Where that frame has
        left the stack, everything is.
        """
        frame = sys._current_frames().get(self._watched)
        if frame is None or frame.f_globals.get("__name__") == __name__:
            return False
        while frame is not None and frame is not self._caller:
            if frame.f_globals.get("__name__", "").split(".")[0] in _UNTOUCHABLE:
                return False
            frame = frame.f_back
        if frame is None:
            self._is_over.set()
        return frame is not None


def _raise_in(thread: int, error: object) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), error)
