"""Prospects (未建会企业摸排): employers without a union, who visits them, and how they come to have one.

The seed's campaign goes by lists of firms (百强, 高新, 规上), visits them one by one and counts what is covered in the
end (ORG06). That a prospect was founded is said with the union that covers it, never without.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index, exists, select, text
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.sdk import (
    Account,
    Child,
    Computed,
    DeadlineRule,
    Employer,
    Field,
    FieldFault,
    Kind,
    Record,
    RecordType,
    TenantTable,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    clock,
    figure,
    meet_deadline,
    ref,
)
from gonghui_organising.agreed_days import LENGTH, wait_until
from gonghui_organising.grading import unions_in_force
from gonghui_organising.officers import officer_name, officers
from gonghui_organising.union import PLUGIN, CoveredUnit, GrassrootsUnion, UnionState

CODE = "organising.prospect"
READ = f"{CODE}.read"
OUTCOMES = {
    "willing": _("愿意建会"),
    "hesitant": _("犹豫"),
    "refuses": _("拒绝"),
    "not_met": _("未见到人"),
    "not_qualified": _("不具备条件"),
}
NOT_QUALIFIED, CLOSED = "not_qualified", "closed"
REASONS = {
    "refuses": _("单位拒绝"),
    NOT_QUALIFIED: _("不具备建会条件"),
    CLOSED: _("停业或迁出"),
    "other": _("其他"),
}
UNDER_WAY = ("new", "contacted", "agreed", "founding")


class Prospect(Record, schema=PLUGIN):
    """An employer that has no union yet, filed at the street or community that answers for it."""

    __tablename__ = "prospect"
    __table_args__ = (
        Index(
            "uq_prospect_employer_id",
            "tenant_id",
            "employer_id",
            unique=True,
            postgresql_where=text("state <> 'founded'"),
        ),
    )

    employer: Mapped[Employer] = ref(Employer)
    employer_id: Mapped[UUID]
    headcount: Mapped[int | None]
    industry: Mapped[str | None]
    lists: Mapped[list[str]] = mapped_column(default=list)
    owner: Mapped[Account | None] = ref(Account, optional=True)
    owner_id: Mapped[UUID | None]
    visited_on: Mapped[date | None]
    outcome: Mapped[str | None]
    next_on: Mapped[date | None]
    set_aside_reason: Mapped[str | None]
    set_aside_until: Mapped[date | None]
    union: Mapped[GrassrootsUnion | None] = ref(GrassrootsUnion, optional=True)
    union_id: Mapped[UUID | None]


class ProspectVisit(TenantTable, schema=PLUGIN):
    """Somebody went there."""

    __tablename__ = "prospect_visit"
    __table_args__ = (Index("ix_prospect_visit_prospect_id", "tenant_id", "prospect_id"),)

    prospect: Mapped[Prospect] = ref(Prospect)
    prospect_id: Mapped[UUID]
    visited_on: Mapped[date]
    visitor: Mapped[str]
    met: Mapped[str | None]
    outcome: Mapped[str]
    next_step: Mapped[str | None]
    next_on: Mapped[date | None]


next_visit = DeadlineRule(
    "organising.prospect.next_visit", _("约定的下次走访"), LENGTH, READ, warn_before=(3,)
)
set_aside_ends = DeadlineRule("organising.prospect.set_aside", _("暂缓期满"), LENGTH, READ, warn_before=(7,))


def has_no_union(uow: UnitOfWork, prospect: Prospect, _values: object) -> Iterable[FieldFault]:
    """Whoever has a union in force is no prospect; nor is one that is on file already."""
    if prospect.union_id is not None:
        return
    covered = select(CoveredUnit.id).join(GrassrootsUnion, GrassrootsUnion.id == CoveredUnit.union_id)
    in_force = (
        CoveredUnit.employer_id == prospect.employer_id,
        GrassrootsUnion.state == UnionState.APPROVED.value,
    )
    if uow.session.scalar(select(exists(covered.where(*in_force)))):
        yield FieldFault("/employer", "has_a_union", _("这个单位已有工会，不用再摸排。"))
    same = (Prospect.employer_id == prospect.employer_id, Prospect.id != prospect.id)
    if uow.session.scalar(select(exists().where(*same, Prospect.state != "founded"))):
        yield FieldFault("/employer", "on_file", _("这个单位已在摸排名单中。"))


def visits_are_sound(uow: UnitOfWork, prospect: Prospect, values: Mapping[str, Any]) -> Iterable[FieldFault]:
    """A visit lies in the past, and the next one after it; lists are those that there are."""
    for index, visit in enumerate(values.get("visits") or ()):
        on, following = visit.get("visited_on"), visit.get("next_on")
        if on is not None and on > clock.today():
            yield FieldFault(f"/visits/{index}/visited_on", "in_future", _("走访日期不能晚于今天。"))
        if on is not None and following is not None and following <= on:
            yield FieldFault(f"/visits/{index}/next_on", "before_visit", _("下次走访要在本次之后。"))
    known = known_lists(uow)
    for index, code in enumerate(values.get("lists") or ()):
        if code not in known:
            yield FieldFault(f"/lists/{index}", "list_unknown", _("没有名单“{code}”。", code=code))


def known_lists(uow: UnitOfWork) -> dict[str, str]:
    """The lists of employers that the campaign goes by, each with the wider one that it is part of, or itself."""
    return {each["code"]: each["within"] for each in figure(uow, "organising.prospect.lists").value}


def widen_lists(uow: UnitOfWork, prospect: Prospect, _values: object) -> None:
    """An employer of a list is on every wider list, too: one of the hundred strongest is above scale."""
    known, found = known_lists(uow), list(dict.fromkeys(prospect.lists or ()))
    for code in found:  # grows while it is read, until no list is part of a wider one
        wider = known.get(code)
        if wider is not None and wider not in found:
            found.append(wider)
    prospect.lists = found


def keep_the_last_visit(uow: UnitOfWork, prospect: Prospect, visits: list[ProspectVisit]) -> None:
    """The prospect says when it was visited last, with what outcome, and by when somebody comes again."""
    last = max(visits, key=lambda visit: (visit.visited_on, visit.id), default=None)
    before = prospect.visited_on
    prospect.visited_on = last.visited_on if last else None
    prospect.outcome = last.outcome if last else None
    prospect.next_on = last.next_on if last else None
    if last is not None and before is not None and last.visited_on > before:
        meet_deadline(uow, prospect, next_visit, last.visited_on)
    wait_until(uow, prospect, next_visit, prospect.next_on)


def was_visited(_uow: UnitOfWork, prospect: Prospect, _answers: object) -> Iterable[FieldFault]:
    if prospect.visited_on is None:
        yield FieldFault("/visits", "not_visited", _("还没有走访记录。"))


def is_willing(_uow: UnitOfWork, prospect: Prospect, _answers: object) -> Iterable[FieldFault]:
    if prospect.outcome != "willing":
        yield FieldFault("/visits", "not_willing", _("最近一次走访的结果不是“愿意建会”。"))


def union_covers_it(uow: UnitOfWork, prospect: Prospect, answers: Mapping[str, Any]) -> Iterable[FieldFault]:
    """Founded means that the union covers this employer, by itself or with others (工会法 Art. 11)."""
    mine = (
        CoveredUnit.union_id == answers["union_id"],
        CoveredUnit.employer_id == prospect.employer_id,
    )
    if not uow.session.scalar(select(exists().where(*mine))):
        yield FieldFault("/union_id", "not_covered", _("所选工会没有涵盖这个单位。"))


def not_yet_over(_uow: UnitOfWork, _prospect: Prospect, answers: Mapping[str, Any]) -> Iterable[FieldFault]:
    until = answers.get("set_aside_until")
    if until is not None and until <= clock.today():
        yield FieldFault("/set_aside_until", "in_past", _("暂缓的期限要晚于今天。"))


def wait_for_the_end(uow: UnitOfWork, prospect: Prospect, _answers: object) -> None:
    wait_until(uow, prospect, set_aside_ends, prospect.set_aside_until)


def take_up_again(_uow: UnitOfWork, prospect: Prospect, _answers: object) -> None:
    prospect.set_aside_reason = prospect.set_aside_until = None


VISITS = Child(
    "visits",
    _("走访"),
    ProspectVisit,
    (
        Field("visited_on", _("走访日期"), required=True, example="2024-06-20"),
        Field("visitor", _("走访人"), required=True, example="王示例"),
        Field("met", _("会见人员")),
        Field("outcome", _("走访结果"), choices=OUTCOMES, required=True),
        Field("next_step", _("下一步"), longest=500),
        Field("next_on", _("下次走访日期")),
    ),
    states=frozenset({"new", "contacted", "agreed", "founding"}),
    after=keep_the_last_visit,
)

prospects = RecordType(
    Prospect,
    code=CODE,
    path="prospects",
    title=_("未建会企业摸排"),
    fields=(
        Field("employer", _("单位"), required=True, listed=True, filtered=True),
        Field("headcount", _("职工人数"), listed=True, filtered=True, example=120),
        Field("industry", _("行业"), listed=True, filtered=True),
        Field("lists", _("所在名单"), listed=True, filtered=True),
        Field("owner_id", _("负责人"), listed=True, filtered=True, picker=officers),
        Field("visited_on", _("最近走访"), settable=False, listed=True, filtered=True),
        Field("outcome", _("走访结果"), choices=OUTCOMES, settable=False, listed=True, filtered=True),
        Field("next_on", _("下次走访日期"), settable=False, listed=True, filtered=True),
        Field("set_aside_reason", _("暂缓原因"), choices=REASONS, settable=False, filtered=True),
        Field("set_aside_until", _("暂缓至"), settable=False),
        Field("union_id", _("已建工会"), settable=False, picker=unions_in_force),
    ),
    children=(VISITS,),
    computed=(Computed("owner_name", _("负责人姓名"), Kind.TEXT, officer_name("owner_id"), listed=True),),
    deadlines=(next_visit, set_aside_ends),
    derive=widen_lists,
    rules=(has_no_union, visits_are_sound),
    workflow=Workflow(
        "new",
        {
            "new": _("待走访"),
            "contacted": _("已走访"),
            "agreed": _("同意建会"),
            "founding": _("建会中"),
            "founded": _("已建会"),
            "set_aside": _("暂缓"),
        },
        (
            Transition("contact", "new -> contacted", _("登记已走访"), guards=(was_visited,), awaited=True),
            Transition("agree", "new, contacted -> agreed", _("同意建会"), guards=(is_willing,)),
            Transition("begin", "agreed -> founding", _("启动建会"), awaited=True),
            Transition(
                "found",
                "contacted, agreed, founding -> founded",
                _("登记已建会"),
                asks=(
                    Field(
                        "union_id", _("工会"), required=True, picker=unions_in_force, sample="covering union"
                    ),
                ),
                guards=(union_covers_it,),
                cancels=(next_visit,),
                verb="founded",
            ),
            Transition(
                "set-aside",
                "new, contacted, agreed, founding -> set_aside",
                _("暂缓"),
                asks=(
                    Field("set_aside_reason", _("暂缓原因"), choices=REASONS, required=True),
                    Field("set_aside_until", _("暂缓至")),
                ),
                guards=(not_yet_over,),
                cancels=(next_visit,),
                effect=wait_for_the_end,
            ),
            Transition(
                "resume",
                "set_aside -> new",
                _("重新摸排"),
                cancels=(set_aside_ends,),
                effect=take_up_again,
            ),
            Transition(
                "wake",
                "set_aside -> new",
                _("暂缓期满"),
                timer=set_aside_ends,
                cancels=(set_aside_ends,),
                effect=take_up_again,
            ),
        ),
        changeable={"new", "contacted", "agreed", "founding"},
    ),
    backdate="organising.prospect.backdate",
)
