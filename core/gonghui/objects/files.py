"""Objects as files in a folder: for one machine, and for whoever reads along with other tools.

The object `a/b` is the folder `a/=b` with its `content` and, in `about.json`, what is known about it. It is made aside
and put in place by one renaming, so that whoever looks, even after a power cut, finds a whole object or none.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from gonghui.objects.links import LinkSigner
from gonghui.objects.measured import Measured
from gonghui.objects.port import (
    Download,
    ListedObject,
    NoSuchObject,
    ObjectExists,
    ObjectHead,
    ObjectLocked,
    ObjectStream,
    Readable,
)
from gonghui.values import clock

_MARK = "="  # no part of a name begins with it, so `a` and `a/b` may both be there
_CONTENT, _ABOUT = "content", "about.json"
_ASIDE = ".aside"
_CHUNK = 1 << 20
_LEFT_OVER = timedelta(days=1)


class FileBackend:
    """The store in the folder `root`, which only the account of the process may enter."""

    #: The platform keeps a lock; whoever administers the machine can break it.
    locks = False

    def __init__(self, root: Path, signer: LinkSigner) -> None:
        self._root = root
        self._signer = signer
        self._aside = root / _ASIDE
        _make_folders(self._aside)
        self._clear_left_over()

    def put(
        self, key: str, content: Readable, *, size: int, media_type: str, locked_until: datetime | None
    ) -> None:
        """Write aside, then rename."""
        folder = self._folder(key)
        if folder.exists():
            raise ObjectExists(key)
        fresh = Path(tempfile.mkdtemp(dir=self._aside))
        try:
            _write(fresh / _ABOUT, [orjson.dumps({"media_type": media_type, "locked_until": locked_until})])
            _write(fresh / _CONTENT, _chunks(Measured(content, size)))
            written_at = clock.now().timestamp()
            os.utime(fresh / _CONTENT, (written_at, written_at))
            _sync(fresh)
            _make_folders(folder.parent)
            _put_in_place(fresh, folder)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # somebody else was quicker
                raise ObjectExists(key) from None
            raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def open(self, key: str) -> ObjectStream:
        """The file itself, which stays readable to its end even where it is deleted meanwhile."""
        try:
            return (self._folder(key) / _CONTENT).open("rb")
        except FileNotFoundError:
            raise NoSuchObject(key) from None

    def head(self, key: str) -> ObjectHead:
        """Read from the description beside the content."""
        folder = self._folder(key)
        try:
            about = orjson.loads((folder / _ABOUT).read_bytes())
            listed = _listed(key, folder)
        except FileNotFoundError:
            raise NoSuchObject(key) from None
        until = about["locked_until"]
        locked_until = until and datetime.fromisoformat(until)
        return ObjectHead(key, listed.size, listed.written_at, about["media_type"], locked_until)

    def delete(self, key: str) -> None:
        """Renamed away in one step, then removed."""
        with suppress(NoSuchObject):
            until = self.head(key).locked_until
            if until is not None and until > clock.now():
                raise ObjectLocked(f"{key} is locked until {until.isoformat()}")
        gone = Path(tempfile.mkdtemp(dir=self._aside))
        try:
            self._folder(key).rename(gone)
        except FileNotFoundError:
            pass
        finally:
            shutil.rmtree(gone, ignore_errors=True)

    def list(self, prefix: str) -> Iterator[ListedObject]:
        """Walked in the order of the keys, folder by folder."""
        within = prefix.rpartition("/")[0]
        yield from _walk(self._root / within, f"{within}/" if within else "", prefix)

    def link(self, key: str, download: Download, expires_in: timedelta) -> str:
        """A path that our own application answers."""
        return self._signer.sign(key, download, clock.now() + expires_in)

    def _folder(self, key: str) -> Path:
        parent, _slash, last = key.rpartition("/")
        return self._root / parent / f"{_MARK}{last}"

    def _clear_left_over(self) -> None:
        """Remove what writers left that were killed."""
        oldest = (datetime.now(UTC) - _LEFT_OVER).timestamp()
        for folder in self._aside.iterdir():
            with suppress(FileNotFoundError):
                if folder.stat().st_mtime < oldest:
                    shutil.rmtree(folder, ignore_errors=True)


def _walk(folder: Path, begins: str, prefix: str) -> Iterator[ListedObject]:
    """What is in a folder and below, where keys begin with `begins`, as far as they begin with `prefix`."""
    try:
        entries = [entry for entry in folder.iterdir() if entry.name != _ASIDE]
    except FileNotFoundError:
        return
    keys = sorted((begins + e.name.removeprefix(_MARK) + _slash(e), e) for e in entries)
    for key, entry in keys:
        if not key.startswith(prefix[: len(key)]):
            continue
        if key.endswith("/"):
            yield from _walk(entry, key, prefix)
        elif key.startswith(prefix):
            with suppress(FileNotFoundError):  # deleted while we looked
                yield _listed(key, entry)


def _slash(entry: Path) -> str:
    return "" if entry.name.startswith(_MARK) else "/"


def _listed(key: str, folder: Path) -> ListedObject:
    state = (folder / _CONTENT).stat()
    return ListedObject(key, state.st_size, datetime.fromtimestamp(state.st_mtime, UTC))


def _chunks(content: Measured) -> Iterator[bytes]:
    while chunk := content.read(_CHUNK):
        yield chunk


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(chunks)
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(fresh: Path, folder: Path) -> None:
    """A folder that is there already, and is not empty, is never replaced by renaming."""
    fresh.rename(folder)
    _sync(folder.parent)


def _make_folders(folder: Path) -> None:
    """Make a folder and those above that are missing, for the owner alone, lasting."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
        _sync(each.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
