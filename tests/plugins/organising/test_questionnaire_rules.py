"""Answers against questions, and cells against smallness, over the whole space of inputs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonghui_organising.questionnaire_rules import Asked, QuestionKind, faults_of_questions, read_answers
from gonghui_organising.sheet_results import Cell, hidden_cells

CHOICES = ("甲", "乙", "丙")
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**13), 10**13),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(CHOICES),
    st.lists(st.one_of(st.sampled_from(CHOICES), st.text(max_size=2), st.integers()), max_size=4),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)


@st.composite
def questions(draw: st.DrawFn) -> list[Asked]:
    kinds = draw(st.lists(st.sampled_from(list(QuestionKind)), min_size=1, max_size=5))
    made = []
    for number, kind in enumerate(kinds):
        least, most = sorted((draw(st.integers(-50, 50)), draw(st.integers(-50, 50))))
        is_number = kind is QuestionKind.NUMBER
        made.append(
            Asked(
                f"q{number}",
                kind.value,
                CHOICES if kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE) else (),
                draw(st.booleans()),
                least if is_number and draw(st.booleans()) else None,
                most if is_number and draw(st.booleans()) else None,
            )
        )
    return made


@st.composite
def right_answer(draw: st.DrawFn, asked: Asked) -> Any:
    if asked.kind == QuestionKind.SINGLE:
        return draw(st.sampled_from(CHOICES))
    if asked.kind == QuestionKind.MULTIPLE:
        return draw(st.lists(st.sampled_from(CHOICES), min_size=1))
    if asked.kind == QuestionKind.NUMBER:
        return draw(
            st.integers(-60 if asked.least is None else asked.least, 60 if asked.most is None else asked.most)
        )
    return draw(st.text(min_size=1, max_size=50).filter(lambda text: text.replace("\0", "").strip()))


@given(data=st.data(), asked=questions())
def test_right_answers_are_kept_without_a_fault(data: st.DataObject, asked: list[Asked]) -> None:
    answers = {one.key: data.draw(right_answer(one)) for one in asked}
    kept, faults = read_answers(asked, answers)
    assert faults == []
    assert kept.keys() == answers.keys()
    for one in asked:
        if one.kind == QuestionKind.NUMBER:
            assert [Decimal(value) for value in kept[one.key]] == [answers[one.key]]
        if one.kind == QuestionKind.MULTIPLE:
            assert set(kept[one.key]) == set(answers[one.key])
            assert len(kept[one.key]) == len(set(kept[one.key]))


@given(
    asked=questions(),
    answers=st.dictionaries(st.sampled_from(["q0", "q1", "q2", "q3", "q4", "strange"]), VALUES, max_size=6),
)
def test_whatever_is_sent_is_kept_in_order_or_a_fault_at_its_question(
    asked: list[Asked], answers: dict[str, Any]
) -> None:
    kept, faults = read_answers(asked, answers)
    pointers = [fault.pointer for fault in faults]
    assert len(pointers) == len(set(pointers))
    for one in asked:
        is_faulty, values = f"/answers/{one.key}" in pointers, kept.get(one.key)
        assert not (is_faulty and values)
        assert is_faulty or values or not one.is_required
        if values is None:
            continue
        assert all(isinstance(value, str) and value for value in values)
        if one.choices:
            assert set(values) <= set(one.choices)
        if one.kind == QuestionKind.NUMBER:
            number = Decimal(values[0])
            assert one.least is None or number >= one.least
            assert one.most is None or number <= one.most
    known = {one.key for one in asked}
    assert {f"/answers/{key}" for key in answers if key not in known} <= set(pointers)


@pytest.mark.parametrize(
    ("question", "pointer", "code"),
    [
        ({"kind": "single", "choices": ["有"]}, "/questions/0/choices", "choices_few"),
        ({"kind": "multiple", "choices": ["有", "有"]}, "/questions/0/choices", "choices_few"),
        ({"kind": "text", "choices": ["有", "没有"]}, "/questions/0/choices", "choices_idle"),
        ({"kind": "text", "least": 1}, "/questions/0/least", "limits_idle"),
        ({"kind": "number", "least": 3, "most": 2}, "/questions/0/most", "limits_crossed"),
    ],
)
def test_a_question_that_nobody_could_answer_is_told(question: Any, pointer: str, code: str) -> None:
    faults = list(faults_of_questions([{"number": 1, **question}]))
    assert [(fault.pointer, fault.code) for fault in faults] == [(pointer, code)]


# --- small cells


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[Cell, int], list[list[Cell]]]:
    """Counts of one question's choices at some streets, with all of their totals."""
    streets = [f"s{n}" for n in range(draw(st.integers(1, 4)))]
    choices = [f"c{n}" for n in range(draw(st.integers(1, 4)))]
    inner = {Cell(s, "q", c): draw(st.integers(0, 12)) for s in streets for c in choices}
    of_streets = {Cell(s, "q"): sum(inner[Cell(s, "q", c)] for c in choices) for s in streets}
    of_choices = {Cell(None, "q", c): sum(inner[Cell(s, "q", c)] for s in streets) for c in choices}
    counts = {**inner, **of_streets, **of_choices, Cell(None, "q"): sum(inner.values())}
    sums = [[Cell(s, "q"), *(Cell(s, "q", c) for c in choices)] for s in (None, *streets)]
    sums += [[Cell(s, "q", c) for s in (None, *streets)] for c in (None, *choices)]
    return counts, sums


@given(table=tables(), least=st.integers(2, 6))
def test_no_small_cell_shows_and_none_can_be_worked_out_from_a_sum(
    table: tuple[dict[Cell, int], list[list[Cell]]], least: int
) -> None:
    counts, sums = table
    hidden = hidden_cells(counts, sums, least)
    assert all(cell in hidden for cell, count in counts.items() if 0 < count < least)
    assert all(counts[cell] > 0 for cell in hidden)
    assert all(sum(cell in hidden for cell in cells) != 1 for cells in sums)


@given(table=tables())
def test_where_no_cell_is_small_nothing_is_hidden(table: tuple[dict[Cell, int], list[list[Cell]]]) -> None:
    counts, sums = table
    assert hidden_cells(counts, sums, 1) == set()
