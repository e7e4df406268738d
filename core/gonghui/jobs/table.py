"""Jobs as rows: who asked for what, how far it is, how it ended, and where its result is until it expires."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.accounts import Account
from gonghui.db.base import TenantTable, one_of, ref
from gonghui.db.sensitive import Sensitive, sensitive
from gonghui.values import clock


class JobState(StrEnum):
    """Where a job stands. One whose worker died is still `running`, until the next worker begins it again."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


#: States in which a job has not ended.
OPEN = (JobState.WAITING.value, JobState.RUNNING.value)


class Job(TenantTable):
    """Work that an account asked for: it runs as that account, and nobody else sees it or its result.

    `permission` is needed when it begins and when its result is fetched; it begins with the id of the plugin whose
    job it is. `token_permissions` are those of the token by which it was asked for, if there was one. `attempts` says
    how often it was begun: once more for each worker that died of it.
    """

    __tablename__ = "job"
    __table_args__ = (
        one_of("state", JobState),
        Index("ix_job_account", "tenant_id", "account_id", "id"),
        Index("ix_job_expiry", "tenant_id", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )
    #: The platform's own working: that it was asked for and what it did to records has entries of its own.
    audited = False

    account: Mapped[Account] = ref(Account, cascade=True)
    account_id: Mapped[UUID]
    kind: Mapped[str]
    permission: Mapped[str]
    token_permissions: Mapped[list[str] | None]
    locale: Mapped[str]
    #: A kept text, for people.
    title: Mapped[dict[str, Any]]
    #: Sealed, because a filter may hold anybody's name or number.
    parameters: Mapped[Sensitive] = sensitive("job_parameters")
    #: The object that came with it, until it has ended.
    upload: Mapped[str | None]
    state: Mapped[str] = mapped_column(default=JobState.WAITING.value)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    #: What it gave: plain values, or a file in the object store with how it is saved.
    result: Mapped[dict[str, Any] | None]
    file_object: Mapped[str | None]
    file_name: Mapped[str | None]
    file_type: Mapped[str | None]
    file_size: Mapped[int | None]
    #: Why it failed: code, status and faults, with kept texts.
    error: Mapped[dict[str, Any] | None]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]
    #: When it goes, with its result.
    expires_at: Mapped[datetime | None]
