"""What the sheets of a questionnaire say together, with no cell so small that it could be somebody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, true

from gonghui.sdk import Conflict, OrgUnit, UnitOfWork, _, clock, figure, forbidden, found, permits
from gonghui_organising.questionnaire import RESULTS, Question, questionnaires, questions_of
from gonghui_organising.questionnaire_rules import CHOSEN, QuestionKind
from gonghui_organising.sheet_taking import GRACE, AnonymousSheet, AnswerSheet

SMALLEST = "organising.questionnaire.smallest_cell"


class Cell(NamedTuple):
    """A count: at a street or (None) everywhere, of a question or (None) of sheets, of a choice or (None) of all."""

    street: str | None
    question: str | None = None
    choice: str | None = None


Counts = Mapping[Cell, int]


def hidden_cells(counts: Counts, sums: Iterable[Collection[Cell]], least: int) -> set[Cell]:
    """Cells that must not be shown: those from 1 to below `least`, and what else would give them away.

    In each of `sums` one cell is the total of the others; with a single one hidden it could be worked out, so the
    smallest of the others that is not zero is hidden too, until none is alone.
    """
    hidden = {cell for cell, count in counts.items() if 0 < count < least}
    together = [[cell for cell in cells if cell in counts] for cells in sums]
    while True:
        alone = [cells for cells in together if _gives_away(counts, hidden, cells, least)]
        more = {
            min(candidates, key=lambda cell: (counts[cell], str(cell)))
            for cells in alone
            if (candidates := [cell for cell in cells if cell not in hidden and counts[cell] > 0])
        }
        if not more:
            return hidden
        hidden |= more


def _gives_away(counts: Counts, hidden: set[Cell], cells: Collection[Cell], least: int) -> bool:
    """Whether what is hidden in a sum could be worked out: it is a single cell, or each can only be very small."""
    within = [cell for cell in cells if cell in hidden]
    return len(within) == 1 or (
        len(within) > 1 and sum(counts[cell] for cell in within) < len(within) + least
    )


def results(uow: UnitOfWork, questionnaire_id: UUID, *, by_street: bool = False) -> dict[str, Any]:
    """Counts by question and choice, and by street if asked. Raises `NotFound`, `Forbidden`.

    A hidden count is null. Of a questionnaire that names nobody, numbers and texts stand only where enough answered,
    and texts in the order of their letters, so that none leads to a sheet.
    """
    questionnaire: Any = found(uow, questionnaires, questionnaire_id)
    if not permits(uow, questionnaires, questionnaire, RESULTS):
        raise forbidden(RESULTS)
    _refuse_while_sheets_come(uow, questionnaire)
    questions = questions_of(uow, questionnaire.id)
    values, counts = _counted(uow, questionnaire, questions)
    least = 1 if questionnaire.is_named else int(figure(uow, SMALLEST).value)
    streets = sorted({cell.street for cell in counts if cell.street is not None})
    hidden = hidden_cells(counts, _sums(questions, streets), least)
    shown = _Shown(values, counts, hidden)
    answer = {
        "questionnaire_id": questionnaire.id,
        "edition": questionnaire.edition,
        "is_named": questionnaire.is_named,
        "smallest_cell": least,
        **shown.part(None, questions),
    }
    if by_street:
        names = _names(uow, streets)
        answer["streets"] = [
            {"street_id": street or None, "street_name": names.get(street)} | shown.part(street, questions)
            for street in streets
        ]
    return answer


def _refuse_while_sheets_come(uow: UnitOfWork, questionnaire: Any) -> None:
    """Whoever reads results between two sheets reads the second one, so those of an unnamed one wait for the last."""
    if questionnaire.is_named:
        return
    if questionnaire.state != "closed":
        raise Conflict("sheets_still_come", _("不记名问卷在结束并过了补交期之后才能看结果。"))
    last = questionnaire.closes_on + timedelta(days=figure(uow, GRACE).value)
    if clock.today() <= last:
        message = _("补交期到 {day} 为止，过后才能看不记名问卷的结果。", day=last)
        raise Conflict("sheets_still_come", message, extra={"after": last.isoformat()})


class _Shown:
    """Counts as they may be shown."""

    def __init__(self, values: Mapping[Cell, int], counts: Counts, hidden: set[Cell]) -> None:
        self._values, self._counts, self._hidden = values, counts, hidden

    def part(self, street: str | None, questions: Iterable[Question]) -> dict[str, Any]:
        """The sheets of a street, or of all, and what they say."""
        listed = [self._question(street, question) for question in questions]
        return {"sheets": self._count(Cell(street)), "questions": listed}

    def _count(self, cell: Cell) -> int | None:
        return None if cell in self._hidden else self._counts.get(cell, 0)

    def _question(self, street: str | None, question: Question) -> dict[str, Any]:
        key = str(question.id)
        answered = self._count(Cell(street, key))
        shown: dict[str, Any] = {"question_id": question.id, "number": question.number, "answered": answered}
        if question.kind in CHOSEN:
            choices = question.choices or ()
            cells = ((choice, self._count(Cell(street, key, choice))) for choice in choices)
            shown["choices"] = [{"choice": choice, "count": count} for choice, count in cells]
        elif answered:
            given = {c.choice: n for c, n in self._values.items() if c[:2] == (street, key) and c.choice}
            if question.kind == QuestionKind.NUMBER:
                total = sum(Decimal(text) * n for text, n in given.items())
                shown["average"] = format(round(total / answered, 2), "f")
            elif street is None:
                shown["texts"] = [text for text in sorted(given) for _n in range(given[text])][:_MOST_TEXTS]
        return shown


_MOST_TEXTS = 500
#: Where a sheet told no street.
_NOWHERE = ""


def _counted(
    uow: UnitOfWork, questionnaire: Any, questions: Iterable[Question]
) -> tuple[dict[Cell, int], dict[Cell, int]]:
    """How often each value was given, and the cells: sheets, answers and choices, by street and together."""
    model: Any = AnswerSheet if questionnaire.is_named else AnonymousSheet
    table = model.__table__
    mine = table.c.questionnaire_id == questionnaire.id
    answer = func.jsonb_each(table.c.answers).table_valued("key", "value", name="answer")
    value = func.jsonb_array_elements_text(answer.c.value).table_valued("value", name="given")
    values: dict[Cell, int] = defaultdict(int)
    counts: dict[Cell, int] = defaultdict(int)
    connection = uow.session.connection()
    given = select(table.c.street_id, answer.c.key, value.c.value, func.count())
    for street, key, word, count in connection.execute(
        given.select_from(table.join(answer, true()).join(value, true()))
        .where(mine)
        .group_by(table.c.street_id, answer.c.key, value.c.value)
    ):
        for place in (None, _place(street)):
            values[Cell(place, key, word)] += count
    answered = select(table.c.street_id, answer.c.key, func.count())
    for street, key, count in connection.execute(
        answered.select_from(table.join(answer, true())).where(mine).group_by(table.c.street_id, answer.c.key)
    ):
        for place in (None, _place(street)):
            counts[Cell(place, key)] += count
    sheets = select(table.c.street_id, func.count()).where(mine).group_by(table.c.street_id)
    for street, count in connection.execute(sheets):
        for place in (None, _place(street)):
            counts[Cell(place)] += count
    everywhere = {cell.street for cell in counts}
    for question in questions:
        choices = (question.choices or ()) if question.kind in CHOSEN else ()
        for at in everywhere:
            counts[Cell(at, str(question.id))] += 0
            for choice in choices:
                cell = Cell(at, str(question.id), choice)
                counts[cell] = values[cell]
    return values, dict(counts)


def _sums(questions: Iterable[Question], streets: Collection[str]) -> Iterable[list[Cell]]:
    """Which cells add up: streets to the whole, single choices to the answers, required answers to the sheets."""
    cells: list[tuple[str | None, str | None]] = [(None, None)]
    for question in questions:
        key = str(question.id)
        chosen = list(question.choices or ()) if question.kind in CHOSEN else []
        cells += [(key, None), *((key, choice) for choice in chosen)]
        for place in (None, *streets):
            if question.is_required:
                yield [Cell(place), Cell(place, key)]
            if question.kind == QuestionKind.SINGLE:
                yield [Cell(place, key), *(Cell(place, key, choice) for choice in chosen)]
    for asked, choice in cells:
        yield [Cell(place, asked, choice) for place in (None, *streets)]


def _place(street: UUID | None) -> str:
    return _NOWHERE if street is None else str(street)


def _names(uow: UnitOfWork, streets: Collection[str]) -> dict[str, str]:
    wanted = select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_([UUID(s) for s in streets if s]))
    return {str(row.id): row.name for row in uow.session.execute(wanted)}
