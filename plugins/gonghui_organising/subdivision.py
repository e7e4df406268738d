"""Branches and groups of a union (分会、工会小组): no legal persons and no code; and which members belong to which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Select, func, select, text
from sqlalchemy.orm import Mapped

from gonghui.sdk import (
    Comment,
    Computed,
    Field,
    FieldFault,
    Kind,
    OrgUnit,
    Person,
    Record,
    RecordType,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    not_found,
    one_of,
    ref,
    visible,
)
from gonghui_organising.member_identity import READ as READ_MEMBER
from gonghui_organising.membership import Membership, MembershipState
from gonghui_organising.union import PLUGIN, GrassrootsUnion

PLANNED, ACTIVE, DISSOLVED = "planned", "active", "dissolved"
ASSIGNED, ENDED = "assigned", "ended"


class SubdivisionKind(StrEnum):
    """分会 or 工会小组."""

    BRANCH = "branch"
    GROUP = "group"


KINDS = {SubdivisionKind.BRANCH.value: _("分会"), SubdivisionKind.GROUP.value: _("工会小组")}


class Subdivision(Record, schema=PLUGIN):
    """A part of a union, filed at the union's own unit. A group may stand under a branch."""

    __tablename__ = "subdivision"
    __table_args__ = (
        one_of("kind", SubdivisionKind),
        ForeignKeyConstraint(
            ["tenant_id", "branch_id"],
            ["organising.subdivision.tenant_id", "organising.subdivision.id"],
            ondelete="RESTRICT",
        ),
        Index("ix_subdivision_org_unit", "tenant_id", "org_unit_id", "id"),
        Index("ix_subdivision_branch", "tenant_id", "branch_id"),
        Index(
            "ix_subdivision_name_key",
            "tenant_id",
            "name_key",
            postgresql_ops={"name_key": "text_pattern_ops"},
        ),
    )

    kind: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str]
    leader_name: Mapped[str | None]
    #: As it was told; how many are assigned is counted.
    members: Mapped[int | None]
    branch_id: Mapped[UUID | None]
    set_up_on: Mapped[date | None]
    dissolved_on: Mapped[date | None]


class GroupAssignment(Record, schema=PLUGIN):
    """A member's time in a branch or group; in one at a time. It holds while the member is one of that union."""

    __tablename__ = "group_assignment"
    __table_args__ = (
        Index(
            "uq_group_assignment_live",
            "tenant_id",
            "membership_id",
            unique=True,
            postgresql_where=text("state = 'assigned'"),
        ),
        Index("ix_group_assignment_membership", "tenant_id", "membership_id"),
        Index("ix_group_assignment_subdivision", "tenant_id", "subdivision_id", "state"),
        Index("ix_group_assignment_org_unit", "tenant_id", "org_unit_id", "id"),
    )

    subdivision: Mapped[Subdivision] = ref(Subdivision)
    subdivision_id: Mapped[UUID]
    membership: Mapped[Membership] = ref(Membership)
    membership_id: Mapped[UUID]
    from_on: Mapped[date]
    to_on: Mapped[date | None]


def has_union(uow: UnitOfWork, part: Subdivision, _values: object) -> Iterable[FieldFault]:
    """A part is part of something."""
    here = select(GrassrootsUnion.id).where(GrassrootsUnion.org_unit_id == part.org_unit_id)
    if uow.session.scalars(here).first() is None:
        yield FieldFault("/org_unit_id", "no_union_here", _("这里没有基层工会，不能设分会或小组。"))


def stands_rightly(uow: UnitOfWork, part: Subdivision, _values: object) -> Iterable[FieldFault]:
    """Only a group stands under something, and that is a branch of the same union that has not been dissolved."""
    if part.branch_id is None:
        return
    if part.kind != SubdivisionKind.GROUP:
        yield FieldFault("/branch_id", "branch_under_branch", _("分会不能设在另一个分会之下。"))
        return
    branch = uow.session.get(Subdivision, (uow.tenant_id, part.branch_id))
    is_right = branch is not None and branch.kind == SubdivisionKind.BRANCH and branch.state != DISSOLVED
    if branch is None or not is_right or branch.org_unit_id != part.org_unit_id:
        yield FieldFault("/branch_id", "no_branch", _("只能设在同一工会未撤销的分会之下。"))


