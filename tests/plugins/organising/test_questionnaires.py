"""Questionnaires: filled offline, sent late and twice and counted once, answered by nobody who can be told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gonghui.db import policies
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui_organising import sheet_results, sheet_taking
from gonghui_organising.questionnaire_samples import questionnaire_values
from gonghui_organising.sheet_results import Cell, hidden_cells
from gonghui_organising.sheet_taking import AnonymousSheet

PATH, OWN = "/api/v1/organising/questionnaires", "/api/v1/organising/answer-sheets"
#: What the parameters say.
GRACE, SMALLEST = 7, 5
QUESTIONS = [
    {"number": 1, "text": "有工会吗？", "kind": "single", "choices": ["有", "没有"], "is_required": True},
    {
        "number": 2,
        "text": "想要什么？",
        "kind": "multiple",
        "choices": ["培训", "体检", "文体"],
        "is_required": False,
    },
    {"number": 3, "text": "多少职工？", "kind": "number", "least": 0, "most": 9999, "is_required": False},
    {"number": 4, "text": "还有什么要说的？", "kind": "text", "is_required": False},
]


def drafted(federation: Federation, who: str = "district", place: str = "district", **values: Any) -> Any:
    body = questionnaire_values(federation.units[place], questions=QUESTIONS, **values)
    answer = federation.client(who).post(PATH, body)
    assert answer.status_code == 201, answer.text
    return answer.json


def at(federation: Federation, who: str, questionnaire: Any, name: str, body: Any = None) -> TestResponse:
    path = f"{PATH}/{questionnaire['id']}"
    tag = federation.client("district").get(path).headers["ETag"]
    method, path = ("PATCH", path) if name == "change" else ("POST", f"{path}/{name}")
    return federation.client(who)(method, path, headers={"If-Match": tag}, json=body or {})


def opened(federation: Federation, *, days: int = 30, who: str = "district", **values: Any) -> Any:
    """A questionnaire that began a week ago, as a phone fetches it."""
    made, today = drafted(federation, who, who, **values), clock.today()
    days_told = {"opens_on": today - timedelta(days=7), "closes_on": today + timedelta(days=days)}
    answer = at(federation, who, made, "open", days_told)
    assert answer.status_code == 200, answer.text
    return federation.client("worker").get(f"{PATH}/{made['id']}").json


def sheet(questionnaire: Any, *answers: Any, ago: timedelta = timedelta(minutes=5), **values: Any) -> Any:
    """A sheet with answers to the first questions."""
    keys = [question["id"] for question in questionnaire["questions"]]
    return {
        "sheet_key": str(uuid4()),
        "edition": questionnaire["edition"],
        "filled_at": (clock.now() - ago).isoformat(),
        "answers": {key: answer for key, answer in zip(keys, answers, strict=False) if answer is not None},
        **values,
    }


def sent(
    federation: Federation, questionnaire: Any, *sheets: Any, who: str = "garden", place: str = "garden"
) -> TestResponse:
    body = {"org_unit_id": str(federation.units[place]), "sheets": list(sheets)}
    return federation.client(who).post(f"{PATH}/{questionnaire['id']}/sheets", body)


def outcomes(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["outcome"] for one in answer.json["sheets"]]


def faults(answer: TestResponse, place: int = 0) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"]) for fault in answer.json["sheets"][place]["errors"]]


def results(
    federation: Federation, questionnaire: Any, who: str = "district", by_street: bool = False
) -> Any:
    """What is shown once the questionnaire has ended and no late sheet can come."""
    assert at(federation, who, questionnaire, "close").status_code == 200
    with clock.at(clock.now() + timedelta(days=GRACE + 1)), federation.uow(who) as uow:
        return sheet_results.results(uow, UUID(questionnaire["id"]), by_street=by_street)


# --- the questionnaire


def test_one_read_gives_a_phone_all_that_it_shows_and_checks(federation: Federation) -> None:
    questionnaire = opened(federation)
    shown = federation.client("worker").get(f"{PATH}/{questionnaire['id']}").json
    assert [q["kind"] for q in shown["questions"]] == ["single", "multiple", "number", "text"]
    assert shown["questions"][1]["choices"] == ["培训", "体检", "文体"]
    assert (shown["questions"][2]["least"], shown["questions"][2]["most"]) == (0, 9999)
    assert all(shown[name] for name in ("edition", "opens_on", "closes_on"))
    assert not shown["is_named"]


def test_only_an_open_questionnaire_is_there_for_everybody(federation: Federation) -> None:
    draft = drafted(federation, "east", "east")
    for login in ("worker", "west"):
        assert federation.client(login).get(f"{PATH}/{draft['id']}").status_code == 404
    questionnaire = opened(federation, who="east")
    for login in ("worker", "west", "guest"):
        assert federation.client(login).get(f"{PATH}/{questionnaire['id']}").status_code == 200
    assert at(federation, "west", questionnaire, "close").status_code == 403
    assert at(federation, "east", questionnaire, "close").status_code == 200
    assert federation.client("worker").get(f"{PATH}/{questionnaire['id']}").status_code == 404


def test_questions_stand_still_once_they_are_out_and_are_put_right_in_a_copy(federation: Federation) -> None:
    questionnaire = opened(federation)
    refused = at(federation, "district", questionnaire, "change", {"title": "改"})
    assert (refused.status_code, refused.json["code"]) == (409, "state_forbids")
    made = federation.client("district").post(f"{PATH}/{questionnaire['id']}/copy")
    assert made.status_code == 201
    copy = federation.client("district").get(made.headers["Location"]).json
    assert (copy["state"], copy["copied_from_id"], copy["edition"]) == ("draft", questionnaire["id"], None)
    assert [q["text"] for q in copy["questions"]] == [q["text"] for q in questionnaire["questions"]]
    first = copy["questions"][0]
    changed = at(
        federation, "district", copy, "change", {"questions": [{"id": first["id"], "text": "有没有工会？"}]}
    )
    assert [q["text"] for q in changed.json["questions"]] == ["有没有工会？"]


def test_a_question_that_nobody_could_answer_is_refused(federation: Federation) -> None:
    question = {"number": 1, "text": "问？", "kind": "single", "choices": ["有"], "is_required": True}
    body = questionnaire_values(federation.units["district"], questions=[question])
    answer = federation.client("district").post(PATH, body)
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [
        ("/questions/0/choices", "choices_few")
    ]


def test_it_opens_with_questions_and_with_days_in_their_order(federation: Federation) -> None:
    body = questionnaire_values(federation.units["district"], questions=[])
    empty = federation.client("district").post(PATH, body).json
    today = clock.today()
    answer = at(
        federation, "district", empty, "open", {"opens_on": today, "closes_on": today - timedelta(days=1)}
    )
    assert {e["code"] for e in answer.json["errors"]} == {"no_questions", "before_first_day"}


# --- sheets


def test_a_sheet_that_is_sent_twice_counts_once(federation: Federation) -> None:
    questionnaire = opened(federation)
    one, other = sheet(questionnaire, "有"), sheet(questionnaire, "没有")
    assert outcomes(sent(federation, questionnaire, one, one)) == ["taken", "known"]
    again = sent(federation, questionnaire, one, other)
    assert outcomes(again) == ["known", "taken"]
    assert (again.json["taken"], again.json["known"], again.json["refused"]) == (1, 1, 0)
    with federation.uow() as uow:
        kept = uow.session.scalars(
            select(AnonymousSheet.sheet_key).where(
                AnonymousSheet.questionnaire_id == UUID(questionnaire["id"])
            )
        ).all()
    assert len(kept) == 2


def test_two_who_send_the_same_sheets_at_once_keep_each_once(federation: Federation) -> None:
    questionnaire = opened(federation)
    sheets = [sheet(questionnaire, "有") for _n in range(20)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _n: sent(federation, questionnaire, *sheets), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4, [answer.text for answer in answers]
    assert sorted(answer.json["taken"] for answer in answers) == [0, 0, 0, 20]


def test_each_sheet_of_a_batch_has_its_own_answer_with_each_fault_at_its_question(
    federation: Federation,
) -> None:
    questionnaire = opened(federation)
    keys = [question["id"] for question in questionnaire["questions"]]
    bad = sheet(questionnaire, None, ["培训", "旅游"], 10_000, 7)
    answer = sent(federation, questionnaire, sheet(questionnaire, "有"), bad)
    assert outcomes(answer) == ["taken", "refused"]
    assert faults(answer, 1) == [
        (f"/answers/{keys[0]}", "required"),
        (f"/answers/{keys[1]}", "choice_unknown"),
        (f"/answers/{keys[2]}", "out_of_limits"),
        (f"/answers/{keys[3]}", "not_a_text"),
    ]
    mended = {**bad, "answers": {keys[0]: "有"}}
    assert outcomes(sent(federation, questionnaire, mended)) == ["taken"]


def test_a_sheet_filled_in_time_is_taken_late_for_as_long_as_the_grace_lasts(federation: Federation) -> None:
    questionnaire = opened(federation, days=2)
    in_time, another = sheet(questionnaire, "有"), sheet(questionnaire, "有")
    too_late = sheet(questionnaire, "有", ago=timedelta(days=-3))
    with clock.at(clock.now() + timedelta(days=2 + GRACE)), federation.uow("garden") as uow:
        taken = sheet_taking.take_collected(
            uow, UUID(questionnaire["id"]), federation.units["garden"], [_read(in_time), _read(too_late)]
        )
        codes = [[fault.code for fault in one.faults] for one in taken]
        assert ([one.outcome for one in taken], codes) == (["taken", "refused"], [[], ["too_late"]])
    with clock.at(clock.now() + timedelta(days=3 + GRACE)), federation.uow("garden") as uow:
        (late,) = sheet_taking.take_collected(
            uow, UUID(questionnaire["id"]), federation.units["garden"], [_read(another)]
        )
        assert [fault.code for fault in late.faults] == ["grace_over"]


def _read(one: Any) -> Any:
    return {
        **one, "sheet_key": UUID(one["sheet_key"]), "filled_at": datetime.fromisoformat(one["filled_at"]),
    }  # fmt: skip


def test_a_sheet_filled_before_the_end_is_taken_after_it_and_one_filled_after_is_not(
    federation: Federation,
) -> None:
    questionnaire = opened(federation)
    before = sheet(questionnaire, "有", ago=timedelta(seconds=1))
    assert at(federation, "district", questionnaire, "close").status_code == 200
    after = sheet(questionnaire, "有", ago=timedelta())
    answer = sent(federation, questionnaire, before, after)
    assert outcomes(answer) == ["taken", "refused"]
    assert faults(answer, 1) == [("/filled_at", "too_late")]


@pytest.mark.parametrize(
    ("values", "pointer", "code"),
    [
        ({"ago": timedelta(days=9)}, "/filled_at", "too_early"),
        ({"ago": timedelta(days=-2)}, "/filled_at", "in_future"),
        ({"edition": "0" * 16}, "/edition", "edition_other"),
        ({"respondent": "样示例"}, "/respondent", "nobody_named"),
    ],
)
def test_a_sheet_from_another_time_or_edition_or_with_a_name_is_refused(
    federation: Federation, values: Any, pointer: str, code: str
) -> None:
    questionnaire = opened(federation)
    answer = sent(federation, questionnaire, sheet(questionnaire, "有", **values))
    assert faults(answer) == [(pointer, code)]


def test_no_more_than_a_hundred_sheets_come_at_once(federation: Federation) -> None:
    questionnaire = opened(federation)
    one = sheet(questionnaire, "有")
    answer = sent(federation, questionnaire, *([one] * 101))
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/sheets")


def test_collecting_needs_the_permission_where_it_was_done(federation: Federation) -> None:
    questionnaire = opened(federation)
    one = sheet(questionnaire, "有")
    assert sent(federation, questionnaire, one, who="worker").status_code == 403
    assert sent(federation, questionnaire, one, who="west").status_code == 404
    federation.add_officer("goer", "activist", "garden")
    assert outcomes(sent(federation, questionnaire, one, who="goer")) == ["taken"]
    assert federation.client("goer").get(f"{PATH}/{questionnaire['id']}/results").status_code == 403


def test_whoever_is_signed_in_sends_their_own_sheet(federation: Federation) -> None:
    questionnaire = opened(federation)
    one = {**sheet(questionnaire, "有"), "questionnaire_id": questionnaire["id"]}
    assert federation.client("worker").post(OWN, one).json["outcome"] == "taken"
    assert federation.client("worker").post(OWN, one).json["outcome"] == "known"
    wrong = {**one, "sheet_key": str(uuid4()), "answers": {}}
    refused = federation.client("worker").post(OWN, wrong)
    first = questionnaire["questions"][0]["id"]
    assert [(e["pointer"], e["code"]) for e in refused.json["errors"]] == [(f"/answers/{first}", "required")]
    draft = drafted(federation)
    unseen = federation.client("worker").post(OWN, {**one, "questionnaire_id": draft["id"]})
    assert unseen.status_code == 404


# --- nobody can be told


def test_nothing_that_is_kept_leads_from_an_anonymous_sheet_to_whoever_sent_it(
    federation: Federation, table_texts: Callable[[Federation], dict[str, list[str]]]
) -> None:
    questionnaire = opened(federation)
    one = {**sheet(questionnaire, "有", None, None, "食堂"), "questionnaire_id": questionnaire["id"]}
    answer = federation.client("worker").post(OWN, one, headers={"Idempotency-Key": "once"})
    assert answer.status_code == 200
    assert federation.client("worker").post(OWN, one).json["outcome"] == "known"
    worker = str(federation.accounts["worker"])
    holding = {
        table for table, rows in table_texts(federation).items() for row in rows if one["sheet_key"] in row
    }
    assert holding == {"organising.anonymous_sheet"}
    texts = table_texts(federation)
    entries = [row for row in texts["core.audit_entry"] if "organising.answer_sheet" in row]
    assert len(entries) == 1
    assert not any(worker in row for row in entries)
    assert not any(
        "食堂" in row for table, rows in texts.items() for row in rows if table != next(iter(holding))
    )


def test_a_named_questionnaire_shows_who_answered_to_officers_and_to_themselves(
    federation: Federation,
) -> None:
    questionnaire = opened(federation, is_named=True)
    missing = sent(federation, questionnaire, sheet(questionnaire, "有"))
    assert faults(missing) == [("/respondent", "required")]
    told = sheet(questionnaire, "有", ["培训", "文体"], 120, respondent="样示例")
    assert outcomes(sent(federation, questionnaire, told)) == ["taken"]
    own = {**sheet(questionnaire, "没有"), "questionnaire_id": questionnaire["id"]}
    assert federation.client("worker").post(OWN, own).json["outcome"] == "taken"
    listed = federation.client("district").get(f"{OWN}?questionnaire={questionnaire['id']}").json["items"]
    assert {row["respondent"] for row in listed} == {"样示例", "样worker"}
    collected = next(row for row in listed if row["respondent"] == "样示例")
    shown = federation.client("garden").get(f"{OWN}/{collected['id']}").json
    assert shown["answers"] == ["1. 有工会吗？：有", "2. 想要什么？：培训、文体", "3. 多少职工？：120"]
    assert federation.client("west").get(f"{OWN}/{collected['id']}").status_code == 404
    # Where everybody is named, no count is too small to show.
    counts = [choice["count"] for choice in results(federation, questionnaire)["questions"][0]["choices"]]
    assert counts == [1, 1]
    mine = federation.client("worker").get(OWN).json["items"]
    assert {row["respondent"] for row in mine} == {"样worker"}


# --- results


def test_results_count_choices_and_hide_small_cells(federation: Federation) -> None:
    questionnaire = opened(federation)
    sheets = [sheet(questionnaire, "有", ["培训"], 10, "食堂") for _n in range(6)]
    sheets += [sheet(questionnaire, "没有", ["培训", "体检"], 40) for _n in range(2)]
    assert outcomes(sent(federation, questionnaire, *sheets)) == ["taken"] * 8
    found = results(federation, questionnaire)
    assert (found["sheets"], found["smallest_cell"]) == (8, SMALLEST)
    single, multiple, number, text = found["questions"]
    # With the whole shown, the six would give the two away.
    assert [choice["count"] for choice in single["choices"]] == [None, None]
    assert [choice["count"] for choice in multiple["choices"]] == [8, None, 0]
    assert (number["answered"], number["average"]) == (8, "17.50")
    assert (text["answered"], text["texts"]) == (6, ["食堂"] * 6)


def test_results_by_street_add_up_without_telling_a_small_street(federation: Federation) -> None:
    federation.add_officer("river", "community_officer", "river")
    questionnaire = opened(federation)
    sent(federation, questionnaire, *[sheet(questionnaire, "有") for _n in range(7)])
    sent(
        federation,
        questionnaire,
        *[sheet(questionnaire, "有") for _n in range(2)],
        who="river",
        place="river",
    )
    found = results(federation, questionnaire, by_street=True)
    assert {row["street_name"]: row["sheets"] for row in found["streets"]} == {
        "东街道总工会": None, "西街道总工会": None,
    }  # fmt: skip
    assert found["sheets"] == 9


def test_only_who_may_at_its_unit_sees_results(federation: Federation) -> None:
    questionnaire = opened(federation, who="east", is_named=True)
    path = f"{PATH}/{questionnaire['id']}/results"
    statuses = {
        login: federation.client(login).get(path).status_code for login in ("east", "west", "worker", "firm")
    }
    assert statuses == {"east": 200, "west": 403, "worker": 403, "firm": 403}


def test_results_of_an_unnamed_questionnaire_wait_for_the_last_sheet(federation: Federation) -> None:
    questionnaire = opened(federation)
    path = f"{PATH}/{questionnaire['id']}/results"
    district = federation.client("district")
    while_open = district.get(path)
    assert (while_open.status_code, while_open.json["code"]) == (409, "sheets_still_come")
    assert at(federation, "district", questionnaire, "close").status_code == 200
    # A sheet that was filled before the end may still come, so the difference of two readings would tell it.
    in_grace = district.get(path)
    assert (in_grace.status_code, in_grace.json["code"]) == (409, "sheets_still_come")
    assert in_grace.json["after"] == (clock.today() + timedelta(days=GRACE)).isoformat()


def test_two_small_cells_that_could_only_be_one_each_take_a_third_along() -> None:
    first, second, large = (Cell(None, "q", choice) for choice in ("a", "b", "c"))
    hidden = hidden_cells({first: 1, second: 1, large: 20}, [[first, second, large]], SMALLEST)
    assert hidden == {first, second, large}


def test_a_batch_takes_the_same_statements_for_one_sheet_and_for_thirty(federation: Federation) -> None:
    questionnaire = opened(federation)
    engine = federation.world.database.engine(policies.APP)
    sent(federation, questionnaire, sheet(questionnaire, "有"))
    with counted_statements(engine) as one:
        sent(federation, questionnaire, sheet(questionnaire, "有"))
    with counted_statements(engine) as thirty:
        sent(federation, questionnaire, *[sheet(questionnaire, "有") for _n in range(30)])
    assert len(thirty) == len(one)


def test_a_list_takes_the_same_statements_for_one_row_and_for_thirty(federation: Federation) -> None:
    engine = federation.world.database.engine(policies.APP)
    questionnaire = opened(federation, is_named=True)
    path = f"{OWN}?questionnaire={questionnaire['id']}"
    sent(federation, questionnaire, sheet(questionnaire, "有", respondent="样一"))
    with counted_statements(engine) as one:
        assert len(federation.client("district").get(path).json["items"]) == 1
    sent(federation, questionnaire, *[sheet(questionnaire, "有", respondent="样二") for _n in range(29)])
    with counted_statements(engine) as thirty:
        assert len(federation.client("district").get(path).json["items"]) == 30
    assert len(thirty) == len(one)
