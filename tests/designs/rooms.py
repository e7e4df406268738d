"""Nursing rooms (爱心妈妈小屋): one file with a table, a child, a reference, a sensitive field and a deadline."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped

from gonghui.sdk import (
    AttachmentRules,
    Child,
    DeadlineRule,
    Employer,
    Field,
    Record,
    RecordType,
    Sensitive,
    TenantTable,
    Transition,
    Workflow,
    _,
    blind_index,
    blind_tail,
    ref,
    sensitive,
)


class NursingRoom(Record, schema="designs"):
    __tablename__ = "nursing_room"

    name: Mapped[str]
    name_key: Mapped[str]
    employer: Mapped[Employer] = ref(Employer)
    employer_id: Mapped[UUID]
    contact_phone: Mapped[Sensitive] = sensitive("phone")
    contact_phone_index: Mapped[bytes | None] = blind_index("contact_phone")
    contact_phone_tail: Mapped[int | None] = blind_tail("contact_phone")
    opened_on: Mapped[date | None]


class Inspection(TenantTable, schema="designs"):
    __tablename__ = "inspection"

    room: Mapped[NursingRoom] = ref(NursingRoom)
    room_id: Mapped[UUID]
    inspected_on: Mapped[date]
    remark: Mapped[str | None]


inspection = DeadlineRule(
    "designs.room.inspection", _("检查"), "designs.room.inspection", "designs.room.read"
)

rooms = RecordType(
    NursingRoom,
    code="designs.room",
    path="rooms",
    title=_("爱心妈妈小屋"),
    fields=(
        Field("name", _("名称"), required=True, listed=True, example="示例小屋"),
        Field("employer", _("单位"), required=True, listed=True),
        Field("contact_phone", _("联系电话"), listed=True, checked=False),
        Field("opened_on", _("启用日期"), settable=False, listed=True, filtered=True),
    ),
    children=(
        Child(
            "inspections",
            _("检查"),
            Inspection,
            (
                Field("inspected_on", _("日期"), required=True, example="2024-06-28"),
                Field("remark", _("情况")),
            ),
            states=frozenset({"open"}),
        ),
    ),
    search=("name",),
    workflow=Workflow(
        "planned",
        {"planned": _("筹建中"), "open": _("已启用"), "closed": _("已停用")},
        (
            Transition(
                "open",
                "planned -> open",
                _("启用"),
                asks=(Field("opened_on", _("启用日期"), required=True, example="2024-06-28"),),
                starts=(inspection,),
                verb="opened",
            ),
            Transition("close", "open -> closed", _("停用"), cancels=(inspection,)),
        ),
    ),
    deadlines=(inspection,),
    attachments=AttachmentRules(states=frozenset({"planned", "open"}), most=3),
)
