"""Ends code of a plugin that goes on for too long, an endless loop included, in the thread that runs it.

An interruption is raised inside the running code, so it also ends a loop that asks nobody. It cannot end a call
that waits outside Python (a socket without a time-out, `time.sleep`) before that call returns; statements have a
limit of their own in the database. Looked for and left: `func_timeout` and `wrapt-timeout-decorator` run the code in
another thread or process, where the transaction is not; `stopit` is no longer kept.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Timer, get_ident


class TookTooLong(RuntimeError):
    """Code of a plugin was ended because its time was over."""


class Interruption(BaseException):
    """Not an `Exception`, so that a loop which catches those does not go on."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Give the block so many seconds. Raises `TookTooLong` where it did not end by itself."""
    lock, is_over, is_interrupted = Lock(), False, False
    thread = ctypes.c_ulong(get_ident())

    def interrupt() -> None:
        nonlocal is_interrupted
        with lock:
            if not is_over:
                is_interrupted = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(Interruption))

    def disarm() -> None:
        """From here on nothing is raised: what was not delivered yet is taken back."""
        nonlocal is_over
        with suppress(Interruption), lock:
            is_over = True
            timer.cancel()
            if is_interrupted:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)

    timer = Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Interruption:
        pass
    finally:
        disarm()
    if is_interrupted:
        raise TookTooLong(f"it took longer than {seconds:g} s")
