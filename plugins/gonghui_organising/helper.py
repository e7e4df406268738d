"""Activists and volunteers (工会积极分子、志愿者): recommended, confirmed, what they did, and their end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, cast, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.sdk import (
    Child,
    Comment,
    Computed,
    Field,
    FieldFault,
    Kind,
    Person,
    Record,
    RecordType,
    TenantTable,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    clock,
    one_of,
    ref,
    visible,
)
from gonghui_organising.member_identity import READ as READ_MEMBER
from gonghui_organising.membership import LIVE, Membership
from gonghui_organising.subdivision import members_in_sight
from gonghui_organising.union import PLUGIN

RECOMMENDED, CONFIRMED, ENDED = "recommended", "confirmed", "ended"


class HelperKind(StrEnum):
    """积极分子 or 志愿者."""

    ACTIVIST = "activist"
    VOLUNTEER = "volunteer"


KINDS = {HelperKind.ACTIVIST.value: _("工会积极分子"), HelperKind.VOLUNTEER.value: _("工会志愿者")}


class Helper(Record, schema=PLUGIN):
    """A person who helps a union without being paid for it. Nobody is the same kind of helper twice at once."""

    __tablename__ = "helper"
    __table_args__ = (
        one_of("kind", HelperKind),
        Index(
            "uq_helper_live",
            "tenant_id",
            "person_id",
            "kind",
            unique=True,
            postgresql_where=text("state IN ('recommended', 'confirmed')"),
        ),
        Index("ix_helper_person", "tenant_id", "person_id"),
        Index("ix_helper_org_unit", "tenant_id", "org_unit_id", "id"),
    )

    person: Mapped[Person] = ref(Person)
    person_id: Mapped[UUID]
    kind: Mapped[str]
    skills: Mapped[list[str]] = mapped_column(default=list)
    tasks: Mapped[str | None]
    confirmed_on: Mapped[date | None]
    ended_on: Mapped[date | None]


class HelperService(TenantTable, schema=PLUGIN):
    """What a helper did on a day."""

    __tablename__ = "helper_service"
    __table_args__ = (Index("ix_helper_service_helper", "tenant_id", "helper_id", "served_on"),)

    helper: Mapped[Helper] = ref(Helper)
    helper_id: Mapped[UUID]
    served_on: Mapped[date]
    what: Mapped[str]
    hours: Mapped[int]


def take_member(uow: UnitOfWork, helper: Helper, values: Mapping[str, Any]) -> None:
    """A helper who is picked among the members that one sees is the person of that membership."""
    if values.get("member_id") is not None and values.get("person") is None:
        mine = select(Membership.person_id).where(
            Membership.id == values["member_id"],
            Membership.state.in_(LIVE),
            visible(uow.principal, READ_MEMBER, Membership.__table__.c.org_unit_id),
        )
        person_id = uow.session.scalars(mine).one_or_none()
        if person_id is not None:
            helper.person_id = person_id


def is_somebody(_uow: UnitOfWork, helper: Any, values: Mapping[str, Any]) -> Iterable[FieldFault]:
    """A person is told or a member picked, and not both."""
    if values.get("member_id") is not None and values.get("person") is not None:
        yield FieldFault("/member_id", "told_twice", _("填写本人和选择会员，只能用一种。"))
    elif helper.person_id is None and values.get("member_id") is not None:
        yield FieldFault("/member_id", "not_choosable", _("没有这个会员，或无权选用。"))
    elif helper.person_id is None:
        yield FieldFault("/person", "required", _("请填写本人，或选择一名会员。"))


def is_not_yet(uow: UnitOfWork, helper: Helper, _values: object) -> Iterable[FieldFault]:
    """Nobody is recommended a second time for what they are."""
    same = select(Helper.id).where(
        Helper.person_id == helper.person_id,
        Helper.kind == helper.kind,
        Helper.state.in_((RECOMMENDED, CONFIRMED)),
        Helper.id != helper.id,
    )
    if helper.person_id is not None and helper.state != ENDED and uow.session.scalars(same).first():
        yield FieldFault("/person", "is_one_already", _("此人已经是{kind}。", kind=KINDS[helper.kind]))


def served_by_today(_uow: UnitOfWork, _helper: Helper, values: Mapping[str, Any]) -> Iterable[FieldFault]:
    """What is yet to come was not done."""
    for index, row in enumerate(values.get("service") or ()):
        if row.get("served_on") is not None and row["served_on"] > clock.today():
            yield FieldFault(f"/service/{index}/served_on", "in_future", _("服务日期不能晚于今天。"))


def keep_confirmed(_uow: UnitOfWork, helper: Helper, answers: Mapping[str, Any]) -> None:
    """The day from which somebody counts as a helper."""
    helper.confirmed_on = answers["effective_on"]


def keep_ended(_uow: UnitOfWork, helper: Helper, answers: Mapping[str, Any]) -> None:
    """The day from which they no longer do."""
    helper.ended_on = answers["effective_on"]


def _of_service(column: Any) -> Any:
    service: Any = HelperService.__table__

    def expression(table: Any) -> Any:
        mine = (service.c.tenant_id == table.c.tenant_id, service.c.helper_id == table.c.id)
        return select(column(service.c)).where(*mine).correlate(table).scalar_subquery()

    return expression


helpers = RecordType(
    Helper,
    code="organising.helper",
    path="helpers",
    title=_("积极分子和志愿者"),
    fields=(
        Field("person", _("本人"), fixed=True, listed=True, sent=True),
        Field("kind", _("类别"), fixed=True, required=True, choices=KINDS, listed=True, filtered=True),
        Field("skills", _("特长"), longest=50, example=["调解"]),
        Field("tasks", _("任务"), longest=1_000, example="园区走访"),
        Field("confirmed_on", _("确认日期"), settable=False, listed=True, filtered=True),
        Field("ended_on", _("结束日期"), settable=False, listed=True),
    ),
    asked_once=(
        Field("member_id", _("会员"), kind=Kind.REFERENCE, picker=members_in_sight, sample="member_id"),
    ),
    children=(
        Child(
            "service",
            _("服务记录"),
            HelperService,
            (
                Field("served_on", _("服务日期"), required=True, example="2024-06-28"),
                Field("what", _("服务内容"), required=True, longest=500, example="入企走访"),
                Field("hours", _("小时"), required=True, least=1, most=24, example=2),
            ),
            most=1_000,
            states=frozenset({CONFIRMED}),
            permission="organising.helper.serve",
        ),
    ),
    computed=(
        Computed("services", _("服务次数"), Kind.INTEGER, _of_service(lambda c: func.count()), listed=True),
        Computed(
            "hours",
            _("服务小时"),
            Kind.INTEGER,
            _of_service(lambda c: cast(func.coalesce(func.sum(c.hours), 0), BigInteger())),
            listed=True,
        ),
    ),
    workflow=Workflow(
        RECOMMENDED,
        {RECOMMENDED: _("已推荐"), CONFIRMED: _("已确认"), ENDED: _("已结束")},
        (
            Transition(
                "confirm",
                "recommended -> confirmed",
                _("确认"),
                effect=keep_confirmed,
                above=True,
                not_by=("create",),
                awaited=True,
            ),
            Transition(
                "end",
                "recommended, confirmed -> ended",
                _("结束"),
                comment=Comment.REQUIRED,
                effect=keep_ended,
                verb="ended",
            ),
        ),
        changeable={RECOMMENDED, CONFIRMED},
        in_order=True,
    ),
    subject="person_id",
    own=("read",),
    derive=take_member,
    rules=(is_somebody, is_not_yet, served_by_today),
    backdate="organising.helper.backdate",
)
