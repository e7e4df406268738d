"""What questions may look like, and which answers they take: plain values in, faults by pointer out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from gonghui.sdk import FieldFault, _

LONGEST_ANSWER = 2_000
LARGEST_NUMBER = 10**12
FEWEST_CHOICES = 2


class QuestionKind(StrEnum):
    """How a question is answered."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    NUMBER = "number"
    TEXT = "text"


CHOSEN = frozenset({QuestionKind.SINGLE.value, QuestionKind.MULTIPLE.value})


@dataclass(frozen=True)
class Asked:
    """A question as a sheet is held against it; `key` is what answers call it by."""

    key: str
    kind: str
    choices: tuple[str, ...] = ()
    is_required: bool = True
    least: int | None = None
    most: int | None = None


#: Answers as they are kept: by question the chosen words, the number as digits, or the text, each in a list.
Kept = dict[str, list[str]]


def faults_of_questions(rows: Sequence[Mapping[str, Any]]) -> Iterator[FieldFault]:
    """What is wrong with the questions of a questionnaire, each given with all of its values."""
    numbers = Counter(row.get("number") for row in rows)
    for index, row in enumerate(rows):
        pointer = f"/questions/{index}"
        if numbers[row.get("number")] > 1:
            yield FieldFault(f"{pointer}/number", "number_twice", _("题号重复。"))
        choices = list(row.get("choices") or ())
        if row.get("kind") in CHOSEN:
            if len(set(choices)) < FEWEST_CHOICES or len(set(choices)) < len(choices):
                message = _("选择题至少要有 {n} 个互不相同的选项。", n=FEWEST_CHOICES)
                yield FieldFault(f"{pointer}/choices", "choices_few", message)
        elif choices:
            yield FieldFault(f"{pointer}/choices", "choices_idle", _("这种题目不能有选项。"))
        least, most = row.get("least"), row.get("most")
        if row.get("kind") != QuestionKind.NUMBER.value and (least is not None or most is not None):
            yield FieldFault(f"{pointer}/least", "limits_idle", _("只有数字题才有上下限。"))
        elif least is not None and most is not None and least > most:
            yield FieldFault(f"{pointer}/most", "limits_crossed", _("上限不能小于下限。"))


def read_answers(
    questions: Sequence[Asked], answers: Mapping[str, Any], pointer: str = "/answers"
) -> tuple[Kept, list[FieldFault]]:
    """Answers as they are kept, and everything that is wrong with them, each fault at its question."""
    kept: Kept = {}
    faults: list[FieldFault] = []
    for asked in questions:
        place = f"{pointer}/{asked.key}"
        values, fault = _read(asked, answers.get(asked.key), place)
        if fault is not None:
            faults.append(fault)
        elif values:
            kept[asked.key] = values
        elif asked.is_required:
            faults.append(FieldFault(place, "required", _("这道题必须回答。")))
    for strange in sorted(answers.keys() - {asked.key for asked in questions}):
        faults.append(FieldFault(f"{pointer}/{strange}", "question_unknown", _("问卷里没有这道题。")))
    return kept, faults


def _read(asked: Asked, value: Any, place: str) -> tuple[list[str], FieldFault | None]:
    if value is None:
        return [], None
    if asked.kind == QuestionKind.NUMBER:
        return _number(asked, value, place)
    if asked.kind == QuestionKind.TEXT:
        return _text(value, place)
    return _chosen(asked, value, place)


def _number(asked: Asked, value: Any, place: str) -> tuple[list[str], FieldFault | None]:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > LARGEST_NUMBER:
        return [], FieldFault(place, "not_a_number", _("请填写数字。"))
    number = Decimal(str(value))
    if (asked.least is not None and number < asked.least) or (asked.most is not None and number > asked.most):
        return [], FieldFault(place, "out_of_limits", _limits(asked))
    return [format(number.normalize(), "f")], None


def _limits(asked: Asked) -> Any:
    if asked.least is None:
        return _("数字不能大于 {most}。", most=asked.most)
    if asked.most is None:
        return _("数字不能小于 {least}。", least=asked.least)
    return _("数字要在 {least} 到 {most} 之间。", least=asked.least, most=asked.most)


def _text(value: Any, place: str) -> tuple[list[str], FieldFault | None]:
    if not isinstance(value, str):
        return [], FieldFault(place, "not_a_text", _("请填写文字。"))
    words = value.replace("\0", "").strip()
    if len(words) > LONGEST_ANSWER:
        return [], FieldFault(place, "too_long", _("最多填写 {n} 个字。", n=LONGEST_ANSWER))
    return [words] if words else [], None


def _chosen(asked: Asked, value: Any, place: str) -> tuple[list[str], FieldFault | None]:
    is_single = asked.kind == QuestionKind.SINGLE
    if is_single and not isinstance(value, str):
        return [], FieldFault(place, "not_one_choice", _("请选择一项。"))
    if not is_single and not isinstance(value, list):
        return [], FieldFault(place, "not_a_list", _("多选题的回答要写成列表。"))
    values = [value] if is_single else value
    if any(one not in asked.choices for one in values):
        return [], FieldFault(place, "choice_unknown", _("没有这个选项。"))
    return [choice for choice in asked.choices if choice in values], None
