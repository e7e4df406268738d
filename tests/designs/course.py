"""A course with sign-ups and attendance (domain §5.1): seats, a waiting list, and who really came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.sdk import (
    Child,
    Computed,
    Field,
    FieldFault,
    Kind,
    OrgUnit,
    Person,
    Record,
    RecordType,
    TenantTable,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    advance,
    ref,
    unique,
)


class Course(Record, schema="designs"):
    __tablename__ = "course"

    name: Mapped[str]
    name_key: Mapped[str]
    starts_at: Mapped[datetime]
    seats: Mapped[int]


class Enrolment(Record, schema="designs"):
    __tablename__ = "enrolment"
    __table_args__ = (unique("course_id", "person_id"),)

    course: Mapped[Course] = ref(Course)
    course_id: Mapped[UUID]
    person: Mapped[Person] = ref(Person)
    person_id: Mapped[UUID]
    is_waiting: Mapped[bool] = mapped_column(default=False)


class Attendance(TenantTable, schema="designs"):
    __tablename__ = "attendance"
    __table_args__ = (unique("enrolment_id", "slot"),)

    enrolment: Mapped[Enrolment] = ref(Enrolment)
    enrolment_id: Mapped[UUID]
    slot: Mapped[int]
    came: Mapped[bool]


def open_courses(_uow: UnitOfWork, _permission: str) -> Select[Any]:
    table = Course.__table__.c
    return select(table.id, table.name.label("label")).where(table.state == "open")


def at_the_course(uow: UnitOfWork, values: Mapping[str, Any]) -> OrgUnit:
    """An enrolment is filed where its course is."""
    place = (
        select(OrgUnit).join(Course, Course.org_unit_id == OrgUnit.id).where(Course.id == values["course_id"])
    )
    found = uow.session.scalars(place).one_or_none()
    if found is None:
        raise no_such_course()
    return found


def no_such_course() -> Exception:
    from gonghui.sdk import not_found

    return not_found()


def take_a_seat(uow: UnitOfWork, enrolment: Enrolment, _values: object) -> None:
    """A seat where one is free; otherwise the waiting list. The course is locked, so that no seat goes twice."""
    if enrolment.course_id is None or enrolment.state != "applied":
        return
    enrolment.is_waiting = _free_seats(uow, enrolment.course_id) < 1


def _free_seats(uow: UnitOfWork, course_id: UUID) -> int:
    """Seats that nobody has; the course stays locked, so that nobody else counts meanwhile."""
    seats = uow.session.scalar(select(Course.seats).where(Course.id == course_id).with_for_update())
    return (seats or 0) - _taken(uow, course_id)


def _taken(uow: UnitOfWork, course_id: UUID) -> int:
    holding = select(func.count()).where(
        Enrolment.course_id == course_id, Enrolment.state.in_(("applied", "attended")), ~Enrolment.is_waiting
    )
    return uow.session.scalar(holding) or 0


def let_the_next_in(uow: UnitOfWork, enrolment: Enrolment, _answers: object) -> None:
    if enrolment.is_waiting or _free_seats(uow, enrolment.course_id) < 1:
        return
    waiting = (
        select(Enrolment)
        .where(Enrolment.course_id == enrolment.course_id, Enrolment.state == "applied", Enrolment.is_waiting)
        .order_by(Enrolment.id)
        .limit(1)
        # Who holds their own place in the queue waits for the course, which is held here: waiting for them would
        # be waiting for ever.
        .with_for_update(skip_locked=True)
    )
    following = uow.session.scalars(waiting).one_or_none()
    if following is not None:
        advance(uow, enrolments, following, enrolments.workflow.named("admit"))


def has_a_seat(_uow: UnitOfWork, enrolment: Enrolment, _answers: object) -> Iterable[FieldFault]:
    if enrolment.is_waiting:
        yield FieldFault("", "no_seat", _("还在候补名单里，没有名额。"))


def waits_for_a_free_seat(uow: UnitOfWork, enrolment: Enrolment, _answers: object) -> Iterable[FieldFault]:
    if not enrolment.is_waiting:
        yield FieldFault("", "has_a_seat", _("已经有名额。"))
    elif _free_seats(uow, enrolment.course_id) < 1:
        yield FieldFault("", "no_seat", _("没有空余的名额。"))


def give_the_seat(_uow: UnitOfWork, enrolment: Enrolment, _answers: object) -> None:
    enrolment.is_waiting = False


courses = RecordType(
    Course,
    code="designs.course",
    path="courses",
    title=_("培训课程"),
    fields=(
        Field("name", _("课程名称"), required=True, listed=True, example="数控机床操作"),
        Field("starts_at", _("开课时间"), required=True, listed=True, example="2024-06-28T09:00:00+08:00"),
        Field("seats", _("名额"), required=True, listed=True, least=1, example=30),
    ),
    computed=(
        Computed(
            "persons",
            _("报名人数"),
            Kind.INTEGER,
            lambda table: (
                select(func.count())
                .where(
                    Enrolment.__table__.c.tenant_id == table.c.tenant_id,
                    Enrolment.__table__.c.course_id == table.c.id,
                    Enrolment.__table__.c.state != "cancelled",
                )
                .correlate(table)
                .scalar_subquery()
            ),
            listed=True,
        ),
    ),
    search=("name",),
    workflow=Workflow(
        "draft",
        {"draft": _("起草中"), "open": _("报名中"), "closed": _("已结束")},
        (
            Transition("open", "draft -> open", _("开放报名")),
            Transition("close", "open -> closed", _("结束")),
        ),
    ),
    published={"open"},
)

enrolments = RecordType(
    Enrolment,
    code="designs.enrolment",
    path="enrolments",
    title=_("课程报名"),
    fields=(
        Field(
            "course_id",
            _("课程"),
            required=True,
            listed=True,
            filtered=True,
            picker=open_courses,
            sample="published course",
        ),
        Field("person", _("学员"), required=True, listed=True),
        Field("is_waiting", _("候补"), settable=False, listed=True, filtered=True),
    ),
    children=(
        Child(
            "attendance",
            _("签到"),
            Attendance,
            (
                Field("slot", _("课次"), required=True, least=1, example=1),
                Field("came", _("到课"), required=True, example=True),
            ),
            states=frozenset({"applied", "attended"}),
            permission="designs.enrolment.attend",
        ),
    ),
    workflow=Workflow(
        "applied",
        {"applied": _("已报名"), "attended": _("已结业"), "no_show": _("缺席"), "cancelled": _("已取消")},
        (
            Transition(
                "admit",
                "applied -> applied",
                _("候补转正"),
                guards=(waits_for_a_free_seat,),
                effect=give_the_seat,
            ),
            Transition("complete", "applied -> attended", _("结业"), guards=(has_a_seat,), in_bulk=True),
            Transition("miss", "applied -> no_show", _("登记缺席"), in_bulk=True),
            Transition("cancel", "applied -> cancelled", _("取消报名"), own=True, effect=let_the_next_in),
        ),
    ),
    subject="person_id",
    own=("read", "create"),
    place=at_the_course,
    derive=take_a_seat,
    verbs=("read", "create", "export"),
)
