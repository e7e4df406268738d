"""Onboarding: a declared federation becomes a tenant with its tree, roles, accounts and plugins."""

from __future__ import annotations

import os
import pwd
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.audit.entries import PlatformEntry
from gonghui.auth.accounts import Role, assign, extend_role, find_account, open_account
from gonghui.auth.recognition import principal_of
from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.parties.persons import new_person
from gonghui.plugin_host.installed import installed
from gonghui.plugin_host.registry import Registry
from gonghui.plugin_host.switching import switch_on
from gonghui.settings import PACKAGED_TENANTS
from gonghui.tenancy.keys import add_first_keys
from gonghui.tenancy.org_tree import OrgUnit, OrgUnitKind, new_unit
from gonghui.tenancy.tenants import Accent, Tenant, TenantHost, TenantView, all_codes, tenant_with_code
from gonghui.values import clock
from gonghui.values.ids import new_id
from gonghui.values.principal import Principal, PrincipalKind


class DeclarationError(ValueError):
    """A declared tenant cannot be read; the message says where."""


@dataclass(frozen=True)
class Declaration:
    """A tenant as its file declares it, with the profile that it names."""

    content: dict[str, Any]
    profile: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Declaration:
        """Read a tenant's file and its profile. Raises `DeclarationError`."""
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
            profile = profile_called(content["profile"], beside=path)
            for needed in ("code", "name", "jurisdiction", "hosts"):
                if needed not in content:
                    raise DeclarationError(f"{path}: {needed} is missing")
            return cls.of(content, profile)
        except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
            raise DeclarationError(f"{path}: {error}") from error

    @classmethod
    def of(cls, content: dict[str, Any], profile: Path) -> Declaration:
        """A declaration from its content and the file of its profile."""
        return cls(content, tomllib.loads(profile.read_text(encoding="utf-8")))


def profile_called(name: str, *, beside: Path | None = None) -> Path:
    """The file of a profile: beside a tenant's file, where there is one, or that of the product."""
    own = beside.parent / f"{name}.toml" if beside is not None else None
    return own if own is not None and own.exists() else PACKAGED_TENANTS / f"{name}.toml"


def operator_name() -> str:
    """Who sits at this machine's command line, as the system knows them; the environment could claim anybody."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"cli:{os.getuid()}"


def operator_principal(tenant_id: UUID) -> Principal:
    """The operator at a tenant; every act is in the tenant's trail under this name."""
    name = operator_name()
    return Principal(
        PrincipalKind.OPERATOR, tenant_id, name=name, signed_in_by="command line", on_behalf_by=name
    )


def note_platform(
    database: Database, action: str, reason: str, tenant_id: UUID | None = None, **detail: Any
) -> None:
    """Write an entry into the platform's own trail."""
    with database.operator() as session:
        session.add(platform_entry(action, reason, tenant_id, **detail))


def platform_entry(action: str, reason: str, tenant_id: UUID | None = None, **detail: Any) -> PlatformEntry:
    """An entry of the platform's own trail, to be written with what it describes."""
    return PlatformEntry(
        id=new_id(),
        at=clock.now(),
        operator=operator_name(),
        reason=reason,
        action=action,
        tenant_id=tenant_id,
        detail=detail,
    )


def onboard(
    database: Database, registry: Registry, declaration: Declaration, *, demo_scale: str | None = None
) -> TenantView:
    """Make the declared tenant, or finish one whose onboarding was cut short. Doing it again changes nothing.

    With `demo_scale` (`sample`, `district`) its plugins fill it with made-up records.
    """
    tenant_id = _tenant(database, declaration.content)
    with database.unit_of_work(operator_principal(tenant_id)) as uow:
        if uow.session.scalar(select(OrgUnit.id).where(OrgUnit.parent_id.is_(None))) is None:
            units = _tree(uow, declaration.content)
            _roles(uow, declaration.profile)
            for plugin_id in declaration.content.get("plugins", ()):
                switch_on(uow, registry, installed(plugin_id, registry))
            accounts = _accounts(uow, declaration.content, units)
            if demo_scale is not None:
                _fill(uow, registry, declaration.content, accounts, demo_scale)
    return tenant_with_code(database, declaration.content["code"])


