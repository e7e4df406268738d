"""Identifiers: UUIDv7, so that they sort by the time they were made."""

from uuid import UUID

import uuid_utils
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh identifier: a UUID of version 7, so that later ones sort behind earlier ones."""
    return uuid7()


def new_ids(count: int) -> list[uuid_utils.UUID]:
    """Fresh identifiers for bulk rows: they have the bytes and the text of a `UUID`, at a fifth of its price."""
    return [uuid_utils.uuid7() for _ in range(count)]


def parse_id(text: str) -> UUID | None:
    """The identifier that `text` spells, or None when it spells none."""
    try:
        return UUID(text)
    except ValueError:
        return None
