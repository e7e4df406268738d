"""A union's legal person (工会法人资格): its certificate, the clock of its renewal, and changes within their time.

Source: 基层工会法人登记管理办法 (总工办发〔2020〕20号). The registrar is a county-and-above federation. The certificate
is valid as long as the committee's term; how long before its end renewal is applied for, and within what time a change
is registered, are parameters. Branches and groups have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Select, func, select, text
from sqlalchemy.orm import Mapped

from gonghui.sdk import (
    AttachmentRules,
    Child,
    Comment,
    DeadlineRule,
    Field,
    FieldFault,
    OrgUnit,
    Record,
    RecordType,
    TenantTable,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    cancel_deadline,
    clock,
    figure,
    here,
    open_deadline,
    ref,
    set_deadline,
    unit_within,
    uscc_fault,
    visible,
)
from gonghui_organising.certificates import REGISTRATION_FORMS
from gonghui_organising.union import PLUGIN, CommitteeTerm, GrassrootsUnion, UnionState

CODE = "organising.legal_person"
READ, CREATE = f"{CODE}.read", f"{CODE}.create"
PAPERS = {
    "application": _("登记申请表"),
    "founding_reply": _("建会批复"),
    "election_reply": _("选举结果批复"),
    "chair_id": _("主席身份证复印件"),
    "handler_id": _("经办人身份证复印件"),
    "old_certificate": _("原法人资格证书"),
}

EXPIRY = DeadlineRule(
    f"{CODE}.expiry", _("法人资格证书到期"), "organising.term.last_day", READ, warn_before=(60, 30, 7)
)
CHANGE = DeadlineRule(
    f"{CODE}.change",
    _("办理法人变更登记"),
    "organising.legal_person.change_within",
    READ,
    warn_before=(15, 7),
)


class LegalPerson(Record, schema=PLUGIN):
    """The registration of one union; the certificate that it has now."""

    __tablename__ = "legal_person"
    __table_args__ = (
        Index(
            "uq_legal_person_union",
            "tenant_id",
            "union_id",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
    )

    union: Mapped[GrassrootsUnion] = ref(GrassrootsUnion)
    union_id: Mapped[UUID]
    representative: Mapped[str]
    address: Mapped[str | None]
    certificate_no: Mapped[str | None]
    uscc: Mapped[str | None]
    issued_on: Mapped[date | None]
    valid_to: Mapped[date | None]
    changed_on: Mapped[date | None]


class RegistrationPaper(TenantTable, schema=PLUGIN):
    """A paper that was handed in for the registration."""

    __tablename__ = "registration_paper"
    __table_args__ = (Index("ix_registration_paper_legal_person", "tenant_id", "legal_person_id"),)

    legal_person: Mapped[LegalPerson] = ref(LegalPerson)
    legal_person_id: Mapped[UUID]
    kind: Mapped[str]
    number: Mapped[str | None]
    dated_on: Mapped[date | None]


def unions_in_force(uow: UnitOfWork, permission: str) -> Select[Any]:
    """Unions that may be registered: approved ones within the permission."""
    union: Any = GrassrootsUnion.__table__.c
    chosen = select(union.id, union.name.label("label")).where(union.state == UnionState.APPROVED.value)
    return chosen.where(visible(uow.principal, permission, union.org_unit_id))


def at_the_union(uow: UnitOfWork, values: Mapping[str, Any]) -> OrgUnit:
    """A registration is filed where its union stands."""
    place = select(GrassrootsUnion.org_unit_id).where(GrassrootsUnion.id == values["union_id"])
    return unit_within(uow, uow.principal, CREATE, uow.session.scalar(place) or values["union_id"])


def papers_are_there(
    uow: UnitOfWork, record: LegalPerson, _answers: Mapping[str, Any]
) -> Iterator[FieldFault]:
    """The papers that the registrar asks for at a first registration."""
    rows = select(RegistrationPaper.kind).where(RegistrationPaper.legal_person_id == record.id)
    there = set(uow.session.scalars(rows))
    for kind in figure(uow, "organising.legal_person.papers").value:
        if kind not in there:
            yield FieldFault("/papers", f"paper_missing:{kind}", _("缺少材料：{paper}。", paper=PAPERS[kind]))


def code_is_a_unions(
    uow: UnitOfWork, _record: LegalPerson, answers: Mapping[str, Any]
) -> Iterator[FieldFault]:
    """The certificate carries the union's own social credit code, never its employer's (domain §1.5)."""
    fault = uscc_fault(answers["uscc"], of_union=True, demo_numbers=here(uow).is_demo)
    if fault is not None:
        detail = _("统一社会信用代码 {code} 不正确，请对照证书核对。", code=answers["uscc"])
        yield FieldFault("/uscc", f"code_{fault.value}", detail)


def term_runs(uow: UnitOfWork, record: LegalPerson, _answers: Mapping[str, Any]) -> Iterator[FieldFault]:
    """A certificate is valid as long as the committee's term, so there has to be one that runs."""
    ends_on = _term_end(uow, record)
    if ends_on is None or ends_on < clock.today():
        yield FieldFault("", "term_over", _("委员会任期已经届满，先完成换届。"))