def _tenant(database: Database, content: dict[str, Any]) -> UUID:
    if content["code"] in all_codes(database):
        return tenant_with_code(database, content["code"]).id
    tenant = Tenant(
        id=new_id(),
        code=content["code"],
        name=content["name"],
        jurisdiction=content["jurisdiction"],
        is_demo=content.get("demo", False),
        accent=Accent(content.get("accent", Accent.RED)).value,
    )
    with database.operator() as session:
        session.add(tenant)
        session.flush()
        session.add_all(TenantHost(host=host.lower(), tenant_id=tenant.id) for host in content["hosts"])
        add_first_keys(session, database.master, tenant.id)
        session.add(platform_entry("tenant.created", "onboarding", tenant.id, code=tenant.code))
    return tenant.id


def _tree(uow: UnitOfWork, content: dict[str, Any]) -> dict[str, OrgUnit]:
    """Units by name: the federation, its streets, their communities, and enterprises declared below them."""
    uow.note("core.org_tree.declared")
    root = new_unit(None, OrgUnitKind.DISTRICT_FEDERATION, content["name"])
    uow.add(root)
    uow.session.flush()
    units = {"": root}
    for street in content.get("street", ()):
        above = _below(uow, units, root, OrgUnitKind.STREET_FEDERATION, street["name"])
        uow.session.flush()
        for community in street.get("communities", ()):
            _below(uow, units, above, OrgUnitKind.COMMUNITY_FEDERATION, community)
        uow.session.flush()
    for enterprise in content.get("enterprise", ()):
        _below(uow, units, units[enterprise["under"]], OrgUnitKind.GRASSROOTS_UNION, enterprise["name"])
    uow.session.flush()
    return units


def _below(
    uow: UnitOfWork, units: dict[str, OrgUnit], parent: OrgUnit, kind: OrgUnitKind, name: str
) -> OrgUnit:
    unit = units[name] = new_unit(parent, kind, name)
    uow.add(unit)
    return unit


def _roles(uow: UnitOfWork, profile: dict[str, Any]) -> None:
    uow.note("core.role.declared")
    for role in profile["role"]:
        extend_role(uow, role["code"], role["name"], role["permissions"])


def _accounts(uow: UnitOfWork, content: dict[str, Any], units: dict[str, OrgUnit]) -> dict[str, UUID]:
    """Accounts of the officers that the file names; a declared password is for demonstration only."""
    roles = {role.code: role for role in uow.session.scalars(select(Role))}
    opened: dict[str, UUID] = {}
    for declared in content.get("account", ()):
        person = new_person(declared["name"])
        uow.add(person)
        uow.session.flush()
        kind = PrincipalKind(declared.get("kind", "officer"))
        account = open_account(
            uow, declared["login"], kind=kind, person=person, password=declared.get("password")
        )
        if "role" in declared:
            assign(uow, account, roles[declared["role"]], units[declared.get("at", "")])
        opened[declared["login"]] = account.id
    uow.session.flush()
    return opened


def _fill(
    uow: UnitOfWork,
    registry: Registry,
    content: dict[str, Any],
    accounts: dict[str, UUID],
    scale: str,
) -> None:
    for plugin_id in content.get("plugins", ()):
        plugin = registry.plugins[plugin_id]
        if plugin.demo is not None:
            plugin.demo(uow, accounts, scale)


def account_principal(uow: UnitOfWork, login: str) -> Principal:
    """The account `login` as an operator acts for it; the trail names both. Raises `LookupError`."""
    account = find_account(uow, login)
    if account is None:
        raise LookupError(login)
    return principal_of(uow, account, signed_in_by="command line", on_behalf_by=operator_name())
