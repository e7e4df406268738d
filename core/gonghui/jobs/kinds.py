"""Kinds of jobs: what is run, what it is told, and what it may give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, Protocol
from uuid import UUID

from gonghui.db.unit_of_work import UnitOfWork


class JobReport(Protocol):
    """Tells whoever waits how much is done; raises, to be passed on, where they have taken the job back."""

    def __call__(self, done: int, /) -> None:
        """Say how much is done by now: rows, usually."""
        ...


@dataclass(frozen=True)
class JobTask:
    """What a job is to do: the parameters that it was asked for with, and what was sent in with them.

    `attempt` is 1, and more where workers died of it.
    """

    id: UUID
    parameters: Mapping[str, Any]
    attempt: int = 1
    upload: Callable[[], BinaryIO] | None = None


@dataclass(frozen=True)
class JobFile:
    """A file that a job gives, written to its end: whoever asked fetches it under this name."""

    content: IO[bytes]
    name: str
    media_type: str

    @property
    def size(self) -> int:
        """How many bytes were written."""
        return self.content.tell()

    def read_again(self) -> IO[bytes]:
        """The content from its beginning."""
        self.content.seek(0)
        return self.content


Result = Mapping[str, Any] | JobFile
"""Plain values of JSON without personal data, or a file."""


@dataclass(frozen=True)
class JobKind:
    """A kind of job: `run(uow, task, report)` does it, in one transaction of the account that asked.

    Everything that it wrote is undone where it raises, is taken back or dies, and it is begun again only where it
    died. It has ten minutes. A plugin's `code` begins with its id. `makes_file`: what it gives is a file, which may
    tell of persons and is deleted when one of them is erased.
    """

    code: str
    run: Callable[[UnitOfWork, JobTask, JobReport], Result]
    makes_file: bool = False
