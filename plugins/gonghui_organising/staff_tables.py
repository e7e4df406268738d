"""Tables of professional union workers (职业化工会工作者): who they are, their grades, their postings."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from gonghui.sdk import OrgUnit, Person, Record, TenantTable, _, one_of, ref
from gonghui_organising.union import PLUGIN

ENTERED, IN_POST, LEFT = "entered", "in_post", "left"


class Share(StrEnum):
    """Whether a posting takes the whole of somebody."""

    FULL = "full"
    PART = "part"


SHARES = {Share.FULL.value: _("全职"), Share.PART.value: _("兼职")}


class StaffMember(Record, schema=PLUGIN):
    """Somebody hired to work for unions. Their org unit is the federation that hired them."""

    __tablename__ = "staff_member"
    __table_args__ = (
        Index(
            "uq_staff_member_live",
            "tenant_id",
            "person_id",
            unique=True,
            postgresql_where=text("state IN ('entered', 'in_post')"),
        ),
        Index("ix_staff_member_person", "tenant_id", "person_id"),
        Index("ix_staff_member_org_unit", "tenant_id", "org_unit_id", "id"),
    )

    person: Mapped[Person] = ref(Person)
    person_id: Mapped[UUID]
    hired_on: Mapped[date | None]
    left_on: Mapped[date | None]
    contract_until: Mapped[date | None]


class StaffGrade(TenantTable, schema=PLUGIN):
    """任职资格等级: a grade from a day on, by the paper that gave it."""

    __tablename__ = "staff_grade"
    __table_args__ = (Index("ix_staff_grade_member", "tenant_id", "staff_member_id", "from_on"),)

    staff_member: Mapped[StaffMember] = ref(StaffMember)
    staff_member_id: Mapped[UUID]
    grade: Mapped[str]
    from_on: Mapped[date]
    paper: Mapped[str | None]


class StaffPosting(TenantTable, schema=PLUGIN):
    """Where somebody works from day to day, both counted, and at what: a pilot park, a community federation."""

    __tablename__ = "staff_posting"
    __table_args__ = (
        one_of("share", Share),
        Index("ix_staff_posting_member", "tenant_id", "staff_member_id", "from_on"),
        Index("ix_staff_posting_unit", "tenant_id", "unit_id"),
    )

    staff_member: Mapped[StaffMember] = ref(StaffMember)
    staff_member_id: Mapped[UUID]
    unit: Mapped[OrgUnit] = ref(OrgUnit)
    unit_id: Mapped[UUID]
    task: Mapped[str]
    share: Mapped[str]
    #: Working days a month of a part-time posting.
    days_a_month: Mapped[int | None]
    from_on: Mapped[date]
    to_on: Mapped[date | None]
