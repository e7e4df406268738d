"""Professional union workers: hired, graded, posted to one place at a time, certified and reminded (domain §5.5)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from gonghui.db import policies
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui.values.calendar import WorkingCalendar
from gonghui.values.time_limits import LimitUnit, TimeLimit, last_day_before
from gonghui_organising.helper_samples import somebody
from gonghui_organising.staff import overlapping

STAFF, HELD = "/api/v1/organising/staff-members", "/api/v1/organising/staff-certificates"
DEADLINES, FIGURES = "/api/v1/deadlines", "/api/v1/figures"
#: What the parameter `organising.staff.certificate_warning` says.
WARNING = 90
COORDINATOR = {"kind": "labour_relations_coordinator"}
Span = tuple[date, date | None]


def entered(federation: Federation, who: str = "east", place: str = "east", **values: Any) -> TestResponse:
    body = {"org_unit_id": str(federation.units[place]), "person": somebody(), **values}
    return federation.client(who).post(STAFF, body)


def at(federation: Federation, who: str, path: str, record: Any, name: str, body: Any = None) -> TestResponse:
    one = f"{path}/{record['id']}"
    tag = federation.client("district").get(one).headers["ETag"]
    method = "PUT" if name in ("grades", "postings") else "POST"
    return federation.client(who)(method, f"{one}/{name}", headers={"If-Match": tag}, json=body or {})


def in_post(federation: Federation, **values: Any) -> Any:
    member = entered(federation, **values).json
    answer = at(federation, "east", STAFF, member, "appoint")
    assert answer.status_code == 200, answer.text
    return answer.json


def certificate(federation: Federation, member: Any, who: str = "east", **values: Any) -> TestResponse:
    body = {
        "staff_member_id": member["id"],
        "kind": "social_worker",
        "level": "社会工作师",
        "number": "样本编号0001",
        "issuer": "示例机构",
        "issued_on": "2023-06-30",
        **values,
    }
    return federation.client(who).post(HELD, body)


def posting(federation: Federation, first: str, last: str | None = None, **values: Any) -> dict[str, Any]:
    unit = str(federation.units["garden"])
    return {"unit": unit, "task": "试点园区", "share": "full", "from_on": first, "to_on": last, **values}


def faults(answer: TestResponse) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]]


def figure(federation: Federation, code: str) -> int:
    period = f"{clock.today().year}H{1 if clock.today().month <= 6 else 2}"
    answer = federation.client("district").get(f"{FIGURES}?period={period}").json
    return next(one["value"] for one in answer["figures"] if one["code"] == code)


# --- postings


def test_nobody_is_posted_full_time_to_two_places_at_once(federation: Federation) -> None:
    first = posting(federation, "2024-01-01", "2024-06-30")
    assert faults(entered(federation, postings=[first, posting(federation, "2024-06-30")])) == [
        ("/postings/1/from_on", "postings_overlap")
    ]
    member = entered(federation, postings=[first, posting(federation, "2024-07-01")])
    assert (member.status_code, member.json["posts"]) == (201, "花园社区工联会")


def test_a_part_time_posting_goes_beside_a_full_one(federation: Federation) -> None:
    part = posting(federation, "2024-02-01", share="part", days_a_month=2)
    assert entered(federation, postings=[posting(federation, "2024-01-01"), part]).status_code == 201


def test_a_posting_that_is_moved_by_itself_is_held_against_those_that_are_there(
    federation: Federation,
) -> None:
    rows = [posting(federation, "2024-01-01", "2024-06-30"), posting(federation, "2024-07-01")]
    member = entered(federation, postings=rows).json
    earlier, later = sorted(member["postings"], key=lambda row: row["from_on"])
    moved = {"postings": [{"id": earlier["id"]}, {"id": later["id"], "from_on": "2024-06-01"}]}
    assert faults(at(federation, "east", STAFF, member, "postings", moved)) == [
        ("/postings/1/from_on", "postings_overlap")
    ]
    ended = {"postings": [{"id": earlier["id"], "to_on": "2023-12-31"}, {"id": later["id"]}]}
    assert faults(at(federation, "east", STAFF, member, "postings", ended)) == [
        ("/postings/0/to_on", "before_first_day")
    ]


def test_a_posting_is_to_a_unit_that_one_may_post_to(federation: Federation) -> None:
    row = posting(federation, "2024-01-01", unit=str(federation.units["river"]))
    assert faults(entered(federation, postings=[row])) == [("/postings/0/unit", "not_choosable")]


def test_whoever_leaves_leaves_their_posts(federation: Federation) -> None:
    member = in_post(federation, postings=[posting(federation, "2024-01-01")])
    left = at(federation, "east", STAFF, member, "leave", {"comment": "辞职"}).json
    assert (left["left_on"], left["postings"][0]["to_on"]) == (clock.today().isoformat(),) * 2


DAYS = st.dates(date(2024, 1, 1), date(2024, 2, 10))
SPANS = st.lists(
    st.tuples(DAYS, st.none() | st.integers(0, 15)).map(
        lambda span: (span[0], None if span[1] is None else span[0] + timedelta(days=span[1]))
    ),
    max_size=6,
)


def share_a_day(one: Span, other: Span) -> bool:
    return one[0] <= (other[1] or date.max) and other[0] <= (one[1] or date.max)


@given(spans=SPANS)
def test_overlaps_are_found_exactly_where_two_postings_share_a_day(spans: list[Span]) -> None:
    found = list(overlapping(spans))
    assert all(i != j and share_a_day(spans[i], spans[j]) for i, j in found)
    # Every span that shares a day with one that began before it, or with it, is named.
    assert bool(found) == any(share_a_day(one, other) for one, other in combinations(spans, 2))
    named = {i for i, _j in found}
    rest = [span for i, span in enumerate(spans) if i not in named]
    assert not any(share_a_day(one, other) for one, other in combinations(rest, 2))


# --- the worker


def test_an_earlier_day_of_hiring_needs_its_permission_and_shows_as_late(federation: Federation) -> None:
    allowed = ["organising.staff_member.read", "organising.staff_member.appoint"]
    federation.add_officer("appointer", "appointer", "east", allowed)
    member = entered(federation).json
    earlier = {"effective_on": (clock.today() - timedelta(days=400)).isoformat()}
    assert at(federation, "appointer", STAFF, member, "appoint", earlier).status_code == 403
    assert (
        at(federation, "east", STAFF, member, "appoint", earlier).json["hired_on"] == earlier["effective_on"]
    )
    steps = federation.client("east").get(f"{STAFF}/{member['id']}/history").json
    assert [step["is_late"] for step in steps] == [False, True]


@pytest.mark.parametrize(
    ("login", "status"),
    [
        ("district", 200),
        ("east", 200),
        ("admin", 200),
        ("garden", 404),
        ("west", 404),
        ("firm", 404),
        ("worker", 404),
    ],
)
def test_a_worker_is_seen_from_where_they_were_hired_and_above(
    federation: Federation, login: str, status: int
) -> None:
    member = entered(federation).json
    assert federation.client(login).get(f"{STAFF}/{member['id']}").status_code == status


def test_a_grade_is_one_of_those_in_force_and_the_latest_shows(federation: Federation) -> None:
    rows = [{"grade": "二级", "from_on": "2024-03-01"}, {"grade": "一级", "from_on": "2022-03-01"}]
    assert entered(federation, grades=rows).json["grade"] == "二级"
    unknown = entered(federation, grades=[{"grade": "特级", "from_on": "2024-03-01"}])
    assert faults(unknown) == [("/grades/0/grade", "grade_unknown")]
    future = entered(federation, grades=[{"grade": "一级", "from_on": "2199-03-01"}])
    assert faults(future) == [("/grades/0/from_on", "in_future")]


def test_a_person_has_one_file_at_a_time(federation: Federation) -> None:
    person = somebody()
    assert entered(federation, person=person).status_code == 201
    assert faults(entered(federation, person=person)) == [("/person", "is_one_already")]


def test_remarks_tell_what_to_look_at_and_by_what_law_and_refuse_nothing(federation: Federation) -> None:
    part = posting(federation, "2024-01-01", share="part", days_a_month=5)
    member = in_post(federation, postings=[part], contract_until="2024-12-31")
    remarks = federation.client("east").get(f"{STAFF}/{member['id']}/remarks").json
    assert [one["code"] for one in remarks] == ["part_time_days", "contract_over", "no_certificate"]
    assert "工会法第四十一条" in remarks[0]["basis"]
    at(federation, "district", HELD, certificate(federation, member).json, "verify")
    remarks = federation.client("east").get(f"{STAFF}/{member['id']}/remarks").json
    assert "no_certificate" not in [one["code"] for one in remarks]


# --- certificates


def expiries(federation: Federation, made: Any) -> list[tuple[str, str]]:
    found = []
    for state in ("open", "met"):
        listed = federation.client("east").get(f"{DEADLINES}?state={state}&limit=100").json["items"]
        found += [(one["state"], one["due_on"]) for one in listed if one["record_id"] == made["id"]]
    return found


def due(last: date) -> str:
    """The day that the deadline counts back to; one that is no working day moves to the one before."""
    with_no_calendar = WorkingCalendar()
    return last_day_before(last, TimeLimit(WARNING, LimitUnit.DAYS), with_no_calendar).on.isoformat()


def test_a_verified_certificate_is_watched_until_it_is_renewed(federation: Federation) -> None:
    last = clock.today() + timedelta(days=200)
    made = certificate(federation, in_post(federation), valid_to=last.isoformat()).json
    assert expiries(federation, made) == []
    at(federation, "district", HELD, made, "verify")
    assert expiries(federation, made) == [("open", due(last))]
    earlier = at(federation, "east", HELD, made, "renew", {"valid_to": last.isoformat()})
    assert faults(earlier) == [("/valid_to", "not_later")]
    later = last + timedelta(days=1095)
    assert at(federation, "east", HELD, made, "renew", {"valid_to": later.isoformat()}).status_code == 200
    assert expiries(federation, made) == [("open", due(later)), ("met", due(last))]
    assert at(federation, "east", HELD, made, "void", {"comment": "注销"}).status_code == 200
    assert expiries(federation, made) == [("met", due(last))]


def test_nobody_waits_for_the_certificate_of_whoever_has_left(federation: Federation) -> None:
    member = in_post(federation)
    last = clock.today() + timedelta(days=200)
    made = certificate(federation, member, valid_to=last.isoformat()).json
    at(federation, "district", HELD, made, "verify")
    at(federation, "east", STAFF, member, "leave", {"comment": "辞职"})
    assert expiries(federation, made) == []


@pytest.mark.parametrize(
    ("values", "pointer", "code"),
    [
        ({"level": "五级"}, "/level", "level_unknown"),
        (
            {"kind": "labour_relations_coordinator", "level": "四级", "issued_on": "2019-05-01"},
            "/level",
            "level_unknown",
        ),
        ({"issued_on": "2198-01-01"}, "/issued_on", "in_future"),
        ({"valid_to": "2023-06-30"}, "/valid_to", "before_issue"),
    ],
)
def test_a_certificate_that_nobody_could_hold_is_refused(
    federation: Federation, values: Any, pointer: str, code: str
) -> None:
    assert faults(certificate(federation, entered(federation).json, **values)) == [(pointer, code)]


def test_the_number_of_a_certificate_is_sealed_and_opened_for_a_reason(federation: Federation) -> None:
    made = certificate(federation, entered(federation).json).json
    assert "0001" not in str(made["number"])
    body = {"field": "number", "reason": "核对证书原件"}
    opened = federation.client("east").post(f"{HELD}/{made['id']}/reveal", body)
    assert opened.json["value"] == "样本编号0001"
    assert federation.client("admin").post(f"{HELD}/{made['id']}/reveal", body).status_code == 403


def test_a_worker_next_door_cannot_be_given_a_certificate(federation: Federation) -> None:
    member = entered(federation).json
    refused = certificate(federation, member, "west")
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "not_choosable")


def test_figures_count_workers_in_post_and_of_them_with_a_valid_certificate(federation: Federation) -> None:
    staff, held = "organising.staff_in_post", "organising.certified_staff"
    before = figure(federation, staff), figure(federation, held)
    member, other = in_post(federation), in_post(federation)
    for level in ("社会工作师", "助理社会工作师"):
        at(federation, "district", HELD, certificate(federation, member, level=level).json, "verify")
    run_out = certificate(federation, other, valid_to="2024-06-30").json
    at(federation, "district", HELD, run_out, "verify")
    certificate(federation, other)  # nobody has seen the original
    assert (figure(federation, staff), figure(federation, held)) == (before[0] + 2, before[1] + 1)
    at(federation, "east", STAFF, member, "leave", {"comment": "调离"})
    assert (figure(federation, staff), figure(federation, held)) == (before[0] + 1, before[1])


@pytest.mark.parametrize("path", [STAFF, HELD])
def test_a_list_takes_the_same_statements_for_one_row_and_for_thirty(
    federation: Federation, path: str
) -> None:
    member = entered(federation).json
    engine = federation.world.database.engine(policies.APP)
    federation.client("district").get(path)
    statements = []
    for limit in (1, 30):
        for _n in range(limit):
            certificate(federation, member) if path == HELD else entered(federation)
        with counted_statements(engine) as sent:
            assert len(federation.client("district").get(f"{path}?limit={limit}").json["items"]) == limit
        statements.append(len(sent))
    assert statements[0] == statements[1]
