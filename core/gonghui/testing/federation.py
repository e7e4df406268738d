"""Federations for tests: small, quick to make, each a tenant of its own, with one asker of each kind."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson
from flask import Flask
from werkzeug.test import Client, TestResponse

from gonghui.auth.accounts import Account, account_by_id, assign, extend_role, open_account
from gonghui.auth.credentials import issue_token, start_session
from gonghui.auth.operators import issue_key
from gonghui.auth.recognition import principal_by_id
from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.lifecycle.onboarding import Declaration, onboard, operator_principal, profile_called
from gonghui.parties.persons import new_person
from gonghui.plugin_host.registry import Registry
from gonghui.tenancy.org_tree import OrgUnit, find_named
from gonghui.tenancy.tenants import TenantView
from gonghui.values import clock
from gonghui.values.principal import PrincipalKind

_numbers = itertools.count(1)

#: The units of every federation: their names by the short names that tests use. The district is named by its code.
UNITS = {
    "district": "",
    "east": "东街道总工会",
    "west": "西街道总工会",
    "garden": "花园社区工联会",
    "river": "河畔社区工联会",
    "firm": "样本一厂",
    "firm_west": "样本二厂",
}
#: The login by which the kit asks as an operator of the platform, who has no account.
OPERATOR = "operator"
#: The officers of every federation by login: the role, and the unit (of `UNITS`) where it holds.
OFFICERS = {
    "admin": ("administrator", "district"),
    "auditor": ("auditor", "district"),
    "district": ("district_officer", "district"),
    "east": ("street_officer", "east"),
    "west": ("street_officer", "west"),
    "garden": ("community_officer", "garden"),
    "firm": ("enterprise_officer", "firm"),
}


@dataclass
class Federation:
    """One tenant with its units and accounts; opens units of work and clients as anybody in it.

    `units` are ids by the short names of `UNITS`, `accounts` ids by login: those of `OFFICERS`, `worker`, `guest`.
    """

    world: World
    view: TenantView
    units: dict[str, UUID]
    accounts: dict[str, UUID]
    secrets: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def uow(self, login: str | None = None) -> Iterator[UnitOfWork]:
        """A unit of work as the account `login`, or as the operator."""
        with self.world.database.unit_of_work(operator_principal(self.view.id)) as uow:
            if login not in (None, OPERATOR):
                uow.become(principal_by_id(uow, self.accounts[login]))
            yield uow

    def client(self, login: str | None = None) -> Asker:
        """Somebody who asks over HTTP with a bearer token; nobody known, without a login.

        `operator` is an operator of the platform with a key and a reason.
        """
        if login == OPERATOR:
            _key, secret = issue_key(self.world.database, "test", 1)
            return Asker(self.world.app, self.view.code, secret, reason="测试")
        return Asker(self.world.app, self.view.code, self._secret(login) if login else None)

    def token(self, login: str, permissions: list[str] | None) -> Asker:
        """A program with an API token of `login`'s account, limited to `permissions`."""
        with self.uow() as uow:
            account = account_by_id(uow, self.accounts[login])
            assert account is not None
            _token, secret = issue_token(
                uow, account, "test", permissions=permissions, expires_at=clock.now() + timedelta(days=1)
            )
        return Asker(self.world.app, self.view.code, secret)

    def add_officer(self, login: str, role: str, unit: str, permissions: list[str] | None = None) -> UUID:
        """A further account with `role` (made with `permissions` where it is missing) at a unit."""
        with self.uow() as uow:
            held = extend_role(uow, role, role, permissions or [])
            account = _account(uow, login, PrincipalKind.OFFICER)
            place = uow.session.get(OrgUnit, (uow.tenant_id, self.units[unit]))
            assert place is not None
            assign(uow, account, held, place)
            self.accounts[login] = account.id
        return self.accounts[login]

    def add_worker(self) -> str:
        """A further worker, who has nothing yet; the login."""
        login = f"worker{len(self.accounts)}"
        with self.uow() as uow:
            self.accounts[login] = _account(uow, login, PrincipalKind.WORKER).id
        return login

    def _secret(self, login: str) -> str:
        if login not in self.secrets:
            with self.uow() as uow:
                account = account_by_id(uow, self.accounts[login])
                assert account is not None
                secret = start_session(uow, account)
            # Only once it is committed: another thread may take it at once.
            self.secrets[login] = secret
        return self.secrets[login]


@dataclass
class Asker:
    """Sends requests to one tenant's host, with a credential or without; `Federation.client` makes one.

    `asker("PUT", path, json=…, headers=…)` sends any request. Options are those of werkzeug's test client.
    """

    app: Flask
    tenant: str
    secret: str | None
    #: Why an operator enters.
    reason: str | None = None

    def __call__(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Host": f"{self.tenant}.test", **options.pop("headers", {})}
        if self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        if self.reason:
            headers["X-Reason"] = quote(self.reason)
        if "json" in options:
            options |= {"data": orjson.dumps(options.pop("json")), "content_type": "application/json"}
        return Client(self.app, use_cookies=False).open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Send a GET."""
        return self("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        """Send a POST with `json` as its body."""
        return self("POST", path, json=json, **options)


@dataclass
class World:
    """What a test session shares: database, plugins, application. The fixture `world` is one."""

    database: Database
    registry: Registry
    app: Flask

    def federation(self, *, plugins: tuple[str, ...] | None = None, demo: bool = True) -> Federation:
        """A new tenant, unlike all others, with the plugins given (all that are installed, without)."""
        code = f"t{os.getpid()}x{next(_numbers)}"
        on = tuple(self.registry.plugins) if plugins is None else plugins
        view = onboard(self.database, self.registry, _declaration(code, on, demo=demo))
        federation = Federation(self, view, {}, {})
        with federation.uow() as uow:
            for short, name in UNITS.items():
                federation.units[short] = find_named(uow, name or view.name)[0].id
            for login, (role, unit) in OFFICERS.items():
                account = _account(uow, login, PrincipalKind.OFFICER)
                place = uow.session.get(OrgUnit, (uow.tenant_id, federation.units[unit]))
                assert place is not None
                assign(uow, account, extend_role(uow, role, role, []), place)
                federation.accounts[login] = account.id
            federation.accounts["worker"] = _account(uow, "worker", PrincipalKind.WORKER).id
            federation.accounts["guest"] = _account(uow, "guest", PrincipalKind.GUEST).id
        return federation


def _account(uow: UnitOfWork, login: str, kind: PrincipalKind) -> Account:
    person = new_person(f"样{login}")
    uow.add(person)
    uow.session.flush()
    return open_account(uow, login, kind=kind, person=person)


def _declaration(code: str, plugins: tuple[str, ...], *, demo: bool) -> Declaration:
    content = {
        "code": code,
        "name": f"样本区{code}总工会",
        "jurisdiction": "nation/guangdong/shenzhen/longhua",
        "hosts": [f"{code}.test"],
        "demo": demo,
        "plugins": list(plugins),
        "street": [
            {"name": UNITS["east"], "communities": [UNITS["garden"]]},
            {"name": UNITS["west"], "communities": [UNITS["river"]]},
        ],
        "enterprise": [
            {"name": UNITS["firm"], "under": UNITS["garden"]},
            {"name": UNITS["firm_west"], "under": UNITS["river"]},
        ],
    }
    return Declaration.of(content, profile_called("district"))
