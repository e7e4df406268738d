"""The table of attachments; their content is in the object store."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.accounts import Account
from gonghui.db.base import TenantTable, ref, unique
from gonghui.values import clock


class Attachment(TenantTable):
    """A file of a record; one that was removed stays for the days of grace, as its content does, and nobody sees it."""

    __tablename__ = "attachment"
    __table_args__ = (
        unique("object_name"),
        Index("ix_attachment_record", "tenant_id", "record_id", "uploaded_at"),
        Index("ix_attachment_removed", "tenant_id", "removed_at"),
    )
    #: The trail of its record tells of it, and without the name: that may say who somebody is, and goes with the row.
    audited = False

    record_type: Mapped[str]
    #: No key: a record of any plugin's table. What is left when it goes is swept.
    record_id: Mapped[UUID]
    paper: Mapped[str | None]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    object_name: Mapped[str]
    #: None, and `uploaded_at` the hour alone, where the record's trail is sealed.
    account: Mapped[Account | None] = ref(Account, optional=True)
    account_id: Mapped[UUID | None]
    uploaded_at: Mapped[datetime] = mapped_column(default=clock.now)
    removed_at: Mapped[datetime | None]
