"""Transfers of memberships as records: what the receiving union decides, and what the other one sees of it."""

from __future__ import annotations

from gonghui.sdk import Comment, Field, RecordType, Transition, Workflow, _
from gonghui_organising.membership import MembershipTransfer, TransferKind, TransferState
from gonghui_organising.subdivision import members_in_sight
from gonghui_organising.transfers import ACCEPT, lock_membership, send_back, take_over

_S = TransferState
KINDS = {
    TransferKind.WITHIN.value: _("本会内转接"),
    TransferKind.OUT.value: _("转往其他总工会"),
    TransferKind.IN.value: _("从其他总工会转来"),
}
STATES = {
    _S.PENDING.value: _("等待接收"),
    _S.SENT.value: _("文书已开出"),
    _S.ACCEPTED.value: _("已接收"),
    _S.REFUSED.value: _("已退回"),
    _S.CANCELLED.value: _("已收回"),
    _S.LAPSED.value: _("已过期"),
}

transfers = RecordType(
    MembershipTransfer,
    code="organising.transfer",
    path="transfers",
    title=_("会籍转接"),
    # The receiving union is told a name and no number.
    joined={"person_id": (Field("name", _("姓名"), listed=True, settable=False, width=10),)},
    fields=(
        Field("membership", _("会籍"), picker=members_in_sight, settable=False),
        Field("from_unit", _("原工会"), listed=True, settable=False, width=28),
        Field("kind", _("转接方式"), choices=KINDS, listed=True, filtered=True, settable=False),
        Field("employer", _("新单位"), settable=False, width=28),
        Field("counterpart", _("对方总工会"), settable=False, width=28),
        Field("reason", _("转接原因"), settable=False, longest=500),
        Field("lapses_on", _("接收期限"), listed=True, settable=False),
        Field("requested_at", _("申请时间"), settable=False),
        Field("decided_at", _("办结时间"), settable=False),
    ),
    search=("name",),
    subject="person_id",
    seen_from=("from_unit_id",),
    verbs=("read",),
    workflow=Workflow(
        _S.PENDING.value,
        STATES,
        (
            Transition(
                "accept",
                "pending -> accepted",
                _("接收"),
                ACCEPT,
                comment=Comment.NONE,
                effect=take_over,
                awaited=True,
                verb="accepted",
            ),
            Transition(
                "refuse",
                "pending -> refused",
                _("退回"),
                ACCEPT,
                comment=Comment.REQUIRED,
                effect=send_back,
                awaited=True,
                verb="refused",
            ),
            Transition("cancel", "pending, sent -> cancelled", _("撤回"), within=True),
            Transition("lapse", "pending, sent -> lapsed", _("过期"), within=True),
            Transition("complete", "sent, lapsed, cancelled -> accepted", _("凭回执办结"), within=True),
        ),
        also_initial=(_S.SENT.value, _S.ACCEPTED.value),
    ),
    locks=lock_membership,
)
