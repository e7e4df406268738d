"""What stands between a draft and its submission: each rule of the field, at its field."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from gonghui.testing import Federation
from gonghui_organising.demo import demo_code
from gonghui_organising.union_samples import founding_values

UNIONS = "/api/v1/organising/unions"


def drafted(federation: Federation, by: str = "firm", **changes: Any) -> TestResponse:
    """The answer to a sound draft with `changes` (`...` leaves out) by an officer at their own unit."""
    whole = {**founding_values(federation.units[by]), **changes}
    body = {name: value for name, value in whole.items() if value is not ...}
    return federation.client(by).post(UNIONS, body)


def step(
    federation: Federation, login: str, name: str, before: TestResponse, body: Any = None
) -> TestResponse:
    """The answer to a step with the union that the answer `before` shows."""
    path = f"{UNIONS}/{before.json['id']}/{name}"
    return federation.client(login).post(path, body, headers={"If-Match": before.headers["ETag"]})


def submission(federation: Federation, by: str = "firm", **changes: Any) -> tuple[int, dict[str, str]]:
    """Status of drafting and submitting a sound founding with `changes`, and fault codes by pointer."""
    answer = drafted(federation, by, **changes)
    if answer.status_code == 201:
        answer = step(federation, by, "submit", answer)
    return answer.status_code, faults(answer.json)


def approved(federation: Federation, **changes: Any) -> TestResponse:
    """A founding at the firm that the street has approved."""
    submitted = step(federation, "firm", "submit", drafted(federation, **changes))
    answer = step(federation, "east", "approve", submitted, {"approval_no": "示工复1号", "term_years": 5})
    assert answer.status_code == 200, answer.text
    return answer


def faults(content: dict) -> dict[str, str]:
    return {fault["pointer"]: fault["code"] for fault in content.get("errors", ())}


def committee(**changes: Any) -> dict:
    return {"started_on": "2024-06-12", "years": 5, "seats": 3, **changes}


def test_a_sound_founding_is_submitted(federation: Federation) -> None:
    assert submission(federation) == (200, {})


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"chair_name": None}, "/chair_name", "required"),
        ({"headcount": None}, "/headcount", "required"),
        ({"members": None}, "/members", "required"),
        ({"members": 0}, "/members", "no_members"),
        ({"employer_informed_on": None}, "/employer_informed_on", "required"),
        ({"employer_informed_on": "2024-06-13"}, "/employer_informed_on", "after_election"),
        (
            {"employer_informed_on": "2099-01-01", "committee": ...},
            "/employer_informed_on",
            "in_future",
        ),
        ({"near_relatives_excluded": False}, "/near_relatives_excluded", "relatives_not_excluded"),
        ({"preparatory_group_size": 2}, "/preparatory_group_size", "preparatory_group_size"),
        ({"preparatory_group_size": 6}, "/preparatory_group_size", "preparatory_group_size"),
        ({"preparatory_group_size": None}, "/preparatory_group_size", "preparatory_group_size"),
        ({"employers": []}, "/employers", "one_employer"),
        ({"kind": "joint"}, "/employers", "too_few_employers"),
        ({"committee": ...}, "/committee", "required"),
        ({"committee": committee(seats=None)}, "/committee/seats", "required"),
        ({"committee": committee(seats=4)}, "/committee/seats", "seats_even"),
        ({"committee": committee(seats=7)}, "/committee/seats", "seats_out_of_range"),
        ({"committee": committee(started_on="2099-01-01")}, "/committee/started_on", "in_future"),
        ({"papers": [{"kind": "request"}]}, "/papers", "paper_missing:employer_licence"),
    ],
)
def test_what_is_missing_is_named_at_its_field(
    federation: Federation, changes: dict, pointer: str, code: str
) -> None:
    status, found = submission(federation, **changes)
    assert status == 422
    assert found[pointer] == code


def test_the_employer_may_be_informed_on_the_day_of_the_election(federation: Federation) -> None:
    assert submission(federation, employer_informed_on="2024-06-12") == (200, {})


@pytest.mark.parametrize("years", [1, 2, 4, 6])
def test_a_term_is_three_or_five_years(federation: Federation, years: int) -> None:
    status, found = submission(federation, committee=committee(years=years))
    assert (status, found) == (422, {"/committee/years": "term_not_3_or_5"})


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"members": 41}, "/members", "members_exceed_staff"),
        ({"women_members": 31}, "/women_members", "women_exceed_members"),
        ({"women_staff": 41}, "/women_staff", "women_staff_exceed_staff"),
        ({"migrant_members": 31}, "/migrant_members", "migrant_members_exceed_members"),
        ({"uscc": "91990001000000001X"}, "/uscc", "code_check_digit"),
        ({"uscc": demo_code("91", 77)}, "/uscc", "code_not_union"),
        (
            {"employers": [{"name": "甲", "uscc": "919900010000000011"}]},
            "/employers/0/uscc",
            "code_check_digit",
        ),
        ({"employers": [{"name": "甲"}, {"name": "乙"}]}, "/employers", "one_employer"),
        ({"papers": [{"kind": "request", "dated_on": "2099-01-01"}]}, "/papers/0/dated_on", "in_future"),
        ({"papers": [{"kind": "request", "number": "一"}] * 2}, "/papers/1", "paper_repeated"),
    ],
)
def test_contradictions_are_refused_in_a_draft_already(
    federation: Federation, changes: dict, pointer: str, code: str
) -> None:
    refused = drafted(federation, **changes)
    assert (refused.status_code, faults(refused.json)) == (422, {pointer: code})


def test_faults_of_different_rules_are_named_at_once_in_a_draft(federation: Federation) -> None:
    refused = drafted(federation, committee=committee(years=4), members=41, uscc="91990001000000001X")
    assert refused.status_code == 422
    assert faults(refused.json) == {
        "/committee/years": "term_not_3_or_5",
        "/members": "members_exceed_staff",
        "/uscc": "code_check_digit",
    }


def test_papers_of_one_kind_with_different_numbers_or_dates_are_several(federation: Federation) -> None:
    papers = [
        {"kind": "minutes", "number": "一", "dated_on": "2024-06-01"},
        {"kind": "minutes", "number": "二", "dated_on": "2024-06-01"},
        {"kind": "minutes", "number": "二", "dated_on": "2024-06-02"},
    ]
    assert drafted(federation, papers=papers).status_code == 201


@pytest.mark.parametrize("blank", ["", " ", "\u3000"])
def test_a_blank_name_of_the_chair_is_refused(federation: Federation, blank: str) -> None:
    refused = drafted(federation, chair_name=blank)
    assert (refused.status_code, list(faults(refused.json))) == (422, ["/chair_name"])


@pytest.mark.parametrize("blank", ["", " ", "\u3000"])
@pytest.mark.parametrize(
    ("name", "field", "others"), [("return", "comment", {}), ("approve", "approval_no", {"term_years": 5})]
)
def test_an_answer_of_the_upper_union_says_something(
    federation: Federation, name: str, field: str, others: dict, blank: str
) -> None:
    submitted = step(federation, "firm", "submit", drafted(federation))
    refused = step(federation, "east", name, submitted, {field: blank, **others})
    assert (refused.status_code, list(faults(refused.json))) == (422, [f"/{field}"])


def test_all_faults_are_named_at_once(federation: Federation) -> None:
    status, found = submission(federation, chair_name=None, committee=..., papers=[], employers=[])
    assert status == 422
    assert {"/chair_name", "/committee", "/papers", "/employers"} <= set(found)


def test_a_joint_union_covers_two_employers_or_more(federation: Federation) -> None:
    employers = [
        {"name": "甲厂", "uscc": demo_code("91", 501)},
        {"name": "乙厂", "uscc": demo_code("91", 502)},
    ]
    assert submission(federation, kind="joint", employers=employers)[0] == 200


def test_demo_codes_are_refused_where_the_federation_is_no_demonstration(world: Any) -> None:
    real = world.federation(demo=False)
    status, found = submission(real)
    assert (status, found) == (422, {"/employers/0/uscc": "code_not_issued"})


def test_a_union_code_belongs_to_one_union(federation: Federation) -> None:
    code = demo_code("81", 42)
    assert submission(federation, uscc=code)[0] == 200
    second = drafted(federation, "garden", uscc=code)
    assert (second.status_code, faults(second.json)) == (422, {"/uscc": "union_code_taken"})


def test_a_draft_keeps_no_union_code_from_the_union_that_is_submitted_with_it(federation: Federation) -> None:
    code = demo_code("81", 43)
    draft = drafted(federation, uscc=code)
    assert submission(federation, "garden", uscc=code) == (200, {})
    late = step(federation, "firm", "submit", draft)
    assert (late.status_code, faults(late.json)) == (422, {"/uscc": "union_code_taken"})


def test_an_employer_has_one_independent_union(federation: Federation) -> None:
    employers = [{"name": "样本丙厂", "uscc": demo_code("91", 601)}]
    approved(federation, employers=employers)
    second = drafted(federation, "garden", employers=employers)
    assert second.status_code == 201
    refused = step(federation, "garden", "submit", second)
    assert (refused.status_code, faults(refused.json)) == (422, {"/employers": "employer_has_union"})


def test_a_union_that_is_only_submitted_keeps_no_employer_from_another(federation: Federation) -> None:
    employers = [{"name": "样本丙厂", "uscc": demo_code("91", 602)}]
    assert submission(federation, employers=employers) == (200, {})
    assert submission(federation, "garden", employers=employers) == (200, {})


def test_a_draft_does_not_rename_the_employer_of_an_approved_union(federation: Federation) -> None:
    code = demo_code("91", 603)
    union = approved(federation, employers=[{"name": "样本丁厂", "uscc": code}])
    refused = drafted(federation, "garden", employers=[{"name": "样本戊厂", "uscc": code}])
    found = (refused.status_code, faults(refused.json))
    assert found == (422, {"/employers/0/name": "employer_name_differs"})
    assert employer_names(federation, union) == ["样本丁厂"]


def test_a_name_that_only_drafts_used_is_corrected_by_the_next_draft(federation: Federation) -> None:
    code = demo_code("91", 604)
    first = drafted(federation, employers=[{"name": "样本丁厂", "uscc": code}])
    second = drafted(federation, "garden", employers=[{"name": "样本戊厂", "uscc": code}])
    assert employer_names(federation, second) == ["样本戊厂"]
    assert employer_names(federation, first) == ["样本戊厂"]


def employer_names(federation: Federation, shown: TestResponse) -> list[str]:
    """What the employers of a union are called by now."""
    union = federation.client("district").get(f"{UNIONS}/{shown.json['id']}").json
    return [employer["name"] for employer in union["employers"]]
