"""The base of a record: filed at an org unit, in a state, with a version."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from gonghui.db.base import TenantTable, ref
from gonghui.errors import PreconditionRequired, Stale
from gonghui.i18n import _
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock


class Record(TenantTable):
    """What plugins keep: derive from it with `schema="<plugin id>"` and a `__tablename__`.

    Its org unit decides who sees it; its version, whether a change is up to date; its state belongs to the workflow
    of its `RecordType`, which alone sets it.
    """

    __abstract__ = True

    org_unit: Mapped[OrgUnit] = ref(OrgUnit)
    org_unit_id: Mapped[UUID]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    #: The run of a register that made the record. No key: a run may be forgotten before its records.
    run_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - declared_attr hands over the class
        return {"version_id_col": cls.version}


def check_version(record: Record, expected: int | None) -> None:
    """Raise `PreconditionRequired` unless a version is expected, `Stale` unless the record has it."""
    if expected is None:
        raise PreconditionRequired("version_required", _("请先读取记录，并在 If-Match 中写明它的版本。"))
    if expected != record.version:
        raise Stale(
            "version_stale", _("记录已被他人修改，请重新读取后再改。"), extra={"version": record.version}
        )
