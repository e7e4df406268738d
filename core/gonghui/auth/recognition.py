"""Recognising who comes with a session or a token, and what they may do today, in one statement."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, func, literal, null, or_, select

from gonghui.auth.accounts import Account, Role, RoleAssignment, account_by_id
from gonghui.auth.credentials import (
    SEEN_EVERY,
    SESSION_IDLE,
    SESSION_LIFE,
    TOKEN_PREFIX,
    ApiToken,
    AuthSession,
    fingerprint,
)
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.parties.persons import Person
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock
from gonghui.values.principal import Grant, Principal, PrincipalKind


def recognise(uow: UnitOfWork, secret: str) -> Principal | None:
    """Whoever carries this session secret or API token, with the grants in force today; one statement."""
    is_token = secret.startswith(TOKEN_PREFIX)
    row = uow.session.execute(
        _BY_TOKEN if is_token else _BY_SESSION, {"secret": fingerprint(secret), **_limits()}
    ).first()
    if row is None:
        return None
    if not is_token and row.seen_at < clock.now() - SEEN_EVERY:
        _touch(uow, row.credential_id)
    return principal_from(uow.tenant_id, row, "token" if is_token else "session")


def principal_by_id(uow: UnitOfWork, account_id: UUID) -> Principal:
    """The principal that the account with this id is, as an operator acts for it. Raises `LookupError`."""
    account = account_by_id(uow, account_id)
    if account is None:
        raise LookupError(account_id)
    return principal_of(uow, account, signed_in_by="command line", on_behalf_by=uow.principal.name)


def principal_of(
    uow: UnitOfWork, account: Account, *, signed_in_by: str, on_behalf_by: str = ""
) -> Principal:
    """The principal that `account` is, without a sign-in (command line, tests); it says who stands behind it."""
    row = uow.session.execute(
        select(*_who(literal(account.id), null(), literal(clock.now()))).where(Account.id == account.id),
        _limits(),
    ).one()
    return principal_from(uow.tenant_id, row, signed_in_by, on_behalf_by)


def principal_from(tenant_id: UUID, row: Any, signed_in_by: str, on_behalf_by: str = "") -> Principal:
    """The value that the rest of the platform knows."""
    grants = tuple(
        Grant(UUID(g["unit"]), g["path"], g["role"], frozenset(g["permissions"]), g["title"])
        for g in row.grants or ()
    )
    return Principal(
        kind=PrincipalKind(row.kind),
        tenant_id=tenant_id,
        account_id=row.account_id,
        person_id=row.person_id,
        name=row.person_name or row.login,
        signed_in_by=signed_in_by,
        grants=grants,
        token_permissions=frozenset(row.permissions) if row.permissions is not None else None,
        on_behalf_by=on_behalf_by,
    )


def _touch(uow: UnitOfWork, session_id: UUID) -> None:
    row = uow.session.get(AuthSession, (uow.tenant_id, session_id))
    if row is not None:
        row.last_seen_at = clock.now()


def _limits() -> dict[str, Any]:
    now = clock.now()
    return {"now": now, "today": clock.today(), "born": now - SESSION_LIFE, "seen": now - SESSION_IDLE}


def _grants() -> Any:
    """Roles in force today, as JSON, so that recognising somebody is one round trip."""
    today: Any = bindparam("today")
    entry = func.jsonb_build_object(
        "unit",
        OrgUnit.id,
        "path",
        OrgUnit.path,
        "role",
        Role.code,
        "title",
        Role.name,
        "permissions",
        Role.permissions,
    )
    return (
        select(func.jsonb_agg(entry))
        .select_from(RoleAssignment)
        .join(Role, and_(Role.tenant_id == RoleAssignment.tenant_id, Role.id == RoleAssignment.role_id))
        .join(
            OrgUnit,
            and_(OrgUnit.tenant_id == RoleAssignment.tenant_id, OrgUnit.id == RoleAssignment.org_unit_id),
        )
        .where(
            RoleAssignment.tenant_id == Account.tenant_id,
            RoleAssignment.account_id == Account.id,
            RoleAssignment.valid_from <= today,
            or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to >= today),
        )
        .correlate(Account)
        .scalar_subquery()
    )


def _who(credential: Any, permissions: Any, seen: Any) -> list[Any]:
    return [
        Account.id.label("account_id"),
        Account.person_id,
        Account.kind,
        Account.login,
        select(Person.name)
        .where(Person.tenant_id == Account.tenant_id, Person.id == Account.person_id)
        .correlate(Account)
        .scalar_subquery()
        .label("person_name"),
        _grants().label("grants"),
        credential.label("credential_id"),
        permissions.label("permissions"),
        seen.label("seen_at"),
    ]


def _by(table: type[AuthSession] | type[ApiToken], permissions: Any, seen: Any, *valid: Any) -> Select[Any]:
    held: Any = table.account_id
    return (
        select(*_who(table.id, permissions, seen))
        .select_from(table)
        .join(Account, and_(Account.tenant_id == table.tenant_id, Account.id == held))
        .where(table.secret_hash == bindparam("secret"), Account.disabled_at.is_(None), *valid)
    )


def _by_session() -> Select[Any]:
    return _by(
        AuthSession,
        null(),
        AuthSession.last_seen_at,
        AuthSession.ended_at.is_(None),
        AuthSession.signed_in_at > bindparam("born"),
        AuthSession.last_seen_at > bindparam("seen"),
    )


def _by_token() -> Select[Any]:
    return _by(
        ApiToken,
        ApiToken.permissions,
        null(),
        ApiToken.revoked_at.is_(None),
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > bindparam("now")),
    )


_BY_SESSION = _by_session()
_BY_TOKEN = _by_token()