def branches(uow: UnitOfWork, permission: str) -> Select[Any]:
    """Branches that one may put a group under."""
    table = Subdivision.__table__.c
    return select(table.id, table.name.label("label")).where(
        table.kind == SubdivisionKind.BRANCH.value,
        table.state != DISSOLVED,
        visible(uow.principal, permission, table.org_unit_id),
    )


def is_empty(uow: UnitOfWork, part: Subdivision, _answers: object) -> Iterable[FieldFault]:
    """What stands under a branch, and who belongs to a part, goes elsewhere first."""
    below = select(Subdivision.id).where(Subdivision.branch_id == part.id, Subdivision.state != DISSOLVED)
    if uow.session.scalars(below).first() is not None:
        yield FieldFault("", "groups_remain", _("分会之下还有小组，先撤销或改设。"))
    if uow.session.scalar(_living(part.id)):
        yield FieldFault("", "members_remain", _("还有会员编在这里，先改编。"))


def _living(part_id: Any) -> Select[Any]:
    """How many members are assigned to a part and still of its union."""
    assigned: Any = GroupAssignment.__table__.c
    member: Any = Membership.__table__.c
    return (
        select(func.count())
        .select_from(GroupAssignment.__table__)
        .join(
            Membership.__table__,
            (member.tenant_id == assigned.tenant_id) & (member.id == assigned.membership_id),
        )
        .where(
            assigned.subdivision_id == part_id,
            assigned.state == ASSIGNED,
            member.org_unit_id == assigned.org_unit_id,
            member.state.in_((MembershipState.ACTIVE.value, MembershipState.TRANSFERRING.value)),
        )
    )


def _assigned(table: Any) -> Any:
    same = GroupAssignment.__table__.c.tenant_id == table.c.tenant_id
    return _living(table.c.id).where(same).correlate(table).scalar_subquery()


def keep_set_up(_uow: UnitOfWork, part: Subdivision, answers: Mapping[str, Any]) -> None:
    """The day from which it is there."""
    part.set_up_on = answers["effective_on"]


def keep_dissolved(_uow: UnitOfWork, part: Subdivision, answers: Mapping[str, Any]) -> None:
    """The day from which it no longer is."""
    part.dissolved_on = answers["effective_on"]


subdivisions = RecordType(
    Subdivision,
    code="organising.subdivision",
    path="subdivisions",
    title=_("分会和工会小组"),
    fields=(
        Field("kind", _("类别"), required=True, choices=KINDS, listed=True, filtered=True, example="group"),
        Field("name", _("名称"), required=True, listed=True, example="第一车间小组", width=24),
        Field("leader_name", _("负责人"), listed=True, longest=100, example="样示例"),
        Field("members", _("会员人数"), listed=True),
        Field("branch_id", _("所属分会"), listed=True, filtered=True, picker=branches),
        Field("set_up_on", _("设立日期"), settable=False, listed=True, filtered=True),
        Field("dissolved_on", _("撤销日期"), settable=False, listed=True),
    ),
    computed=(Computed("assigned_members", _("编入会员"), Kind.INTEGER, _assigned, listed=True),),
    search=("name",),
    workflow=Workflow(
        PLANNED,
        {PLANNED: _("筹建中"), ACTIVE: _("已设立"), DISSOLVED: _("已撤销")},
        (
            Transition("establish", "planned -> active", _("设立"), effect=keep_set_up, verb="established"),
            Transition(
                "dissolve",
                "planned, active -> dissolved",
                _("撤销"),
                comment=Comment.REQUIRED,
                guards=(is_empty,),
                effect=keep_dissolved,
                verb="dissolved",
            ),
        ),
        changeable={PLANNED, ACTIVE},
        in_order=True,
    ),
    rules=(has_union, stands_rightly),
    backdate="organising.subdivision.backdate",
    place_sample="union_unit_id",
)


def active_parts(uow: UnitOfWork, permission: str) -> Select[Any]:
    """Branches and groups that members may be assigned to."""
    table = Subdivision.__table__.c
    return select(table.id, table.name.label("label")).where(
        table.state == ACTIVE, visible(uow.principal, permission, table.org_unit_id)
    )


