"""Street quotas: what is done is the figure, the streets rank by their share of it, and each sees its own line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.plugins.organising.stepping import BASE, codes, create, figure, take, union_at

from gonghui.db import policies
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui_organising.member_samples import active
from gonghui_organising.quotas import COUNTED

FOUNDED = "organising.unions_founded"
RANKING = f"{BASE}/quotas/ranking"


def quota(federation: Federation, street: str, target: int, *, issue: bool = True, **more: Any) -> str:
    body = {
        "org_unit_id": federation.units[street],
        "period": "2024H1",
        "indicator": FOUNDED,
        "target": target,
        **more,
    }
    path = create(federation, "district", "quotas", body)
    if issue:
        take(federation, path, ("district", "issue", {}))
    return path


def ranking(federation: Federation, login: str, period: str = "2024H1", indicator: str = FOUNDED) -> Any:
    answer = federation.client(login).get(f"{RANKING}?period={period}&indicator={indicator}")
    assert answer.status_code == 200, answer.text
    return [
        (each["org_unit_name"][:1], each["done"], each["rate"], each["rank"]) for each in answer.json["items"]
    ]


def test_streets_rank_by_the_share_of_their_quota(federation: Federation) -> None:
    quota(federation, "east", 10)
    quota(federation, "west", 3)
    for unit in ("garden", "east", "river"):
        union_at(federation, unit)
    assert ranking(federation, "district") == [("西", 1, "33.3", 1), ("东", 2, "20.0", 2)]
    assert ranking(federation, "east") == [("东", 2, "20.0", 2)]
    assert ranking(federation, "west") == [("西", 1, "33.3", 1)]
    assert ranking(federation, "district", "2024H2") == []


def test_streets_with_the_same_share_share_a_rank(federation: Federation) -> None:
    quota(federation, "east", 4)
    quota(federation, "west", 2)
    for unit in ("garden", "east", "river"):
        union_at(federation, unit)
    assert [each[3] for each in ranking(federation, "district")] == [1, 1]


@pytest.mark.parametrize("indicator", sorted(COUNTED))
def test_what_is_done_is_the_figure_of_the_street(federation: Federation, indicator: str) -> None:
    for unit in ("garden", "garden", "river"):
        union_at(federation, unit)
        with federation.uow() as uow:
            active(uow, federation.units[unit])
    # Sample unions were founded in June 2024, sample members joined 400 days ago.
    joined = clock.today() - timedelta(days=400)
    counted = 0
    for period in ("2024H1", str(joined.year)):
        for street in ("east", "west"):
            quota(federation, street, 7, indicator=indicator, period=period)
        done = {
            name: value for name, value, _rate, _rank in ranking(federation, "district", period, indicator)
        }
        assert done == {
            "东": figure(federation, indicator, period, unit="east")["value"],
            "西": figure(federation, indicator, period, unit="west")["value"],
        }
        counted += sum(done.values())
    assert "enterprises" in indicator or counted


def test_a_draft_and_a_withdrawn_quota_do_not_rank(federation: Federation) -> None:
    quota(federation, "east", 5, issue=False)
    path = quota(federation, "west", 5)
    assert [each[0] for each in ranking(federation, "district")] == ["西"]
    take(federation, path, ("district", "withdraw", {"comment": "任务调整"}))
    assert ranking(federation, "district") == []
    quota(federation, "west", 6)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"period": "2024H3"}, "unknown_period"), ({"org_unit_id": "garden"}, "no_street"), ({}, "quota_there")],
)
def test_a_quota_is_of_a_street_a_period_and_a_thing_and_there_is_one(
    federation: Federation, wrong: dict[str, Any], code: str
) -> None:
    quota(federation, "east", 5)
    unit = federation.units[wrong.pop("org_unit_id", "east")]
    period = "２０２４H1" if code == "quota_there" else "2025"
    body = {"org_unit_id": unit, "period": period, "indicator": FOUNDED, "target": 5, **wrong}
    assert codes(federation.client("district").post(f"{BASE}/quotas", body)) == [code]


def test_a_quota_of_nothing_is_refused(federation: Federation) -> None:
    body = {"org_unit_id": federation.units["east"], "period": "2024", "indicator": FOUNDED, "target": 0}
    assert federation.client("district").post(f"{BASE}/quotas", body).status_code == 422
    refused = federation.client("district").get(f"{RANKING}?period=2024H9&indicator={FOUNDED}")
    assert codes(refused) == ["unknown_period"]


def test_the_district_sets_quotas_and_streets_read_theirs(federation: Federation) -> None:
    path = quota(federation, "east", 5)
    body = {"org_unit_id": federation.units["east"], "period": "2025", "indicator": FOUNDED, "target": 5}
    assert federation.client("east").post(f"{BASE}/quotas", body).status_code == 403
    assert [federation.client(login).get(path).status_code for login in ("east", "west", "garden")] == [
        200, 404, 403
    ]  # fmt: skip
    assert federation.client("garden").get(f"{RANKING}?period=2024&indicator={FOUNDED}").status_code == 403


def test_the_ranking_takes_one_statement_however_many_streets(federation: Federation) -> None:
    def count() -> int:
        with counted_statements(federation.world.database.engine(policies.APP)) as sent:
            ranking(federation, "district")
        return sum("street_quota" in each for each in sent)

    quota(federation, "east", 5)
    assert count() == 1
    quota(federation, "west", 5)
    assert count() == 1
