"""Keeping attachments: whoever may read a record reads its files, whoever may change it adds and removes them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from sqlalchemy import func, select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, FieldFault, invalid, not_found
from gonghui.i18n import _
from gonghui.objects.configured import configured_objects
from gonghui.objects.port import ObjectError, ObjectStream
from gonghui.objects.store import ObjectStore
from gonghui.records.attachments.contents import Content, accepted
from gonghui.records.attachments.rules import AttachmentRules
from gonghui.records.attachments.table import Attachment
from gonghui.records.record import Record
from gonghui.records.record_types import CHANGE, READ, RecordType
from gonghui.records.sight import found, permits, require
from gonghui.settings import settings
from gonghui.values import clock
from gonghui.values.ids import new_id

OBJECTS = "attachments/"
"""How the names of all their objects begin; the id of the plugin follows, and that of the attachment."""
_QUOTA_LOCK = 7_215_012


@dataclass(frozen=True)
class Upload:
    """A file as somebody sends it: its content, the name that it has there, and which paper it is."""

    file: BinaryIO
    name: str
    paper: str | None = None


def attach(uow: UnitOfWork, kind: RecordType, record_id: UUID, upload: Upload) -> Attachment:
    """Add a file to a record; the record's version moves, as with every change of what it says.

    The file is in the store before its row is in the transaction, and nobody waits for the store: the record is held
    only then. Where the row does not come to be, the object goes, or is swept. Raises `NotFound`, `Forbidden`,
    `Conflict` for the state, a further file or one that is there already, and what `accepted` raises.
    """
    rules = _rules(kind)
    record = _open(uow, kind, record_id)
    _refuse_paper(rules, upload.paper)
    content = accepted(upload.file, upload.name, rules)
    row = _row(uow, kind, record, content, upload.paper)
    store = store_of(uow)
    store.put(row.object_name, content.stream, size=content.size, media_type=content.kind.media_type)
    try:
        uow.session.expire(record)
        record = _open(uow, kind, record_id, lock=True)
        _refuse_further(uow, rules, row)
        _refuse_beyond_quota(uow, row)
        _tell(uow, kind.attached, record, row)
        uow.add(row)
        uow.session.flush()
    except Exception:
        with suppress(ObjectError):  # what stays is swept
            store.delete(row.object_name)
        raise
    return row


def detach(uow: UnitOfWork, kind: RecordType, record_id: UUID, attachment_id: UUID) -> None:
    """Take a file off a record; its object goes when the days of grace are over.

    Raises `NotFound`, `Forbidden`, `Conflict` for the state.
    """
    record = _open(uow, kind, record_id, lock=True)
    row = _of_record(uow, kind, record, attachment_id)
    row.removed_at = moment(kind)
    _tell(uow, kind.detached, record, row)
    uow.session.flush()


def attachments_of(uow: UnitOfWork, record: Record) -> Sequence[Attachment]:
    """The files of a record that is at hand, in the order in which they came: for a guard that asks for a paper."""
    rows = select(Attachment).where(Attachment.record_id == record.id, Attachment.removed_at.is_(None))
    return uow.session.scalars(rows.order_by(Attachment.uploaded_at, Attachment.id)).all()


def listed(uow: UnitOfWork, kind: RecordType, record_id: UUID) -> tuple[Sequence[Attachment], bool]:
    """The files of a record that the principal may read, and whether they may learn who added them.

    Raises `NotFound`, and `Forbidden` for whoever sees the record only because it is published, unless they are, too.
    """
    record = found(uow, kind, record_id)
    return attachments_of(uow, record), _may_read(uow, kind, record)


def read(uow: UnitOfWork, kind: RecordType, record_id: UUID, attachment_id: UUID) -> Attachment:
    """A file of a record that the principal may read; the trail tells of it where the record asks for that.

    Raises `NotFound`, `Forbidden` as above.
    """
    record = found(uow, kind, record_id)
    _may_read(uow, kind, record)
    row = _of_record(uow, kind, record, attachment_id)
    if is_noted(kind):
        uow.note(f"{kind.code}.attachment_read", record, attachment_id=row.id, sha256=row.sha256)
    return row


def opened(uow: UnitOfWork, row: Attachment) -> ObjectStream:
    """The content of a file, to be closed after use. Raises `NoSuchObject`, `StoreUnavailable`."""
    return store_of(uow).open(row.object_name)


def link(uow: UnitOfWork, row: Attachment, expires_in: timedelta) -> str:
    """An address of the file that is good so long. The name in it is its id's: addresses are logged on their way."""
    name, store = file_name(row), store_of(uow)
    return store.link(row.object_name, file_name=name, media_type=row.media_type, expires_in=expires_in)


def file_name(row: Attachment) -> str:
    """A name for a file that tells nothing of what its owner called it, and that no other has."""
    return f"{row.id}{PurePosixPath(row.name).suffix}"


def is_noted(kind: RecordType) -> bool:
    """Whether the trail tells who read a file: of records that hide something, and of those about a person.

    A picture of an identity card shows what the record masks, so reading it is told as revealing is.
    """
    is_private = bool(kind.sealed) or kind.subject is not None or kind.model.sealed_audit
    return is_private or _rules(kind).noted


