"""Samples of the designs for the contract kit: each record in the state that an operation needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from itertools import cycle, islice
from typing import Any
from uuid import UUID

from sqlalchemy import select
from tests.designs.course import courses, enrolments
from tests.designs.dispute import dispute
from tests.designs.hardship import hardship
from tests.designs.profile import likes, profiles
from tests.designs.rooms import rooms

from gonghui.lifecycle.onboarding import operator_principal
from gonghui.records.writing import put_list
from gonghui.sdk import (
    Account,
    Record,
    RecordType,
    UnitOfWork,
    clock,
    create_record,
    history,
    new_id,
    share,
    step,
)
from gonghui_organising.demo_people import demo_id_number


def person(name: str = "样示例") -> dict[str, Any]:
    serial = int(new_id().hex[-8:], 16)
    return {"name": name, "document_kind": "resident_id", "id_number": demo_id_number(serial, male=True)}


#: Accounts of the sample federation that the contract asks for nothing else.
OTHERS = ("admin", "auditor", "west", "firm", "worker")


def taken(uow: UnitOfWork, kind: RecordType, record: Record, *steps: tuple[str, dict[str, Any]]) -> UUID:
    """Put a record through steps, each by another officer, as the separation of duties wants it."""
    myself = uow.principal
    wanted = select(Account.id, Account.person_id).where(Account.login.in_(OTHERS)).order_by(Account.id)
    officers = cycle(uow.session.execute(wanted).all())
    following = islice(officers, len(history(uow, record.id)), None)
    for (name, answers), (account_id, person_id) in zip(steps, following, strict=False):
        uow.become(replace(myself, account_id=account_id, person_id=person_id))
        step(uow, kind, record, kind.workflow.named(name), answers)
    uow.become(myself)
    return record.id


def hardship_values(place: UUID) -> dict[str, Any]:
    return {
        "org_unit_id": place,
        "applicant": person(),
        "cause": "重病",
        "income": 3_600_000,
        "rigid": 1_200_000,
        "authorised_on": date(2024, 6, 3),
        "health": "重大疾病",
        "household": [{"name": "陈示例", "relation": "self", "id_number": "样本号码"}],
    }


REVIEW = ("review", {"panel": 5, "category": "deep"})


def hardship_at(*steps: tuple[str, dict[str, Any]]) -> Callable[[UnitOfWork, UUID], UUID]:
    def make(uow: UnitOfWork, place: UUID) -> UUID:
        return taken(uow, hardship, create_record(uow, hardship, hardship_values(place)), *steps)

    return make


def hardship_past_posting(uow: UnitOfWork, place: UUID) -> UUID:
    with clock.at(clock.now() - timedelta(days=60)):
        file = create_record(uow, hardship, hardship_values(place))
        return taken(uow, hardship, file, ("submit", {}), ("visit", {}), REVIEW, ("post", {}))


def hardship_filed(uow: UnitOfWork, place: UUID) -> UUID:
    file_id = hardship_past_posting(uow, place)
    file = uow.session.get_one(hardship.model, (uow.tenant_id, file_id))
    return taken(uow, hardship, file, ("approve", {}))


def hardship_exited(uow: UnitOfWork, place: UUID) -> UUID:
    file = uow.session.get_one(hardship.model, (uow.tenant_id, hardship_filed(uow, place)))
    return taken(uow, hardship, file, ("exit", {"comment": "已脱困"}))


def dispute_at(*steps: tuple[str, dict[str, Any]]) -> Callable[[UnitOfWork, UUID], UUID]:
    def make(uow: UnitOfWork, place: UUID) -> UUID:
        values = {
            "org_unit_id": place,
            "claimant": person(),
            "employer": {"name": "深圳市样本电子有限公司", "uscc": None},
            "cause": "pay",
            "claimed": 1_500_000,
            "facts": "拖欠工资",
            "received_on": clock.today(),
        }
        return taken(uow, dispute, create_record(uow, dispute, values), *steps)

    return make


def guest_account(uow: UnitOfWork, _place: UUID) -> UUID:
    return uow.session.scalars(select(Account.id).where(Account.kind == "guest").limit(1)).one()


def course_draft(uow: UnitOfWork, place: UUID) -> UUID:
    values = {"org_unit_id": place, "name": "样本课程", "starts_at": clock.now(), "seats": 30}
    return create_record(uow, courses, values).id


def course_open(uow: UnitOfWork, place: UUID) -> UUID:
    course = uow.session.get_one(courses.model, (uow.tenant_id, course_draft(uow, place)))
    return taken(uow, courses, course, ("open", {}))


def published_course(uow: UnitOfWork, place: UUID) -> UUID:
    with _as_operator(uow):
        return course_open(uow, place)


@contextmanager
def _as_operator(uow: UnitOfWork) -> Iterator[None]:
    """For what belongs to somebody else than whoever asks."""
    myself = uow.principal
    uow.become(operator_principal(uow.tenant_id))
    yield
    uow.become(myself)


def enrolled(uow: UnitOfWork, place: UUID) -> UUID:
    """An enrolment in a course that is closed by now, so that the course itself is not there for everybody."""
    course_id = course_open(uow, place)
    enrolment = create_record(uow, enrolments, {"course_id": course_id, "person": person()})
    taken(uow, courses, uow.session.get_one(courses.model, (uow.tenant_id, course_id)), ("close", {}))
    return enrolment.id


def _whoever_asks(uow: UnitOfWork) -> dict[str, Any]:
    """Somebody made up, for the operator; for everybody else, themselves, which needs no saying."""
    return {"person": person()} if uow.principal.is_unrestricted else {}


def waiting(uow: UnitOfWork, place: UUID) -> UUID:
    """Somebody on the waiting list of a course that has a seat again, as when an officer adds seats."""
    values = {"org_unit_id": place, "name": "样本课程", "starts_at": clock.now(), "seats": 1}
    course = create_record(uow, courses, values)
    taken(uow, courses, course, ("open", {}))
    create_record(uow, enrolments, {"course_id": course.id, "person": person()})
    second = create_record(uow, enrolments, {"course_id": course.id, "person": person()})
    course.seats = 2  # type: ignore[attr-defined]
    uow.session.flush()
    return second.id


def profile_at(*steps: tuple[str, dict[str, Any]]) -> Callable[[UnitOfWork, UUID], UUID]:
    def make(uow: UnitOfWork, _place: UUID) -> UUID:
        values = {**_whoever_asks(uow), "nickname": "小星", "birth_year": 1995, "consented": True}
        return taken(uow, profiles, create_record(uow, profiles, values), *steps)

    return make


def profile_shared(uow: UnitOfWork, place: UUID) -> UUID:
    """Somebody else's profile that was shared with whoever asks, as with a matchmaker."""
    with _as_operator(uow):
        profile_id = profile_at(("activate", {}))(uow, place)
    profile = uow.session.get_one(profiles.model, (uow.tenant_id, profile_id))
    account_id = uow.principal.account_id or guest_account(uow, place)
    share(uow, profiles, profile, account_id, ("designs.profile.read", "designs.profile.note"))
    return profile_id


