"""Inviting people without e-mail: an account for each, with a role at a unit and a code that is printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, or_, select

from gonghui.auth.accounts import Account, Role, RoleAssignment, in_force
from gonghui.auth.people import within_reach
from gonghui.auth.role_giving import GRANT
from gonghui.auth.scope import reaches
from gonghui.auth.sign_in_codes import CodePurpose, SignInCode, hand_out
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, forbidden, invalid
from gonghui.i18n import Text, _
from gonghui.parties.persons import Person, new_person
from gonghui.tenancy.org_tree import OrgUnit, ids_under
from gonghui.values import clock
from gonghui.values.names import syllables
from gonghui.values.principal import PrincipalKind

MOST = 500
_LONGEST = 60


class Line(NamedTuple):
    """Somebody to be invited, as they were typed: an empty unit is the one chosen for all, an empty login is made."""

    name: str
    unit: str = ""
    login: str = ""


@dataclass(frozen=True)
class Invitee:
    """Somebody to be invited, with the unit found and the login that they will have."""

    name: str
    login: str
    unit: OrgUnit


@dataclass(frozen=True)
class Invited:
    """An account with its code, which is told this once."""

    login: str
    name: str
    unit: str
    code: str
    expires_at: datetime


def read_invitees(uow: UnitOfWork, lines: Sequence[Line], unit: OrgUnit | None) -> list[Invitee]:
    """Whom the lines mean: units by their full names, logins that nobody has. Raises `Invalid` with every fault.

    Two statements, however many lines there are.
    """
    if not lines:
        raise invalid(FieldFault("/names", "required", _("每行写一个人的姓名。")))
    if len(lines) > MOST:
        raise invalid(FieldFault("/names", "too_many", _("一次最多邀请 {n} 人，请分几次办理。", n=MOST)))
    named = _units_named(uow, {line.unit for line in lines if line.unit})
    taken = _logins_taken(uow, [_base(line) for line in lines])
    faults, found = [], []
    for number, line in enumerate(lines, 1):
        places = named.get(line.unit, []) if line.unit else [unit]
        reason = _fault(line, places, taken)
        if reason is not None or places[0] is None:
            detail = _("第 {row} 行（{name}）：{reason}", row=number, name=line.name or "—", reason=reason)
            faults.append(FieldFault("/names", "line", detail))
        else:
            login = line.login.lower() or _free(_base(line), taken)
            taken.add(login)
            found.append(Invitee(line.name, login, places[0]))
    if faults:
        raise invalid(*faults)
    return found


def invite(uow: UnitOfWork, invitees: Sequence[Invitee], role: Role) -> list[Invited]:
    """Open an officer's account for each, with `role` at the unit, and hand out its code. Raises `Forbidden`."""
    if not all(reaches(uow.principal, GRANT, each.unit.path) for each in invitees):
        raise forbidden(GRANT)
    uow.note("core.account.invited")
    people = [new_person(each.name) for each in invitees]
    uow.add(*people)
    uow.session.flush()
    accounts = [
        Account(kind=PrincipalKind.OFFICER.value, login=each.login, person_id=person.id)
        for each, person in zip(invitees, people, strict=True)
    ]
    uow.add(*accounts)
    uow.session.flush()
    given = [
        RoleAssignment(
            account_id=account.id, role_id=role.id, org_unit_id=each.unit.id, valid_from=clock.today()
        )
        for each, account in zip(invitees, accounts, strict=True)
    ]
    uow.add(*given)
    codes = hand_out(uow, accounts, CodePurpose.INVITATION)
    return [
        Invited(each.login, each.name, each.unit.name, *codes[account.id])
        for each, account in zip(invitees, accounts, strict=True)
    ]


def invite_again(uow: UnitOfWork, unit: OrgUnit) -> list[Invited]:
    """Fresh codes for everybody at and below a unit who never chose a password; those before are worth nothing."""
    of_account = and_(RoleAssignment.tenant_id == Account.tenant_id, RoleAssignment.account_id == Account.id)
    place = and_(OrgUnit.tenant_id == RoleAssignment.tenant_id, OrgUnit.id == RoleAssignment.org_unit_id)
    waiting = (
        select(Account, Person.name, OrgUnit.name)
        .join(RoleAssignment, of_account)
        .join(OrgUnit, place)
        .outerjoin(Person, and_(Person.tenant_id == Account.tenant_id, Person.id == Account.person_id))
        .where(
            Account.password_hash.is_(None), Account.disabled_at.is_(None), in_force(), within_reach(uow.principal),
            RoleAssignment.org_unit_id.in_(ids_under([unit.path])),
            Account.id.in_(select(SignInCode.account_id).where(SignInCode.used_at.is_(None))),
        )
        .order_by(OrgUnit.path, Account.login)
        .limit(MOST)
    )  # fmt: skip
    rows = {account.id: (account, name, place) for account, name, place in uow.session.execute(waiting)}
    codes = hand_out(uow, [account for account, _name, _place in rows.values()], CodePurpose.INVITATION)
    return [
        Invited(account.login, name or account.login, place, *codes[account.id])
        for account, name, place in rows.values()
    ]


def _units_named(uow: UnitOfWork, names: set[str]) -> dict[str, list[OrgUnit | None]]:
    """Open units by name, where the principal gives roles."""
    found: dict[str, list[OrgUnit | None]] = {}
    wanted = select(OrgUnit).where(OrgUnit.name.in_(names), OrgUnit.valid_to.is_(None))
    for unit in uow.session.scalars(wanted) if names else ():
        if reaches(uow.principal, GRANT, unit.path):
            found.setdefault(unit.name, []).append(unit)
    return found


def _fault(line: Line, places: Sequence[OrgUnit | None], taken: set[str]) -> Text | None:
    """What is wrong with a line, and how to mend it."""
    checks = (
        (not line.name or len(line.name) > 100, _("没有姓名，或者姓名太长。")),
        (len(places) > 1, _("有多个组织叫“{unit}”，请从它的页面单独给角色。", unit=line.unit)),
        (not places, _("没有叫“{unit}”的组织，写全称。", unit=line.unit)),
        (list(places) == [None], _("没有写组织，也没有选共同的组织。")),
        (line.login and not _is_login(line.login), _("登录名用 3 到 60 个字母、数字、点、横线。")),
        (
            line.login and line.login.lower() in taken,
            _("登录名“{login}”已被使用，换一个。", login=line.login),
        ),
    )
    return next((reason for is_wrong, reason in checks if is_wrong), None)


def _is_login(text: str) -> bool:
    return (
        text.isascii()
        and 3 <= len(text) <= _LONGEST
        and all(sign.isalnum() or sign in "._-" for sign in text)
    )


def _base(line: Line) -> str:
    """A login made of a name: family name, a dot, the rest, in pinyin."""
    if line.login:
        return line.login.lower()
    family, *rest = syllables(line.name) or [""]
    typed = f"{family}.{''.join(rest)}".lower()
    made = "".join(sign for sign in typed if sign.isascii() and (sign.isalnum() or sign == "."))
    return (made.strip(".") or "user")[: _LONGEST - 4].ljust(3, "0")


def _free(base: str, taken: set[str]) -> str:
    number = 1
    while (login := base if number == 1 else f"{base}{number}") in taken:
        number += 1
    return login


def _logins_taken(uow: UnitOfWork, bases: Iterable[str]) -> set[str]:
    """Logins that begin as one of these."""
    begins = [Account.login.bool_op("^@")(base) for base in set(bases)]
    return set(uow.session.scalars(select(Account.login).where(or_(*begins))))
