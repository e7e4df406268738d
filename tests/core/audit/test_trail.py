"""The trail: who did what to which row, before and after; what was refused; and no secret in it."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.auth.accounts import Account, account_by_id, extend_role, open_account
from gonghui.auth.credentials import fingerprint, issue_token
from gonghui.auth.passwords import hash_password
from gonghui.auth.sign_in import Door, sign_in
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError
from gonghui.parties.persons import Person, new_person
from gonghui.records.bulk import insert_many
from gonghui.testing import Federation
from gonghui.values.principal import PrincipalKind
from gonghui_organising.union_samples import founding_values

UNIONS = "/api/v1/organising/unions"
UNION = "organising.grassroots_union"


def entries(uow: UnitOfWork, *conditions: Any) -> list[tuple[AuditEntry, dict[str, Any]]]:
    """Entries with their payloads in the order in which they were written."""
    found = uow.session.execute(
        select(AuditEntry, AuditPayload.content)
        .join(AuditPayload, AuditPayload.entry_id == AuditEntry.id)
        .where(*conditions)
        .order_by(AuditEntry.number)
    )
    return [(entry, orjson.loads(content)) for entry, content in found]


def trail(federation: Federation, *conditions: Any) -> list[tuple[AuditEntry, dict[str, Any]]]:
    with federation.uow() as uow:
        return entries(uow, *conditions)


def founded(federation: Federation) -> tuple[str, list[str]]:
    """A founding from draft to approval over HTTP: the union's id and the numbers of the requests."""
    firm, east = federation.client("firm"), federation.client("east")
    answer = firm.post(UNIONS, founding_values(federation.units["firm"]))
    answers, path = [answer], f"{UNIONS}/{answer.json['id']}"
    steps: list[tuple[Any, str, str, Any]] = [
        (firm, "PATCH", "", {"chair_name": "李示例"}),
        (firm, "POST", "/submit", None),
        (east, "POST", "/approve", {"approval_no": "示工复〔2026〕1号", "term_years": 5}),
    ]
    for asker, method, step, body in steps:
        answer = asker(method, path + step, json=body, headers={"If-Match": answer.headers["ETag"]})
        assert answer.status_code == 200, answer.text
        answers.append(answer)
    return answers[0].json["id"], [each.headers["X-Request-ID"] for each in answers]


# --- what an entry tells


def test_a_founding_leaves_who_did_what_before_and_after(federation: Federation) -> None:
    union_id, _requests = founded(federation)
    found = trail(federation, AuditEntry.object_id == union_id, AuditEntry.object_table == UNION)
    told = [
        (e.action, e.operation, e.account_id, p.get("before", {}).get("state"), p["after"].get("state"))
        for e, p in found
    ]
    firm, east = federation.accounts["firm"], federation.accounts["east"]
    assert told == [
        ("organising.union.created", "insert", firm, None, "draft"),
        ("organising.union.changed", "update", firm, None, None),
        ("organising.union.submitted", "update", firm, "draft", "submitted"),
        ("organising.union.approved", "update", east, "submitted", "approved"),
    ]
    changed = found[1][1]
    assert (changed["before"]["chair_name"], changed["after"]["chair_name"]) == ("样示例", "李示例")


def test_an_update_tells_nothing_but_what_changed(federation: Federation) -> None:
    union_id, _requests = founded(federation)
    approved = trail(federation, AuditEntry.action == "organising.union.approved")[0][1]
    assert set(approved["after"]) == {"state", "approval_no", "founded_on", "version", "changed_at"}
    assert union_id


def test_an_entry_carries_request_person_and_unit(federation: Federation) -> None:
    union_id, requests = founded(federation)
    found = trail(federation, AuditEntry.object_id == union_id, AuditEntry.object_table == UNION)
    assert [entry.request_id for entry, _payload in found] == requests
    assert {entry.org_unit_id for entry, _payload in found} == {federation.units["firm"]}
    with federation.uow() as uow:
        persons = [uow.session.get(Person, (uow.tenant_id, entry.person_id)) for entry, _payload in found]
    assert [person.name for person in persons if person] == ["样firm", "样firm", "样firm", "样east"]
    assert {entry.actor_kind for entry, _payload in found} == {"officer"}


def test_an_act_on_somebodys_behalf_names_both(federation: Federation) -> None:
    with federation.uow("east") as uow:
        uow.add(new_person("样受托"))
    ((entry, _payload),) = trail(
        federation, AuditEntry.object_table == "core.person", _last_person(federation)
    )
    assert entry.account_id == federation.accounts["east"]
    assert (entry.on_behalf_by or "").startswith("cli")


def _last_person(federation: Federation) -> Any:
    with federation.uow() as uow:
        return (
            AuditEntry.object_id
            == uow.session.scalars(select(Person.id).order_by(Person.id.desc()).limit(1)).one()
        )


