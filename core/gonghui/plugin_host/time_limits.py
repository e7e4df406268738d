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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread, get_ident

from gonghui.db.unit_of_work import TookTooLong

#: Seconds between two interruptions of code that goes on all the same.
_AGAIN = 0.05
_UNTOUCHABLE = ("sqlalchemy", "psycopg")


class Interruption(BaseException):
    """Not an `Exception`, so that a loop which catches those does not go on."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Give the block so many seconds. Raises `TookTooLong` where it did not end by itself."""
    watch = _Watch(get_ident(), seconds)
    thread = Thread(target=watch.keep, name="time limit", daemon=True)
    thread.start()
    try:
        yield
    except Interruption:
        if not watch.has_interrupted:  # that of a block around this one
            raise
    finally:
        watch.end()
    if watch.has_interrupted:
        raise TookTooLong(f"it took longer than {seconds:g} s")


class _Watch:
    """Waits beside a thread, and interrupts it once its time is over."""

    def __init__(self, watched: int, seconds: float) -> None:
        self.has_interrupted = False
        self._watched, self._seconds = watched, seconds
        self._lock, self._is_over = Lock(), Event()

    def keep(self) -> None:
        """Wait, then interrupt until the block is over."""
        wait = self._seconds
        while not self._is_over.wait(wait):
            wait = _AGAIN
            with self._lock:
                if not self._is_over.is_set() and self._may_be_touched():
                    self.has_interrupted = True
                    _raise_in(self._watched, ctypes.py_object(Interruption))

    def end(self) -> None:
        """From here on nothing is raised: what was not delivered yet is taken back."""
        with suppress(Interruption), self._lock:
            self._is_over.set()
            if self.has_interrupted:
                _raise_in(self._watched, None)

    def _may_be_touched(self) -> bool:
        """Whether the thread is in code of its own; it stands still while this one looks."""
        frame = sys._current_frames().get(self._watched)
        while frame is not None and frame.f_code is not limited.__wrapped__.__code__:  # type: ignore[attr-defined]
            if frame.f_globals.get("__name__", "").split(".")[0] in _UNTOUCHABLE:
                return False
            frame = frame.f_back
        return True


def _raise_in(thread: int, error: object) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), error)
