"""What tests of the designs say again and again: bodies that are in order, and requests with the right version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.designs.samples import person
from werkzeug.test import TestResponse

from gonghui.parties.persons import person_by_id
from gonghui.testing import Federation, World
from gonghui.testing.federation import Asker
from gonghui.values import clock

AT = "/api/v1/designs"
FILES, CASES, ROOMS = f"{AT}/hardship-files", f"{AT}/dispute-cases", f"{AT}/rooms"
COURSES, ENROLMENTS = f"{AT}/courses", f"{AT}/enrolments"
PROFILES, LIKES = f"{AT}/profiles", f"{AT}/likes"


def long_standing(world: World) -> Federation:
    """A federation whose roles were given in spring 2024, so that it can be asked about any day since."""
    with clock.at(datetime(2024, 4, 1, 2, tzinfo=UTC)):
        return world.federation()


@contextmanager
def on(federation: Federation, year: int, month: int, day: int) -> Iterator[None]:
    """A working day of the federation, on which everybody signs in anew."""
    with clock.at(datetime(year, month, day, 2, tzinfo=UTC)):
        federation.secrets.clear()
        yield
    federation.secrets.clear()


def file_body(place: UUID, **more: Any) -> dict[str, Any]:
    """A hardship file that may be submitted."""
    household = [{"name": "陈示例", "relation": "self", "id_number": "样本号码"}]
    body = {
        "org_unit_id": str(place),
        "applicant": person(),
        "cause": "重病",
        "income": "36000.00",
        "rigid": "12000.00",
        "authorised_on": "2024-06-03",
        "health": "重大疾病",
        "household": household,
    }
    return body | more


def case_body(place: UUID, **more: Any) -> dict[str, Any]:
    """A dispute case as it is reported."""
    body = {
        "org_unit_id": str(place),
        "claimant": person(),
        "employer": {"name": "深圳市样本电子有限公司"},
        "cause": "pay",
        "claimed": "15000.00",
        "facts": "拖欠工资三个月",
        "received_on": "2024-06-03",
    }
    return body | more


def room_body(place: UUID, **more: Any) -> dict[str, Any]:
    """A nursing room that is being planned."""
    employer = {"name": "深圳市样本电子有限公司"}
    body = {"org_unit_id": str(place), "name": "样本小屋", "employer": employer}
    return body | {"contact_phone": "0755-29000000"} | more


def course_body(place: UUID, **more: Any) -> dict[str, Any]:
    """A course of thirty seats."""
    body = {"org_unit_id": str(place), "name": "样本课程", "starts_at": "2024-06-28T09:00:00+08:00"}
    return body | {"seats": 30} | more


def made(answer: TestResponse) -> dict[str, Any]:
    """The record that an answer shows, which was given."""
    assert answer.status_code in (200, 201), answer.text
    content: dict[str, Any] = answer.json
    return content


def sent(asker: Asker, method: str, path: str, body: Any, at: str | None = None) -> TestResponse:
    """A request with the version that the record at `at` (or at `path`) has now, as this asker sees it."""
    tag = asker.get(at or path).headers["ETag"]
    return asker(method, path, json=body, headers={"If-Match": tag})


def take(asker: Asker, record: str, step: str, **answers: Any) -> TestResponse:
    """Take a step of the record at a path, of the version that it has now."""
    return sent(asker, "POST", f"{record}/{step}", answers, at=record)


def change(asker: Asker, record: str, **values: Any) -> TestResponse:
    """Change the record at a path, of the version that it has now."""
    return sent(asker, "PATCH", record, values)


def put(asker: Asker, record: str, name: str, rows: list[Any]) -> TestResponse:
    """Put a list of the record at a path by itself."""
    return sent(asker, "PUT", f"{record}/{name}", {name: rows}, at=record)


def faults(answer: TestResponse) -> set[tuple[str, str]]:
    """Pointers and codes of what an answer finds wrong."""
    assert answer.status_code == 422, answer.text
    return {(fault["pointer"], fault["code"]) for fault in answer.json["errors"]}


def with_document(federation: Federation, login: str) -> dict[str, Any]:
    """Give the person behind an account an identity document; how somebody tells them."""
    told = person(f"样{login}")
    with federation.uow(login) as uow:
        assert uow.principal.person_id is not None
        known = person_by_id(uow, uow.principal.person_id)
        known.name, known.document_kind, known.id_number = told["name"], "resident_id", told["id_number"]
    return told
