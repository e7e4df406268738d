"""What the core's tests share: a browser with cookies, accounts that can sign in, and rules of deadlines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from argon2 import PasswordHasher
from werkzeug.test import Client, TestResponse

from gonghui.auth import passwords
from gonghui.auth.accounts import account_by_id
from gonghui.auth.passwords import hash_password
from gonghui.i18n import Text
from gonghui.records.deadline_rules import DeadlineRule, Direction
from gonghui.tenancy.parameters import PACKS, Parameter
from gonghui.testing import Federation, World

PASSWORD = "correct horse battery"
_HASHES: dict[str, str] = {}


class Browser:
    """Keeps cookies of one tenant's host and sends them by itself, as a browser does."""

    def __init__(self, federation: Federation) -> None:
        self.host = f"{federation.view.code}.test"
        self.client = Client(federation.world.app)

    def __call__(self, method: str, path: str, **options: Any) -> TestResponse:
        return self.client.open(path, method=method, base_url=f"http://{self.host}", **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self("POST", path, **options)

    def csrf(self, path: str = "/sign-in") -> str:
        """The token that the forms of a page carry."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).text)
        assert found is not None
        return found[1]

    def sign_in(self, login: str, password: str = PASSWORD, **form: str) -> TestResponse:
        """Fill in the form of the sign-in page and send it."""
        return self.post(
            "/sign-in", data={"csrf_token": self.csrf(), "login": login, "password": password, **form}
        )

    def cookie(self) -> str | None:
        """The session cookie as it is now."""
        found = self.client.get_cookie("gonghui", domain=self.host)
        return found.value if found else None


@pytest.fixture(scope="session", autouse=True)
def quick_hashing() -> Iterator[None]:
    """Passwords of tests guard nothing, so hashing them need not cost anything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._decoy.cache_clear()
        yield
    passwords._decoy.cache_clear()


@pytest.fixture
def browser(shared_federation: Federation) -> Browser:
    """A browser that nobody has signed in with, at the module's federation, whose `east` has a password."""
    give_password(shared_federation, "east")
    return Browser(shared_federation)


@pytest.fixture
def password() -> str:
    """The password that `with_password` gives."""
    return PASSWORD


@pytest.fixture
def with_password() -> Callable[..., None]:
    """Gives accounts of a federation the known password."""
    return give_password


#: Rules that a plugin might declare: what it must be called, how long, in which direction, for whom.
_RULES = {
    "reply": ("批复建会", 15, "days", Direction.FORWARD, "organising.union.read", (7, 3)),
    "renewal": ("换届", 3, "years", Direction.FORWARD, "organising.union.read", (180, 90, 30)),
    "notice": ("会议通知", 5, "working_days", Direction.BACKWARD, "organising.union.read", ()),
    "interview": ("入会谈话", 10, "working_days", Direction.FORWARD, "organising.member.read", ()),
}


@pytest.fixture(scope="module")
def rules(world: World) -> Iterator[dict[str, DeadlineRule]]:
    """Rules of deadlines that organising declares for the length of a module, with their figures."""
    plugin, declared = world.registry.plugins["organising"], {}
    for name, (title, length, unit, direction, permission, marks) in _RULES.items():
        code = f"organising.sample.{name}"
        PACKS.add(Parameter(code, "nation", length, unit, date(2016, 1, 1), None, "示例办法第一条", "D"))
        # The title is a sample of a text, not a text of the product.
        declared[name] = DeadlineRule(code, Text(title), code, permission, direction, marks)
    world.registry.plugins["organising"] = replace(plugin, deadlines=tuple(declared.values()))
    yield declared
    world.registry.plugins["organising"] = plugin
    for rule in declared.values():
        del PACKS._by_code[rule.parameter]


def give_password(federation: Federation, *logins: str, password: str = PASSWORD) -> None:
    if password not in _HASHES:
        _HASHES[password] = hash_password(password)
    with federation.uow() as uow:
        for login in logins:
            account = account_by_id(uow, federation.accounts[login])
            assert account is not None
            account.password_hash = _HASHES[password]
