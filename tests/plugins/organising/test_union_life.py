"""A union after its founding: seal and account, its legal person with the clock of renewal, and its end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from gonghui.sdk import clock, create_record, take_step
from gonghui.testing import Federation
from gonghui_organising import member_steps
from gonghui_organising.demo import demo_code
from gonghui_organising.member_samples import asked, member_values
from gonghui_organising.membership import Membership, MembershipState
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions

UNIONS = "/api/v1/organising/unions"
PERSONS = "/api/v1/organising/legal-persons"
NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)
REPLY = {"approval_no": "示工复〔2024〕1号", "term_years": 5, "effective_on": date(2024, 6, 28)}


def approved(federation: Federation, unit: str = "garden") -> UUID:
    with federation.uow("garden") as uow:
        union = create_record(uow, unions, founding_values(federation.units[unit]))
        take_step(uow, unions, union.id, union.version, "submit", {})
    with federation.uow("east") as uow:
        take_step(uow, unions, union.id, 2, "approve", REPLY)
    return union.id


def sent(
    federation: Federation, who: str, path: str, step: str, body: dict[str, Any] | None = None
) -> TestResponse:
    asker = federation.client(who)
    tag = asker.get(path).headers["ETag"]
    return asker.post(f"{path}/{step}", body, headers={"If-Match": tag})


def test_the_seal_and_the_account_are_noted_and_the_account_is_masked(federation: Federation) -> None:
    path = f"{UNIONS}/{approved(federation)}"
    body = {"sealed_on": "2024-07-10", "bank_opened_on": "2024-07-20", "bank_account": "4000 1234 5678"}
    sealed = sent(federation, "garden", path, "seal", body)
    assert (sealed.status_code, sealed.json["sealed_on"], sealed.json["bank_account"]) == (
        200,
        "2024-07-10",
        "***",
    )
    assert sealed.json["state"] == "approved"


def figure(federation: Federation, code: str, period: str) -> int:
    found = federation.client("district").get(f"/api/v1/figures?period={period}").json["figures"]
    return next(each["value"] for each in found if each["code"] == code)


@pytest.mark.parametrize(
    ("days", "fault"),
    [
        ({"sealed_on": "1990-01-01"}, ("/sealed_on", "before_founding")),
        ({"sealed_on": "2198-01-01"}, ("/sealed_on", "in_future")),
        ({"sealed_on": "2024-07-10", "bank_opened_on": "2024-07-09"}, ("/bank_opened_on", "before_seal")),
    ],
)
def test_a_seal_is_cut_after_the_founding_and_before_the_account_is_opened(
    federation: Federation, days: dict[str, str], fault: tuple[str, str]
) -> None:
    refused = sent(federation, "garden", f"{UNIONS}/{approved(federation)}", "seal", days)
    assert [(e["pointer"], e["code"]) for e in refused.json["errors"]] == [fault]


def test_a_dissolved_union_leaves_its_members_retained_with_the_upper_union(federation: Federation) -> None:
    union_id = approved(federation)
    with federation.uow() as uow:
        place = uow.session.get_one(unions.model, (uow.tenant_id, union_id)).org_unit_id
        members = [member_steps.register(uow, member_values(federation.units["garden"]) | {"org_unit_id": place}).id
                   for _each in range(3)]  # fmt: skip
        applied = member_steps.apply(uow, member_values(place) | {"org_unit_id": place}).id
    assert figure(federation, "organising.unions_in_force", "2025") == 1
    body = {"ended_as": "closed", "comment": "单位已注销", "effective_on": "2026-06-30"}
    done = sent(federation, "district", f"{UNIONS}/{union_id}", "dissolve", body)
    assert (done.status_code, done.json["state"], done.json["ended_as"]) == (200, "dissolved", "closed"), (
        done.text
    )
    with federation.uow() as uow:
        rows = uow.session.scalars(select(Membership).where(Membership.id.in_(members))).all()
        assert {(row.state, row.org_unit_id) for row in rows} == {
            (MembershipState.RETAINED.value, federation.units["garden"])
        }
        assert uow.session.get_one(Membership, (uow.tenant_id, applied)).state == "refused"
    assert figure(federation, "organising.unions_in_force", "2025") == 1
    assert figure(federation, "organising.unions_in_force", "2026") == 0


def test_the_union_itself_cannot_end_itself(federation: Federation) -> None:
    union_id = approved(federation)
    body = {"ended_as": "closed", "comment": "单位已注销"}
    refused = sent(federation, "garden", f"{UNIONS}/{union_id}", "dissolve", body)
    assert refused.status_code == 403


def test_a_union_with_a_member_on_the_way_cannot_end(federation: Federation) -> None:
    union_id, other = approved(federation), approved(federation, "garden")
    with federation.uow() as uow:
        place = uow.session.get_one(unions.model, (uow.tenant_id, union_id)).org_unit_id
        target = uow.session.get_one(unions.model, (uow.tenant_id, other)).org_unit_id
        member = member_steps.register(uow, member_values(place) | {"org_unit_id": place})
        asked(uow, member.id, target)
    body = {"ended_as": "closed", "comment": "单位已注销"}
    refused = sent(federation, "district", f"{UNIONS}/{union_id}", "dissolve", body)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "transfers_pending")


def test_a_union_that_is_still_registered_as_a_legal_person_cannot_end(federation: Federation) -> None:
    person = federation.client("district").get(registered(federation)).json
    body = {"ended_as": "closed", "comment": "单位已注销"}
    refused = sent(federation, "district", f"{UNIONS}/{person['union_id']}", "dissolve", body)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "legal_person_lives")


def test_nothing_is_registered_from_before_the_union_was_founded(federation: Federation) -> None:
    path = registered(federation)
    told = {"comment": "住所变更", "effective_on": "1990-01-01"}
    refused = sent(federation, "east", path, "note-change", told)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "before_founding")


PAPERS = [
    {"kind": kind} for kind in ("application", "founding_reply", "election_reply", "chair_id", "handler_id")
]


def registered(federation: Federation) -> str:
    body = {"union_id": str(approved(federation)), "representative": "陈示例", "papers": PAPERS}
    made = federation.client("garden").post(PERSONS, body)
    assert made.status_code == 201, made.text
    path = f"{PERSONS}/{made.json['id']}"
    code = demo_code("81", int(made.json["id"][-6:], 16))
    answer = sent(federation, "district", path, "register", {"certificate_no": "示证 1 号", "uscc": code})
    assert answer.status_code == 200, answer.text
    return path


def test_a_certificate_runs_as_long_as_the_term_and_its_end_is_watched(federation: Federation) -> None:
    path = registered(federation)
    shown = federation.client("garden").get(path).json
    assert (shown["state"], shown["valid_to"]) == ("registered", "2029-06-12")
    watched = (
        federation.client("garden").get("/api/v1/deadlines?rule=organising.legal_person.expiry").json["items"]
    )
    assert [item["due_on"] for item in watched] == ["2029-06-12"]
    union = federation.client("garden").get(f"{UNIONS}/{shown['union_id']}").json
    assert union["uscc"] == shown["uscc"]


def test_renewal_is_applied_for_within_the_days_before_expiry_and_not_earlier(federation: Federation) -> None:
    path = registered(federation)
    record_id = UUID(path.rsplit("/", 1)[1])
    early = sent(federation, "garden", path, "apply-renewal")
    assert (early.status_code, early.json["errors"][0]["code"]) == (422, "too_early")
    from gonghui_organising.legal_person import legal_persons

    with clock.at(datetime(2029, 5, 13, 4, tzinfo=UTC)), federation.uow("garden") as uow:
        record = uow.session.get_one(legal_persons.model, (uow.tenant_id, record_id))
        taken = take_step(uow, legal_persons, record_id, record.version, "apply-renewal", {})
        assert taken.state == "renewing"


def test_a_change_is_registered_within_its_days(federation: Federation) -> None:
    path = registered(federation)
    day = (clock.today() - timedelta(days=10)).isoformat()
    told = {"comment": "法定代表人改为李示例", "effective_on": day}
    noted = sent(federation, "east", path, "note-change", told)
    # What is registered stays registered until the registrar has entered the change.
    assert (noted.status_code, noted.json["representative"]) == (200, "陈示例"), noted.text
    rule = "/api/v1/deadlines?rule=organising.legal_person.change"
    (waiting,) = federation.client("garden").get(rule).json["items"]
    assert 15 <= waiting["days_left"] <= 30
    again = {"comment": "住所也变了", "effective_on": clock.today().isoformat()}
    assert sent(federation, "east", path, "note-change", again).status_code == 200
    (still,) = federation.client("garden").get(rule).json["items"]
    assert still["due_on"] == waiting["due_on"]
    done = sent(federation, "district", path, "register-change", {"representative": "李示例"})
    assert (done.status_code, done.json["representative"]) == (200, "李示例"), done.text
    assert federation.client("garden").get(f"{rule}&state=open").json["items"] == []


@pytest.mark.parametrize("missing", ["application", "chair_id"])
def test_a_registration_without_a_paper_is_refused_by_its_name(federation: Federation, missing: str) -> None:
    papers = [paper for paper in PAPERS if paper["kind"] != missing]
    body = {"union_id": str(approved(federation)), "representative": "陈示例", "papers": papers}
    path = f"{PERSONS}/{federation.client('garden').post(PERSONS, body).json['id']}"
    answer = sent(
        federation, "district", path, "register", {"certificate_no": "示证", "uscc": demo_code("81", 7)}
    )
    assert answer.status_code == 422
    assert [e["code"] for e in answer.json["errors"]] == [f"paper_missing:{missing}"]


def test_the_certificate_does_not_carry_the_employers_code(federation: Federation) -> None:
    body = {"union_id": str(approved(federation)), "representative": "陈示例", "papers": PAPERS}
    path = f"{PERSONS}/{federation.client('garden').post(PERSONS, body).json['id']}"
    answer = sent(
        federation, "district", path, "register", {"certificate_no": "示证", "uscc": demo_code("91", 7)}
    )
    assert [e["code"] for e in answer.json["errors"]] == ["code_not_union"]


def test_one_union_has_one_registration(federation: Federation) -> None:
    body = {"union_id": str(approved(federation)), "representative": "陈示例"}
    assert federation.client("garden").post(PERSONS, body).status_code == 201
    assert federation.client("garden").post(PERSONS, body).status_code == 409
    with federation.uow() as uow:
        assert uow.session.scalar(select(func.count()).select_from(unions.model)) == 1
