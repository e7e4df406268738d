"""Answer sheets: filled on a phone that may be offline, sent late and perhaps twice, kept once.

Sheets of an unnamed questionnaire are kept apart, in a table that has no column for a person, an account, a union or
an hour. Its trail is sealed: what was done and in which hour, not by whom. Its ids are random, because ours tell the
moment at which they were made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.sdk import (
    Computed,
    Field,
    FieldFault,
    Kind,
    OrgUnit,
    OrgUnitKind,
    Person,
    Record,
    RecordType,
    TenantTable,
    UnitOfWork,
    Workflow,
    _,
    clock,
    figure,
    identifying,
    invalid,
    not_found,
    ref,
    transition_row,
    unique,
    unit_within,
    visible,
)
from gonghui_organising.membership import LIVE, Membership
from gonghui_organising.questionnaire import (
    CLOSED,
    COLLECT,
    OPEN,
    Question,
    Questionnaire,
    asked,
    questionnaires,
    questions_of,
)
from gonghui_organising.questionnaire_rules import read_answers
from gonghui_organising.union import PLUGIN

FILL = "organising.answer_sheet.create"
GRACE = "organising.questionnaire.grace"
TAKEN = "taken"


class AnswerSheet(Record, schema=PLUGIN):
    """A sheet of a named questionnaire: who answered stands on it."""

    __tablename__ = "answer_sheet"
    __table_args__ = (
        unique("questionnaire_id", "sheet_key"),
        Index("ix_answer_sheet_person", "tenant_id", "person_id"),
        Index("ix_answer_sheet_org_unit", "tenant_id", "org_unit_id", "id"),
    )

    questionnaire: Mapped[Questionnaire] = ref(Questionnaire)
    questionnaire_id: Mapped[UUID]
    sheet_key: Mapped[UUID]
    filled_on: Mapped[date]
    edition: Mapped[str]
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB())
    street: Mapped[OrgUnit | None] = ref(OrgUnit, optional=True)
    street_id: Mapped[UUID | None]
    respondent: Mapped[str] = identifying()
    #: Who signed in and filled it for themselves; a sheet that was collected has a name and no more.
    person: Mapped[Person | None] = ref(Person, optional=True)
    person_id: Mapped[UUID | None]


class AnonymousSheet(TenantTable, schema=PLUGIN):
    """A sheet that is nobody's. No operation shows one; they are counted together."""

    __tablename__ = "anonymous_sheet"
    __table_args__ = (unique("questionnaire_id", "sheet_key"),)
    sealed_audit = True
    table_title = _("不记名答卷")

    questionnaire: Mapped[Questionnaire] = ref(Questionnaire)
    questionnaire_id: Mapped[UUID]
    sheet_key: Mapped[UUID]
    filled_on: Mapped[date]
    edition: Mapped[str]
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB())
    street: Mapped[OrgUnit | None] = ref(OrgUnit, optional=True)
    street_id: Mapped[UUID | None]


@dataclass(frozen=True)
class Outcome:
    """What became of a sheet: `taken`, `known` or `refused`, and then why."""

    sheet_key: UUID
    outcome: str
    faults: Sequence[FieldFault] = field(default_factory=tuple)


def take_collected(
    uow: UnitOfWork, questionnaire_id: UUID, org_unit_id: UUID, sheets: Sequence[Mapping[str, Any]]
) -> list[Outcome]:
    """Sheets that somebody collected at a unit, each taken, known already or refused by itself.

    Raises `NotFound` for a questionnaire that takes no sheets, or a unit out of reach.
    """
    questionnaire = _receiving(uow, questionnaire_id)
    place = unit_within(uow, uow.principal, COLLECT, org_unit_id)
    street_id = _street_of(uow, place.path)
    return _take(uow, questionnaire, sheets, place.id, street_id, None)


