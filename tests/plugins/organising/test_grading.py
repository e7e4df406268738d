"""Grading: criteria give points, points and criteria a grade, the union above confirms it, and a day ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.organising.stepping import codes, create, figure, send, take, union_at

from gonghui.db import policies
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui_organising.demo_targets import RESULTS
from gonghui_organising.grades import GRADES, Answer, Criterion, Demand, Grade, Scheme
from gonghui_organising.union import GrassrootsUnion


def count_members(federation: Federation, union_id: str, members: int | None) -> None:
    with federation.uow() as uow:
        uow.session.get_one(GrassrootsUnion, (uow.tenant_id, union_id)).members = members


def assess(
    federation: Federation,
    members: int | None = 40,
    results: Any = RESULTS,
    on: str = "2024-06-20",
    by: str = "garden",
) -> str:
    """A draft of an assessment of a union with 40 staff."""
    union_id = union_at(federation)
    count_members(federation, union_id, members)
    body = {"union_id": union_id, "assessed_on": on, "results": results}
    return create(federation, by, "assessments", body)


def without(*criteria: str) -> list[dict[str, Any]]:
    """The answers, with some criteria not met."""
    return [
        {"criterion": row["criterion"], "met": False} if row["criterion"] in criteria else row
        for row in RESULTS
    ]


@pytest.mark.parametrize(
    ("members", "results", "points", "grade"),
    [
        (40, RESULTS, 100, "demonstration"),
        (36, RESULTS, 100, "demonstration"),
        (35, RESULTS, 100, "standard"),
        (32, RESULTS, 100, "standard"),
        (31, RESULTS, 80, "none"),
        (40, without("legal_person"), 90, "standard"),
        (40, without("premises", "activities"), 90, "demonstration"),
        (40, without("own_account"), 90, "none"),
        (40, without("legal_person", "yearly_meeting", "disclosure", "collective_contract"), 60, "none"),
    ],
)
def test_points_criteria_and_membership_rate_decide_the_grade(
    federation: Federation, members: int, results: Any, points: int, grade: str
) -> None:
    told = federation.client("garden").get(assess(federation, members, results)).json
    assert (told["points"], told["grade"]) == (points, grade)
    assert told["guidance"]


def test_the_membership_rate_is_worked_out_and_not_typed(federation: Federation) -> None:
    lied = [*RESULTS, {"criterion": "membership_rate", "met": True, "number": 100}]
    told = federation.client("garden").get(assess(federation, 31, lied)).json
    (rate,) = (row for row in told["results"] if row["criterion"] == "membership_rate")
    assert (rate["number"], rate["met"], rate["points"]) == (77, False, 0)
    assert (told["members"], told["headcount"]) == (31, 40)
    assert told["lacking"] == ["入会率 ≥ 80%"]


def test_what_the_next_grade_still_asks_for_is_told_in_words(federation: Federation) -> None:
    told = federation.client("garden").get(assess(federation, 35, without("legal_person"))).json
    assert told["lacking"] == ["取得工会法人资格", "入会率 ≥ 90%"]


def test_the_grade_is_counted_again_when_it_is_proposed(federation: Federation) -> None:
    path = assess(federation, 40)
    count_members(federation, federation.client("east").get(path).json["union_id"], 20)
    assert take(federation, path, ("garden", "propose", {}))["grade"] == "none"


def test_a_confirmed_assessment_gives_a_dated_grade(federation: Federation) -> None:
    path = assess(federation)
    take(federation, path, ("garden", "propose", {}))
    told = take(federation, path, ("east", "confirm", {"effective_on": "2024-06-28"}))
    assert (told["state"], told["valid_from"], told["valid_to"]) == ("confirmed", "2024-06-28", "2026-06-28")
    last = federation.client("east").get(f"{path}/history").json[-1]
    assert (last["name"], last["is_late"]) == ("confirm", True)


def test_who_proposed_does_not_confirm_and_nobody_confirms_at_the_union_itself(
    federation: Federation,
) -> None:
    path = assess(federation, by="east")
    take(federation, path, ("east", "propose", {}))
    assert send(federation, "east", path, {}, step="confirm").json["code"] == "same_person"
    assert send(federation, "garden", path, {}, step="confirm").status_code == 403
    assert send(federation, "west", path, {}, step="confirm").status_code == 404
    take(federation, path, ("district", "confirm", {}))


def test_a_returned_assessment_says_why_and_comes_back(federation: Federation) -> None:
    path = assess(federation)
    take(federation, path, ("garden", "propose", {}))
    assert send(federation, "east", path, {}, step="return").status_code == 422
    take(federation, path, ("east", "return", {"comment": "缺集体合同备案"}))
    changed = send(federation, "garden", path, {"results": without("premises")}, method="PATCH")
    assert changed.status_code == 200, changed.text
    assert changed.json["points"] == 95
    take(federation, path, ("garden", "propose", {}), ("east", "confirm", {}))
    assert send(federation, "east", path, {"assessed_on": "2024-01-01"}, method="PATCH").status_code == 409


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([{"criterion": "invented", "met": True}], ["criterion_unknown"]),
        ([RESULTS[0], RESULTS[0]], ["criterion_repeated"]),
    ],
)
def test_results_name_criteria_that_there_are_once(
    federation: Federation, results: Any, expected: list[str]
) -> None:
    body = {"union_id": union_at(federation), "assessed_on": "2024-06-20", "results": results}
    assert codes(federation.client("garden").post("/api/v1/organising/assessments", body)) == expected


def test_what_is_missing_is_named_before_it_is_proposed(federation: Federation) -> None:
    path = assess(federation, results=[{"criterion": "own_account", "met": True}])
    found = codes(send(federation, "garden", path, {}, step="propose"))
    assert sorted(set(found)) == ["criterion_missing", "evidence_missing"]
    assert found.count("criterion_missing") == 7
    bare = assess(federation, None)
    assert codes(send(federation, "garden", bare, {}, step="propose")) == ["figures_missing"]


def test_an_assessment_is_of_a_union_within_reach_and_stays_with_it(federation: Federation) -> None:
    body = {"union_id": union_at(federation, "river"), "assessed_on": "2024-06-20"}
    refused = federation.client("garden").post("/api/v1/organising/assessments", body)
    assert refused.status_code in (404, 422)
    path = assess(federation)
    moved = send(federation, "district", path, {"union_id": body["union_id"]}, method="PATCH")
    assert codes(moved) == ["union_fixed"]
    offered = federation.client("garden").get("/api/v1/organising/assessments/choices/union-id").json
    assert body["union_id"] not in {each["id"] for each in offered}


def test_days_are_in_order(federation: Federation) -> None:
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    body = {"union_id": union_at(federation), "assessed_on": tomorrow}
    assert codes(federation.client("garden").post("/api/v1/organising/assessments", body)) == ["in_future"]
    path = assess(federation)
    take(federation, path, ("garden", "propose", {}))
    early = send(federation, "east", path, {"effective_on": "2024-06-01"}, step="confirm")
    assert codes(early) == ["before_assessment"]


def test_a_past_day_of_confirmation_needs_the_permission(federation: Federation) -> None:
    may = ["organising.assessment.read", "organising.assessment.confirm"]
    federation.add_officer("clerk", "clerk", "east", may)
    path = assess(federation)
    take(federation, path, ("garden", "propose", {}))
    body = {"effective_on": "2024-06-28"}
    assert send(federation, "clerk", path, body, step="confirm").status_code == 403
    assert send(federation, "clerk", path, {}, step="confirm").status_code == 200


def test_unions_are_counted_by_grade_and_enterprises_by_employer(federation: Federation) -> None:
    for members in (40, 33, 33, 20):
        path = assess(federation, members)
        take(federation, path, ("garden", "propose", {}), ("east", "confirm", {"effective_on": "2024-06-28"}))
    union_at(federation)
    parts = figure(federation, "organising.unions_by_grade", "2024H1")["parts"]
    assert parts == {"none": 2, "standard": 2, "demonstration": 1}
    assert figure(federation, "organising.standard_enterprises", "2024H1")["value"] == 2
    assert figure(federation, "organising.demonstration_enterprises", "2024H1")["value"] == 1
    assert figure(federation, "organising.demonstration_enterprises", "2024M05")["value"] == 0
    assert figure(federation, "organising.demonstration_enterprises", "2026H2")["value"] == 0
    assert figure(federation, "organising.unions_by_grade", "2024H1", "west")["value"] == 0


def test_a_later_grade_takes_the_place_of_the_earlier_one_from_its_day(federation: Federation) -> None:
    path = assess(federation)
    take(federation, path, ("garden", "propose", {}), ("east", "confirm", {"effective_on": "2024-06-28"}))
    union_id = federation.client("east").get(path).json["union_id"]
    count_members(federation, union_id, 33)
    body = {"union_id": union_id, "assessed_on": "2024-09-02", "results": RESULTS}
    later = create(federation, "garden", "assessments", body)
    take(federation, later, ("garden", "propose", {}), ("east", "confirm", {"effective_on": "2024-09-02"}))
    counted = {
        period: figure(federation, "organising.unions_by_grade", period)["parts"]
        for period in ("2024H1", "2024")
    }
    assert counted["2024H1"] == {"none": 0, "standard": 0, "demonstration": 1}
    assert counted["2024"] == {"none": 0, "standard": 1, "demonstration": 0}


def test_a_list_takes_the_same_queries_for_one_and_for_thirty(federation: Federation) -> None:
    def count() -> int:
        with counted_statements(federation.world.database.engine(policies.APP)) as sent:
            federation.client("east").get("/api/v1/organising/assessments?limit=50")
        return len(sent)

    union_id = union_at(federation)
    body = {"union_id": union_id, "assessed_on": "2024-06-20", "results": RESULTS}
    create(federation, "garden", "assessments", body)
    count()
    one = count()
    for _serial in range(29):
        create(federation, "garden", "assessments", body)
    assert count() == one


_CODES = ("a", "b", "membership_rate")
_SCHEME = Scheme(
    criteria={
        code: Criterion(
            code, code, 30, False, 80 if code == "membership_rate" else None, code == "membership_rate"
        )
        for code in _CODES
    },
    demands=(Demand("standard", 60, ("a",), 80), Demand("demonstration", 90, ("a", "b"), 90)),
    guidance={grade.value: grade.value for grade in Grade},
    version="nation@2016-01-01",
)


@given(met=st.fixed_dictionaries({code: st.booleans() for code in _CODES}), rate=st.integers(0, 100))
def test_meeting_more_never_lowers_a_grade(met: dict[str, bool], rate: int) -> None:
    order = list(GRADES)

    def graded(answered: dict[str, bool], share: int) -> int:
        answers = {
            code: Answer(is_met, 30 if is_met else 0, share if code == "membership_rate" else None)
            for code, is_met in answered.items()
        }
        verdict = _SCHEME.verdict(answers)
        assert (verdict.grade == "demonstration") == (not verdict.lacking)
        return order.index(verdict.grade)

    for code in _CODES:
        assert graded({**met, code: True}, rate) >= graded(met, rate)
    assert graded(met, 100) >= graded(met, rate)


def test_a_rate_is_rounded_down_so_that_what_is_missing_stays_missing() -> None:
    assert _SCHEME.rate(799, 1000) == 79
    assert _SCHEME.rate(None, 10) is None
    assert _SCHEME.rate(5, 0) is None
