"""Idempotency-Key: what is sent twice happens once and is answered twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gonghui.auth.accounts import RoleAssignment
from gonghui.testing import Federation
from gonghui_organising.union_samples import founding_values

UNITS, UNIONS = "/api/v1/org-units", "/api/v1/organising/unions"


def create(
    federation: Federation, key: str | None, name: str = "新社区", who: str = "east", **changed: Any
) -> TestResponse:
    unit = {"parent_id": federation.units["east"], "kind": "community_federation", "name": name, **changed}
    headers = {} if key is None else {"Idempotency-Key": key}
    return federation.client(who).post(UNITS, unit, headers=headers)


def made(federation: Federation, name: str = "新社区") -> int:
    """How many units of that name there are."""
    units = federation.client("admin").get(f"{UNITS}?limit=100").json["items"]
    return [unit["name"] for unit in units].count(name)


def test_a_request_sent_twice_has_one_effect_and_one_answer(federation: Federation) -> None:
    first, second = create(federation, "key"), create(federation, "key")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.data == first.data
    assert second.content_type == first.content_type
    assert (first.headers.get("Idempotent-Replayed"), second.headers["Idempotent-Replayed"]) == (None, "true")
    assert made(federation) == 1


def test_without_a_key_or_with_another_it_happens_again(federation: Federation) -> None:
    for key in (None, None, "one", "two"):
        assert create(federation, key).status_code == 201
    assert made(federation) == 4


def test_a_key_is_not_used_for_another_content(federation: Federation) -> None:
    create(federation, "key")
    refused = create(federation, "key", name="另一社区")
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "key_reused")
    assert made(federation, "另一社区") == 0


def test_a_key_is_not_used_for_another_version(federation: Federation) -> None:
    firm = federation.client("firm")
    drafted = firm.post(UNIONS, founding_values(federation.units["firm"]))
    path, version = f"{UNIONS}/{drafted.json['id']}/submit", drafted.headers["ETag"]

    def submit(if_match: str | None) -> TestResponse:
        headers = {"Idempotency-Key": "key"} | ({} if if_match is None else {"If-Match": if_match})
        return firm("POST", path, headers=headers)

    assert submit(version).status_code == 200
    for other in ('"999"', None):
        refused = submit(other)
        assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "key_reused")
    again = submit(version)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")


def test_a_key_belongs_to_its_account(federation: Federation) -> None:
    create(federation, "key")
    other = create(federation, "key", who="admin")
    assert (other.status_code, other.headers.get("Idempotent-Replayed")) == (201, None)
    assert made(federation) == 2


def test_a_refused_request_does_not_use_its_key_up(federation: Federation) -> None:
    assert create(federation, "key", kind="nonsense").status_code == 422
    assert create(federation, "key", parent_id=federation.units["west"]).status_code == 404
    assert create(federation, "key").status_code == 201
    assert made(federation) == 1


def test_a_key_without_the_permission_answers_nothing(federation: Federation) -> None:
    create(federation, "key", who="east")
    with federation.uow() as uow:
        held = select(RoleAssignment).where(RoleAssignment.account_id == federation.accounts["east"])
        uow.session.delete(uow.session.scalars(held).one())
    assert create(federation, "key", who="east").status_code == 403


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_that_is_too_short_or_too_long_is_refused(federation: Federation, key: str) -> None:
    refused = create(federation, key)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "key_length")
    assert made(federation) == 0


def test_of_two_requests_at_the_same_moment_one_has_the_effect(federation: Federation) -> None:
    federation.client("east")
    start = Barrier(4)

    def send(_number: int) -> TestResponse:
        start.wait(5)
        return create(federation, "key")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.data for answer in answers}) == 1
    assert made(federation) == 1
