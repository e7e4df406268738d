"""The form adviser: what the law asks for, and what it leaves open, by number of members."""

import pytest

from gonghui.testing import Federation


def advice(federation: Federation, **query: int) -> dict:
    answer = federation.client("firm").get("/api/v1/organising/founding-advice", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.parametrize("members", [25, 26, 100, 5_000])
def test_from_25_members_an_own_committee_is_a_duty(shared_federation: Federation, members: int) -> None:
    found = advice(shared_federation, members=members)
    assert (found["forms"], found["is_duty"]) == (["own_committee"], True)
    assert "第十一条" in found["basis"]


@pytest.mark.parametrize("members", [0, 1, 10, 24])
def test_below_25_members_there_are_three_lawful_forms(shared_federation: Federation, members: int) -> None:
    found = advice(shared_federation, members=members)
    assert found["forms"] == ["own_committee", "joint_committee", "organiser"]
    assert not found["is_duty"]


def test_the_count_is_of_members_and_not_of_staff(shared_federation: Federation) -> None:
    assert not advice(shared_federation, members=24, headcount=900)["is_duty"]


@pytest.mark.parametrize(("headcount", "mentioned"), [(199, False), (200, True)])
def test_from_200_staff_a_full_time_chair_is_possible(
    shared_federation: Federation, headcount: int, mentioned: bool
) -> None:
    remarks = "".join(advice(shared_federation, members=50, headcount=headcount)["remarks"])
    assert ("专职工会主席" in remarks) is mentioned


@pytest.mark.parametrize(("members", "mentioned"), [(99, False), (100, True)])
def test_from_100_members_a_congress_is_possible(
    shared_federation: Federation, members: int, mentioned: bool
) -> None:
    assert ("会员代表大会" in "".join(advice(shared_federation, members=members)["remarks"])) is mentioned


@pytest.mark.parametrize(
    ("members", "seats"),
    [
        (10, [1, 1]), (11, [3, 3]), (25, [3, 3]), (26, [3, 5]), (100, [3, 5]), (101, [5, 7]), (200, [5, 7]),
        (201, [7, 9]), (500, [7, 9]), (501, [9, 15]), (1_000, [9, 15]), (1_001, [15, 21]), (5_000, [15, 21]),
        (5_001, [21, 29]), (10_000, [21, 29]), (10_001, [29, 37]), (50_000, [29, 37]), (50_001, [37, 45]),
    ],
)  # fmt: skip
def test_seats_follow_the_table_of_the_city(
    shared_federation: Federation, members: int, seats: list[int]
) -> None:
    assert advice(shared_federation, members=members)["seats"] == seats


@pytest.mark.parametrize("query", [{}, {"members": -1}, {"members": "many"}, {"members": 10**12}])
def test_a_question_without_a_sensible_number_is_refused(shared_federation: Federation, query: dict) -> None:
    answer = shared_federation.client("firm").get("/api/v1/organising/founding-advice", query_string=query)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/query/members"


def bodies(federation: Federation, **query: int) -> dict[str, dict]:
    return {body["body"]: body for body in advice(federation, **query)["bodies"]}


@pytest.mark.parametrize(
    ("women", "form"), [(0, "commissioner"), (9, "commissioner"), (10, "committee"), (400, "committee")]
)
def test_from_ten_women_members_there_is_a_womens_committee(
    shared_federation: Federation, women: int, form: str
) -> None:
    found = bodies(shared_federation, members=500, women_members=women)["women"]
    assert (found["forms"], found["is_duty"]) == ([form], True)
    assert str(women) in found["reason"]


@pytest.mark.parametrize(("members", "is_duty"), [(24, False), (25, True)])
def test_funds_are_reviewed_at_every_level_and_a_committee_is_a_duty_from_25_members(
    shared_federation: Federation, members: int, is_duty: bool
) -> None:
    found = bodies(shared_federation, members=members)
    assert found["union"]["is_duty"] is is_duty
    assert found["audit"]["is_duty"]
    assert "第四十五条" in found["audit"]["basis"]
