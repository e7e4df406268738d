"""A hardship file (困难职工档案, domain §2.1-2.5): a household, money, a panel, a posting, and two pairs of hands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped

from gonghui.sdk import (
    AttachmentRules,
    Child,
    Comment,
    Computed,
    DeadlineRule,
    Field,
    FieldFault,
    FileKind,
    Kind,
    Person,
    Record,
    RecordType,
    Sensitive,
    TenantTable,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    clock,
    figure,
    identifying,
    open_deadline,
    ref,
    sensitive,
)

CATEGORIES = {"deep": _("深度困难"), "relative": _("相对困难"), "accidental": _("意外致困")}
RELATIONS = {"self": _("本人"), "spouse": _("配偶"), "child": _("子女"), "parent": _("父母")}
AID_KINDS = {"living": _("生活救助"), "medical": _("医疗救助"), "schooling": _("子女助学")}
MONTHS = 12


class HardshipFile(Record, schema="designs"):
    __tablename__ = "hardship_file"

    applicant: Mapped[Person] = ref(Person)
    applicant_id: Mapped[UUID]
    category: Mapped[str | None]
    cause: Mapped[str]
    income_fen: Mapped[int]
    rigid_fen: Mapped[int]
    line_fen: Mapped[int | None]
    line_version: Mapped[str | None]
    health: Mapped[Sensitive] = sensitive("health")
    bank_card: Mapped[Sensitive] = sensitive("bank_card")
    authorised_on: Mapped[date | None]
    panel: Mapped[int | None]
    lifted_on: Mapped[date | None]


class HouseholdMember(TenantTable, schema="designs"):
    __tablename__ = "household_member"

    file: Mapped[HardshipFile] = ref(HardshipFile)
    file_id: Mapped[UUID]
    name: Mapped[str] = identifying()
    relation: Mapped[str]
    id_number: Mapped[Sensitive] = sensitive("id_number")
    income_fen: Mapped[int | None]


class Assistance(TenantTable, schema="designs"):
    __tablename__ = "assistance"

    file: Mapped[HardshipFile] = ref(HardshipFile)
    file_id: Mapped[UUID]
    kind: Mapped[str]
    amount_fen: Mapped[int]
    paid_on: Mapped[date]


posting = DeadlineRule(
    "designs.hardship.posting", _("公示期满"), "designs.hardship.posting", "designs.hardship.read"
)
yearly_review = DeadlineRule(
    "designs.hardship.review", _("年度复核"), "designs.hardship.review", "designs.hardship.read"
)


def per_head(file: HardshipFile, heads: int) -> int:
    """Fen a head and month: (income - rigid expenditure) / household / 12."""
    return (file.income_fen - file.rigid_fen) // max(heads, 1) // MONTHS


def keep_the_line(uow: UnitOfWork, file: HardshipFile, _values: object) -> None:
    """The line in force, and the version of it by which the file is decided."""
    line = figure(uow, "designs.hardship.line")
    file.line_fen, file.line_version = line.value, line.version


def authorisation_is_signed(_uow: UnitOfWork, file: HardshipFile, _answers: object) -> Iterable[FieldFault]:
    if file.authorised_on is None:
        yield FieldFault("/authorised_on", "not_authorised", _("请先签署核对授权委托书。"))


def rigid_below_income(_uow: UnitOfWork, file: HardshipFile, _values: object) -> Iterable[FieldFault]:
    if file.rigid_fen < 0 or file.income_fen < 0:
        yield FieldFault("/income", "negative", _("金额不能为负。"))


def posting_is_over(uow: UnitOfWork, file: HardshipFile, _answers: object) -> Iterable[FieldFault]:
    running = open_deadline(uow, file, posting)
    if running is not None and running.due_on >= clock.today():
        yield FieldFault("", "posting_runs", _("公示到 {day} 期满，之后才能批准。", day=running.due_on))


hardship = RecordType(
    HardshipFile,
    code="designs.hardship",
    path="hardship-files",
    title=_("困难职工档案"),
    fields=(
        Field("applicant", _("申请人"), required=True, listed=True),
        Field("category", _("困难类别"), choices=CATEGORIES, settable=False, listed=True, filtered=True),
        Field("cause", _("主要致困原因"), required=True, listed=True, example="重病"),
        Field("income", _("家庭年收入"), required=True, example="36000.00"),
        Field("rigid", _("刚性支出"), required=True, example="12000.00"),
        Field("line", _("低保标准"), settable=False),
        Field("line_version", _("标准版本"), settable=False),
        Field("health", _("健康状况")),
        Field("bank_card", _("银行卡")),
        Field("authorised_on", _("签署核对授权的日期"), example="2024-06-03"),
        Field("panel", _("评议人数"), settable=False),
        Field("lifted_on", _("脱困日期"), settable=False, filtered=True),
    ),
    children=(
        Child(
            "household",
            _("家庭成员"),
            HouseholdMember,
            (
                Field("name", _("姓名"), required=True, example="陈示例"),
                Field("relation", _("关系"), choices=RELATIONS, required=True),
                Field("id_number", _("证件号码")),
                Field("income", _("年收入")),
            ),
        ),
        Child(
            "assistance",
            _("帮扶"),
            Assistance,
            (
                Field("kind", _("种类"), choices=AID_KINDS, required=True),
                Field("amount", _("金额"), required=True, least=1, example="800.00"),
                Field("paid_on", _("发放日期"), required=True, example="2024-06-28"),
            ),
            states=frozenset({"filed"}),
            permission="designs.hardship.pay",
        ),
    ),
    computed=(
        Computed(
            "per_head",
            _("扣除刚性支出后的年收入"),
            Kind.MONEY,
            lambda table: table.c.income_fen - table.c.rigid_fen,
            listed=True,
        ),
    ),
    workflow=Workflow(
        "draft",
        {
            "draft": _("起草中"),
            "submitted": _("已申请"),
            "returned": _("退回补正"),
            "visited": _("已入户"),
            "reviewed": _("已评议"),
            "posted": _("公示中"),
            "filed": _("已建档"),
            "exited": _("已退出"),
        },
        (
            Transition(
                "submit",
                "draft, returned -> submitted",
                _("提交申请"),
                own=True,
                guards=(authorisation_is_signed,),
            ),
            Transition("return", "submitted, visited -> returned", _("退回补正"), comment=Comment.REQUIRED),
            Transition("visit", "submitted -> visited", _("登记入户调查")),
            Transition(
                "review",
                "visited -> reviewed",
                _("民主评议"),
                asks=(
                    Field("panel", _("评议人数"), required=True, least=3, example=5),
                    Field("category", _("困难类别"), choices=CATEGORIES, required=True),
                ),
                not_by=("visit",),
            ),
            Transition("post", "reviewed -> posted", _("公示"), starts=(posting,)),
            Transition(
                "approve",
                "posted -> filed",
                _("批准建档"),
                above=True,
                guards=(posting_is_over,),
                not_by=("submit", "visit", "review"),
                meets=(posting,),
                starts=(yearly_review,),
            ),
            Transition(
                "exit",
                "filed -> exited",
                _("退出"),
                comment=Comment.REQUIRED,
                asks=(Field("lifted_on", _("脱困日期"), example="2024-06-28"),),
                cancels=(yearly_review,),
                in_bulk=True,
            ),
            Transition("reenter", "exited -> submitted", _("返困重新申请"), own=True),
        ),
        changeable={"draft", "returned"},
    ),
    subject="applicant_id",
    own=("read",),
    deadlines=(posting, yearly_review),
    derive=keep_the_line,
    rules=(rigid_below_income,),
    backdate="designs.hardship.backdate",
    attachments=AttachmentRules(
        kinds=(FileKind.PDF, FileKind.JPEG, FileKind.PNG), papers={"income": _("收入证明")}, most=5
    ),
)
