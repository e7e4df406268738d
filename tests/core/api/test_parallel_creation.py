"""The same thing created by several at one moment: one has it, the others are told, and nobody gets a 500."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from werkzeug.test import TestResponse

from gonghui.api.resources import accounts
from gonghui.testing import Federation
from gonghui_organising.union_samples import founding_values

ACCOUNTS, UNIONS = "/api/v1/accounts", "/api/v1/organising/unions"
TOGETHER = 4
#: A rule that looked first says 422 or 409; where all looked before anybody wrote, the database does: 409.
TOLD = {"login_taken", "already_exists", "union_exists"}


def all_at_once(
    federation: Federation, who: str, path: str, bodies: list[dict[str, Any]]
) -> list[TestResponse]:
    asker, start = federation.client(who), Barrier(len(bodies))

    def send(body: dict[str, Any]) -> TestResponse:
        start.wait(10)
        return asker.post(path, body)

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(send, bodies))


def account(federation: Federation, **changed: Any) -> dict[str, Any]:
    return {
        "name": "张示例",
        "login": "zhang.shili",
        "password": "correct horse battery",
        "role": "auditor",
        "org_unit_id": federation.units["district"],
        **changed,
    }


def codes(answers: list[TestResponse]) -> set[str]:
    """What those are told who did not get it: the code of the rule."""
    refused = [answer.json for answer in answers if answer.status_code != 201]
    return {told["errors"][0]["code"] if "errors" in told else told["code"] for told in refused}


def test_one_login_for_several_accounts_at_one_moment(federation: Federation) -> None:
    answers = all_at_once(federation, "admin", ACCOUNTS, [account(federation)] * TOGETHER)
    found = Counter(answer.status_code for answer in answers)
    assert found[201] == 1, found
    assert set(found) <= {201, 409, 422}
    assert codes(answers) <= TOLD


def test_a_login_that_nobody_saw_taken_is_told_by_the_database(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "find_account", lambda *_arguments: None)
    answers = all_at_once(federation, "admin", ACCOUNTS, [account(federation)] * TOGETHER)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert codes(answers) == {"already_exists"}
    assert all("zhang.shili" not in answer.text for answer in answers if answer.status_code == 409)


def test_several_unions_on_one_enterprise_at_one_moment(federation: Federation) -> None:
    bodies = [founding_values(federation.units["firm"]) for _union in range(TOGETHER)]
    answers = all_at_once(federation, "firm", UNIONS, bodies)
    found = Counter(answer.status_code for answer in answers)
    assert (found[201], set(found) <= {201, 409, 422}) == (1, True), found
    assert codes(answers) <= TOLD


def test_several_unions_of_one_new_employer_at_one_moment(federation: Federation) -> None:
    body = founding_values(federation.units["garden"])
    answers = all_at_once(federation, "garden", UNIONS, [body] * TOGETHER)
    found = Counter(answer.status_code for answer in answers)
    assert found[201] >= 1
    assert set(found) <= {201, 409, 422}, found
    assert codes(answers) <= TOLD
