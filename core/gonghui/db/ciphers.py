"""Ciphers: what seals a value for one tenant, and the master keys that wrap every tenant's keys."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from threading import local
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION_BYTES = 2
_INDEX_BYTES = 16
TAIL = 4
"""How many last characters of a number have a blind index of their own."""
_TAILS = 32_768


_POOL_BYTES = 48_000


class _Pool(local):
    """Random bytes that a thread has not used yet."""

    def __init__(self) -> None:
        self.rest = BytesIO()


_pool = _Pool()
# A child that went on from the same bytes would use a nonce of its parent's a second time.
os.register_at_fork(after_in_child=_pool.__init__)  # type: ignore[misc]


def random_bytes(count: int) -> bytes:
    """Random bytes of the operating system, asked for in bulk: one call each would cost more than the cipher."""
    taken = _pool.rest.read(count)
    if len(taken) < count:
        _pool.rest = BytesIO(os.urandom(_POOL_BYTES))
        taken = _pool.rest.read(count)
    return taken


def random_pieces(size: int, count: int) -> list[bytes]:
    """`count` times `size` random bytes, in one call of the operating system."""
    whole = os.urandom(size * count)
    return [whole[start : start + size] for start in range(0, size * count, size)]


class KeyLost(RuntimeError):
    """A key that is needed is not there, or is another one than that which sealed the value."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value that only its tenant's key opens; it says nothing when it is printed."""

    raw: bytes

    def __repr__(self) -> str:
        return "…"

    @property
    def version(self) -> int:
        """The version of the data key that sealed it."""
        return int.from_bytes(self.raw[:_VERSION_BYTES], "big")


class Keyring:
    """The keys of one tenant, unwrapped: data keys by version (the latest seals), and the index key."""

    def __init__(self, data_keys: Mapping[int, bytes], index_key: bytes) -> None:
        self._ciphers = {version: AESGCM(key) for version, key in data_keys.items()}
        self.version = max(self._ciphers)
        self._seal = self._ciphers[self.version].encrypt
        self._head = self.version.to_bytes(_VERSION_BYTES, "big")
        self._index_key = index_key
        self._keyed: dict[str, Any] = {}
        # A register has a hundred thousand numbers, and they end in ten thousand ways.
        self._tail = lru_cache(maxsize=_TAILS)(self._tail_of)

    def seal(self, place: str, row_id: UUID, value: str) -> Sealed:
        """AES-256-GCM over `value`, bound to its column (`place`) and row: moved elsewhere, it does not open."""
        (raw,) = self.seal_each(place, [row_id], [value])
        assert raw is not None  # noqa: S101
        return Sealed(raw)

    def seal_each(
        self, place: str, row_ids: Sequence[UUID], values: Sequence[str | None]
    ) -> list[bytes | None]:
        """A column of values, each sealed as `seal` does, as the database stores it; None where there is none."""
        head, seal, bound_to = self._head, self._seal, place.encode()
        nonces = random_pieces(_NONCE_BYTES, len(values))
        return [
            None if value is None else head + nonce + seal(nonce, value.encode(), bound_to + row_id.bytes)
            for nonce, row_id, value in zip(nonces, row_ids, values, strict=True)
        ]

    def open(self, place: str, row_id: UUID, sealed: Sealed) -> str:
        """The value. Raises `KeyLost` where no key of the tenant opens it at this place."""
        cipher = self._ciphers.get(sealed.version)
        if cipher is None:
            raise KeyLost(f"no data key of version {sealed.version}")
        start = _VERSION_BYTES + _NONCE_BYTES
        nonce, content = sealed.raw[_VERSION_BYTES:start], sealed.raw[start:]
        try:
            return cipher.decrypt(nonce, content, place.encode() + row_id.bytes).decode()
        except InvalidTag:
            raise KeyLost(f"{place} of {row_id} was sealed by another key, or at another place") from None

    def index(self, kind: str, value: str) -> bytes:
        """A keyed digest that finds equal values; without the key it cannot be tried out."""
        (found,) = self.index_each(kind, [value])
        assert found is not None  # noqa: S101
        return found

    def index_each(self, kind: str, values: Sequence[str | None]) -> list[bytes | None]:
        """The digests of a column of values, as `index` makes them; None where there is none."""
        # Keyed BLAKE2b (RFC 7693), made for this: HMAC costs five times as much on numbers this short.
        keyed = self._keyed.get(kind)
        if keyed is None:
            start = f"{kind}:".encode()
            keyed = self._keyed[kind] = hashlib.blake2b(start, digest_size=_INDEX_BYTES, key=self._index_key)
        found: list[bytes | None] = []
        for value in values:
            if value is None:
                found.append(None)
                continue
            digest = keyed.copy()
            digest.update(value.encode())
            found.append(digest.digest())
        return found

    def tail(self, kind: str, value: str) -> int:
        """The blind index of the last four characters."""
        return self._tail(kind, value[-TAIL:])

    def _tail_of(self, kind: str, last: str) -> int:
        return int.from_bytes(self.index(f"{kind}.tail", last)[:8], "big", signed=True)