def window_is_open(uow: UnitOfWork, record: LegalPerson, _answers: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Renewal is applied for within so many days before expiry, not earlier."""
    within = figure(uow, "organising.legal_person.renewal_before")
    opens_on = (record.valid_to or clock.today()) - timedelta(days=within.value)
    if clock.today() < opens_on:
        detail = _("到期前 {n} 日内申请换证，{day} 起可以申请。", n=within.value, day=opens_on)
        yield FieldFault("", "too_early", detail)


def issue(uow: UnitOfWork, record: LegalPerson, answers: Mapping[str, Any]) -> None:
    """The union is a legal person from that day, until its committee's term ends; the code is the union's."""
    record.issued_on, record.valid_to = answers["effective_on"], _term_end(uow, record)
    union = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, record.union_id))
    union.uscc = record.uscc
    cancel_deadline(uow, record, EXPIRY)
    if record.valid_to is not None:
        set_deadline(uow, record, EXPIRY, record.valid_to - timedelta(days=1))


def note_change(uow: UnitOfWork, record: LegalPerson, answers: Mapping[str, Any]) -> None:
    """Something that the certificate says has changed: the registrar is to hear of it in time.

    The registered facts stay until the registrar has entered the change; of several, the first one's time runs.
    """
    if open_deadline(uow, record, CHANGE) is None:
        record.changed_on = answers["effective_on"]
        set_deadline(uow, record, CHANGE, answers["effective_on"])


def not_before_the_union(
    uow: UnitOfWork, record: LegalPerson, answers: Mapping[str, Any]
) -> Iterator[FieldFault]:
    """Nothing is registered with effect before the union was founded."""
    union = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, record.union_id))
    day = answers.get("effective_on") or clock.today()
    if union.founded_on is not None and day < union.founded_on:
        yield FieldFault("/effective_on", "before_founding", _("日期不能早于建会日期。"))


def _term_end(uow: UnitOfWork, record: LegalPerson) -> date | None:
    latest = select(func.max(CommitteeTerm.ends_on)).where(CommitteeTerm.union_id == record.union_id)
    return uow.session.scalar(latest)


_FIELDS = (
    Field("union_id", _("工会"), required=True, fixed=True, listed=True, filtered=True, picker=unions_in_force,
          sample="approved_union_id"),
    Field("representative", _("法定代表人"), required=True, longest=50, listed=True, example="陈示例"),
    Field("address", _("住所"), example="示例路 1 号"),
    Field("certificate_no", _("证书编号"), settable=False, listed=True),
    Field("uscc", _("工会统一社会信用代码"), settable=False, listed=True),
    Field("issued_on", _("发证日期"), settable=False, listed=True),
    Field("valid_to", _("有效期至"), settable=False, listed=True, filtered=True),
    Field("changed_on", _("登记事项变更日期"), settable=False),
)  # fmt: skip
#: In these the papers of an application come and go.
_OPEN = frozenset({"applied", "returned", "renewing"})
_CERTIFICATE = (
    Field("certificate_no", _("证书编号"), required=True, longest=50, example="示例证字第 1 号"),
    Field("uscc", _("工会统一社会信用代码"), required=True, longest=18, sample="union_code"),
)

legal_persons = RecordType(
    LegalPerson,
    code=CODE,
    path="legal-persons",
    title=_("工会法人登记"),
    fields=_FIELDS,
    children=(
        Child(
            "papers",
            _("材料"),
            RegistrationPaper,
            (
                Field("kind", _("材料"), required=True, choices=PAPERS),
                Field("number", _("文号"), longest=100),
                Field("dated_on", _("日期")),
            ),
            states=_OPEN,
        ),
    ),
    workflow=Workflow(
        "applied",
        {
            "applied": _("申请中"),
            "returned": _("退回补正"),
            "registered": _("已登记"),
            "renewing": _("换证中"),
            "cancelled": _("已注销"),
        },
        (
            Transition(
                "return",
                "applied, renewing -> returned",
                _("退回补正"),
                comment=Comment.REQUIRED,
                above=True,
                awaited=True,
            ),
            Transition("resubmit", "returned -> applied", _("重新报送"), awaited=True),
            Transition(
                "register",
                "applied -> registered",
                _("登记发证"),
                asks=_CERTIFICATE,
                guards=(papers_are_there, code_is_a_unions, term_runs, not_before_the_union),
                effect=issue,
                above=True,
                not_by=("create", "resubmit"),
                awaited=True,
            ),
            Transition("apply-renewal", "registered -> renewing", _("申请换证"), guards=(window_is_open,)),
            Transition(
                "renew",
                "renewing -> registered",
                _("换发证书"),
                asks=_CERTIFICATE,
                guards=(code_is_a_unions, term_runs),
                effect=issue,
                above=True,
                not_by=("apply-renewal",),
                awaited=True,
            ),
            Transition(
                "note-change",
                "registered -> registered",
                _("登记事项有变"),
                comment=Comment.REQUIRED,
                guards=(not_before_the_union,),
                effect=note_change,
            ),
            Transition(
                "register-change",
                "registered -> registered",
                _("变更登记"),
                asks=(
                    Field("representative", _("法定代表人"), longest=50),
                    Field("address", _("住所")),
                ),
                guards=(not_before_the_union,),
                above=True,
                not_by=("note-change",),
                meets=(CHANGE,),
            ),
            Transition(
                "cancel",
                "applied, returned, registered, renewing -> cancelled",
                _("注销"),
                comment=Comment.REQUIRED,
                above=True,
                cancels=(EXPIRY, CHANGE),
            ),
        ),
        changeable=("applied", "returned"),
    ),
    place=at_the_union,
    deadlines=(EXPIRY, CHANGE),
    backdate=f"{CODE}.backdate",
    attachments=AttachmentRules(papers=PAPERS, states=_OPEN, noted=True),
    print_forms=REGISTRATION_FORMS,
)
