"""What the database refused because of somebody else or of the content, as the domain says it."""

from __future__ import annotations

from psycopg.errors import ReadOnlySqlTransaction, SerializationFailure, UniqueViolation
from sqlalchemy.exc import DataError, IntegrityError, InternalError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from gonghui.errors import Conflict, DomainError, Forbidden, Invalid, Stale
from gonghui.i18n import _


def refusal_of(error: Exception) -> DomainError | None:
    """The rule that an error of the database stands for; None for a defect, or a database that does not answer."""
    if isinstance(error, StaleDataError):
        return Stale("version_stale", _("记录已被他人修改，请重新读取后再改。"))
    if isinstance(error, DataError):  # a text with NUL, a number beyond the column: content, not a defect
        return Invalid("invalid_content", _("内容不符合要求。"))
    if isinstance(error, IntegrityError) and isinstance(error.orig, UniqueViolation):
        return Conflict("already_exists", _("同样的记录刚刚已由他人建立，请刷新后再看。"))
    if isinstance(error, OperationalError) and isinstance(error.orig, SerializationFailure):
        return Conflict("tree_changed", _("刚刚有人调整了组织，请刷新后重新办理。"))
    if isinstance(error, InternalError) and isinstance(error.orig, ReadOnlySqlTransaction):
        return Forbidden("only_seeing", _("正在以别的角色查看，只能看，不能办理。先退出查看。"))
    return None
