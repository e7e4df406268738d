"""What is missing or out of date in the records of organising, for the list of data quality."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, func, select

from gonghui.sdk import Person, QualityCheck, _, clock
from gonghui_organising.members import members
from gonghui_organising.membership import MembershipState
from gonghui_organising.union import CommitteeTerm, UnionState
from gonghui_organising.unions import unions


def _stands(table: Any) -> Any:
    return table.c.state == UnionState.APPROVED.value


def _term_is_over(table: Any) -> Any:
    """Whether the last term of a union has ended."""
    term: Any = CommitteeTerm.__table__.c
    mine = (term.tenant_id == table.c.tenant_id, term.union_id == table.c.id)
    last = select(func.max(term.ends_on)).where(*mine).correlate(table).scalar_subquery()
    return and_(_stands(table), last < clock.today())


def _of_person(table: Any, column: Any) -> Any:
    person: Any = Person.__table__.c
    mine = (person.tenant_id == table.c.tenant_id, person.id == table.c.person_id)
    return select(column).where(*mine).correlate(table).scalar_subquery()


_PERSON: Any = Person.__table__.c

CHECKS = (
    QualityCheck(
        "organising.union.term_over",
        _("任期已满的工会"),
        _("任期已满还没有登记换届结果。办理换届，或者补录已经换届的结果。"),
        unions,
        _term_is_over,
        lambda table: table.c.name,
    ),
    QualityCheck(
        "organising.union.without_code",
        _("没有代码的工会"),
        _("没有填工会的统一社会信用代码，开户和上报都要用。照法人资格证书补填。"),
        unions,
        lambda table: and_(_stands(table), table.c.uscc.is_(None)),
        lambda table: table.c.name,
    ),
    QualityCheck(
        "organising.member.without_phone",
        _("没有手机号的会员"),
        _("没有手机号的会员收不到通知，也不能自己登录。向会员核实后补填。"),
        members,
        lambda table: and_(
            table.c.state == MembershipState.ACTIVE.value, _of_person(table, _PERSON.phone_tail).is_(None)
        ),
        lambda table: _of_person(table, _PERSON.name),
    ),
)
