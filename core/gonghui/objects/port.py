"""The port of the object store: what every kind of store can do, and what it says when it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


class ObjectError(RuntimeError):
    """The object store did not do what it was asked to."""


class NoSuchObject(ObjectError):
    """There is no object of this name."""


class ObjectExists(ObjectError):
    """There is an object of this name already; an object is written once and never changed."""


class ObjectLocked(ObjectError):
    """The object is locked until a later day."""


class WrongSize(ObjectError):
    """The content is not as long as it was said to be; nothing was kept."""


class StoreUnavailable(ObjectError):
    """The store does not answer, or not as it should."""


class Readable(Protocol):
    """Content that is read piece by piece."""

    def read(self, size: int = ..., /) -> bytes:
        """Up to `size` bytes; none at the end."""
        ...


class ObjectStream(Readable, Protocol):
    """The content of an object, to be closed by whoever asked for it."""

    def close(self) -> None:
        """Give back what holds it open."""
        ...


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object as a listing tells of it."""

    name: str
    size: int
    written_at: datetime


@dataclass(frozen=True, slots=True)
class ObjectHead(ListedObject):
    """All that the store knows about an object, except its content."""

    media_type: str
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """How a link lets an object be saved: under which name, and as what."""

    file_name: str
    media_type: str


class Backend(Protocol):
    """One kind of store. It is given whole keys; `ObjectStore` sees to who may name which."""

    @property
    def locks(self) -> bool:
        """Whether a lock binds even the store's administrator. Where it does not, it binds this platform alone."""
        ...

    def put(
        self, key: str, content: Readable, *, size: int, media_type: str, locked_until: datetime | None
    ) -> None:
        """Keep `size` bytes. Raises `ObjectExists`, `WrongSize`; whoever reads sees all of it or nothing."""
        ...

    def open(self, key: str) -> ObjectStream:
        """The content. Raises `NoSuchObject`."""
        ...

    def head(self, key: str) -> ObjectHead:
        """What is known about an object. Raises `NoSuchObject`."""
        ...

    def delete(self, key: str) -> None:
        """Delete the object, so that nothing of it is left; none there is well, too. Raises `ObjectLocked`."""
        ...

    def list(self, prefix: str) -> Iterator[ListedObject]:
        """The objects whose keys begin with `prefix`, in the order of their keys' bytes."""
        ...

    def link(self, key: str, download: Download, expires_in: timedelta) -> str:
        """An address at which whoever has it gets the object, as a file to save, until it expires."""
        ...