def members_in_sight(uow: UnitOfWork, _permission: str) -> Select[Any]:
    """Active members whom one sees."""
    member: Any = Membership.__table__.c
    person: Any = Person.__table__.c
    return (
        select(member.id, person.name.label("label"))
        .join(Person.__table__, (person.tenant_id == member.tenant_id) & (person.id == member.person_id))
        .where(
            member.state == MembershipState.ACTIVE.value,
            visible(uow.principal, READ_MEMBER, member.org_unit_id),
        )
    )


def at_the_part(uow: UnitOfWork, values: Mapping[str, Any]) -> OrgUnit:
    """An assignment is filed where its branch or group is."""
    place = select(OrgUnit).join(Subdivision, Subdivision.org_unit_id == OrgUnit.id)
    found = uow.session.scalars(place.where(Subdivision.id == values["subdivision_id"])).one_or_none()
    if found is None:
        raise not_found()
    return found


def is_of_the_union(uow: UnitOfWork, assignment: GroupAssignment, _values: object) -> Iterable[FieldFault]:
    """A member belongs to a part of their own union, and to one at a time."""
    unit = select(Membership.org_unit_id).where(Membership.id == assignment.membership_id)
    if uow.session.scalar(unit) != assignment.org_unit_id:
        yield FieldFault("/membership_id", "of_another_union", _("会员不在这个工会。"))
    elsewhere = select(GroupAssignment.id).where(
        GroupAssignment.membership_id == assignment.membership_id,
        GroupAssignment.state == ASSIGNED,
        GroupAssignment.id != assignment.id,
    )
    if assignment.state == ASSIGNED and uow.session.scalars(elsewhere).first() is not None:
        yield FieldFault(
            "/membership_id", "assigned_already", _("会员已编在另一个分会或小组，先结束再改编。")
        )


def ends_after_beginning(
    _uow: UnitOfWork, assignment: GroupAssignment, answers: Mapping[str, Any]
) -> Iterable[FieldFault]:
    """No time ends before it begins."""
    day = answers.get("effective_on")
    if day is not None and day < assignment.from_on:
        yield FieldFault("/effective_on", "before_first_day", _("结束日期不能早于开始日期。"))


def keep_end(_uow: UnitOfWork, assignment: GroupAssignment, answers: Mapping[str, Any]) -> None:
    """The last day."""
    assignment.to_on = answers["effective_on"]


def _member_name(table: Any) -> Any:
    member: Any = Membership.__table__.c
    person: Any = Person.__table__.c
    named = select(person.name).where(
        member.tenant_id == table.c.tenant_id,
        member.id == table.c.membership_id,
        person.tenant_id == member.tenant_id,
        person.id == member.person_id,
    )
    return named.correlate(table).scalar_subquery()


group_assignments = RecordType(
    GroupAssignment,
    code="organising.group_assignment",
    path="group-assignments",
    title=_("会员编组"),
    fields=(
        Field(
            "subdivision_id",
            _("分会或小组"),
            required=True,
            listed=True,
            filtered=True,
            picker=active_parts,
            sample="subdivision_with_member",
        ),
        Field(
            "membership_id",
            _("会员"),
            required=True,
            listed=True,
            filtered=True,
            picker=members_in_sight,
            sample="member_of_subdivision",
        ),
        Field("from_on", _("开始日期"), required=True, listed=True, example="2024-06-28"),
        Field("to_on", _("结束日期"), settable=False, listed=True),
    ),
    computed=(Computed("member_name", _("会员姓名"), Kind.TEXT, _member_name, listed=True),),
    workflow=Workflow(
        ASSIGNED,
        {ASSIGNED: _("在组"), ENDED: _("已结束")},
        (
            Transition(
                "end",
                "assigned -> ended",
                _("结束编组"),
                guards=(ends_after_beginning,),
                effect=keep_end,
                verb="ended",
                in_bulk=True,
            ),
        ),
    ),
    place=at_the_part,
    rules=(is_of_the_union,),
    backdate="organising.group_assignment.backdate",
    verbs=("read", "create", "export"),
)