def test_a_row_that_goes_is_told_with_what_it_held(federation: Federation) -> None:
    with federation.uow() as uow:
        person = new_person("样去")
        uow.add(person)
    with federation.uow() as uow:
        uow.note("test.person.removed")
        uow.session.delete(uow.session.get(Person, (uow.tenant_id, person.id)))
    entry, payload = trail(federation, AuditEntry.object_id == person.id)[-1]
    assert (entry.action, entry.operation) == ("test.person.removed", "delete")
    assert payload["before"]["name"] == "样去"


def test_a_row_that_was_touched_and_not_changed_leaves_no_entry(federation: Federation) -> None:
    with federation.uow() as uow:
        person = uow.session.scalars(select(Person).limit(1)).one()
        person.name = str(person.name)
    assert [entry.operation for entry, _ in trail(federation, AuditEntry.object_id == person.id)] == [
        "insert"
    ]


def test_a_note_with_facts_is_an_entry_of_its_own(federation: Federation) -> None:
    with federation.uow("east") as uow:
        uow.note("test.exported", rows=17, to="file")
    ((entry, payload),) = trail(federation, AuditEntry.action == "test.exported")
    assert (entry.operation, entry.account_id) == ("note", federation.accounts["east"])
    assert payload == {"detail": {"rows": 17, "to": "file"}}


def test_a_note_that_no_row_takes_up_is_an_entry_and_one_that_a_row_takes_up_is_none(
    federation: Federation,
) -> None:
    with federation.uow() as uow:
        uow.note("test.looked")
        uow.note("test.added")
        uow.add(new_person("样加"))
    assert [e.operation for e, _ in trail(federation, AuditEntry.action == "test.looked")] == ["note"]
    assert [e.operation for e, _ in trail(federation, AuditEntry.action == "test.added")] == ["insert"]


def test_a_bulk_insert_leaves_an_entry_for_each_row(federation: Federation) -> None:
    names = ["样甲", "样乙", "样丙"]
    with federation.uow() as uow:
        uow.note("test.imported")
        insert_many(uow, Person, [{"name": name, "name_key": "yang"} for name in names])
    found = trail(federation, AuditEntry.action == "test.imported", AuditEntry.operation == "insert")
    assert [payload["after"]["name"] for _entry, payload in found] == names


def test_what_was_undone_leaves_no_entry(federation: Federation) -> None:
    def fail_midway() -> None:
        with federation.uow() as uow:
            uow.note("test.undone", why="nothing")
            uow.add(new_person("样无"))
            uow.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_midway()
    assert trail(federation, AuditEntry.action == "test.undone") == []


# --- refusals and sign-ins


def test_a_refusal_outlives_the_request_that_it_ended(federation: Federation) -> None:
    union = founding_values(federation.units["firm"])
    created = federation.client("firm").post(UNIONS, union)
    path, tag = f"{UNIONS}/{created.json['id']}", created.headers["ETag"]
    refused = federation.client("firm").post(
        f"{path}/return", {"comment": "缺签名"}, headers={"If-Match": tag}
    )
    assert refused.status_code == 403
    ((entry, payload),) = trail(federation, AuditEntry.action == "core.refused")
    assert (entry.account_id, entry.request_id) == (
        federation.accounts["firm"],
        refused.headers["X-Request-ID"],
    )
    assert payload["detail"] == {
        "permission": "organising.union.return",
        "path": f"{path}/return",
        "code": "forbidden",
    }


def test_a_refused_request_changes_nothing_else(federation: Federation) -> None:
    admin_only = {"name": "张", "login": "zhang", "password": "x" * 12, "role": "administrator"}
    body = {**admin_only, "org_unit_id": federation.units["east"]}
    before = len(trail(federation))
    assert federation.client("east").post("/api/v1/accounts", body).status_code == 403
    assert len(trail(federation)) == before + 1


@pytest.mark.parametrize(("login", "known"), [("east", True), ("nobody", False)])
def test_a_failed_sign_in_leaves_an_entry(federation: Federation, login: str, known: bool) -> None:
    body = {"login": login, "password": "wrong password"}
    answer = federation.client().post("/api/v1/sign-in", body)
    assert answer.status_code == 401
    ((entry, payload),) = trail(federation, AuditEntry.action == "core.sign_in.failed")
    assert payload == {"detail": {"known": known}}
    assert entry.object_id == (federation.accounts["east"] if known else None)
    assert (entry.actor_kind, entry.request_id) == ("anonymous", answer.headers["X-Request-ID"])


