"""What the core's tests share: a browser with cookies, and accounts that can sign in by password."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher
from werkzeug.test import Client, TestResponse

from gonghui.auth import passwords
from gonghui.auth.accounts import account_by_id
from gonghui.auth.passwords import hash_password
from gonghui.testing import Federation

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


def give_password(federation: Federation, *logins: str, password: str = PASSWORD) -> None:
    if password not in _HASHES:
        _HASHES[password] = hash_password(password)
    with federation.uow() as uow:
        for login in logins:
            account = account_by_id(uow, federation.accounts[login])
            assert account is not None
            account.password_hash = _HASHES[password]
