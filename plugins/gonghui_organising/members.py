"""Members as a kind of record: what is known of one, and the steps of a membership (会籍, domain §1.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from gonghui.sdk import (
    AttachmentRules,
    Comment,
    Field,
    Kind,
    RecordType,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    advance,
    check_version,
    found,
    require_for,
)
from gonghui_organising import member_steps
from gonghui_organising.certificates import MEMBER_FORMS
from gonghui_organising.member_rules import in_order_of_joining, warned_long_enough
from gonghui_organising.member_words import PEOPLES_AS_WRITTEN, READ_AS
from gonghui_organising.membership import Membership, MembershipState
from gonghui_organising.papers import ADMISSION_FORMS, APPLICATION
from gonghui_organising.transfer_asking import (
    TRANSFER,
    another_union,
    ask,
    back_to,
    call_back,
)

APPROVE, END = "organising.member.approve", "organising.member.end"
_S = MembershipState

_PERSON = (
    Field("name", _("姓名"), required=True, fixed=True, longest=50, listed=True, width=12, example="陈示例"),
    Field("sex", _("性别"), choices=READ_AS["sex"], fixed=True, listed=True, filtered=True, width=8),
    Field("document_kind", _("证件类型"), choices=READ_AS["document_kind"], fixed=True, listed=True, width=18),
    Field("id_number", _("证件号码"), required=True, fixed=True, longest=40, listed=True, sample="id_number",
          width=22),
    Field("born_on", _("出生日期"), kind=Kind.DATE, fixed=True),
    Field("birth_year", _("出生年份"), settable=False, listed=True, width=10),
    Field("phone", _("手机号码"), longest=40, listed=True),
    Field("bank_card", _("银行卡"), longest=40, help=_("只用于发放福利")),
    Field("ethnicity", _("民族"), choices=PEOPLES_AS_WRITTEN, width=10),
    Field("political_status", _("政治面貌"), longest=50),
    Field("education", _("学历"), choices=READ_AS["education"], width=16),
    Field("household_kind", _("户籍类型"), choices=READ_AS["household_kind"], width=16),
    Field("is_migrant_worker", _("是否农民工"), width=12),
)  # fmt: skip
_FIELDS = (
    Field("employer", _("工作单位"), listed=True, width=34),
    Field("joined_on", _("入会日期"), listed=True, filtered=True, width=12),
    Field("first_joined_on", _("首次入会日期")),
    Field("occupation", _("岗位/工种"), longest=100, listed=True, width=16),
    Field(
        "employment_form",
        _("就业形态"),
        choices=READ_AS["employment_form"],
        listed=True,
        filtered=True,
        width=16,
    ),
    # Which groups count is a parameter, so the words are for reading and the rule is in `read_facts`.
    Field("new_form_group", _("新就业群体"), longest=50, listed=True, filtered=True, width=16),
    Field("union_office", _("工会职务"), longest=100),
    Field("card_number", _("会员卡号"), longest=40),
    Field("remark", _("备注"), longest=2_000),
)
_ASKED_ONCE = (
    Field("org_unit_id", _("工会的组织节点"), required=True, sample="union_unit_id"),
    Field("is_another_person", _("确认同名同手机号的是另一个人"), kind=Kind.BOOLEAN),
    Field("is_member_already", _("已是会员，登记纸质名册上的人"), kind=Kind.BOOLEAN),
)
_WHERE_TO = (
    Field("to_union", _("转入工会的全称"), required=True, kind=Kind.TEXT, sample="other_union_unit_id"),
    Field("new_employer", _("新单位"), kind=Kind.EMPLOYER),
)
#: Every step of a membership. Source of each: 工会会员会籍管理办法. What is `within` is part of a transfer or a merge.
_TRANSITIONS = (
    Transition("approve", "applied -> active", _("批准入会"), effect=member_steps.join_from, awaited=True),
    Transition(
        "refuse", "applied -> refused", _("不予入会"), APPROVE, comment=Comment.REQUIRED, awaited=True
    ),
    Transition("retain", "active -> retained", _("保留会籍"), END, comment=Comment.REQUIRED, in_bulk=True),
    Transition("resume", "retained -> active", _("恢复会籍"), END),
    Transition("withdraw", "applied, active, retained -> withdrawn", _("退会"), END),
    Transition(
        "deem-withdrawn",
        "active -> deemed_withdrawn",
        _("视为退会"),
        END,
        comment=Comment.REQUIRED,
        asks=(Field("warned_on", _("提醒本人的日期"), required=True, kind=Kind.DATE, example="2024-01-15"),),
        guards=(warned_long_enough,),
    ),
    Transition("expel", "active, retained -> expelled", _("除名"), END, comment=Comment.REQUIRED),
    Transition("record-death", "active, retained -> deceased", _("登记去世"), END),
    Transition(
        "transfer",
        "active, retained -> transferring",
        _("申请转接"),
        TRANSFER,
        asks=_WHERE_TO,
        guards=(another_union,),
        effect=ask,
    ),
    Transition("send-out", "active, retained -> transferring", _("开出转接文书"), within=True),
    Transition("accept-transfer", "transferring -> active", _("接收转接"), within=True),
    Transition("refuse-transfer", "transferring -> active, retained", _("退回转接"), within=True),
    Transition(
        "cancel-transfer",
        "transferring -> active, retained",
        _("撤回转接"),
        TRANSFER,
        leads_to=back_to,
        effect=call_back,
    ),
    Transition("lapse-transfer", "transferring -> active, retained", _("转接过期"), within=True),
    Transition("transfer-out", "transferring, active, retained -> transferred_out", _("转出"), within=True),
    Transition("retain-at-dissolution", "active, retained -> retained", _("工会撤销，保留会籍"), within=True),
    Transition("refuse-at-dissolution", "applied -> refused", _("工会撤销，不再办理入会"), within=True),
    Transition("void", "applied, active, retained -> voided", _("合并后作废"), within=True),
    Transition("unvoid", "voided -> active, retained, applied", _("撤销合并"), within=True),
)

members = RecordType(
    Membership,
    code="organising.member",
    path="members",
    title=_("会员"),
    fields=_FIELDS,
    joined={"person_id": _PERSON},
    asked_once=_ASKED_ONCE,
    place_sample="union_unit_id",
    search=("name",),
    subject="person_id",
    workflow=Workflow(
        _S.APPLIED.value,
        READ_AS["state"],
        tuple(replace(step, guards=(in_order_of_joining, *step.guards)) for step in _TRANSITIONS),
        changeable=(_S.APPLIED.value, _S.ACTIVE.value, _S.TRANSFERRING.value, _S.RETAINED.value),
        also_initial=(_S.ACTIVE.value,),
        in_order=True,
    ),
    create=member_steps.enter,
    change=member_steps.change,
    backdate=member_steps.BACKDATE,
    attachments=AttachmentRules(papers={APPLICATION: _("入会申请书")}, noted=True),
    print_forms=(*ADMISSION_FORMS, *MEMBER_FORMS),
)


def enter_state(
    uow: UnitOfWork,
    membership: Membership,
    name: str,
    state: MembershipState,
    *,
    comment: str | None = None,
) -> Membership:
    """Take a step that is part of a transfer or a merge."""
    step = members.workflow.named(name)
    moved: Membership = advance(uow, members, membership, step, answers={"comment": comment}, to=state.value)
    return moved


def take(uow: UnitOfWork, member_id: UUID, permission: str, version: int | None) -> Membership:
    """The membership, locked: seen (else 404), permitted (403), up to date (428, 412)."""
    membership = seen(uow, member_id, permission, lock=True)
    check_version(membership, version)
    return membership


def seen(uow: UnitOfWork, member_id: UUID, permission: str, *, lock: bool = False) -> Membership:
    """The membership: seen (else 404) and permitted (403)."""
    membership: Any = found(uow, members, member_id, lock=lock)
    require_for(uow, members, membership, permission)
    return membership  # type: ignore[no-any-return]
