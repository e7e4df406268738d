"""What stands between a draft and its submission: each rule of the field, at its field."""

from typing import Any

import pytest

from gonghui.testing import Federation
from gonghui_organising.demo import demo_code
from gonghui_organising.samples import founding_values

UNIONS = "/api/v1/organising/unions"


def submission(federation: Federation, **changes: Any) -> tuple[int, dict[str, str]]:
    """Status of submitting a sound founding with `changes` (`...` leaves out), and fault codes by pointer."""
    firm = federation.client("firm")
    whole = {**founding_values(federation.units["firm"]), **changes}
    body = {name: value for name, value in whole.items() if value is not ...}
    created = firm.post(UNIONS, body)
    if created.status_code != 201:
        return created.status_code, faults(created.json)
    path = f"{UNIONS}/{created.json['id']}/submit"
    answer = firm.post(path, headers={"If-Match": created.headers["ETag"]})
    return answer.status_code, faults(answer.json)


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
    ],
)
def test_contradictions_are_refused_in_a_draft_already(
    federation: Federation, changes: dict, pointer: str, code: str
) -> None:
    status, found = submission(federation, **changes)
    assert (status, found) == (422, {pointer: code})


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
    body = {**founding_values(federation.units["garden"]), "uscc": code}
    second = federation.client("garden").post(UNIONS, body)
    assert (second.status_code, faults(second.json)) == (422, {"/uscc": "union_code_taken"})
