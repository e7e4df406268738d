"""Steps in bulk: each record done or refused with its reason, or all or none; as few statements as may be."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from tests.designs.asking import AT, ENROLMENTS, FILES, faults, file_body, made
from tests.designs.samples import enrolled, hardship_filed
from werkzeug.test import TestResponse

from gonghui.audit.entries import AuditEntry
from gonghui.db import policies
from gonghui.testing import Federation
from gonghui.testing.federation import Asker
from gonghui.testing.queries import counted_statements

EXIT = f"{FILES}/bulk/exit"
WHY = {"comment": "已脱困", "lifted_on": "2024-06-28"}


def filed(federation: Federation, unit: str = "garden", number: int = 2) -> list[UUID]:
    with federation.uow() as uow:
        return [hardship_filed(uow, federation.units[unit]) for _ in range(number)]


def version(asker: Asker, record_id: UUID) -> int:
    return int(asker.get(f"{FILES}/{record_id}").json["version"])


def bulk(
    asker: Asker, ids: list[Any], *, answers: Any = WHY, versions: Any = None, **more: Any
) -> TestResponse:
    known = versions or {each: version(asker, each) for each in ids}
    records = [{"id": str(each), "version": known.get(each, 1)} for each in ids]
    return asker.post(EXIT, json={"records": records, "answers": answers, **more})


def test_each_record_is_done_or_refused_with_its_reason(federation: Federation) -> None:
    asker = federation.client("garden")
    good, stale = filed(federation)
    (away,) = filed(federation, "river", 1)
    draft = UUID(made(asker.post(FILES, json=file_body(federation.units["garden"])))["id"])
    versions = {good: version(asker, good), stale: 1, draft: 1}
    unknown = uuid4()
    answer = bulk(asker, [good, stale, draft, away, unknown], versions=versions)
    results = made(answer)["results"]
    assert [UUID(one["id"]) for one in results] == [good, stale, draft, away, unknown]
    assert [one["done"] for one in results] == [True, False, False, False, False]
    assert [one.get("code") for one in results[1:]] == [
        "version_stale",
        "state_forbids",
        "not_found",
        "not_found",
    ]
    assert results[3]["detail"] == results[4]["detail"]
    assert (results[0]["state"], results[0]["version"]) == ("exited", versions[good] + 1)
    shown = asker.get(f"{FILES}/{good}").json
    assert (shown["state"], shown["lifted_on"], shown["version"]) == (
        "exited",
        "2024-06-28",
        versions[good] + 1,
    )
    assert asker.get(f"{FILES}/{stale}").json["state"] == "filed"
    assert asker.get(f"{FILES}/{good}/history").json[-1]["comment"] == "已脱困"


def test_all_or_nothing_leaves_nothing_where_one_is_refused(federation: Federation) -> None:
    asker = federation.client("garden")
    good, stale = filed(federation)
    refused = bulk(asker, [good, stale], versions={good: version(asker, good), stale: 1}, all_or_nothing=True)
    assert (refused.status_code, refused.json["code"]) == (409, "bulk_refused")
    assert [one["done"] for one in refused.json["results"]] == [True, False]
    assert asker.get(f"{FILES}/{good}").json["state"] == "filed"
    assert made(bulk(asker, [good, stale], all_or_nothing=True))["results"][1]["done"]


def test_where_nothing_is_done_the_answer_is_a_refusal(federation: Federation) -> None:
    (record,) = filed(federation, number=1)
    known = {record: version(federation.client("garden"), record)}
    for login in ("west", "worker", "firm", "guest"):
        assert bulk(federation.client(login), [record], versions=known).status_code in (403, 409)
    refused = bulk(federation.client("west"), [record], versions=known)
    assert refused.json["results"][0]["code"] == "not_found"
    english = federation.client("west").post(
        f"{EXIT}?lang=en", json={"records": [{"id": str(record), "version": 1}], "answers": WHY}
    )
    assert english.json["detail"].isascii()
    assert english.json["results"][0]["detail"].isascii()


def test_a_token_that_leaves_the_step_out_takes_none(federation: Federation) -> None:
    (record,) = filed(federation, number=1)
    known = {record: version(federation.client("garden"), record)}
    assert (
        bulk(federation.token("garden", ["designs.hardship.read"]), [record], versions=known).status_code
        == 403
    )
    without_sight = federation.token("garden", ["designs.hardship.exit"])
    assert bulk(without_sight, [record], versions=known).status_code == 409


def test_the_request_itself_is_checked_first(shared_federation: Federation) -> None:
    asker = shared_federation.client("garden")
    one = {"id": str(uuid4()), "version": 1}
    assert faults(asker.post(EXIT, json={"records": [one, one], "answers": WHY})) == {
        ("/records/1/id", "named_twice")
    }
    many = [{"id": str(uuid4()), "version": 1} for _ in range(101)]
    for body in (
        {"records": [], "answers": WHY},
        {"records": many, "answers": WHY},
        {"records": [{"id": str(uuid4())}], "answers": WHY},
        {"records": [one]},
        {"records": [one], "answers": {}},
        {"records": [one], "answers": WHY | {"state": "filed"}},
    ):
        assert asker.post(EXIT, json=body).status_code == 422
    for path in (f"{FILES}/bulk/approve", f"{ENROLMENTS}/bulk/cancel", f"{AT}/dispute-cases/bulk/expire"):
        assert asker.post(path, json={"records": [one]}).status_code in (404, 405)


def test_a_key_sent_twice_takes_the_steps_once(federation: Federation) -> None:
    asker, ids = federation.client("garden"), filed(federation)
    records = [{"id": str(each), "version": version(asker, each)} for each in ids]
    answers = [
        asker.post(EXIT, json={"records": records, "answers": WHY}, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]
    assert made(answers[0]) == made(answers[1])
    assert [one["name"] for one in asker.get(f"{FILES}/{ids[0]}/history").json].count("exit") == 1


def test_every_record_has_an_entry_of_its_own_and_what_was_refused_has_none(federation: Federation) -> None:
    asker = federation.client("garden")
    done, stale = filed(federation)
    made(bulk(asker, [done, stale], versions={done: version(asker, done), stale: 1}))
    with federation.uow() as uow:
        named = select(AuditEntry.object_id, AuditEntry.account_id).where(
            AuditEntry.action == "designs.hardship.exit"
        )
        entries = uow.session.execute(named).all()
    assert {row.account_id for row in entries} == {federation.accounts["garden"]}
    assert done in {row.object_id for row in entries}
    assert stale not in {row.object_id for row in entries}
    assert None not in {row.object_id for row in entries}


@pytest.mark.parametrize("login", ["garden", "district"])
def test_loading_sight_and_permission_take_no_statement_for_each_record(
    federation: Federation, login: str
) -> None:
    engine = federation.world.database.engine(policies.APP)
    asker = federation.client(login)
    counts = []
    asker.get(ENROLMENTS)  # what is read once a session
    for number in (1, 4):
        with federation.uow() as uow:
            ids = [enrolled(uow, federation.units["garden"]) for _ in range(number)]
        records = [{"id": str(each), "version": 1} for each in ids]
        with counted_statements(engine) as sent:
            answer = asker.post(f"{ENROLMENTS}/bulk/miss", json={"records": records})
        assert all(one["done"] for one in made(answer)["results"])
        own = ("SAVEPOINT", "RELEASE", "INSERT", "UPDATE", "WITH done")
        counts.append(sum(not statement.lstrip().startswith(own) for statement in sent))
    assert counts[0] == counts[1]