def take_own(uow: UnitOfWork, questionnaire_id: UUID, sheet: Mapping[str, Any]) -> Outcome:
    """The sheet of whoever is signed in. Raises `NotFound` and, with every fault of the sheet, `Invalid`.

    Where the questionnaire names nobody, who sent it is not kept, and so nobody is kept from sending two.
    """
    questionnaire = _receiving(uow, questionnaire_id)
    named = {"respondent": uow.principal.name} if questionnaire.is_named else {}
    street_id = _street_of_member(uow)
    (outcome,) = _take(
        uow,
        questionnaire,
        [{**sheet, **named}],
        questionnaire.org_unit_id,
        street_id,
        uow.principal.person_id,
    )
    if outcome.faults:
        raise invalid(*outcome.faults)
    return outcome


def _receiving(uow: UnitOfWork, questionnaire_id: UUID) -> Questionnaire:
    """A questionnaire that still takes sheets, or that one may see, held until the transaction ends.

    Holding it makes two who send the same sheet at once one after the other, and keeps the end from falling between.
    """
    seen = visible(uow.principal, questionnaires.permission("read"), Questionnaire.__table__.c.org_unit_id)
    recent = Questionnaire.closes_on >= clock.today() - timedelta(days=figure(uow, GRACE).value)
    wanted = select(Questionnaire).where(
        Questionnaire.id == questionnaire_id,
        (Questionnaire.state == OPEN) | ((Questionnaire.state == CLOSED) & (recent | seen)),
    )
    row = uow.session.scalars(wanted.with_for_update(key_share=True, of=Questionnaire)).one_or_none()
    if row is None:
        raise not_found()
    return row


def _take(
    uow: UnitOfWork,
    questionnaire: Questionnaire,
    sheets: Sequence[Mapping[str, Any]],
    org_unit_id: UUID,
    street_id: UUID | None,
    person_id: UUID | None,
) -> list[Outcome]:
    model: Any = AnswerSheet if questionnaire.is_named else AnonymousSheet
    known = _known(uow, model, questionnaire.id, [sheet["sheet_key"] for sheet in sheets])
    questions = [asked(question) for question in questions_of(uow, questionnaire.id)]
    grace = figure(uow, GRACE).value
    outcomes: list[Outcome] = []
    taken: list[dict[str, Any]] = []
    for sheet in sheets:
        key = sheet["sheet_key"]
        if key in known:
            outcomes.append(Outcome(key, "known"))
            continue
        answers, faults = read_answers(questions, sheet["answers"])
        faults = [*_faults_of_sheet(questionnaire, sheet, grace), *faults]
        outcomes.append(Outcome(key, "refused" if faults else TAKEN, faults))
        if not faults:
            known.add(key)
            respondent = {"respondent": sheet["respondent"].strip()} if questionnaire.is_named else {}
            taken.append({**_row(questionnaire, sheet, answers, street_id), **respondent})
    # A note that no sealed row takes up would become an entry that says who sent sheets.
    if taken:
        uow.note("organising.answer_sheet.taken")
        of = {"org_unit_id": org_unit_id, "state": TAKEN, "person_id": person_id}
        _keep(uow, taken, of if questionnaire.is_named else None)
    return outcomes


def _keep(uow: UnitOfWork, taken: Sequence[dict[str, Any]], of: Mapping[str, Any] | None) -> None:
    """Write sheets down: as those `of` somebody, or as nobody's."""
    for row in taken:
        if of is None:
            uow.add(AnonymousSheet(id=uuid4(), **row))
        else:
            named = AnswerSheet(**row, **of)
            uow.add(named, transition_row(uow, named, "create", None))
    uow.session.flush()


def _row(
    questionnaire: Questionnaire, sheet: Mapping[str, Any], answers: Any, street_id: UUID | None
) -> dict[str, Any]:
    return {
        "questionnaire_id": questionnaire.id,
        "sheet_key": sheet["sheet_key"],
        "filled_on": _day(sheet["filled_at"]),
        "edition": questionnaire.edition,
        "answers": answers,
        "street_id": street_id,
    }


def _known(uow: UnitOfWork, model: Any, questionnaire_id: UUID, keys: Sequence[UUID]) -> set[UUID]:
    wanted = (model.questionnaire_id == questionnaire_id, model.sheet_key.in_(keys))
    return set(uow.session.scalars(select(model.sheet_key).where(*wanted)))


