"""Key conflicts: what the database refuses about a record's own tables, said as a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import ForeignKeyViolation, UniqueViolation
from sqlalchemy.exc import IntegrityError

from gonghui.errors import Conflict
from gonghui.i18n import _
from gonghui.records.record_types import RecordType


@contextmanager
def refused_by_keys(kind: RecordType) -> Iterator[None]:
    """Raise `Conflict` where a row is there already or is still needed; the transaction is at its end then."""
    titles = {kind.table.fullname: kind.title} | {c.table.fullname: c.title for c in kind.children}
    try:
        yield
    except IntegrityError as error:
        cause = error.orig
        if isinstance(cause, UniqueViolation):
            title = titles.get(f"{cause.diag.schema_name}.{cause.diag.table_name}")
            if title is not None:
                message = _("已有同样的{what}，不能重复登记。", what=title)
                raise Conflict("already_exists", message) from None
        if isinstance(cause, ForeignKeyViolation):
            raise Conflict("in_use", _("还有其他记录用到它，不能删除。")) from None
        raise
