"""A round of the sealer: seal what is there, sign heads that are due, store them, ship what was sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from gonghui.audit.sealing import seal_all
from gonghui.audit.segments import store_segments
from gonghui.audit.shipping import ship, targets_of
from gonghui.audit.signing import sign_heads, signing_key
from gonghui.db.database import Database
from gonghui.objects.store import Objects
from gonghui.settings import Settings

_log = structlog.get_logger()


@dataclass(frozen=True)
class Round:
    """What a round did, in numbers; `broken` chains no longer fit their last head."""

    sealed: int
    signed: int
    stored: int
    shipped: int
    broken: int


def sealing_round(
    database: Database, objects: Objects, settings: Settings, *, sign_now: bool = False
) -> Round:
    """Bring the seals of all tenants and of the platform up to date. Several at once do each thing once.

    `sign_now`: sign a head for every chain, due or not.
    """
    sealed = seal_all(database)
    interval = timedelta(0) if sign_now else timedelta(minutes=settings.audit_head_minutes)
    signed, broken = sign_heads(database, signing_key(settings), older_than=interval)
    for chain in broken:
        _log.error("audit_chain_broken", tenant=str(chain))
    stored = store_segments(database, objects, locked_for=timedelta(days=settings.audit_lock_days))
    return Round(sealed, signed, stored, ship(database, targets_of(settings)), len(broken))
