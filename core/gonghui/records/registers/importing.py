"""Importing: every row of a register is checked and settled with what is known, in batches, reading ahead."""

from __future__ import annotations

import gc
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from threading import Lock
from typing import Any, Protocol
from uuid import UUID

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text
from gonghui.records.registers.checking import CheckedRow, Sheet, Tally
from gonghui.records.registers.sheets import Column, Row

AT_ONCE = 4_000
"""Rows of a batch: enough for the database to be busy, few enough for memory."""

_AHEAD = 2
"""Batches that may wait for the database, so that neither side stands idle for one that takes longer."""
_NEW_OBJECTS, _NEVER, _TURN = 25 * AT_ONCE, 1_000, 0.0005

Progress = Callable[[int], None]
Keeper = Callable[[Sequence[CheckedRow]], None]


class Importer(Protocol):
    """How one kind of register is taken over. `examine` and `ready` touch no database, `settle` nothing else."""

    def __init__(self, uow: UnitOfWork, sheet: Sheet, run_id: UUID) -> None: ...

    made: Counter[str]
    """What was made besides the rows' own records, by kind."""

    def examine(self, row: Row) -> CheckedRow:
        """Check a row by itself and against the rows before it; give it its value."""

    def ready(self, rows: Sequence[CheckedRow]) -> Sequence[Any]:
        """What will be written for each of some sound rows."""

    def settle(self, rows: Sequence[tuple[CheckedRow, Any]], *, write: bool) -> tuple[int, int]:
        """Compare sound rows with what is known, noting faults; write the others, if asked. Created and known rows."""


@dataclass(frozen=True)
class RegisterImport:
    """A register that can be read in: its columns, who may do it, how a row is taken over, how a run is undone.

    `undo(uow, run_id)` deletes what the run made and says how many of each kind; it raises `Conflict` where
    something depends on it by now. `words` tell people what came of it: how many records the rows became
    (`""`) and how many of each kind were made besides, each in words around `{n}`. `path` is where the records are
    listed, as in their record type.
    """

    code: str
    permission: str
    title: Text
    columns: Sequence[Column]
    importer: type[Importer]
    undo: Callable[[UnitOfWork, UUID], dict[str, int]]
    words: Mapping[str, Text] = field(default_factory=dict)
    path: str | None = None

    def told(self, made: Mapping[str, int]) -> list[Text]:
        """What came of a run, in words; kinds that are 0 are left out, but for the rows' own."""
        kinds = [kind for kind in self.words if made.get(kind) or kind == ""]
        words = [self.words[kind] for kind in kinds]
        counts = [f"{made.get(kind, 0):,}" for kind in kinds]
        return [Text(word.message, {**word.params, "n": n}) for word, n in zip(words, counts, strict=True)]

    @property
    def plugin(self) -> str:
        """Id of the plugin that owns it."""
        return self.code.split(".", 1)[0]


def go_through(
    importer: Importer,
    rows: Iterable[Row],
    *,
    write: bool,
    keep: Keeper | None = None,
    progress: Progress | None = None,
    read_ahead: bool = True,
) -> Tally:
    """Take every row through `importer`.

    `keep` gets each batch when all that is wrong with it is known. With `read_ahead` the next batch is read and
    checked while the database works on the last one; rows that come from the database itself must not be.
    """
    tally = Tally()

    def settle(batch: Sequence[CheckedRow], sound: Sequence[tuple[CheckedRow, Any]]) -> None:
        created, known = importer.settle(sound, write=write)
        tally.rows += len(batch)
        tally.created += created
        tally.known += known
        faulty = [row.faults for row in batch if row.faults]
        tally.faulty += len(faulty)
        tally.faults += chain.from_iterable(faulty)
        tally.notices += chain.from_iterable(row.notices for row in batch if row.notices)
        if keep is not None:
            keep(batch)
        if progress is not None:
            progress(tally.rows)

    with _Behind(ahead=read_ahead) as behind, _tuning:
        source = iter(rows)
        # A small one first, so that the database is soon at work.
        sizes = chain((max(1, AT_ONCE // 4),), repeat(AT_ONCE))
        while batch := tuple(islice(source, next(sizes))):
            examined = [importer.examine(row) for row in batch]
            sound = [row for row in examined if row.value and not row.faults]
            made = importer.ready(sound) if write and sound else [None] * len(sound)
            behind.do(settle, examined, list(zip(sound, made, strict=True)))
    return tally


class _Tuning:
    """Sets the interpreter to many rows and two threads, while any import of the process goes on.

    Cycles are looked for once in some batches, and among what is new: rows hold none, and the search took a sixth of
    the time. Whoever settles gets its turn soon after each answer of the database, which would else stand idle for
    the usual 5 ms.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._imports = 0
        self._usual = (gc.get_threshold(), sys.getswitchinterval())

    def __enter__(self) -> None:
        with self._lock:
            self._imports += 1
            if self._imports == 1:
                self._usual = (gc.get_threshold(), sys.getswitchinterval())
                (first, *_others), interval = self._usual
                gc.set_threshold(max(first, _NEW_OBJECTS), _NEVER, _NEVER)
                sys.setswitchinterval(min(interval, _TURN))

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._imports -= 1
            if self._imports == 0:
                threshold, interval = self._usual
                gc.set_threshold(*threshold)
                sys.setswitchinterval(interval)


_tuning = _Tuning()


class _Behind:
    """Does one thing after the other, behind whoever asks, or at once; an error comes out at a later request."""

    def __init__(self, *, ahead: bool) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1) if ahead else None
        # With what they work on: it takes a while to take thousands of rows apart, and whoever asks has the time.
        self._asked: deque[tuple[Future[None], Any]] = deque()
        self._has_failed = False

    def __enter__(self) -> _Behind:
        return self

    def __exit__(self, kind: Any, *_error: Any) -> None:
        try:
            while kind is None and self._asked:
                self._wait()
        finally:
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)

    def do(self, work: Callable[..., None], *arguments: Any) -> None:
        if self._pool is None:
            work(*arguments)
            return
        if len(self._asked) == _AHEAD:
            self._wait()
        # The clock and the language of whoever asks go along.
        asked = self._pool.submit(copy_context().run, self._begin, work, *arguments)
        self._asked.append((asked, arguments))

    def _begin(self, work: Callable[..., None], *arguments: Any) -> None:
        if self._has_failed:  # what failed comes out first, and nothing is done on top of it
            return
        try:
            work(*arguments)
        except BaseException:
            self._has_failed = True
            raise

    def _wait(self) -> None:
        asked, _arguments = self._asked.popleft()
        asked.result()