def test_signing_in_and_out_and_being_locked_out_leave_entries(
    federation: Federation, with_password: Any, password: str
) -> None:
    with_password(federation, "east", "west")
    asker = federation.client()
    signed_in = asker.post("/api/v1/sign-in", {"login": "east", "password": password})
    asker.secret = signed_in.json["token"]
    asker("DELETE", "/api/v1/session")
    for _ in range(6):
        federation.client().post("/api/v1/sign-in", {"login": "west", "password": "wrong password"})
    actions = [e.action for e, _ in trail(federation, AuditEntry.action.startswith("core.sign_"))]
    failed = ["core.sign_in.failed"] * 5
    assert actions == ["core.sign_in.succeeded", "core.sign_out", *failed, "core.sign_in.locked_out"]


# --- secrets


def test_no_secret_and_no_hash_of_one_stands_in_any_payload(federation: Federation) -> None:
    stored = hash_password("correct horse battery")
    with federation.uow() as uow:
        person = new_person("样密")
        uow.add(person)
        uow.session.flush()
        account = open_account(
            uow, "secretive", kind=PrincipalKind.OFFICER, person=person, password="correct horse battery"
        )
        first = account.password_hash
        account_by_id(uow, account.id).password_hash = stored  # type: ignore[union-attr]
        _token, secret = issue_token(uow, account, "test")
        columns = {"kind": "officer", "login": "bulky", "password_hash": stored}
        insert_many(uow, Account, [columns])
    signed_in = sign_in(
        Door(federation.world.database, federation.view.id), "secretive", "correct horse battery"
    )
    secrets = ["correct horse", stored, first, secret, fingerprint(secret), signed_in.secret]
    secrets.append(fingerprint(signed_in.secret))
    with federation.uow() as uow:
        contents = list(uow.session.scalars(select(AuditPayload.content)))
    assert [text for text in contents if any(str(each) in text for each in secrets)] == []
    assert sum('"password_hash":"…"' in text for text in contents) >= 3


def test_a_digest_is_taken_over_salt_and_content(federation: Federation) -> None:
    founded(federation)
    with federation.uow() as uow:
        rows = uow.session.execute(
            select(AuditEntry.digest, AuditPayload.salt, AuditPayload.content).join(
                AuditPayload, AuditPayload.entry_id == AuditEntry.id
            )
        ).all()
    assert len(rows) > 20
    assert all(row.digest == hashlib.sha256(row.salt + row.content.encode()).digest() for row in rows)
    assert len({row.salt for row in rows}) == len(rows)
    assert {len(row.salt) for row in rows} == {16}


def test_every_entry_has_its_payload(federation: Federation) -> None:
    founded(federation)
    with federation.uow() as uow:
        assert set(uow.session.scalars(select(AuditEntry.id))) == set(
            uow.session.scalars(select(AuditPayload.entry_id))
        )


# --- reading it


def test_the_auditor_reads_the_trail_newest_first_with_names(federation: Federation) -> None:
    union_id, _requests = founded(federation)
    answer = federation.client("auditor").get(f"/api/v1/audit?object_id={union_id}")
    assert [item["action"].rsplit(".", 1)[1] for item in answer.json["items"]] == [
        "approved",
        "submitted",
        "changed",
        "created",
    ]
    assert [item["actor"] for item in answer.json["items"]] == ["样east", "样firm", "样firm", "样firm"]


def test_the_trail_is_read_page_by_page_without_gap_or_repetition(federation: Federation) -> None:
    founded(federation)
    there = len(trail(federation))  # reading it adds to it
    auditor, path, seen = federation.client("auditor"), "/api/v1/audit?limit=7", []
    while path:
        page = auditor.get(path)
        seen += [item["id"] for item in page.json["items"]]
        path = f"/api/v1/audit?limit=7&cursor={page.json['next']}" if page.json["next"] else ""
    assert len(seen) == len(set(seen)) == there


def test_reading_the_trail_stands_in_the_trail(federation: Federation) -> None:
    union_id, _requests = founded(federation)
    answer = federation.client("auditor").get(f"/api/v1/audit?object_id={union_id}")
    ((entry, payload),) = trail(federation, AuditEntry.action == "core.audit.read")
    assert (entry.account_id, entry.request_id) == (
        federation.accounts["auditor"],
        answer.headers["X-Request-ID"],
    )
    assert payload["detail"] == {"rows": 4, "narrowed": {"object_id": union_id}}


@pytest.mark.parametrize("login", ["east", "firm", "worker"])
def test_whoever_may_not_audit_reads_nothing(federation: Federation, login: str) -> None:
    assert federation.client(login).get("/api/v1/audit").status_code == 403


def test_an_error_of_the_domain_within_a_unit_of_work_undoes_its_entries(federation: Federation) -> None:
    before = len(trail(federation))

    def refuse() -> None:
        with federation.uow("east") as uow:
            extend_role(uow, "fresh", "fresh", ["core.org_unit.read"])
            raise DomainError("no", "no")  # type: ignore[arg-type]

    with pytest.raises(DomainError):
        refuse()
    assert len(trail(federation)) == before
