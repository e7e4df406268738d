"""Certificates of union workers (持证上岗, domain §5.5): seen in the original, watched until they run out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Select, select
from sqlalchemy.orm import Mapped

from gonghui.sdk import (
    Comment,
    DeadlineRule,
    Direction,
    Field,
    FieldFault,
    OrgUnit,
    Person,
    Record,
    RecordType,
    Sensitive,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    clock,
    figure,
    not_found,
    one_of,
    ref,
    sensitive,
    set_deadline,
    visible,
)
from gonghui_organising.staff_tables import LEFT, StaffMember
from gonghui_organising.union import PLUGIN

ENTERED, VERIFIED, VOID = "entered", "verified", "void"
LEVELS = "organising.staff.certificate_levels"


class CertificateKind(StrEnum):
    """劳动关系协调员 or 社会工作者 (P3 goal: everybody holds one of them)."""

    COORDINATOR = "labour_relations_coordinator"
    SOCIAL_WORKER = "social_worker"


KINDS = {
    CertificateKind.COORDINATOR.value: _("劳动关系协调员"),
    CertificateKind.SOCIAL_WORKER.value: _("社会工作者"),
}


class StaffCertificate(Record, schema=PLUGIN):
    """A certificate of a union worker. Many bear the holder's identity number as their own, so it is sealed."""

    __tablename__ = "staff_certificate"
    __table_args__ = (
        one_of("kind", CertificateKind),
        Index("ix_staff_certificate_member", "tenant_id", "staff_member_id"),
        Index("ix_staff_certificate_person", "tenant_id", "person_id"),
        Index("ix_staff_certificate_org_unit", "tenant_id", "org_unit_id", "id"),
    )

    staff_member: Mapped[StaffMember] = ref(StaffMember)
    staff_member_id: Mapped[UUID]
    person: Mapped[Person] = ref(Person)
    person_id: Mapped[UUID]
    kind: Mapped[str]
    level: Mapped[str]
    number: Mapped[Sensitive] = sensitive("card_number")
    issuer: Mapped[str]
    issued_on: Mapped[date]
    valid_to: Mapped[date | None]


expiry = DeadlineRule(
    code="organising.staff_certificate.expiry",
    title=_("证书到期前续期"),
    parameter="organising.staff.certificate_warning",
    permission="organising.staff_certificate.read",
    direction=Direction.BACKWARD,
    warn_before=(30,),
)


def staff_in_sight(uow: UnitOfWork, permission: str) -> Select[Any]:
    """Workers who are here, where one may enter certificates; by name."""
    staff: Any = StaffMember.__table__.c
    person: Any = Person.__table__.c
    return (
        select(staff.id, person.name.label("label"))
        .join(Person.__table__, (person.tenant_id == staff.tenant_id) & (person.id == staff.person_id))
        .where(staff.state != LEFT, visible(uow.principal, permission, staff.org_unit_id))
    )


def at_the_worker(uow: UnitOfWork, values: Mapping[str, Any]) -> OrgUnit:
    """A certificate is filed where its holder is."""
    place = select(OrgUnit).join(StaffMember, StaffMember.org_unit_id == OrgUnit.id)
    found = uow.session.scalars(place.where(StaffMember.id == values["staff_member_id"])).one_or_none()
    if found is None:
        raise not_found()
    return found


def keep_holder(uow: UnitOfWork, certificate: StaffCertificate, _values: object) -> None:
    """The person whose it is, so that they may read it."""
    holder = select(StaffMember.person_id).where(StaffMember.id == certificate.staff_member_id)
    certificate.person_id = uow.session.scalars(holder).one()


def level_is_known(uow: UnitOfWork, certificate: StaffCertificate, _values: object) -> Iterable[FieldFault]:
    """A level is one of those that were awarded on the day of issue."""
    known = figure(uow, LEVELS, certificate.issued_on).value.get(certificate.kind, [])
    if certificate.level not in known:
        yield FieldFault(
            "/level", "level_unknown", _("这种证书没有这个等级。可用：{known}。", known=list(known))
        )


def days_in_order(_uow: UnitOfWork, certificate: StaffCertificate, _values: object) -> Iterable[FieldFault]:
    """Issued by today, and valid for some time."""
    if certificate.issued_on > clock.today():
        yield FieldFault("/issued_on", "in_future", _("发证日期不能晚于今天。"))
    if certificate.valid_to is not None and certificate.valid_to <= certificate.issued_on:
        yield FieldFault("/valid_to", "before_issue", _("有效期止要晚于发证日期。"))


def later_than_before(
    uow: UnitOfWork, certificate: StaffCertificate, answers: Mapping[str, Any]
) -> Iterable[FieldFault]:
    """A renewal is for longer."""
    if certificate.valid_to is None or answers["valid_to"] <= certificate.valid_to:
        yield FieldFault("/valid_to", "not_later", _("续期后的有效期止要晚于现在的。"))


def watch(uow: UnitOfWork, certificate: StaffCertificate, _answers: object) -> None:
    """Let the deadline run that counts back from the last day, where there is one and it has not passed."""
    if certificate.valid_to is not None and certificate.valid_to >= clock.today():
        set_deadline(uow, certificate, expiry, certificate.valid_to)


staff_certificates = RecordType(
    StaffCertificate,
    code="organising.staff_certificate",
    path="staff-certificates",
    title=_("持证情况"),
    fields=(
        Field(
            "staff_member_id",
            _("职业化工会工作者"),
            required=True,
            listed=True,
            filtered=True,
            picker=staff_in_sight,
            sample="staff_member_id",
        ),
        Field("person", _("持证人"), settable=False, listed=True),
        Field("kind", _("证书"), required=True, choices=KINDS, listed=True, filtered=True),
        Field("level", _("等级"), required=True, listed=True, longest=50, example="三级"),
        Field("number", _("证书编号"), checked=False, longest=60, example="样本编号0001"),
        Field("issuer", _("发证机构"), required=True, example="示例市人力资源和社会保障局"),
        Field("issued_on", _("发证日期"), required=True, listed=True, example="2023-06-30"),
        Field("valid_to", _("有效期止"), listed=True, filtered=True),
    ),
    workflow=Workflow(
        ENTERED,
        {ENTERED: _("已登记"), VERIFIED: _("已核验"), VOID: _("已失效")},
        (
            Transition(
                "verify",
                "entered -> verified",
                _("核验原件"),
                effect=watch,
                not_by=("create",),
                verb="verified",
                awaited=True,
            ),
            Transition(
                "renew",
                "verified -> verified",
                _("续期"),
                asks=(Field("valid_to", _("有效期止"), required=True, example="2199-06-30"),),
                guards=(later_than_before,),
                meets=(expiry,),
                effect=watch,
                verb="renewed",
            ),
            Transition(
                "void",
                "entered, verified -> void",
                _("失效"),
                comment=Comment.REQUIRED,
                cancels=(expiry,),
                verb="voided",
            ),
        ),
    ),
    subject="person_id",
    own=("read",),
    deadlines=(expiry,),
    place=at_the_worker,
    derive=keep_holder,
    rules=(level_is_known, days_in_order),
    backdate="organising.staff_certificate.backdate",
)
