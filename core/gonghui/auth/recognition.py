"""Recognising who comes with a session or a token, and what they may do today, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, func, null, or_, select

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
from gonghui.tenancy.switches import PluginSwitch
from gonghui.values import clock
from gonghui.values.principal import Grant, Principal, PrincipalKind


@dataclass(frozen=True)
class Recognised:
    """Who came, and which plugins their tenant has on at this moment."""

    principal: Principal
    plugins_on: frozenset[str]


def recognise(uow: UnitOfWork, secret: str) -> Recognised | None:
    """Whoever carries this session secret or API token, with the grants in force today; one statement."""
    is_token = secret.startswith(TOKEN_PREFIX)
    bound = {"secret": fingerprint(secret), **_limits()}
    row = uow.session.connection().execute(_BY_TOKEN if is_token else _BY_SESSION, bound).first()
    if row is None:
        return None
    if not is_token and row.seen_at < clock.now() - SEEN_EVERY:
        _touch(uow, row.credential_id)
    principal = principal_from(uow.tenant_id, row, "token" if is_token else "session")
    return Recognised(principal, frozenset(row.plugins_on or ()))


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
    row = uow.session.connection().execute(_BY_ACCOUNT, {"account": account.id, **_limits()}).one()
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
    facts = {
        "unit": _UNIT.id,
        "path": _UNIT.path,
        "role": _ROLE.code,
        "title": _ROLE.name,
        "permissions": _ROLE.permissions,
    }
    entry = func.jsonb_build_object(
        *(part for fact in facts.items() for part in fact), "permissions", _ROLE.permissions
    )
    return (
        select(func.jsonb_agg(entry))
        .select_from(RoleAssignment.__table__)
        .join(Role.__table__, and_(_ROLE.tenant_id == _GIVEN.tenant_id, _ROLE.id == _GIVEN.role_id))
        .join(OrgUnit.__table__, and_(_UNIT.tenant_id == _GIVEN.tenant_id, _UNIT.id == _GIVEN.org_unit_id))
        .where(
            _GIVEN.tenant_id == _ACCOUNT.tenant_id,
            _GIVEN.account_id == _ACCOUNT.id,
            _GIVEN.valid_from <= today,
            or_(_GIVEN.valid_to.is_(None), _GIVEN.valid_to >= today),
        )
        .correlate(Account.__table__)
        .scalar_subquery()
    )


def _person_name() -> Any:
    named = select(_PERSON.name).where(
        _PERSON.tenant_id == _ACCOUNT.tenant_id, _PERSON.id == _ACCOUNT.person_id
    )
    return named.correlate(Account.__table__).scalar_subquery()


def _plugins_on() -> Any:
    mine = (_SWITCH.tenant_id == _ACCOUNT.tenant_id, _SWITCH.is_on, _SWITCH.is_planned)
    on = select(func.jsonb_agg(_SWITCH.plugin)).where(*mine)
    return on.correlate(Account.__table__).scalar_subquery()


def _who(credential: Any, permissions: Any, seen: Any) -> list[Any]:
    return [
        _ACCOUNT.id.label("account_id"),
        _ACCOUNT.person_id,
        _ACCOUNT.kind,
        _ACCOUNT.login,
        _person_name().label("person_name"),
        _grants().label("grants"),
        _plugins_on().label("plugins_on"),
        credential.label("credential_id"),
        permissions.label("permissions"),
        seen.label("seen_at"),
    ]


def _by(table: Any, permissions: Any, seen: Any, *valid: Any) -> Select[Any]:
    return (
        select(*_who(table.c.id, permissions, seen))
        .select_from(table)
        .join(
            Account.__table__,
            and_(_ACCOUNT.tenant_id == table.c.tenant_id, _ACCOUNT.id == table.c.account_id),
        )
        .where(table.c.secret_hash == bindparam("secret"), _ACCOUNT.disabled_at.is_(None), *valid)
    )


# Columns of tables, not attributes of classes: the statement then needs nothing of the mapper, and is made once.
_ACCOUNT: Any = Account.__table__.c
_GIVEN: Any = RoleAssignment.__table__.c
_PERSON: Any = Person.__table__.c
_ROLE: Any = Role.__table__.c
_SWITCH: Any = PluginSwitch.__table__.c
_UNIT: Any = OrgUnit.__table__.c
_SESSION: Any = AuthSession.__table__.c
_TOKEN: Any = ApiToken.__table__.c

_BY_SESSION = _by(
    AuthSession.__table__,
    null(),
    _SESSION.last_seen_at,
    _SESSION.ended_at.is_(None),
    _SESSION.signed_in_at > bindparam("born"),
    _SESSION.last_seen_at > bindparam("seen"),
)
_BY_TOKEN = _by(
    ApiToken.__table__,
    _TOKEN.permissions,
    null(),
    _TOKEN.revoked_at.is_(None),
    or_(_TOKEN.expires_at.is_(None), _TOKEN.expires_at > bindparam("now")),
)
_BY_ACCOUNT = select(*_who(_ACCOUNT.id, null(), null())).where(_ACCOUNT.id == bindparam("account"))