def _faults_of_sheet(questionnaire: Questionnaire, sheet: Mapping[str, Any], grace: int) -> list[FieldFault]:
    """What is wrong with a sheet besides its answers: when it was filled, with which questions, by whom."""
    faults, filled, today = [], sheet["filled_at"], clock.today()
    first, last = questionnaire.opens_on, questionnaire.closes_on
    if _day(filled) > today:
        faults.append(FieldFault("/filled_at", "in_future", _("填写时间在今天之后，请检查手机的时间。")))
    elif first is not None and _day(filled) < first:
        faults.append(FieldFault("/filled_at", "too_early", _("问卷从 {day} 开始填写。", day=first)))
    elif _is_over(questionnaire, filled):
        faults.append(FieldFault("/filled_at", "too_late", _("填写时问卷已经结束。")))
    elif last is not None and today > last + timedelta(days=grace):
        message = _("问卷在 {day} 截止，之后 {n} 天内可以补交，现在已过期。", day=last, n=grace)
        faults.append(FieldFault("/filled_at", "grace_over", message))
    if sheet["edition"] != questionnaire.edition:
        message = _("填写的不是这份问卷现在的题目，请重新下载问卷。")
        faults.append(FieldFault("/edition", "edition_other", message))
    name = (sheet.get("respondent") or "").strip()
    if questionnaire.is_named and not name:
        faults.append(FieldFault("/respondent", "required", _("实名问卷要写明填写人。")))
    if not questionnaire.is_named and name:
        message = _("这份问卷不记名，不能写填写人。")
        faults.append(FieldFault("/respondent", "nobody_named", message))
    return faults


def _is_over(questionnaire: Questionnaire, filled: datetime) -> bool:
    """Whether the questionnaire had ended by its last day, or been closed before, when the sheet was filled."""
    last, closed = questionnaire.closes_on, questionnaire.closed_at
    return (last is not None and _day(filled) > last) or (closed is not None and filled > closed)


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.LAW_TIME).date()


def _street_of(uow: UnitOfWork, path: str) -> UUID | None:
    """The street at or above a unit; None where there is none."""
    streets = select(OrgUnit.id).where(
        OrgUnit.kind == OrgUnitKind.STREET_FEDERATION.value, func.starts_with(literal(path), OrgUnit.path)
    )
    return uow.session.scalars(streets).first()


def _street_of_member(uow: UnitOfWork) -> UUID | None:
    """The street of the union that whoever is signed in is a member of."""
    mine = select(OrgUnit.path).join(Membership, Membership.org_unit_id == OrgUnit.id)
    wanted = (Membership.person_id == uow.principal.person_id, Membership.state.in_(LIVE))
    path = uow.session.scalars(mine.where(*wanted)).first()
    return _street_of(uow, path) if path is not None else None


def _answers_in_words(table: Any) -> Any:
    """A line for each answer: number, question and what was answered."""
    question: Any = Question.__table__.alias()
    answer = table.c.answers[cast(question.c.id, Text())]
    value = func.jsonb_array_elements_text(answer).column_valued("value")
    words = select(func.string_agg(value, literal("、"))).scalar_subquery()
    line = func.concat(question.c.number, ". ", question.c.text, "：", words)
    mine = (
        question.c.tenant_id == table.c.tenant_id,
        question.c.questionnaire_id == table.c.questionnaire_id,
        answer.is_not(None),
    )
    lines = select(func.jsonb_agg(aggregate_order_by(line, question.c.number))).where(*mine)
    return lines.correlate(table).scalar_subquery()


answer_sheets = RecordType(
    AnswerSheet,
    code="organising.answer_sheet",
    path="answer-sheets",
    title=_("实名答卷"),
    fields=(
        Field("questionnaire", _("问卷"), settable=False, listed=True, filtered=True, width=30),
        Field("respondent", _("填写人"), settable=False, listed=True),
        Field("person", _("本人"), settable=False, shown=False),
        Field("filled_on", _("填写日期"), settable=False, listed=True, filtered=True),
        Field("street_id", _("街道"), settable=False, listed=True, filtered=True),
    ),
    computed=(Computed("answers", _("回答"), Kind.TEXTS, _answers_in_words, width=60),),
    search=("respondent",),
    workflow=Workflow(TAKEN, {TAKEN: _("已收")}),
    subject="person_id",
    own=("read",),
    verbs=("read", "export"),
)