class MasterKeys:
    """The platform's master keys by id; the current one wraps. They live outside the database."""

    def __init__(self, keys: Mapping[str, bytes], current: str, path: Path | None = None) -> None:
        self._keys = dict(keys)
        self._path = path
        self._is_unsaved = False
        self.current = current

    @classmethod
    def at(cls, path: Path) -> MasterKeys:
        """The keys in the file at `path`; where there is none, a first key is made."""
        if not path.exists():
            fresh = cls({}, "")
            fresh.renew()
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh._write(path, exclusively=True)
        content = json.loads(path.read_text())
        keys = {name: base64.b64decode(key) for name, key in content["keys"].items()}
        return cls(keys, content["current"], path)

    def renew(self) -> str:
        """Make a new current key; the older ones still unwrap."""
        key = secrets.token_bytes(KEY_BYTES)
        self.current = hashlib.sha256(key).hexdigest()[:12]
        self._keys[self.current] = key
        self._is_unsaved = True
        return self.current

    def keep_only(self, names: Collection[str]) -> None:
        """Forget the other keys."""
        self._keys = {name: key for name, key in self._keys.items() if name in names}

    def reload(self) -> None:
        """Take over what the file says by now."""
        if self._path is not None and self._path.exists():
            latest = MasterKeys.at(self._path)
            if not self._is_unsaved:
                self.current = latest.current
            self._keys |= latest._keys

    def save(self, path: Path) -> None:
        """Write the keys, readable by the owner of the process alone."""
        self._write(path, exclusively=False)
        self._is_unsaved = False

    def wrap(self, key: bytes, bound_to: str) -> bytes:
        """Seal a tenant's key, bound to what it is for, by the key that is current in the file now."""
        self.reload()
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self._keys[self.current]).encrypt(nonce, key, bound_to.encode())

    def unwrap(self, master: str, wrapped: bytes, bound_to: str) -> bytes:
        """Open a tenant's key. Raises `KeyLost`."""
        if not self._has(master):
            raise KeyLost(
                f"the tenant's keys were wrapped by the master key {master}, which is not among the master keys "
                "of this installation: put that file back; without it the sealed values are lost"
            )
        nonce, content = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            return AESGCM(self._keys[master]).decrypt(nonce, content, bound_to.encode())
        except InvalidTag:
            raise KeyLost(f"the wrapped key of {bound_to} has been changed") from None

    def _has(self, master: str) -> bool:
        """Whether a key is there; one that another process has made since is read from the file."""
        if master not in self._keys:
            self.reload()
        return master in self._keys

    def derived(self, master: str, purpose: str) -> bytes:
        """A key for one purpose, derived from a master key (HKDF). Raises `KeyLost`."""
        if not self._has(master):
            raise KeyLost(f"no master key {master}")
        expand = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
        return expand.derive(self._keys[master])

    def _write(self, path: Path, *, exclusively: bool) -> None:
        content = {
            "current": self.current,
            "keys": {name: base64.b64encode(key).decode() for name, key in self._keys.items()},
        }
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            if exclusively:
                os.link(fresh, path)  # two processes that start together must not make two keys
                fresh.unlink()
            else:
                fresh.replace(path)
        except FileExistsError:
            fresh.unlink()
