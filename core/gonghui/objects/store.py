"""The objects of one owner: every name stays under the owner's prefix, whatever it looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from gonghui.objects.links import BadLink, LinkSigner
from gonghui.objects.port import Backend, Download, ListedObject, ObjectHead, ObjectStream, Readable

LONGEST_NAME = 512
_SEGMENT = r"[A-Za-z0-9][A-Za-z0-9._-]{0,149}"
_NAME = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_BEGINNING = re.compile(rf"(?:{_SEGMENT}/)*(?:{_SEGMENT})?")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")


class BadObjectName(ValueError):
    """No object can be called so: names are of ASCII letters, digits, `.`, `_`, `-`, in parts between slashes."""


class ObjectStore:
    """The objects of one owner; made by `Objects`."""

    def __init__(self, backend: Backend, prefix: str) -> None:
        self._backend = backend
        self._prefix = prefix

    @property
    def locks(self) -> bool:
        """Whether a lock binds even the store's administrator; where not, only this platform keeps it."""
        return self._backend.locks

    def put(
        self,
        name: str,
        content: Readable,
        *,
        size: int,
        media_type: str,
        locked_until: datetime | None = None,
    ) -> None:
        """Keep `size` bytes under a new name; with `locked_until`, nobody deletes them before (see `locks`).

        Raises `BadObjectName`, `ObjectExists`, and `WrongSize` where `content` is longer or shorter.
        """
        if size < 1:
            raise ValueError("an object has content")
        if not _MEDIA_TYPE.fullmatch(media_type):
            raise ValueError(f"not a media type: {media_type!r}")
        if locked_until is not None and locked_until.tzinfo is None:
            raise ValueError("a lock ends at an instant with a time zone")
        self._backend.put(
            self._key(name), content, size=size, media_type=media_type, locked_until=locked_until
        )

    def open(self, name: str) -> ObjectStream:
        """The content, to be closed after use. Raises `NoSuchObject`."""
        return self._backend.open(self._key(name))

    def head(self, name: str) -> ObjectHead:
        """Size, media type, when it was written and how long it is locked. Raises `NoSuchObject`."""
        return replace(self._backend.head(self._key(name)), name=name)

    def delete(self, name: str) -> None:
        """Delete the object so that nothing of it is left; one that is not there is well, too.

        Raises `ObjectLocked`.
        """
        self._backend.delete(self._key(name))

    def list(self, beginning: str = "") -> Iterator[ListedObject]:
        """The objects whose names begin so, in the order of their names' bytes."""
        if len(beginning) > LONGEST_NAME or not _BEGINNING.fullmatch(beginning):
            raise BadObjectName(f"no object's name begins with {beginning[:80]!r}")
        for found in self._backend.list(self._prefix + beginning):
            yield replace(found, name=found.name.removeprefix(self._prefix))

    def link(self, name: str, *, file_name: str, media_type: str, expires_in: timedelta) -> str:
        """An address, perhaps without host, where whoever has it saves the object as `file_name` until then."""
        return self._backend.link(self._key(name), Download(file_name, media_type), expires_in)

    def _key(self, name: str) -> str:
        if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
            raise BadObjectName(f"no object can be called {name[:80]!r}")
        return self._prefix + name


class Objects:
    """The object store of an installation, opened for one owner at a time."""

    def __init__(self, backend: Backend, signer: LinkSigner | None = None) -> None:
        self._backend = backend
        self._signer = signer

    def of_tenant(self, tenant_id: UUID) -> ObjectStore:
        """The objects of a tenant."""
        return ObjectStore(self._backend, _prefix_of(tenant_id))

    def of_audit(self) -> ObjectStore:
        """The platform's sealed audit: segments and heads of every chain."""
        return ObjectStore(self._backend, "audit/")

    def linked(self, tenant_id: UUID, signed: str) -> tuple[str, Download]:
        """The name of the tenant's object that a link of our own leads to, and how to save it.

        Raises `BadLink`, always where the store itself answers its links.
        """
        if self._signer is None:
            raise BadLink("the object store answers its links itself")
        key, download = self._signer.read(signed)
        prefix = _prefix_of(tenant_id)
        if not key.startswith(prefix):
            raise BadLink("the link is somebody else's")
        return key.removeprefix(prefix), download


def _prefix_of(tenant_id: UUID) -> str:
    return f"tenants/{tenant_id}/"
