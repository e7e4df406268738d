"""Taking steps of records over HTTP as somebody, with the version that the record has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from werkzeug.test import TestResponse

from gonghui.testing import Federation
from gonghui_organising.target_samples import approved_union

BASE = "/api/v1/organising"


def create(federation: Federation, login: str, path: str, body: dict[str, Any]) -> str:
    """The path of a new record."""
    answer = federation.client(login).post(f"{BASE}/{path}", body)
    assert answer.status_code == 201, answer.text
    return f"{BASE}/{path}/{answer.json['id']}"


def send(
    federation: Federation, login: str, path: str, body: Any, *, step: str = "", method: str = "POST"
) -> TestResponse:
    """A step, a change or a list of a record, sent by `login`."""
    tag = federation.client("district").get(path).headers["ETag"]
    target = f"{path}/{step}" if step else path
    return federation.client(login)(method, target, headers={"If-Match": tag}, json=body)


def take(federation: Federation, path: str, *steps: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    """The record after steps that all succeed: login, name and answers of each."""
    for login, name, body in steps:
        answer = send(federation, login, path, body, step=name)
        assert answer.status_code == 200, f"{name} as {login}: {answer.text}"
    return dict(answer.json)


def codes(answer: TestResponse) -> Sequence[str]:
    """The codes of what is wrong."""
    assert answer.status_code == 422, answer.text
    return [fault["code"] for fault in answer.json["errors"]]


def union_at(federation: Federation, unit: str = "garden") -> str:
    """Id of a union in force under a unit, with 40 staff and 30 members."""
    with federation.uow() as uow:
        return str(approved_union(uow, federation.units[unit]))


def figure(federation: Federation, code: str, period: str, login: str = "district", unit: str = "") -> Any:
    """A figure as `login` is told it."""
    below = f"&org_unit_id={federation.units[unit]}" if unit else ""
    answer = federation.client(login).get(f"/api/v1/figures?period={period}{below}")
    (found,) = (each for each in answer.json["figures"] if each["code"] == code)
    opened = federation.client(login).get(found["href"]).json["items"]
    assert found["value"] == len(opened)
    return found
