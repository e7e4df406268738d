"""Grassroots unions: the record, the units it covers, its committee's terms and its founding papers."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.sdk import Employer, Record, Sensitive, TenantTable, add_months, one_of, ref, sensitive, unique

PLUGIN = "organising"


class UnionKind(StrEnum):
    """独立建会 or 联合工会 (工会法 Art. 11)."""

    INDEPENDENT = "independent"
    JOINT = "joint"


class UnionState(StrEnum):
    """Where the founding stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    DISSOLVED = "dissolved"


class PaperKind(StrEnum):
    """Papers of a founding (domain §1.4); which of them must be there is a parameter."""

    REQUEST = "request"
    MEMBER_ROSTER = "member_roster"
    PREPARATORY_GROUP_NOTICE = "preparatory_group_notice"
    MINUTES = "minutes"
    ATTENDANCE = "attendance"
    BALLOT_COUNT = "ballot_count"
    RESULT_REPORT = "result_report"
    OFFICIAL_REPLY = "official_reply"
    CHAIR_ID = "chair_id"
    EMPLOYER_LICENCE = "employer_licence"


class GrassrootsUnion(Record, schema=PLUGIN):
    """A union of one employer or of several. Its org unit is its own node of the tree.

    Headcount counts staff (职工), members count members: the law asks now for the one, now for the other.
    """

    __tablename__ = "grassroots_union"
    __table_args__ = (
        unique("org_unit_id"),
        one_of("kind", UnionKind),
        one_of("state", UnionState),
        Index(
            "uq_grassroots_union_uscc",
            "tenant_id",
            "uscc",
            unique=True,
            postgresql_where=text("uscc IS NOT NULL AND state IN ('submitted', 'approved')"),
        ),
        Index("ix_grassroots_union_name", "tenant_id", "name", postgresql_ops={"name": "text_pattern_ops"}),
        Index(
            "ix_grassroots_union_name_key",
            "tenant_id",
            "name_key",
            postgresql_ops={"name_key": "text_pattern_ops"},
        ),
        Index("ix_grassroots_union_state", "tenant_id", "state", "id"),
    )

    name: Mapped[str]
    name_key: Mapped[str]
    kind: Mapped[str]
    uscc: Mapped[str | None]
    industry: Mapped[str | None]
    chair_name: Mapped[str | None]
    contact_phone: Mapped[Sensitive] = sensitive("phone")
    headcount: Mapped[int | None]
    women_staff: Mapped[int | None]
    members: Mapped[int | None]
    women_members: Mapped[int | None]
    migrant_members: Mapped[int | None]
    employer_informed_on: Mapped[date | None]
    preparatory_group_size: Mapped[int | None]
    near_relatives_excluded: Mapped[bool] = mapped_column(default=False)
    approval_no: Mapped[str | None]
    founded_on: Mapped[date | None]
    sealed_on: Mapped[date | None]
    bank_opened_on: Mapped[date | None]
    bank_account: Mapped[Sensitive] = sensitive("bank_account", personal=False)
    ended_as: Mapped[str | None]


class CoveredUnit(TenantTable, schema=PLUGIN):
    """涵盖单位: an employer covered by a union. One union covers several, so the two are counted apart."""

    __tablename__ = "covered_unit"
    __table_args__ = (
        unique("union_id", "employer_id"),
        Index("ix_covered_unit_employer_id", "tenant_id", "employer_id"),
    )

    union: Mapped[GrassrootsUnion] = ref(GrassrootsUnion)
    union_id: Mapped[UUID]
    employer: Mapped[Employer] = ref(Employer)
    employer_id: Mapped[UUID]


class CommitteeTerm(TenantTable, schema=PLUGIN):
    """届: a committee's term, from its election to the corresponding day `years` later (工会法 Art. 16)."""

    __tablename__ = "committee_term"
    __table_args__ = (unique("union_id", "started_on"),)

    union: Mapped[GrassrootsUnion] = ref(GrassrootsUnion)
    union_id: Mapped[UUID]
    started_on: Mapped[date]
    years: Mapped[int]
    ends_on: Mapped[date]
    seats: Mapped[int | None]


class UnionPaper(TenantTable, schema=PLUGIN):
    """A paper of the founding: what it is, its number and its date. The file itself comes with attachments."""

    __tablename__ = "union_paper"
    __table_args__ = (one_of("kind", PaperKind), Index("ix_union_paper_union_id", "tenant_id", "union_id"))

    union: Mapped[GrassrootsUnion] = ref(GrassrootsUnion)
    union_id: Mapped[UUID]
    kind: Mapped[str]
    number: Mapped[str | None]
    dated_on: Mapped[date | None]


def term_end(started_on: date, years: int) -> date:
    """Last day of a term of `years` from `started_on`: the corresponding day (民法典 Art. 202)."""
    return add_months(started_on, 12 * years)
