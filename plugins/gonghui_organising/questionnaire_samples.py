"""Questionnaires and sheets as samples for the contract kit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import Record, UnitOfWork, clock, create_record, new_id, step, whole_federation
from gonghui_organising import sheet_taking
from gonghui_organising.questionnaire import Questionnaire, questionnaires
from gonghui_organising.sheet_taking import AnswerSheet


def questionnaire_values(place: UUID, **values: Any) -> dict[str, Any]:
    question = {
        "number": 1,
        "text": "有工会吗？",
        "kind": "single",
        "choices": ["有", "没有"],
        "is_required": False,
    }
    return {
        "org_unit_id": place,
        "title": "样本摸底调查",
        "purpose": "了解未建会企业的情况",
        "audience": "园区企业职工",
        "is_named": False,
        "questions": [question],
        **values,
    }


def drafted(uow: UnitOfWork, place: UUID) -> UUID:
    return create_record(uow, questionnaires, questionnaire_values(place)).id


def opened(uow: UnitOfWork, place: UUID, **values: Any) -> Questionnaire:
    """A questionnaire that is out from last week until next month."""
    made: Record = create_record(uow, questionnaires, questionnaire_values(place, **values))
    today = clock.today()
    days = {"opens_on": today - timedelta(days=7), "closes_on": today + timedelta(days=30)}
    opening: Questionnaire = step(uow, questionnaires, made, questionnaires.workflow.named("open"), days)
    return opening


def open_id(uow: UnitOfWork, place: UUID) -> UUID:
    return opened(uow, place).id


def long_closed(uow: UnitOfWork, place: UUID) -> UUID:
    """One that takes no late sheets any more, so that its results are there."""
    questionnaire = opened(uow, place)
    step(uow, questionnaires, questionnaire, questionnaires.workflow.named("close"), {})
    questionnaire.opens_on = questionnaire.closes_on = clock.today() - timedelta(days=365)
    uow.session.flush()
    return questionnaire.id


def open_everywhere(uow: UnitOfWork, _place: UUID) -> UUID:
    """One of the whole federation, so that it shows nothing of the place."""
    return opened(uow, whole_federation(uow).id).id


def open_edition(uow: UnitOfWork, _place: UUID) -> str:
    """The edition of the questions that all these samples ask."""
    return str(opened(uow, whole_federation(uow).id).edition)


def filled_at(_uow: UnitOfWork, _place: UUID) -> str:
    return clock.now().isoformat()


def collected(uow: UnitOfWork, place: UUID, *, is_named: bool) -> UUID:
    """The key of a sheet that was collected at the place; its questionnaire is closed and not there for everybody."""
    questionnaire, key = opened(uow, place, is_named=is_named), new_id()
    sheet: dict[str, Any] = {
        "sheet_key": key,
        "edition": questionnaire.edition,
        "filled_at": clock.now(),
        "answers": {},
    }
    respondent = {"respondent": "样示例"} if is_named else {}
    sheet_taking.take_collected(uow, questionnaire.id, place, [{**sheet, **respondent}])
    step(uow, questionnaires, questionnaire, questionnaires.workflow.named("close"), {})
    return key


def anonymous_sheet(uow: UnitOfWork, place: UUID) -> UUID:
    return collected(uow, place, is_named=False)


def named_sheet(uow: UnitOfWork, place: UUID) -> UUID:
    key = collected(uow, place, is_named=True)
    return uow.session.scalars(select(AnswerSheet.id).where(AnswerSheet.sheet_key == key)).one()


_PATH = "/api/v1/organising/questionnaires/{questionnaire_id}"
SAMPLES: dict[str, Callable[[UnitOfWork, UUID], Any]] = {
    "questionnaire_id": drafted,
    "answer_sheet_id": named_sheet,
    # The space keeps them from what nobody else may see: everybody may see these.
    "open questionnaire": open_everywhere,
    "open edition": open_edition,
    "filled at": filled_at,
    "anonymous sheet": anonymous_sheet,
    f"GET {_PATH}/results": long_closed,
    f"POST {_PATH}/close": open_id,
    f"POST {_PATH}/sheets": open_id,
}
