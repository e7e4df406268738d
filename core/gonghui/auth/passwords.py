"""Passwords: argon2id, and the same time spent where there is none to check."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

MINIMUM_LENGTH = 10

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The hash to keep. Raises `ValueError` for a password that is too short."""
    if len(password) < MINIMUM_LENGTH:
        raise ValueError(f"a password has at least {MINIMUM_LENGTH} characters")
    return _hasher.hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`; takes as long where nothing is stored."""
    try:
        return _hasher.verify(stored or _decoy(), password) and bool(stored)
    except (VerifyMismatchError, InvalidHashError):
        return False


@cache
def _decoy() -> str:
    return _hasher.hash("no account has this password")