def store_of(uow: UnitOfWork) -> ObjectStore:
    """The objects of the tenant."""
    return configured_objects().of_tenant(uow.tenant_id)


def moment(kind: RecordType) -> datetime:
    """Now; the hour alone where the trail of the record is sealed."""
    now = clock.now()
    return now.replace(minute=0, second=0, microsecond=0) if kind.model.sealed_audit else now


def _rules(kind: RecordType) -> AttachmentRules:
    if kind.attachments is None:
        raise TypeError(f"{kind.code} takes no attachments")
    return kind.attachments


def _open(uow: UnitOfWork, kind: RecordType, record_id: UUID, *, lock: bool = False) -> Record:
    """The record, seen, permitted, and in a state in which files come and go."""
    record = found(uow, kind, record_id, lock=lock)
    require(uow, kind, record, kind.permission(CHANGE))
    states = _rules(kind).states or kind.workflow.changeable
    if record.state not in states:
        message = _("当前状态不能增减附件。")
        raise Conflict("state_forbids", message, extra={"state": record.state, "allowed": sorted(states)})
    return record


def _may_read(uow: UnitOfWork, kind: RecordType, record: Record) -> bool:
    """Whether the principal reads the record themselves; who sees it as a stranger reads published files alone."""
    permission = kind.permission(READ)
    if _rules(kind).published:
        return permits(uow, kind, record, permission)
    require(uow, kind, record, permission)
    return True


def _of_record(uow: UnitOfWork, kind: RecordType, record: Record, attachment_id: UUID) -> Attachment:
    wanted = select(Attachment).where(
        Attachment.id == attachment_id,
        Attachment.record_id == record.id,
        Attachment.record_type == kind.table.fullname,
        Attachment.removed_at.is_(None),
    )
    row = uow.session.scalars(wanted).one_or_none()
    if row is None:
        raise not_found()
    return row


def _row(
    uow: UnitOfWork, kind: RecordType, record: Record, content: Content, paper: str | None
) -> Attachment:
    """The row of a file, with an id that tells nothing of the moment where the record's trail is sealed."""
    is_sealed = kind.model.sealed_audit
    attachment_id = uuid4() if is_sealed else new_id()
    return Attachment(
        id=attachment_id,
        record_type=kind.table.fullname,
        record_id=record.id,
        paper=paper,
        name=content.name,
        media_type=content.kind.media_type,
        size=content.size,
        sha256=content.sha256,
        object_name=f"{OBJECTS}{kind.plugin}/{attachment_id}",
        account_id=None if is_sealed else uow.principal.account_id,
        uploaded_at=moment(kind),
    )


def _refuse_paper(rules: AttachmentRules, paper: str | None) -> None:
    if paper is None and rules.papers:
        raise invalid(FieldFault("/paper", "required", _("请说明这是哪一份材料。")))
    if paper is not None and paper not in rules.papers:
        allowed = list(rules.papers.values()) or "—"
        raise invalid(
            FieldFault("/paper", "paper_unknown", _("没有这种材料，可选：{allowed}。", allowed=allowed))
        )


def _refuse_further(uow: UnitOfWork, rules: AttachmentRules, row: Attachment) -> None:
    """A record is held by whoever gets here, so nobody adds another file meanwhile."""
    mine = (Attachment.record_id == row.record_id, Attachment.removed_at.is_(None))
    there = uow.session.execute(select(Attachment.sha256, Attachment.id).where(*mine))
    ids = {each.sha256: each.id for each in there}
    if len(ids) >= rules.most:
        message = _("一条记录最多 {n} 个附件，请先删除不用的。", n=rules.most)
        raise Conflict("too_many_attachments", message, extra={"most": rules.most})
    if row.sha256 in ids:
        message = _("这个文件已经上传过了。")
        raise Conflict("already_attached", message, extra={"attachment_id": str(ids[row.sha256])})


def _refuse_beyond_quota(uow: UnitOfWork, row: Attachment) -> None:
    """All files of the tenant count, those that were removed as well until they are swept: they take room, too.

    Uploads of a tenant queue here, each for as long as adding up takes, so that two cannot both have the last room.
    """
    key = func.hashtextextended(str(uow.tenant_id), _QUOTA_LOCK)
    uow.session.execute(select(func.pg_advisory_xact_lock(key)))
    used = int(uow.session.scalar(select(func.coalesce(func.sum(Attachment.size), 0))) or 0)
    quota = settings().attachment_quota
    if used + row.size > quota:
        message = _("本会的附件空间已满。请联系平台管理员。")
        raise Conflict("quota_exceeded", message, extra={"quota": quota, "used": used})


def _tell(uow: UnitOfWork, action: str, record: Record, row: Attachment) -> None:
    """Tell the trail and whoever subscribes, and move the record's version: its files are part of what is decided."""
    told: dict[str, Any] = {"attachment_id": row.id, "paper": row.paper, "media_type": row.media_type}
    uow.note(action, record, **told, size=row.size, sha256=row.sha256)
    record.changed_at = clock.now()
    uow.publish(action, record, attachment_id=row.id, paper=row.paper)
