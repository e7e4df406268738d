"""Employers: the register, the queue of names that look alike, and what a decision moves."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gonghui.db import policies
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, Forbidden
from gonghui.parties.employer_matches import EmployerMatch
from gonghui.parties.employers import Employer, new_employer
from gonghui.parties.persons import new_person
from gonghui.records.registers.report import ImportReport
from gonghui.records.registers.runs import RegisterRun
from gonghui.records.registers.taking import import_file, undo_run
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements
from gonghui_organising import plugin
from gonghui_organising.demo import demo_code
from gonghui_organising.membership import Membership
from gonghui_organising.union import CoveredUnit
from gonghui_organising.union_samples import founding_values

EMPLOYERS, MATCHES = "/api/v1/organising/employers", "/api/v1/organising/employer-matches"
REGISTER = next(register for register in plugin.imports if register.code == "organising.employers")
FIRM, CODE = "深圳市远帆电子有限公司", demo_code("91", 71)


def register_of(rows: Iterable[tuple[str, ...]]) -> io.BytesIO:
    """A register with name, code and former names."""
    lines = [",".join((*row, "", "")[:3]) for row in rows]
    return io.BytesIO("\n".join(["单位名称,统一社会信用代码,曾用名", *lines]).encode())


def taken_over(federation: Federation, *rows: tuple[str, ...], login: str = "district") -> ImportReport:
    with federation.uow(login) as uow:
        report = import_file(uow, REGISTER, register_of(rows))
        uow.commit()
    return report


def employers(federation: Federation) -> dict[str, Employer]:
    with federation.uow() as uow:
        return {employer.name: employer for employer in uow.session.scalars(select(Employer)).all()}


def queue(federation: Federation, **query: Any) -> list[dict[str, Any]]:
    answer = federation.client("district").get(MATCHES, query_string=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def step(federation: Federation, match_id: Any, name: str, body: Any = None) -> TestResponse:
    extra = {} if body is None else {"json": body}
    return federation.client("district")("POST", f"{MATCHES}/{match_id}/{name}", **extra)


def matched(uow: UnitOfWork, *pair: Employer) -> UUID:
    """A question about a pair: the later one first."""
    uow.add(*pair)
    uow.session.flush()
    match = EmployerMatch(employer_id=pair[0].id, candidate_id=pair[1].id, score=90)
    uow.add(match)
    uow.commit()
    return match.id


# --- the register


@pytest.mark.parametrize(
    ("again", "score"),
    [
        ("深圳市远帆电子有限责任公司", None),
        ("深圳市远帆电子（有限公司）", None),
        ("深圳市远帆电子有限公司龙华分公司", None),
        ("东莞市远帆电子有限公司", None),
        ("深圳市远帆电于有限公司", range(75, 96)),
        ("深圳市远凡电子有限公司", range(75, 96)),
        ("深圳远帆电子科技有限公司", range(75, 96)),
    ],
)
def test_names_that_look_alike_wait_and_others_do_not(
    federation: Federation, again: str, score: range | None
) -> None:
    taken_over(federation, (FIRM,))
    taken_over(federation, (again,))
    found = queue(federation)
    assert [(match["employer"]["name"], match["candidate"]["name"]) for match in found] == (
        [(again, FIRM)] if score else []
    )
    assert all(match["score"] in (score or ()) for match in found)


def test_spellings_of_one_name_are_one_employer_and_a_branch_is_its_own(federation: Federation) -> None:
    taken_over(federation, (FIRM,))
    report = taken_over(federation, ("深圳市远帆电子有限责任公司",), (f"{FIRM}龙华分公司",))
    assert (report.known, report.created) == (1, 1)
    assert set(employers(federation)) == {FIRM, f"{FIRM}龙华分公司"}


def test_a_former_name_finds_the_employer_whichever_comes_first(federation: Federation) -> None:
    taken_over(federation, ("深圳市嘉木五金厂",))
    taken_over(federation, (FIRM, "", "深圳市嘉木五金厂、恒信商行"), ("恒信商行",))
    pairs = {(match["employer"]["name"], match["candidate"]["name"]) for match in queue(federation)}
    assert pairs == {(FIRM, "深圳市嘉木五金厂"), ("恒信商行", FIRM)}
    assert set(employers(federation)) == {FIRM, "深圳市嘉木五金厂", "恒信商行"}


def test_the_queue_begins_with_the_likeliest_and_goes_on_page_by_page(federation: Federation) -> None:
    taken_over(federation, (FIRM,), ("深圳市恒信物流有限公司",), ("深圳市同兴服装有限公司", "", "宏图制衣厂"))
    taken_over(federation, ("深圳远帆电子科技有限公司",), ("深圳市恒信物硫有限公司",), ("深圳宏图制衣厂",))
    whole = queue(federation)
    scores = [match["score"] for match in whole]
    assert len(scores) >= 2
    assert scores == sorted(scores, reverse=True)
    pages, cursor = [], None
    while True:
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = federation.client("district").get(MATCHES, query_string=query).json
        pages += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert pages == whole


def test_a_code_is_filled_in_and_decides_from_then_on(federation: Federation) -> None:
    taken_over(federation, (FIRM,))
    report = taken_over(federation, (FIRM, CODE))
    assert (report.known, report.created, report.made["codes_filled"]) == (1, 0, 1)
    again = taken_over(federation, ("深圳市改名科技有限公司", CODE))
    assert (again.known, again.created) == (1, 0)
    assert [(e.name, e.uscc) for e in employers(federation).values()] == [(FIRM, CODE)]


def test_a_namesake_with_another_code_is_another_employer_and_no_question(federation: Federation) -> None:
    taken_over(federation, (FIRM, CODE))
    report = taken_over(federation, (FIRM, demo_code("91", 72)))
    assert (report.known, report.created) == (0, 1)
    assert queue(federation) == []


def test_what_was_merged_is_known_under_both_names(federation: Federation) -> None:
    taken_over(federation, (FIRM,))
    taken_over(federation, ("深圳远帆电子科技有限公司", CODE))
    step(federation, queue(federation)[0]["id"], "decide", {"same": True})
    report = taken_over(federation, ("深圳远帆电子科技有限公司",), (FIRM, CODE))
    assert [fault.code for fault in report.faults] == []
    assert (report.known, report.created) == (2, 0)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("", CODE), "name_missing"),
        (("123-45",), "name_malformed"),
        (("远" * 201,), "name_malformed"),
        ((FIRM, CODE[:-1] + ("0" if CODE[-1] != "0" else "1")), "employer_code_check_digit"),
        ((FIRM, "9199"), "employer_code_check_digit"),
        ((f"{FIRM}二分厂", demo_code("91", 70)), "duplicate_employer"),
        (("深圳市首行（集团）有限公司",), "duplicate_employer"),
    ],
)
def test_a_faulty_row_is_told_and_stays_out(federation: Federation, row: tuple[str, ...], code: str) -> None:
    first = ("深圳市首行(集团)有限责任公司", demo_code("91", 70))
    report = taken_over(federation, first, row)
    assert [(fault.row, fault.code) for fault in report.faults] == [(3, code)]
    assert (report.rows, report.created) == (2, 1)
    assert "{" not in str(report.faults[0].message)


def test_demo_codes_are_refused_where_no_demo_is(world: World) -> None:
    report = taken_over(world.federation(demo=False), (FIRM, CODE))
    assert [fault.code for fault in report.faults] == ["code_not_issued"]


def test_who_holds_the_permission_below_the_root_cannot_import(federation: Federation) -> None:
    federation.add_officer("part", "part", "east", ["organising.employer.import"])
    with pytest.raises(Forbidden):
        taken_over(federation, (FIRM,), login="part")


# --- undo


def undo(federation: Federation, report: ImportReport) -> dict[str, int]:
    with federation.uow("district") as uow:
        run = uow.session.get_one(RegisterRun, (uow.tenant_id, report.run_id))
        gone = undo_run(uow, REGISTER, run)
        uow.commit()
    return gone


def test_a_run_is_taken_back_with_its_questions(federation: Federation) -> None:
    taken_over(federation, (FIRM,))
    report = taken_over(federation, ("深圳远帆电子科技有限公司",), (FIRM, CODE))
    assert undo(federation, report) == {"employers": 1, "employer_matches": 1}
    assert queue(federation) == []
    assert [(e.name, e.uscc) for e in employers(federation).values()] == [(FIRM, CODE)]


def test_a_run_with_an_employer_that_was_merged_stays(federation: Federation) -> None:
    taken_over(federation, (FIRM,))
    report = taken_over(federation, ("深圳远帆电子科技有限公司",))
    match = queue(federation)[0]["id"]
    step(federation, match, "decide", {"same": True})
    with pytest.raises(Conflict):
        undo(federation, report)
    step(federation, match, "reopen")
    assert undo(federation, report)["employers"] == 1


def test_a_run_with_an_employer_that_has_a_union_stays_whole(federation: Federation) -> None:
    report = taken_over(federation, (FIRM, CODE), ("深圳远帆电子科技有限公司",))
    values = founding_values(federation.units["garden"]) | {"employers": [{"name": FIRM, "uscc": CODE}]}
    values = {name: value for name, value in values.items() if name not in ("committee", "papers")}
    values["employer_informed_on"] = "2024-05-06"
    federation.client("east").post("/api/v1/organising/unions", values)
    with pytest.raises(Conflict):
        undo(federation, report)
    assert len(employers(federation)) == 2
    assert len(queue(federation)) == 1


# --- decisions


def test_a_decision_moves_units_and_members_and_reopening_moves_them_back(federation: Federation) -> None:
    values = founding_values(federation.units["garden"])
    union = {"org_unit_id": values["org_unit_id"], "name": values["name"], "kind": "independent"}
    union |= {"employers": values["employers"]}
    assert federation.client("east").post("/api/v1/organising/unions", union).status_code == 201
    with federation.uow() as uow:
        later = uow.session.scalars(select(Employer)).one()
        person = new_person("样会员")
        uow.add(person)
        uow.session.flush()
        unit = federation.units["garden"]
        uow.add(Membership(org_unit_id=unit, person_id=person.id, employer_id=later.id, state="active"))
        known = new_employer(FIRM)
        match = matched(uow, later, known)
        old, new = later.id, known.id

    def holders() -> set[UUID | None]:
        with federation.uow() as uow:
            units = uow.session.scalars(select(CoveredUnit.employer_id)).all()
            return {*units, *uow.session.scalars(select(Membership.employer_id)).all()}

    decided = step(federation, match, "decide", {"same": True})
    assert (decided.status_code, decided.json["state"]) == (200, "same")
    assert holders() == {new}
    listed = federation.client("east").get(EMPLOYERS).json["items"]
    assert [item["id"] for item in listed] == [str(new)]
    assert [item["id"] for item in queue(federation, state="same")] == [str(match)]
    assert step(federation, match, "decide", {"same": True}).json["code"] == "match_decided"

    assert step(federation, match, "reopen").json["state"] == "open"
    assert holders() == {old}
    assert len(federation.client("east").get(EMPLOYERS).json["items"]) == 2
    assert step(federation, match, "reopen").json["code"] == "match_open"


def test_different_codes_are_never_one_employer(federation: Federation) -> None:
    with federation.uow() as uow:
        match = matched(uow, new_employer(FIRM, CODE), new_employer("远帆电子", demo_code("91", 72)))
    refused = step(federation, match, "decide", {"same": True})
    assert (refused.status_code, refused.json["code"]) == (409, "codes_differ")
    assert step(federation, match, "decide", {"same": False}).json["state"] == "different"


def test_a_merged_employer_is_not_merged_on_and_decisions_are_taken_back_in_order(
    federation: Federation,
) -> None:
    with federation.uow() as uow:
        first, second, third = (new_employer(f"远帆电子{n}厂") for n in "甲乙丙")
        one, two = matched(uow, first, second), matched(uow, second, third)
        ring = matched(uow, second, first)
    assert step(federation, one, "decide", {"same": True}).status_code == 200
    assert step(federation, ring, "decide", {"same": True}).json["code"] == "already_merged"
    assert step(federation, two, "decide", {"same": True}).status_code == 200
    assert step(federation, one, "reopen").json["code"] == "already_merged"
    assert step(federation, two, "reopen").status_code == 200
    assert step(federation, one, "reopen").status_code == 200


def test_the_queue_belongs_to_who_holds_it_at_the_root(federation: Federation) -> None:
    with federation.uow() as uow:
        match = matched(uow, new_employer(FIRM), new_employer("远帆电子"))
    federation.add_officer("part", "part", "east", ["organising.employer.match"])
    for login in ("part", "east", "auditor"):
        asker = federation.client(login)
        assert asker.get(MATCHES).status_code == 403
        assert asker.post(f"{MATCHES}/{match}/decide", {"same": True}).status_code == 403
    assert step(federation, UUID(int=1), "decide", {"same": True}).status_code == 404
    assert step(federation, UUID(int=1), "reopen").status_code == 404


# --- the list


@pytest.mark.parametrize("text", ["深圳市远", "shenzhenshiyuan", "shen zhen shi yuan", CODE, CODE.lower()])
def test_an_employer_is_found_by_name_pinyin_and_code(federation: Federation, text: str) -> None:
    taken_over(federation, (FIRM, CODE), ("东莞市同兴服装有限公司", demo_code("91", 72)))
    found = federation.client("east").get(EMPLOYERS, query_string={"q": text, "count": "true"}).json
    assert [(item["name"], item["uscc"]) for item in found["items"]] == [(FIRM, CODE)]
    assert found["count"] == 1


def test_lists_take_as_many_statements_for_thirty_rows_as_for_one(world: World) -> None:
    engine, counts = world.database.engine(policies.APP), []
    for size in (1, 30):
        federation = world.federation()
        with federation.uow() as uow:
            for number in range(size):
                matched(uow, new_employer(f"远帆电子{number}厂"), new_employer(f"远帆电子{number}店"))
        asker = federation.client("district")
        for path, rows in ((EMPLOYERS, 2 * size), (MATCHES, size)):
            asker.get(path)
            with counted_statements(engine) as sent:
                assert len(asker.get(f"{path}?limit=100").json["items"]) == rows
            counts.append(len(sent))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 6
