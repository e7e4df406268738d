"""What the core asks organising for: room for persons who turn out to be one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from gonghui.sdk import UnitOfWork, hookimpl
from gonghui_organising.member_merges import unvoid_second, void_second


@hookimpl
def before_merge(uow: UnitOfWork, kept_id: UUID, dropped_id: UUID, reason: str) -> dict[str, Any]:
    """One natural person has one live membership: the weaker of two becomes void."""
    return void_second(uow, kept_id, dropped_id, reason)


@hookimpl
def after_unmerge(uow: UnitOfWork, changed: Mapping[str, Any]) -> None:
    """What became void lives again."""
    unvoid_second(uow, changed)
