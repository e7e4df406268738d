"""API tokens: never more than their account, limited by name, ended by time or by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gonghui.testing import Federation
from gonghui.testing.federation import Asker
from gonghui.values import clock

UNITS, TOKENS = "/api/v1/org-units", "/api/v1/tokens"


def issued(asker: Asker, **wanted: Any) -> tuple[dict[str, Any], Asker]:
    """A token that `asker` issues, and a program that carries it."""
    response = asker.post(TOKENS, {"name": "nightly export", **wanted})
    assert response.status_code == 201, response.text
    return response.json, Asker(asker.app, asker.tenant, response.json["token"])


def test_a_token_does_what_its_account_may(federation: Federation) -> None:
    east = federation.client("east")
    _token, program = issued(east)
    assert program.get(UNITS).json == east.get(UNITS).json
    assert program.get("/api/v1/me").json["account_id"] == str(federation.accounts["east"])


def test_a_token_does_no_more_than_it_names(federation: Federation) -> None:
    _token, program = issued(federation.client("east"), permissions=["core.org_unit.read"])
    unit = {"parent_id": federation.units["east"], "kind": "community_federation", "name": "新社区"}
    assert program.get(UNITS).status_code == 200
    assert program.post(UNITS, unit).status_code == 403
    assert federation.client("east").post(UNITS, unit).status_code == 201


def test_a_token_that_names_what_its_account_lacks_does_not_get_it(federation: Federation) -> None:
    _token, program = issued(federation.client("garden"), permissions=["core.org_unit.create"])
    unit = {"parent_id": federation.units["garden"], "kind": "grassroots_union", "name": "一厂"}
    assert program.post(UNITS, unit).status_code == 403


def test_a_token_that_names_nothing_may_nothing(federation: Federation) -> None:
    _token, program = issued(federation.client("admin"), permissions=[])
    assert [program.get(path).status_code for path in (UNITS, TOKENS, "/api/v1/me")] == [403] * 3


def test_a_token_ends_on_its_day(federation: Federation) -> None:
    _token, program = issued(federation.client("east"), days=2)
    with clock.at(clock.now() + timedelta(hours=47)):
        assert program.get(UNITS).status_code == 200
    with clock.at(clock.now() + timedelta(hours=49)):
        assert program.get(UNITS).status_code == 401


@pytest.mark.parametrize("days", [0, -1, 367, 2**63 - 1])
def test_a_token_lives_a_year_at_most(federation: Federation, days: int) -> None:
    refused = federation.client("east").post(TOKENS, {"name": "for ever", "days": days})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/days")


def test_a_revoked_token_is_nobody(federation: Federation) -> None:
    east = federation.client("east")
    token, program = issued(east)
    assert east("DELETE", f"{TOKENS}/{token['id']}").status_code == 204
    assert program.get(UNITS).status_code == 401
    (listed,) = east.get(TOKENS).json
    assert listed["revoked_at"] is not None


def test_a_token_cannot_issue_a_token(federation: Federation) -> None:
    _token, program = issued(federation.client("east"))
    refused = program.post(TOKENS, {"name": "second"})
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "token_from_token")
    assert len(federation.client("east").get(TOKENS).json) == 1


def test_nobody_revokes_somebody_elses_token(federation: Federation) -> None:
    token, program = issued(federation.client("east"))
    for other in ("admin", "west"):
        assert federation.client(other)("DELETE", f"{TOKENS}/{token['id']}").status_code == 404
    assert program.get(UNITS).status_code == 200


def test_somebody_elses_tokens_are_not_listed(federation: Federation) -> None:
    issued(federation.client("east"))
    assert federation.client("admin").get(TOKENS).json == []


def test_the_secret_is_shown_once_and_recognised_by_its_end(federation: Federation) -> None:
    token, _program = issued(federation.client("east"))
    listing = federation.client("east").get(TOKENS)
    assert token["token"].startswith("gh_")
    assert token["token"] not in listing.text
    assert listing.json[0]["last_four"] == token["token"][-4:]


def test_a_worker_without_any_role_may_have_a_token_that_may_nothing(federation: Federation) -> None:
    _token, program = issued(federation.client("worker"))
    assert program.get(UNITS).status_code == 403
