"""Accounts as an administrator looks at them: found, listed with their roles, and read with sessions and tokens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, true

from gonghui.auth.accounts import Account, Role, RoleAssignment, in_force
from gonghui.auth.credentials import SESSION_IDLE, SESSION_LIFE, ApiToken, AuthSession
from gonghui.auth.lockout import SignInGuard, lock_keys
from gonghui.auth.role_giving import GRANT
from gonghui.auth.second_factor import SecondFactor
from gonghui.auth.sign_in_codes import SignInCode
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.parties.persons import Person
from gonghui.tenancy.org_tree import OrgUnit, ids_under, is_root
from gonghui.values import clock
from gonghui.values.principal import Principal

#: What a list can be asked for.
STATES = ("open", "invited", "locked", "closed")


@dataclass(frozen=True)
class Wanted:
    """Which accounts: name or login holds a text, of a kind, with a role, in a state, with a role below `path`."""

    text: str = ""
    kind: str | None = None
    role: str | None = None
    state: str | None = None
    path: str | None = None


class Held(NamedTuple):
    """A role that an account holds, held or will hold, and where."""

    id: UUID
    account_id: UUID
    code: str
    name: str
    org_unit_id: UUID
    unit: str
    path: str
    valid_from: date
    valid_to: date | None
    deputy_for: str | None

    @property
    def is_in_force(self) -> bool:
        """Whether it holds today."""
        today = clock.today()
        return self.valid_from <= today and (self.valid_to is None or self.valid_to >= today)

    @property
    def has_ended(self) -> bool:
        """Whether its last day is over."""
        return self.valid_to is not None and self.valid_to < clock.today()


def within_reach(principal: Principal) -> ColumnElement[bool]:
    """The condition under which an account is one that the principal gives roles to.

    At the root that is everybody; elsewhere, whoever holds or held a role at the principal's units or below.
    """
    roots = principal.roots(GRANT)
    if principal.is_unrestricted or any(map(is_root, roots)):
        return true()
    given = select(RoleAssignment.account_id).where(RoleAssignment.org_unit_id.in_(ids_under(roots)))
    return Account.id.in_(given)


def list_accounts(
    uow: UnitOfWork, wanted: Wanted, *, after: str | None = None, limit: int = 50
) -> Sequence[Any]:
    """Accounts by login, with the name behind each, its last sign-in and whether a code waits for it."""
    session, code = AuthSession, SignInCode
    seen = (
        select(func.max(session.signed_in_at))
        .where(session.tenant_id == Account.tenant_id, session.account_id == Account.id)
        .correlate(Account)
        .scalar_subquery()
    )
    waits = select(code.id).where(
        code.tenant_id == Account.tenant_id, code.account_id == Account.id, *_is_good()
    )
    second = select(SecondFactor.id).where(
        SecondFactor.tenant_id == Account.tenant_id,
        SecondFactor.account_id == Account.id,
        SecondFactor.confirmed_at.is_not(None),
    )
    page = (
        select(
            Account.id, Account.login, Account.kind, Account.disabled_at, Person.name,
            seen.label("last_seen"), waits.correlate(Account).exists().label("is_invited"),
            second.correlate(Account).exists().label("has_second_factor"),
        )
        .outerjoin(Person, and_(Person.tenant_id == Account.tenant_id, Person.id == Account.person_id))
        .where(within_reach(uow.principal), *_conditions(uow, wanted))
        .order_by(Account.login)
        .limit(limit)
    )  # fmt: skip
    return uow.session.execute(page if after is None else page.where(Account.login > after)).all()


def count_accounts(uow: UnitOfWork, wanted: Wanted) -> int:
    """How many accounts there are of those that `wanted` names."""
    found = (
        select(func.count())
        .select_from(Account)
        .outerjoin(Person, and_(Person.tenant_id == Account.tenant_id, Person.id == Account.person_id))
        .where(within_reach(uow.principal), *_conditions(uow, wanted))
    )
    return uow.session.scalar(found) or 0


def locked_logins(uow: UnitOfWork, logins: Collection[str]) -> dict[str, datetime]:
    """Until when logins are locked, of those that are."""
    keys = lock_keys(uow.tenant_id, logins)
    guard = SignInGuard
    found = select(guard.login_hash, guard.locked_until).where(
        guard.login_hash.in_(keys.values()), guard.locked_until > clock.now()
    )
    until: dict[str, Any] = {row[0]: row[1] for row in uow.session.execute(found)}
    return {login: until[key] for login, key in keys.items() if key in until}


def roles_of(uow: UnitOfWork, account_ids: Collection[UUID]) -> dict[UUID, list[Held]]:
    """Every role that these accounts hold, held or will hold, the present ones first; one statement."""
    given = RoleAssignment.__table__.c
    named: Any = Account.__table__.alias()
    deputised: Any = Person.__table__.alias()
    found = (
        select(
            given.id, given.account_id, Role.code, Role.name, OrgUnit.id, OrgUnit.name, OrgUnit.path,
            given.valid_from, given.valid_to, func.coalesce(deputised.c.name, named.c.login),
        )
        .select_from(RoleAssignment.__table__)
        .join(Role, and_(Role.tenant_id == given.tenant_id, Role.id == given.role_id))
        .join(OrgUnit, and_(OrgUnit.tenant_id == given.tenant_id, OrgUnit.id == given.org_unit_id))
        .outerjoin(named, and_(named.c.tenant_id == given.tenant_id, named.c.id == given.deputy_for_id))
        .outerjoin(deputised, and_(deputised.c.tenant_id == named.c.tenant_id, deputised.c.id == named.c.person_id))
        .where(given.account_id.in_(account_ids))
        .order_by(func.coalesce(given.valid_to, date.max).desc(), OrgUnit.path, Role.name)
    )  # fmt: skip
    theirs: dict[UUID, list[Held]] = defaultdict(list)
    for row in uow.session.execute(found):
        theirs[row[1]].append(Held(*row))
    return dict(theirs)


def account_in_reach(uow: UnitOfWork, account_id: UUID) -> tuple[Account, str]:
    """An account that the principal gives roles to, and what its person is called. Raises `NotFound`."""
    found = (
        select(Account, func.coalesce(Person.name, Account.login))
        .outerjoin(Person, and_(Person.tenant_id == Account.tenant_id, Person.id == Account.person_id))
        .where(Account.id == account_id, within_reach(uow.principal))
    )
    row = uow.session.execute(found).first()
    if row is None:
        raise not_found()
    return row[0], row[1]


def live_sessions(
    uow: UnitOfWork, account_id: UUID | None = None, *, after: UUID | None = None, limit: int = 100
) -> Sequence[Any]:
    """Browsers that are signed in, the last that came first; of one account, or of all within reach."""
    now = clock.now()
    live = (
        AuthSession.ended_at.is_(None),
        AuthSession.signed_in_at > now - SESSION_LIFE,
        AuthSession.last_seen_at > now - SESSION_IDLE,
    )
    return _credentials(uow, AuthSession, live, account_id, after, limit)


def live_tokens(
    uow: UnitOfWork, account_id: UUID | None = None, *, after: UUID | None = None, limit: int = 100
) -> Sequence[Any]:
    """Tokens of programs that are good, the newest first; of one account, or of all within reach."""
    expires = ApiToken.expires_at
    live = (ApiToken.revoked_at.is_(None), or_(expires.is_(None), expires > clock.now()))
    return _credentials(uow, ApiToken, live, account_id, after, limit)


def _credentials(
    uow: UnitOfWork, model: Any, live: Any, account_id: UUID | None, after: UUID | None, limit: int
) -> Sequence[Any]:
    of_account = and_(Account.tenant_id == model.tenant_id, Account.id == model.account_id)
    found = (
        select(model, Account.login, func.coalesce(Person.name, Account.login).label("name"))
        .join(Account, of_account)
        .outerjoin(Person, and_(Person.tenant_id == Account.tenant_id, Person.id == Account.person_id))
        .where(*live, within_reach(uow.principal))
        .order_by(model.id.desc())
        .limit(limit)
    )
    if account_id is not None:
        found = found.where(model.account_id == account_id)
    return uow.session.execute(found if after is None else found.where(model.id < after)).all()


def _conditions(uow: UnitOfWork, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.text:
        text = wanted.text.strip()
        held = func.strpos(Account.login, text.lower()) > 0
        conditions.append(or_(held, func.strpos(func.coalesce(Person.name, ""), text) > 0))
    if wanted.kind:
        conditions.append(Account.kind == wanted.kind)
    if wanted.role or wanted.path:
        conditions.append(Account.id.in_(_given(wanted)))
    if wanted.state:
        conditions.append(_stands(uow, wanted.state))
    return conditions


def _given(wanted: Wanted) -> Any:
    given = select(RoleAssignment.account_id).where(in_force())
    if wanted.role:
        of_role = and_(Role.tenant_id == RoleAssignment.tenant_id, Role.id == RoleAssignment.role_id)
        given = given.join(Role, of_role).where(Role.code == wanted.role)
    if wanted.path:
        given = given.where(RoleAssignment.org_unit_id.in_(ids_under([wanted.path])))
    return given


def _stands(uow: UnitOfWork, state: str) -> ColumnElement[bool]:
    if state == "closed":
        return Account.disabled_at.is_not(None)
    if state == "invited":
        return Account.id.in_(select(SignInCode.account_id).where(*_is_good()))
    if state == "locked":
        # Logins are hashed where attempts are counted, so the database makes the same key of each.
        counted = func.convert_to(func.concat(str(uow.tenant_id), ":", Account.login), "UTF8")
        key = func.encode(func.sha256(counted), "hex")
        return key.in_(select(SignInGuard.login_hash).where(SignInGuard.locked_until > clock.now()))
    return not_(Account.disabled_at.is_not(None))


def _is_good() -> tuple[ColumnElement[bool], ...]:
    code = SignInCode
    return code.used_at.is_(None), code.withdrawn_at.is_(None), code.expires_at > clock.now()
