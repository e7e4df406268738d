"""Memberships (会籍): the record of a person's membership, and its transfers between unions."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.sdk import (
    Employer,
    OrgUnit,
    Person,
    Record,
    Sensitive,
    _,
    clock,
    one_of,
    ref,
    sensitive,
)
from gonghui_organising.union import PLUGIN


class MembershipState(StrEnum):
    """Where a membership stands (会员会籍管理办法; domain §1.6). Only `active` counts as a member."""

    APPLIED = "applied"
    ACTIVE = "active"
    TRANSFERRING = "transferring"
    RETAINED = "retained"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    DEEMED_WITHDRAWN = "deemed_withdrawn"
    EXPELLED = "expelled"
    DECEASED = "deceased"
    TRANSFERRED_OUT = "transferred_out"
    VOIDED = "voided"


#: A person has at most one membership in these states. An applicant is not a member yet, but cannot apply twice.
LIVE = (
    MembershipState.APPLIED.value,
    MembershipState.ACTIVE.value,
    MembershipState.TRANSFERRING.value,
    MembershipState.RETAINED.value,
)


class EmploymentForm(StrEnum):
    """用工形式 (domain §1.7)."""

    CONTRACT = "contract"
    DISPATCH = "labour_dispatch"
    PART_TIME = "part_time"
    FLEXIBLE = "flexible"
    PLATFORM = "platform"
    REHIRED = "rehired"


class TransferKind(StrEnum):
    """Within the federation, out to another one, in from another one."""

    WITHIN = "within"
    OUT = "out"
    IN = "in"


class TransferState(StrEnum):
    """Where a transfer stands. One that is pending here or was sent elsewhere lapses if nobody accepts it in time."""

    PENDING = "pending"
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


#: A membership has at most one transfer in these states.
UNDER_WAY = (TransferState.PENDING.value, TransferState.SENT.value)
_IS_UNDER_WAY = f"state IN ({', '.join(repr(state) for state in UNDER_WAY)})"
_IS_LIVE = f"state IN ({', '.join(repr(state) for state in LIVE)})"


class Membership(Record, schema=PLUGIN):
    """One membership of one person. Its org unit is the union that keeps it, or the one above."""

    __tablename__ = "membership"
    __table_args__ = (
        one_of("state", MembershipState),
        one_of("employment_form", EmploymentForm),
        Index("uq_membership_live", "tenant_id", "person_id", unique=True, postgresql_where=text(_IS_LIVE)),
        Index("ix_membership_person", "tenant_id", "person_id"),
        Index("ix_membership_org_unit", "tenant_id", "org_unit_id", "id"),
        # Nearly all are active; what waits for somebody, and what has ended, is looked for among the others.
        Index("ix_membership_state", "tenant_id", "state", "id", postgresql_where=text("state <> 'active'")),
        # Whoever merges or deletes an employer asks for its members.
        Index(
            "ix_membership_employer",
            "tenant_id",
            "employer_id",
            postgresql_where=text("employer_id IS NOT NULL"),
        ),
    )

    person: Mapped[Person] = ref(Person)
    person_id: Mapped[UUID]
    employer: Mapped[Employer | None] = ref(Employer, optional=True)
    employer_id: Mapped[UUID | None]
    joined_on: Mapped[date | None]
    first_joined_on: Mapped[date | None]
    occupation: Mapped[str | None]
    employment_form: Mapped[str | None]
    #: Code of one of the groups of the parameter `organising.membership.new_form_groups`.
    new_form_group: Mapped[str | None]
    union_office: Mapped[str | None]
    card_number: Mapped[Sensitive] = sensitive("card_number")
    remark: Mapped[str | None]


class MembershipTransfer(Record, schema=PLUGIN):
    """转接: a membership on its way to another union. Its org unit is the receiving one, which decides."""

    __tablename__ = "membership_transfer"
    __table_args__ = (
        one_of("kind", TransferKind),
        one_of("state", TransferState),
        Index(
            "uq_membership_transfer_pending",
            "tenant_id",
            "membership_id",
            unique=True,
            postgresql_where=text(_IS_UNDER_WAY),
        ),
        Index("ix_membership_transfer_org_unit", "tenant_id", "org_unit_id", "id"),
        Index("ix_membership_transfer_person", "tenant_id", "person_id"),
    )
    table_title = _("会籍转接")

    membership: Mapped[Membership] = ref(Membership)
    membership_id: Mapped[UUID]
    #: Whose membership it is: the receiving union is told a name before it sees the membership.
    person: Mapped[Person] = ref(Person)
    person_id: Mapped[UUID]
    from_unit: Mapped[OrgUnit | None] = ref(OrgUnit, optional=True)
    from_unit_id: Mapped[UUID | None]
    employer: Mapped[Employer | None] = ref(Employer, optional=True)
    employer_id: Mapped[UUID | None]
    kind: Mapped[str]
    #: State of the membership before, to which it goes back when the transfer comes to nothing.
    state_before: Mapped[str]
    #: The other federation, for a transfer out or in.
    counterpart: Mapped[str | None]
    document_number: Mapped[str | None]
    reason: Mapped[str | None]
    lapses_on: Mapped[date | None]
    requested_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_at: Mapped[datetime | None]
