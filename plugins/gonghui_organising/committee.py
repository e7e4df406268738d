"""Committees (委员会): the bodies of a union's term and their officers, as they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.sdk import Record, TenantTable, Text, UnitOfWork, _, one_of, ref
from gonghui_organising.bodies import Body, BodyForm
from gonghui_organising.member_words import READ_AS
from gonghui_organising.union import PLUGIN, CommitteeTerm, GrassrootsUnion


class Office(StrEnum):
    """主席 (主任), 副主席 (副主任) and 委员."""

    CHAIR = "chair"
    VICE_CHAIR = "vice_chair"
    MEMBER = "member"


class Leaving(StrEnum):
    """Why an officer left within the term."""

    RESIGNED = "resigned"
    RETIRED = "retired"
    JOB_ENDED = "job_ended"
    DIED = "died"
    REMOVED = "removed"
    TRANSFERRED = "transferred"


OFFICES: dict[str, Text] = {
    Office.CHAIR.value: _("主席（主任）"),
    Office.VICE_CHAIR.value: _("副主席（副主任）"),
    Office.MEMBER.value: _("委员"),
}
LEAVINGS: dict[str, Text] = {
    Leaving.RESIGNED.value: _("辞职"),
    Leaving.RETIRED.value: _("退休"),
    Leaving.JOB_ENDED.value: _("劳动关系终止"),
    Leaving.DIED.value: _("去世"),
    Leaving.REMOVED.value: _("罢免"),
    Leaving.TRANSFERRED.value: _("调动"),
}
#: Those of them that need nobody's consent.
OWN_LEAVINGS = {code: LEAVINGS[code] for code in ("resigned", "retired", "job_ended", "died")}
SEXES: Mapping[str, Text] = READ_AS["sex"]


class Committee(Record, schema=PLUGIN):
    """A body of one term of a union. All bodies of a term end with it (工会法 Art. 16)."""

    __tablename__ = "committee"
    __table_args__ = (
        one_of("kind", Body),
        one_of("form", BodyForm),
        Index("ix_committee_org_unit", "tenant_id", "org_unit_id", "id"),
        Index("ix_committee_union", "tenant_id", "union_id"),
        Index("ix_committee_term", "tenant_id", "term_id"),
    )

    union: Mapped[GrassrootsUnion] = ref(GrassrootsUnion)
    union_id: Mapped[UUID]
    term: Mapped[CommitteeTerm] = ref(CommitteeTerm)
    term_id: Mapped[UUID]
    kind: Mapped[str]
    form: Mapped[str]
    seats: Mapped[int]


class CommitteeOfficer(TenantTable, schema=PLUGIN):
    """Somebody elected into a body. The number is the one in the list of those elected."""

    __tablename__ = "committee_officer"
    __table_args__ = (
        one_of("office", Office),
        one_of("left_reason", Leaving),
        Index("ix_committee_officer_committee", "tenant_id", "committee_id"),
    )

    committee: Mapped[Committee] = ref(Committee)
    committee_id: Mapped[UUID]
    number: Mapped[int]
    name: Mapped[str]
    sex: Mapped[str]
    office: Mapped[str]
    is_full_time: Mapped[bool] = mapped_column(default=False)
    elected_on: Mapped[date]
    #: 工会法 Art. 10: no near relative of the main person in charge of the employer.
    is_no_relative: Mapped[bool] = mapped_column(default=False)
    #: 总工发〔2008〕53号: no administrative head, partner or near relative of one, no HR head, no foreigner.
    may_be_chair: Mapped[bool] = mapped_column(default=False)
    left_on: Mapped[date | None]
    left_reason: Mapped[str | None]


def latest_term(uow: UnitOfWork, union_id: UUID | None) -> CommitteeTerm | None:
    """The term of a union that began last."""
    mine = select(CommitteeTerm).where(CommitteeTerm.union_id == union_id)
    return uow.session.scalars(mine.order_by(CommitteeTerm.started_on.desc()).limit(1)).one_or_none()
