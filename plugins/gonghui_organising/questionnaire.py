"""Questionnaires (发放问卷摸底调查): questions that stand still once out, so that sheets count together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.sdk import (
    Child,
    Field,
    FieldFault,
    Record,
    RecordType,
    TenantTable,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    clock,
    create_record,
    found,
    one_of,
    ref,
)
from gonghui_organising.questionnaire_rules import Asked, QuestionKind, faults_of_questions
from gonghui_organising.union import PLUGIN

DRAFT, OPEN, CLOSED = "draft", "open", "closed"
COLLECT = "organising.questionnaire.collect"
RESULTS = "organising.questionnaire.results"
KINDS = {
    QuestionKind.SINGLE.value: _("单选"),
    QuestionKind.MULTIPLE.value: _("多选"),
    QuestionKind.NUMBER.value: _("数字"),
    QuestionKind.TEXT.value: _("文字"),
}
_EDITION = 16


class Questionnaire(Record, schema=PLUGIN):
    """Questions to a group of people for some days. Its sheets name nobody, unless it says so."""

    __tablename__ = "questionnaire"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "copied_from_id"],
            ["organising.questionnaire.tenant_id", "organising.questionnaire.id"],
            ondelete="RESTRICT",
        ),
        Index("ix_questionnaire_state", "tenant_id", "state", "id"),
        Index("ix_questionnaire_org_unit", "tenant_id", "org_unit_id", "id"),
        Index("ix_questionnaire_copied_from", "tenant_id", "copied_from_id"),
    )

    title: Mapped[str]
    purpose: Mapped[str]
    audience: Mapped[str]
    is_named: Mapped[bool] = mapped_column(default=False)
    opens_on: Mapped[date | None]
    closes_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    #: Digest of the questions as they were opened; a sheet says which ones it was filled with.
    edition: Mapped[str | None]
    copied_from_id: Mapped[UUID | None]


class Question(TenantTable, schema=PLUGIN):
    """One question, by its number."""

    __tablename__ = "question"
    __table_args__ = (
        one_of("kind", QuestionKind),
        Index("ix_question_questionnaire", "tenant_id", "questionnaire_id", "number"),
    )

    questionnaire: Mapped[Questionnaire] = ref(Questionnaire)
    questionnaire_id: Mapped[UUID]
    number: Mapped[int]
    text: Mapped[str]
    kind: Mapped[str]
    choices: Mapped[list[str]] = mapped_column(default=list)
    is_required: Mapped[bool] = mapped_column(default=True)
    least: Mapped[int | None]
    most: Mapped[int | None]


def questions_of(uow: UnitOfWork, questionnaire_id: UUID) -> list[Question]:
    """The questions in their order."""
    wanted = select(Question).where(Question.questionnaire_id == questionnaire_id)
    return list(uow.session.scalars(wanted.order_by(Question.number, Question.id)))


def asked(question: Question) -> Asked:
    """A question as a sheet is held against it."""
    return Asked(
        str(question.id),
        question.kind,
        tuple(question.choices or ()),
        question.is_required,
        question.least,
        question.most,
    )


def edition_of(questions: Iterable[Question]) -> str:
    """A short digest that is another as soon as a question is another."""
    content = [[q.number, q.text, q.kind, q.choices or [], q.is_required, q.least, q.most] for q in questions]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_EDITION]


def copy(uow: UnitOfWork, questionnaire_id: UUID) -> Record:
    """A draft with the questions of another questionnaire: how questions that are out are put right."""
    old: Any = found(uow, questionnaires, questionnaire_id)
    names = ("number", "text", "kind", "choices", "is_required", "least", "most")
    made: Any = create_record(
        uow,
        questionnaires,
        {
            "org_unit_id": old.org_unit_id,
            **{name: getattr(old, name) for name in ("title", "purpose", "audience", "is_named")},
            "questions": [{name: getattr(q, name) for name in names} for q in questions_of(uow, old.id)],
        },
    )
    made.copied_from_id = old.id
    uow.session.flush()
    return made  # type: ignore[no-any-return]


def questions_are_sound(
    uow: UnitOfWork, questionnaire: Any, values: Mapping[str, Any]
) -> Iterable[FieldFault]:
    """A row that is there already may be sent in part: it is held against the rules with the rest of its values."""
    rows = values.get("questions")
    if rows is None:
        return
    there = {} if _is_new(uow, questionnaire) else {q.id: q for q in questions_of(uow, questionnaire.id)}
    names = ("number", "kind", "choices", "least", "most")
    whole = [
        {**{name: getattr(there.get(row.get("id")), name, None) for name in names}, **row} for row in rows
    ]
    yield from faults_of_questions(whole)


def _is_new(uow: UnitOfWork, questionnaire: Any) -> bool:
    return questionnaire not in uow.session


def has_questions(uow: UnitOfWork, questionnaire: Any, _answers: object) -> Iterable[FieldFault]:
    """Nothing is sent out empty."""
    if not questions_of(uow, questionnaire.id):
        yield FieldFault("/questions", "no_questions", _("问卷还没有题目。"))


def days_in_order(_uow: UnitOfWork, _record: Any, answers: Mapping[str, Any]) -> Iterable[FieldFault]:
    """The last day is neither before the first nor past."""
    if answers["closes_on"] < answers["opens_on"]:
        yield FieldFault("/closes_on", "before_first_day", _("截止日期不能早于开始日期。"))
    elif answers["closes_on"] < clock.today():
        yield FieldFault("/closes_on", "is_past", _("截止日期已经过去。"))


def keep_edition(uow: UnitOfWork, questionnaire: Any, _answers: object) -> None:
    """From now on the questions are these."""
    questionnaire.edition = edition_of(questions_of(uow, questionnaire.id))


def keep_moment(_uow: UnitOfWork, questionnaire: Any, _answers: object) -> None:
    """What is filled after this moment does not count, and the time to send late sheets runs from the last day."""
    questionnaire.closed_at = clock.now()
    last = max(questionnaire.opens_on, clock.today())
    questionnaire.closes_on = min(questionnaire.closes_on, last)


questionnaires = RecordType(
    Questionnaire,
    code="organising.questionnaire",
    path="questionnaires",
    title=_("调查问卷"),
    fields=(
        Field("title", _("问卷名称"), required=True, listed=True, example="非公企业建会摸底调查"),
        Field(
            "purpose", _("目的"), required=True, longest=2_000, listed=True, example="了解未建会企业的情况"
        ),
        Field("audience", _("对象"), required=True, listed=True, example="园区企业职工"),
        Field("is_named", _("实名"), required=True, listed=True, filtered=True, example=False),
        Field("opens_on", _("开始日期"), settable=False, listed=True),
        Field("closes_on", _("截止日期"), settable=False, listed=True, filtered=True),
        Field("closed_at", _("结束时间"), settable=False),
        Field("edition", _("题目版本"), settable=False, listed=True),
        Field("copied_from_id", _("复制自"), settable=False),
    ),
    children=(
        Child(
            "questions",
            _("题目"),
            Question,
            (
                Field("number", _("题号"), required=True, least=1, most=200, example=1),
                Field("text", _("题目"), required=True, longest=1_000, example="你所在的单位有工会吗？"),
                Field("kind", _("题型"), choices=KINDS, required=True, example="single"),
                Field("choices", _("选项"), example=["有", "没有"]),
                Field("is_required", _("必答"), required=True, example=True),
                Field("least", _("下限"), least=-10_000_000),
                Field("most", _("上限"), least=-10_000_000),
            ),
            published=True,
        ),
    ),
    search=("title",),
    workflow=Workflow(
        DRAFT,
        {DRAFT: _("起草中"), OPEN: _("发放中"), CLOSED: _("已结束")},
        (
            Transition(
                "open",
                "draft -> open",
                _("发放"),
                asks=(
                    Field("opens_on", _("开始日期"), required=True, example="2024-06-01"),
                    Field("closes_on", _("截止日期"), required=True, example="2199-06-30"),
                ),
                guards=(has_questions, days_in_order),
                effect=keep_edition,
                verb="opened",
            ),
            Transition("close", "open -> closed", _("结束"), effect=keep_moment, verb="closed"),
        ),
    ),
    rules=(questions_are_sound,),
    published={OPEN},
)