def liked(uow: UnitOfWork, place: UUID) -> UUID:
    with _as_operator(uow):
        shown = profile_at(("activate", {}))(uow, place)
    return create_record(uow, likes, {**_whoever_asks(uow), "profile_id": shown}).id


def room_at(*steps: tuple[str, dict[str, Any]]) -> Callable[[UnitOfWork, UUID], UUID]:
    def make(uow: UnitOfWork, place: UUID) -> UUID:
        values = {
            "org_unit_id": place,
            "name": "样本小屋",
            "employer": {"name": "深圳市样本电子有限公司", "uscc": None},
            "contact_phone": "0755-29000000",
        }
        return taken(uow, rooms, create_record(uow, rooms, values), *steps)

    return make


OPENED = ("open", {"opened_on": date(2024, 6, 28)})
_AT = "/api/v1/designs"


def _records(path: str, name: str, plain: Any, **at: Any) -> dict[str, Any]:
    """Samples for the operations on one record: `plain`, but for the steps and lists that need another state."""
    lists = ("assistance", "instalments", "attendance", "inspections")
    found = {
        f"{'PUT' if step_name in lists else 'POST'} {_AT}/{path}/{{{name}_id}}/{step_name}": make
        for step_name, make in at.items()
    }
    return {f"{name}_id": plain, **found}


def with_rows(of: RecordType, make: Callable[[UnitOfWork, UUID], UUID], **row: Any) -> Any:
    """A record with one row in the list that has states of its own."""

    def made(uow: UnitOfWork, place: UUID) -> UUID:
        record_id = make(uow, place)
        record = uow.session.get_one(of.model, (uow.tenant_id, record_id))
        child = next(child for child in of.children if child.states)
        put_list(uow, of, child, record_id, record.version, [row])
        return record_id

    return made


SAMPLES: dict[str, Callable[[UnitOfWork, UUID], Any]] = {
    # The space keeps them from what nobody else may see: everybody may see these, or every officer.
    "guest account": guest_account,
    "published course": published_course,
    "shown profile": profile_at(("activate", {})),
    **_records(
        "hardship-files",
        "hardship",
        hardship_at(),
        submit=hardship_at(),
        visit=hardship_at(("submit", {})),
        review=hardship_at(("submit", {}), ("visit", {})),
        post=hardship_at(("submit", {}), ("visit", {}), REVIEW),
        approve=hardship_past_posting,
        exit=hardship_filed,
        reenter=hardship_exited,
        assistance=hardship_filed,
        **{"return": hardship_at(("submit", {}))},
    ),
    **_records(
        "dispute-cases",
        "dispute",
        dispute_at(),
        refer=dispute_at(("accept", {})),
        report=dispute_at(("accept", {})),
        agree=dispute_at(("accept", {})),
        perform=dispute_at(("accept", {}), ("agree", {"agreed": 1_000_000})),
        instalments=dispute_at(("accept", {}), ("agree", {"agreed": 1_000_000})),
    ),
    **_records("courses", "course", course_draft, close=course_open),
    **_records("enrolments", "enrolment", enrolled, admit=waiting),
    **_records(
        "profiles",
        "profile",
        profile_at(),
        activate=profile_at(),
        pause=profile_at(("activate", {})),
        note=profile_shared,
        leave=profile_at(("activate", {})),
    ),
    **_records("likes", "like", liked),
    "assistance": with_rows(
        hardship, hardship_filed, kind="living", amount=80_000, paid_on=date(2024, 6, 28)
    ),
    "instalments": with_rows(
        dispute,
        dispute_at(("accept", {}), ("agree", {"agreed": 1_000_000})),
        due_on=date(2024, 7, 31),
        amount=500_000,
    ),
    "attendance": with_rows(enrolments, enrolled, slot=1, came=True),
    "inspections": with_rows(rooms, room_at(OPENED), inspected_on=date(2024, 6, 28)),
    **_records("rooms", "room", room_at(), close=room_at(OPENED), inspections=room_at(OPENED)),
}
