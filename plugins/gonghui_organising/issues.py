"""Issues (督查问题): what a leader or anybody else found wrong, who puts it right by when, and who says that it is.

Whoever owns an issue cannot say alone that it is settled: that is for whoever raised it, or for somebody above.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from gonghui.sdk import (
    Account,
    Comment,
    Computed,
    DeadlineRule,
    Field,
    FieldFault,
    Kind,
    Record,
    RecordType,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    clock,
    permits,
    ref,
    share,
    took_step,
    unshare,
)
from gonghui_organising.agreed_days import LENGTH, wait_until
from gonghui_organising.hang_points import HangPoint, points_seen
from gonghui_organising.officers import officer_name, officers
from gonghui_organising.union import PLUGIN

CODE = "organising.issue"
READ = f"{CODE}.read"
_OWN = (READ, f"{CODE}.resolve")


class Issue(Record, schema=PLUGIN):
    """Something that has to be put right at a unit."""

    __tablename__ = "issue"

    title: Mapped[str]
    detail: Mapped[str | None]
    hang_point: Mapped[HangPoint | None] = ref(HangPoint, optional=True)
    hang_point_id: Mapped[UUID | None]
    owner: Mapped[Account | None] = ref(Account, optional=True)
    owner_id: Mapped[UUID | None]
    due_on: Mapped[date | None]
    resolution: Mapped[str | None]


due = DeadlineRule("organising.issue.due", _("整改期限"), LENGTH, READ, warn_before=(7, 3))


def due_after_assignment(_uow: UnitOfWork, _issue: Issue, answers: Any) -> Iterable[FieldFault]:
    day = answers.get("effective_on") or clock.today()
    if answers["due_on"] < day:
        yield FieldFault("/due_on", "before_assignment", _("整改期限不能早于交办日期。"))


def hand_over(uow: UnitOfWork, issue: Issue, _answers: object) -> None:
    """The owner sees the issue wherever it is filed, and may report it settled."""
    if issue.owner_id is not None:
        share(uow, issues, issue, issue.owner_id, _OWN)
    wait_until(uow, issue, due, issue.due_on)


def release(uow: UnitOfWork, issue: Issue, _answers: object) -> None:
    """Nobody owns it any more; whoever did does not see it for that reason."""
    if issue.owner_id is not None:
        unshare(uow, issue, issue.owner_id)
    issue.owner_id = issue.due_on = issue.resolution = None


def has_an_owner(_uow: UnitOfWork, issue: Issue, _answers: object) -> Iterable[FieldFault]:
    if issue.owner_id is None:
        yield FieldFault("/owner_id", "no_owner", _("先指定负责人，才能销号。"))


def end_share(uow: UnitOfWork, issue: Issue, _answers: object) -> None:
    """What was shared for the work ends with the work."""
    if issue.owner_id is not None:
        unshare(uow, issue, issue.owner_id)


def settled_by_others(uow: UnitOfWork, issue: Issue, _answers: object) -> Iterable[FieldFault]:
    """Closed by whoever raised it or by somebody above its unit, never by its owner or whoever reported it settled."""
    if _is_owner(uow, issue) or took_step(uow, issue.id, "resolve", uow.principal):
        yield FieldFault("", "own_issue", _("负责人不能给自己负责的问题销号。"))
    elif not (
        took_step(uow, issue.id, "create", uow.principal)
        or permits(uow, issues, issue, issues.permission("close"), above=True)
    ):
        yield FieldFault("", "not_the_raiser", _("由提出人或上级工会销号。"))


def _is_owner(uow: UnitOfWork, issue: Issue) -> bool:
    """Whether the person who acts owns the issue, by this account or another."""
    if issue.owner_id == uow.principal.account_id:
        return True
    person_id = uow.session.scalar(select(Account.person_id).where(Account.id == issue.owner_id))
    return person_id is not None and person_id == uow.principal.person_id


issues = RecordType(
    Issue,
    code=CODE,
    path="issues",
    title=_("督查问题"),
    fields=(
        Field("title", _("问题"), required=True, listed=True, example="尚未设立女职工委员会"),
        Field("detail", _("详情"), longest=2000),
        Field("hang_point_id", _("来自挂点"), filtered=True, picker=points_seen),
        Field("owner_id", _("负责人"), listed=True, filtered=True, picker=officers, settable=False),
        Field("due_on", _("整改期限"), listed=True, filtered=True, settable=False),
        Field("resolution", _("整改情况"), settable=False),
    ),
    computed=(Computed("owner_name", _("负责人姓名"), Kind.TEXT, officer_name("owner_id"), listed=True),),
    search=("title",),
    shared=("read",),
    deadlines=(due,),
    workflow=Workflow(
        "open",
        {
            "open": _("待交办"),
            "assigned": _("整改中"),
            "resolved": _("已整改"),
            "closed": _("已销号"),
        },
        (
            Transition(
                "assign",
                "open -> assigned",
                _("交办"),
                asks=(
                    Field("owner_id", _("负责人"), required=True, picker=officers, sample="officer_account"),
                    Field("due_on", _("整改期限"), required=True, example="2099-12-31"),
                ),
                guards=(due_after_assignment,),
                effect=hand_over,
                awaited=True,
            ),
            Transition(
                "take-back",
                "assigned -> open",
                _("收回改派"),
                comment=Comment.REQUIRED,
                cancels=(due,),
                effect=release,
            ),
            Transition(
                "resolve",
                "assigned -> resolved",
                _("报告已整改"),
                asks=(
                    Field(
                        "resolution", _("整改情况"), required=True, longest=2000, example="已补选女职工委员"
                    ),
                ),
                shared=True,
                meets=(due,),
                awaited=True,
            ),
            Transition(
                "close",
                "resolved -> closed",
                _("销号"),
                guards=(has_an_owner, settled_by_others),
                effect=end_share,
                verb="closed",
                awaited=True,
            ),
            Transition(
                "reopen",
                "resolved, closed -> open",
                _("重新打开"),
                comment=Comment.REQUIRED,
                effect=release,
                verb="reopened",
            ),
        ),
        changeable={"open", "assigned"},
    ),
    backdate="organising.issue.backdate",
)
