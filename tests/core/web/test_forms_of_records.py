"""How forms are read, and how a workflow is drawn: without a database."""

from __future__ import annotations

import pytest
from tests.designs.dispute import dispute
from tests.designs.hardship import hardship

from gonghui.records.fields import Kind
from gonghui.web.records import typed
from gonghui.web.records.progress import ahead, tone
from gonghui.web.records.sheets import Sheet, for_list
from gonghui.web.records.values import number, yuan
from gonghui_organising.unions import unions


@pytest.mark.parametrize(
    ("kind", "text", "read"),
    [
        (Kind.INTEGER, "１，２３４", 1234),
        (Kind.INTEGER, "很多", "很多"),
        (Kind.MONEY, "¥375,000.00 元", "375000.00"),
        (Kind.DATE, "2024年6月3日", "2024-06-03"),
        (Kind.DATE, "2024/6/3", "2024-06-03"),
        (Kind.DATE, "昨天", "昨天"),
        (Kind.TIME, "2024-06-28T09:00", "2024-06-28T09:00:00+08:00"),
        (Kind.BOOLEAN, "false", False),
        (Kind.TEXTS, "甲\r\n\r\n 乙 ", ["甲", "乙"]),
    ],
)
def test_what_people_type_is_read_as_the_field_writes_it(kind: Kind, text: str, read: object) -> None:
    assert typed._READ[kind](text) == read


def test_rows_keep_their_ids_and_their_order_and_lose_what_was_taken_out() -> None:
    child = hardship.children[1]
    sheet: Sheet = for_list(hardship, child)
    form = {
        "assistance.0.id": "a", "assistance.0.kind": "living", "assistance.0.gone": "1",
        "assistance.3.id": "b", "assistance.3.kind": "medical", "assistance.3.amount": "800",
        "assistance.7.kind": "", "assistance.7.amount": "",
        "assistance.9.kind": "living", "assistance.9.amount": "9.5",
    }  # fmt: skip
    read = typed.read(sheet, form, {})
    assert [(row.get("id"), row["kind"], row["amount"]) for row in read.content["assistance"]] == [
        ("b", "medical", "800"),
        (None, "living", "9.5"),
    ]
    assert read.rows == {"assistance": 2}
    assert read.values["assistance.1.amount"] == "9.5"


def test_the_way_on_leaves_out_the_way_back() -> None:
    def names(kind: object, state: str) -> list[str]:
        return [step.name for step in ahead(kind.workflow, state)]  # type: ignore[attr-defined]

    assert names(unions, "draft") == ["submit", "approve"]
    assert names(unions, "returned") == ["submit", "approve"]
    assert names(unions, "approved") == []
    assert names(hardship, "draft") == ["submit", "visit", "review", "post"]
    assert names(dispute, "reported") == ["accept", "agree"]


def test_the_colour_of_a_state_says_whether_something_comes() -> None:
    colours = {state: tone(unions, state) for state in unions.workflow.states}
    assert colours == {
        "draft": "blue",
        "submitted": "blue",
        "returned": "amber",
        "approved": "green",
        "dissolved": "",
    }


def test_figures_are_set_as_tables_show_them() -> None:
    assert (yuan("375000.00"), yuan("-8.5")) == ("¥375,000.00", "-¥8.50")
    assert (number(1995), number(760_000)) == ("1995", "760,000")
