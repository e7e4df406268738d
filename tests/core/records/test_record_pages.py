"""Lists of every kind of record: as many statements for thirty rows as for one, pages that neither skip nor repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from tests.designs import samples
from tests.designs.asking import AT, CASES, COURSES, FILES, ROOMS, course_body, made, room_body

from gonghui.db import policies
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.records.record_types import EXPORT, RECORD_TYPES, RecordType
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements

KINDS = sorted(
    (kind for kind in RECORD_TYPES.values() if kind.plugin == "designs"), key=lambda kind: kind.code
)


def maker(federation: Federation, kind: RecordType) -> Callable[[UnitOfWork, UUID], UUID]:
    return federation.world.registry.plugins[kind.plugin].samples[f"{kind.code.rsplit('.', 1)[1]}_id"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_thirty_rows_take_as_many_statements_as_one(shared_federation: Federation, kind: RecordType) -> None:
    federation, make = shared_federation, maker(shared_federation, kind)
    engine = federation.world.database.engine(policies.APP)
    # Nobody's subtree: the operator sees these in the domain; over HTTP the list is empty and costs as much.
    login = "garden" if kind.subtree else "worker"
    asker, path = federation.client(login), f"/api/v1/{kind.plugin}/{kind.path}"
    reads = [f"{path}?count=true&limit=50"]
    if EXPORT in kind.verbs and kind.subtree:
        reads.append(f"{path}/export?format=csv")
        asker = federation.client("east")
    counts: list[list[int]] = []
    made_ids: list[UUID] = []
    for number in (1, 29):
        with federation.uow() as uow:
            made_ids += [make(uow, federation.units["garden"]) for _ in range(number)]
        counts.append([])
        for read in (*reads, f"{path}/{made_ids[0]}"):
            asker.get(read)  # whatever is read once a process
            with counted_statements(engine) as sent:
                answer = asker.get(read)
            counts[-1].append(len(sent))
            assert answer.status_code == (200 if kind.subtree or read in reads else 404)
    assert counts[0] == counts[1]
    if kind.subtree:
        assert asker.get(reads[0]).json["count"] >= 30


def names(asker: Any, path: str) -> list[str]:
    found: list[str] = []
    following: str | None = path
    while following:
        page = asker.get(following)
        assert page.status_code == 200, page.text
        found += [f"{row['name']} {row['id']}" for row in page.json["items"]]
        link = page.headers.get("Link")
        following = link[1 : link.index(">")] if link else None
    return found


def test_pages_by_name_neither_skip_nor_repeat_rows_of_one_name(federation: Federation) -> None:
    asker = federation.client("garden")
    for name in ("样本小屋", "样本小屋", "样本小屋", "安心小屋", "安心小屋"):
        made(asker.post(ROOMS, json=room_body(federation.units["garden"], name=name)))
    found = names(asker, f"{ROOMS}?sort=name&limit=2")
    assert len(found) == len(set(found)) == 5
    assert [each.split()[0] for each in found] == ["安心小屋"] * 2 + ["样本小屋"] * 3


def test_a_cursor_of_another_order_is_refused(federation: Federation) -> None:
    asker = federation.client("garden")
    for _ in range(3):
        made(asker.post(ROOMS, json=room_body(federation.units["garden"])))
    by_id = asker.get(f"{ROOMS}?limit=1").json["next"]
    by_name = asker.get(f"{ROOMS}?limit=1&sort=name").json["next"]
    for query in (f"sort=name&cursor={by_id}", f"cursor={by_name}", "cursor=WyJhIl0", "cursor=%00"):
        answer = asker.get(f"{ROOMS}?{query}")
        assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "cursor_unknown")


@pytest.mark.parametrize("text", ["%", "_", "样_小屋", "%小屋", "\\", "'", "*"])
def test_wildcards_are_letters_like_others(federation: Federation, text: str) -> None:
    asker = federation.client("garden")
    made(asker.post(ROOMS, json=room_body(federation.units["garden"])))
    assert asker.get(ROOMS, query_string={"q": text}).json["items"] == []
    assert asker.get(ROOMS, query_string={"q": "小屋"}).json["items"] != []


def test_what_no_column_can_hold_is_content_and_no_defect(shared_federation: Federation) -> None:
    asker = shared_federation.client("garden")
    for path, query in (
        (ROOMS, {"q": "\0"}),
        (f"{CASES}/choices/agency-id", {"q": "\0"}),
        (CASES, {"cause": "nonsense"}),
        (CASES, {"received_on_from": "0000-00-00"}),
        (CASES, {"unknown": "1"}),
        (CASES, {"limit": "101"}),
        (COURSES, {"org_unit_id": "garden"}),
        (ROOMS, {"sort": "state"}),
        (f"{AT}/enrolments", {"sort": "name"}),
        (f"{AT}/enrolments", {"is_waiting": "maybe"}),
    ):
        assert asker.get(path, query_string=query).status_code in (404, 422), (path, query)


def test_a_unit_out_of_reach_and_one_that_is_not_narrow_a_list_down_alike(
    shared_federation: Federation,
) -> None:
    asker = shared_federation.client("garden")
    river = shared_federation.units["river"]
    answers = [asker.get(f"{FILES}?org_unit_id={each}") for each in (river, UUID(int=7))]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json["code"] == answers[1].json["code"]


def test_lists_are_narrowed_down_by_what_they_declare(federation: Federation) -> None:
    asker = federation.client("garden")
    with federation.uow() as uow:
        place = federation.units["garden"]
        opened_room = samples.room_at(samples.OPENED)(uow, place)
        samples.room_at()(uow, place)
        samples.course_draft(uow, place)
    found = asker.get(f"{ROOMS}?opened_on_from=2024-06-01&opened_on_to=2024-06-30").json["items"]
    assert [row["id"] for row in found] == [str(opened_room)]
    assert asker.get(f"{ROOMS}?opened_on_to=2024-06-01").json["items"] == []
    assert len(asker.get(f"{ROOMS}?state=planned&count=true").json["items"]) == 1
    assert asker.get(f"{COURSES}?count=true").json["count"] == 1
    assert course_body(place)["seats"] == 30
