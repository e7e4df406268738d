"""Activists and volunteers: recommended below, confirmed above, serving, and counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gonghui.auth.accounts import Account
from gonghui.db import policies
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui_organising.helper import Helper
from gonghui_organising.helper_samples import somebody
from gonghui_organising.member_samples import member_values

PATH, FIGURES = "/api/v1/organising/helpers", "/api/v1/figures"


def recommended(
    federation: Federation, who: str = "firm", place: str = "firm", **values: Any
) -> TestResponse:
    body = {"org_unit_id": str(federation.units[place]), "kind": "activist", "person": somebody(), **values}
    told = {name: value for name, value in body.items() if value is not None}
    return federation.client(who).post(PATH, told)


def at(federation: Federation, who: str, helper: Any, name: str, body: Any = None) -> TestResponse:
    path = f"{PATH}/{helper['id']}"
    tag = federation.client("district").get(path).headers["ETag"]
    method = "PUT" if name == "service" else "POST"
    return federation.client(who)(method, f"{path}/{name}", headers={"If-Match": tag}, json=body or {})


def figure(federation: Federation, code: str) -> int:
    period = f"{clock.today().year}H{1 if clock.today().month <= 6 else 2}"
    answer = federation.client("district").get(f"{FIGURES}?period={period}").json
    return next(one["value"] for one in answer["figures"] if one["code"] == code)


def test_a_union_recommends_and_the_street_confirms(federation: Federation) -> None:
    before = figure(federation, "organising.helpers_in_force")
    helper = recommended(federation, skills=["调解", "摄影"]).json
    assert (helper["state"], helper["skills"]) == ("recommended", ["调解", "摄影"])
    assert at(federation, "firm", helper, "confirm").status_code == 403
    assert at(federation, "west", helper, "confirm").status_code == 404
    confirmed = at(federation, "east", helper, "confirm").json
    assert confirmed["confirmed_on"] == clock.today().isoformat()
    assert figure(federation, "organising.helpers_in_force") == before + 1
    ended = at(federation, "east", helper, "end", {"comment": "离职"}).json
    assert (ended["state"], ended["ended_on"]) == ("ended", clock.today().isoformat())
    assert figure(federation, "organising.helpers_in_force") == before


def test_an_earlier_day_of_confirmation_needs_its_permission_and_shows_as_late(
    federation: Federation,
) -> None:
    federation.add_officer(
        "confirmer", "confirmer", "garden", ["organising.helper.read", "organising.helper.confirm"]
    )
    helper = recommended(federation).json
    earlier = {"effective_on": (clock.today() - timedelta(days=40)).isoformat()}
    assert at(federation, "confirmer", helper, "confirm", earlier).status_code == 403
    assert at(federation, "east", helper, "confirm", earlier).json["confirmed_on"] == earlier["effective_on"]
    steps = federation.client("east").get(f"{PATH}/{helper['id']}/history").json
    assert [(step["name"], step["is_late"]) for step in steps] == [("create", False), ("confirm", True)]


def test_a_member_is_picked_instead_of_told(federation: Federation) -> None:
    member = member_values(federation.units["firm"])
    body = {**member, "org_unit_id": str(member["org_unit_id"]), "joined_on": None}
    made = federation.client("district").post("/api/v1/organising/members", body).json
    helper = recommended(federation, person=None, member_id=made["id"], kind="volunteer")
    assert (helper.status_code, helper.json["person_name"]) == (201, "样会员")
    unseen = recommended(federation, "west", "firm_west", person=None, member_id=made["id"])
    assert unseen.json["errors"][0] | {"detail": ""} == {
        "pointer": "/member_id", "code": "not_choosable", "detail": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "pointer", "code"),
    [
        ({"person": None}, "/person", "required"),
        ({"member_id": str(UUID(int=1))}, "/member_id", "told_twice"),
    ],
)
def test_who_and_what_is_not_sound_is_refused(
    federation: Federation, values: Any, pointer: str, code: str
) -> None:
    answer = recommended(federation, **values)
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [(pointer, code)]


def test_nobody_is_the_same_kind_of_helper_twice(federation: Federation) -> None:
    person = somebody()
    assert recommended(federation, person=person).status_code == 201
    twice = recommended(federation, person=person)
    assert twice.json["errors"][0]["code"] == "is_one_already"
    assert recommended(federation, person=person, kind="volunteer").status_code == 201


def test_service_is_entered_while_confirmed_and_counts(federation: Federation) -> None:
    helper = recommended(federation).json
    today = clock.today().isoformat()
    rows = {
        "service": [
            {"served_on": today, "what": "走访", "hours": 2},
            {"served_on": today, "what": "调解", "hours": 3},
        ]
    }
    assert at(federation, "firm", helper, "service", rows).status_code == 409
    at(federation, "east", helper, "confirm")
    before = figure(federation, "organising.helper_services")
    served = at(federation, "firm", helper, "service", rows)
    assert (served.json["services"], served.json["hours"]) == (2, 5)
    assert figure(federation, "organising.helper_services") == before + 2


def test_a_helper_reads_their_own_record_and_nobody_elses(federation: Federation) -> None:
    mine, other = recommended(federation).json, recommended(federation).json
    with federation.uow() as uow:
        worker = uow.session.scalars(select(Account).where(Account.id == federation.accounts["worker"])).one()
        helper = uow.session.get_one(Helper, (uow.tenant_id, UUID(mine["id"])))
        helper.person_id = worker.person_id
        uow.commit()
    assert federation.client("worker").get(f"{PATH}/{mine['id']}").status_code == 200
    assert federation.client("worker").get(f"{PATH}/{other['id']}").status_code == 404
    assert at(federation, "worker", mine, "confirm").status_code == 403


def test_a_list_takes_the_same_statements_for_one_row_and_for_thirty(federation: Federation) -> None:
    federation.client("district").get(PATH)
    engine = federation.world.database.engine(policies.APP)
    statements = []
    for limit in (1, 30):
        for _n in range(limit):
            recommended(federation)
        with counted_statements(engine) as sent:
            items = federation.client("district").get(f"{PATH}?limit={limit}").json["items"]
        assert len(items) == limit
        statements.append(len(sent))
    assert statements[0] == statements[1]
