"""A dispute case (劳动争议, domain §3.1): two clocks, instalments, and a guest agency that sees this case alone."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Mapped

from gonghui.sdk import (
    Account,
    Child,
    Comment,
    DeadlineRule,
    Employer,
    Field,
    Person,
    Record,
    RecordType,
    Sensitive,
    TenantTable,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    ref,
    sensitive,
    set_deadline,
    share,
    unshare_all,
)

CAUSES = {"pay": _("劳动报酬"), "termination": _("解除终止"), "injury": _("工伤待遇")}


class DisputeCase(Record, schema="designs"):
    __tablename__ = "dispute_case"

    claimant: Mapped[Person] = ref(Person)
    claimant_id: Mapped[UUID]
    employer: Mapped[Employer] = ref(Employer)
    employer_id: Mapped[UUID]
    cause: Mapped[str]
    claimed_fen: Mapped[int | None]
    agreed_fen: Mapped[int | None]
    facts: Mapped[Sensitive] = sensitive("facts")
    received_on: Mapped[date]
    agency: Mapped[Account | None] = ref(Account, optional=True)
    agency_id: Mapped[UUID | None]


class Instalment(TenantTable, schema="designs"):
    __tablename__ = "instalment"

    case: Mapped[DisputeCase] = ref(DisputeCase)
    case_id: Mapped[UUID]
    due_on: Mapped[date]
    amount_fen: Mapped[int]
    paid_on: Mapped[date | None]


#: The worker may go to arbitration 15 days after the *receipt* of the application (LDMA Art. 14) …
from_receipt = DeadlineRule(
    "designs.dispute.from_receipt", _("可申请仲裁"), "designs.dispute.mediation", "designs.dispute.read"
)
#: … while the mediation's own term is counted from its acceptance (2011 rules).
from_acceptance = DeadlineRule(
    "designs.dispute.from_acceptance", _("调解期满"), "designs.dispute.mediation", "designs.dispute.read"
)


def count_from_receipt(uow: UnitOfWork, case: DisputeCase, _answers: object) -> None:
    set_deadline(uow, case, from_receipt, case.received_on)


def let_the_agency_in(uow: UnitOfWork, case: DisputeCase, _answers: object) -> None:
    assert case.agency_id is not None
    unshare_all(uow, case)  # one agency at a time
    share(uow, dispute, case, case.agency_id, ("designs.dispute.read", "designs.dispute.report"))


def guest_agencies(_uow: UnitOfWork, _permission: str) -> Select[Any]:
    account = Account.__table__.c
    return select(account.id, account.login.label("label")).where(account.kind == "guest")


dispute = RecordType(
    DisputeCase,
    code="designs.dispute",
    path="dispute-cases",
    title=_("劳动争议案件"),
    fields=(
        Field("claimant", _("申请人"), required=True, listed=True),
        Field("employer", _("被申请单位"), required=True, listed=True),
        Field("cause", _("案由"), choices=CAUSES, required=True, listed=True, filtered=True),
        Field("claimed", _("请求金额"), listed=True),
        Field("agreed", _("协议金额"), settable=False),
        Field("facts", _("事实和证据"), longest=5000),
        Field(
            "received_on",
            _("收到申请的日期"),
            required=True,
            listed=True,
            filtered=True,
            example="2024-06-03",
        ),
        Field("agency_id", _("委托机构"), settable=False, picker=guest_agencies),
    ),
    children=(
        Child(
            "instalments",
            _("分期履行"),
            Instalment,
            (
                Field("due_on", _("应付日期"), required=True, example="2024-07-31"),
                Field("amount", _("金额"), required=True, least=1, example="5000.00"),
                Field("paid_on", _("实付日期")),
            ),
            states=frozenset({"performing"}),
        ),
    ),
    workflow=Workflow(
        "reported",
        {
            "reported": _("已登记"),
            "mediating": _("调解中"),
            "performing": _("履行中"),
            "performed": _("已履行"),
            "expired": _("调解期满"),
            "withdrawn": _("已撤回"),
        },
        (
            Transition(
                "accept",
                "reported -> mediating",
                _("受理"),
                starts=(from_acceptance,),
                effect=count_from_receipt,
                awaited=True,
            ),
            Transition(
                "refer",
                "mediating -> mediating",
                _("委托调解"),
                asks=(
                    Field(
                        "agency_id",
                        _("委托机构"),
                        required=True,
                        picker=guest_agencies,
                        sample="guest account",
                    ),
                ),
                effect=let_the_agency_in,
            ),
            Transition(
                "report", "mediating -> mediating", _("报告调解情况"), shared=True, comment=Comment.REQUIRED
            ),
            Transition(
                "agree",
                "mediating, expired -> performing",
                _("达成协议"),
                asks=(Field("agreed", _("协议金额"), required=True, least=0, example="15000.00"),),
                meets=(from_acceptance,),
                cancels=(from_receipt,),
                awaited=True,
            ),
            Transition("perform", "performing -> performed", _("履行完毕")),
            Transition("expire", "mediating -> expired", _("调解期满"), timer=from_acceptance),
            Transition(
                "withdraw",
                "reported, mediating, expired -> withdrawn",
                _("撤回"),
                own=True,
                cancels=(from_acceptance, from_receipt),
            ),
        ),
        changeable={"reported", "mediating"},
    ),
    subject="claimant_id",
    own=("read",),
    shared=("read",),
    deadlines=(from_receipt, from_acceptance),
)
