"""Data quality on a page: units without officers, records with gaps, parties that may be one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gonghui.auth.accounts import account_by_id
from gonghui.auth.credentials import close_account
from gonghui.db import policies
from gonghui.parties.employer_matches import EmployerMatch
from gonghui.parties.employers import Employer, new_employer
from gonghui.parties.persons import new_person
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui_organising.union_samples import founding_values

PAGE = "/console/quality"


def main_of(answer: Any) -> str:
    return str(answer.text.split("<main")[1])


def pair(federation: Federation) -> EmployerMatch:
    with federation.uow() as uow:
        known, later = new_employer("样本商行"), new_employer("样本商行（总店）")
        uow.add(known, later)
        uow.session.flush()
        match = EmployerMatch(employer_id=later.id, candidate_id=known.id, score=91)
        uow.add(match)
        uow.session.flush()
        uow.session.expunge(match)
    return match


def test_units_without_an_officer_are_listed_until_somebody_works_there(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    found = main_of(asked("district", PAGE))
    assert "河畔社区工联会" in found
    assert "花园社区工联会" not in found
    assert "河畔社区工联会" not in main_of(asked("east", PAGE))
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts["garden"])
        assert account is not None
        close_account(uow, account)
    assert "花园社区工联会" in main_of(asked("east", PAGE))
    assert asked("firm", PAGE).status_code == 403


def test_a_union_without_a_code_is_found_where_one_reads_it(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    made = federation.client("firm").post(
        "/api/v1/organising/unions", founding_values(federation.units["firm"])
    )
    path = f"/api/v1/organising/unions/{made.json['id']}"
    sent = federation.client("firm").post(f"{path}/submit", headers={"If-Match": made.headers["ETag"]})
    reply = {"approval_no": "示工复〔2026〕1号", "term_years": 5}
    federation.client("district").post(f"{path}/approve", reply, headers={"If-Match": sent.headers["ETag"]})
    gaps = f"{PAGE}?of=organising.union.without_code"
    assert made.json["name"] in main_of(asked("east", gaps))
    assert made.json["name"] not in main_of(asked("west", gaps))
    assert made.json["name"] not in main_of(asked("district", f"{gaps}&unit={federation.units['west']}"))
    assert "这一项没有问题" in main_of(asked("east", f"{PAGE}?of=organising.union.term_over"))


def test_persons_of_one_name_and_phone_are_found_by_whoever_sees_the_whole_federation(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    with federation.uow() as uow:
        uow.add(*(new_person("赵双", phone="13800138000") for _each in range(2)))
        uow.add(new_person("钱单", phone="13800138001"))
    found = main_of(asked("district", f"{PAGE}?of=phones"))
    assert "赵双" in found
    assert "钱单" not in found
    assert "138" not in found
    assert "赵双" not in asked("east", f"{PAGE}?of=phones").text


@pytest.mark.parametrize(("answer", "merged"), [("same", True), ("different", False)])
def test_employers_that_look_alike_are_judged(
    federation: Federation, asked: Callable[..., Any], answer: str, merged: bool
) -> None:
    match = pair(federation)
    listed = main_of(asked("district", f"{PAGE}?of=employers"))
    assert "样本商行（总店）" in listed
    path = f"{PAGE}/employers/{match.id}/{answer}"
    assert f"{PAGE}/employers/{match.id}" in listed
    assert asked("east", path, {}).status_code == 403
    assert asked("district", path, {}).status_code == 303
    assert "样本商行（总店）" not in asked("district", f"{PAGE}?of=employers").text
    with federation.uow() as uow:
        employer = uow.session.get_one(Employer, (uow.tenant_id, match.employer_id))
        assert (employer.merged_into_id == match.candidate_id) is merged


def test_a_question_takes_as_many_statements_for_many_answers_as_for_one(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    engine, path = federation.world.database.engine(policies.APP), f"{PAGE}?of=employers"
    pair(federation)
    asked("district", path)
    with counted_statements(engine) as few:
        asked("district", path)
    with federation.uow() as uow:
        firms = [new_employer(f"样本{n}号商行") for n in range(31)]
        uow.add(*firms)
        uow.session.flush()
        uow.add(*(EmployerMatch(employer_id=f.id, candidate_id=firms[0].id, score=90) for f in firms[1:]))
    with counted_statements(engine) as many:
        assert "样本30号商行" in asked("district", path).text
    assert len(many) == len(few)
