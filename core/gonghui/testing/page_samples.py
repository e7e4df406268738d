"""What the contract sends to pages: forms that they accept, and things that their addresses name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.auth.accounts import (
    Account,
    Role,
    RoleAssignment,
    account_by_id,
    assign,
    extend_role,
    open_account,
)
from gonghui.auth.credentials import AuthSession, issue_token, start_session
from gonghui.auth.sign_in_codes import CodePurpose, hand_out
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.parties.employer_matches import EmployerMatch, decide_match
from gonghui.parties.employers import new_employer
from gonghui.parties.person_merges import merge_persons
from gonghui.parties.persons import Person, new_person
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.testing.federation import UNITS, Federation
from gonghui.testing.second_factor_samples import guarded
from gonghui.values import clock
from gonghui.values.principal import PrincipalKind

_numbers = count(1)

#: Fields of the form of a page, by its operation.
FORMS: dict[str, Callable[[Federation, Mapping[str, Any]], dict[str, Any]]] = {
    "POST /console/org/{org_unit_id}/new": lambda home, known: {
        "name": "样本园区工联会",
        "kind": "park_federation",
    },
    "POST /console/org/{org_unit_id}/{change}": lambda home, known: {
        "name": "样本新名工联会",
        "confirmed": "1",
    },
    "POST /console/people/{account_id}/roles": lambda home, known: {
        "role": "auditor",
        "unit": UNITS["garden"],
    },
    "POST /console/people/{account_id}/second-factor": lambda home, known: {"reason": "换了手机"},
    "POST /console/people/{account_id}/hand-over": lambda home, known: {"to": "garden"},
    "POST /console/people/{account_id}/deputy": lambda home, known: {
        "to": "garden",
        "roles": _roles_of_last(home),
        "valid_to": clock.today().isoformat(),
    },
    "POST /console/quality/persons/{person_id}/{other_person_id}": lambda home, known: {
        "reason": "同一人登记了两次"
    },
    "POST /console/roles/{role_code}/change": lambda home, known: {"permissions": ["core.org_unit.read"]},
    "POST /console/roles/{role_code}/copy": lambda home, known: {"name": f"样本角色{next(_numbers)}"},
    "POST /console/roles/{role_code}/see-as": lambda home, known: {"unit": UNITS["garden"]},
    "POST /console/people/invite": lambda home, known: {
        "role": "auditor",
        "unit": UNITS["garden"],
        "names": "样本",
    },
    "POST /console/people/invite/again": lambda home, known: {"unit": _somebody_waits(home)},
}


def content(home: Federation, operation: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a request to a page, as an option of werkzeug's client; nothing where it takes none."""
    return {"data": FORMS[operation](home, known)} if operation in FORMS else {}


def targets(home: Federation) -> dict[str, Callable[[], str]]:
    """Makers of what the parameters of pages name, by the name of the parameter or of the operation."""
    return {
        "change": lambda: "rename",
        "role_code": lambda: "auditor",
        "answer": lambda: "different",
        "employer_match_id": lambda: _made(home, _match),
        "POST /console/quality/employers/{employer_match_id}/reopen": lambda: _made(home, _judged),
        "person_id": lambda: _made(home, _twice),
        "other_person_id": lambda: _made(home, _twice),
        "person_merge_id": lambda: _made(home, _merged),
        "POST /console/roles/{role_code}/change": lambda: _made_role(home),
        "account_id": lambda: _made(home, _fresh_account),
        "POST /console/people/{account_id}/second-factor": lambda: _made(home, _guarded),
        "assignment_id": lambda: str(_roles_of_last(home)[0]),
        "session_id": lambda: _made(home, _session),
        "api_token_id": lambda: _made(home, _token),
    }


def _made(home: Federation, make: Callable[[Federation, UnitOfWork], UUID]) -> str:
    with home.uow() as uow:
        return str(make(home, uow))


def _made_role(home: Federation) -> str:
    with home.uow() as uow:
        return extend_role(uow, f"sample{next(_numbers)}", "样本角色", ["core.org_unit.read"]).code


def _guarded(home: Federation, uow: UnitOfWork) -> UUID:
    return guarded(uow, _fresh_account(home, uow))


def _match(_home: Federation, uow: UnitOfWork) -> UUID:
    pair = [new_employer(f"样本{next(_numbers)}号商行") for _each in range(2)]
    uow.add(*pair)
    uow.session.flush()
    match = EmployerMatch(employer_id=pair[1].id, candidate_id=pair[0].id, score=90)
    uow.add(match)
    uow.session.flush()
    return match.id


def _judged(home: Federation, uow: UnitOfWork) -> UUID:
    match = uow.session.get_one(EmployerMatch, (uow.tenant_id, _match(home, uow)))
    decide_match(uow, match, same=True)
    return match.id


def _twice(_home: Federation, uow: UnitOfWork) -> UUID:
    """One of several who may be the same."""
    person = new_person("样本重复", phone="13800138000")
    uow.add(person)
    uow.session.flush()
    return person.id


def _merged(home: Federation, uow: UnitOfWork) -> UUID:
    kept, dropped = (uow.session.get_one(Person, (uow.tenant_id, _twice(home, uow))) for _each in range(2))
    return merge_persons(uow, kept, dropped, "同一人登记了两次").id


def _fresh_account(home: Federation, uow: UnitOfWork) -> UUID:
    """An officer of the garden who may be shut out without another sample missing them."""
    person = new_person("样本")
    uow.add(person)
    uow.session.flush()
    account = open_account(uow, f"sample{next(_numbers)}", kind=PrincipalKind.OFFICER, person=person)
    role = uow.session.scalars(select(Role).where(Role.code == "enterprise_officer")).one()
    assign(uow, account, role, uow.session.get_one(OrgUnit, (uow.tenant_id, home.units["garden"])))
    uow.session.flush()
    return account.id


def _roles_of_last(home: Federation) -> list[UUID]:
    """Ids of the roles of the account that was made last."""
    with home.uow() as uow:
        last = select(Account.id).where(Account.login.like("sample%")).order_by(Account.id.desc()).limit(1)
        held = select(RoleAssignment.id).where(RoleAssignment.account_id == last.scalar_subquery())
        return list(uow.session.scalars(held))


def _session(home: Federation, uow: UnitOfWork) -> UUID:
    account_id = _fresh_account(home, uow)
    account = account_by_id(uow, account_id)
    assert account is not None
    start_session(uow, account)
    return uow.session.scalars(select(AuthSession.id).where(AuthSession.account_id == account_id)).one()


def _token(home: Federation, uow: UnitOfWork) -> UUID:
    account = account_by_id(uow, _fresh_account(home, uow))
    assert account is not None
    return issue_token(uow, account, "sample")[0].id


def _somebody_waits(home: Federation) -> str:
    """The unit of somebody who has a code and no password."""
    with home.uow() as uow:
        account = account_by_id(uow, _fresh_account(home, uow))
        assert account is not None
        hand_out(uow, [account], CodePurpose.INVITATION)
    return UNITS["garden"]
