"""Latency of the console's lists in a district at its true size: 760,000 members in 3,320 unions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from http.client import HTTPConnection
from itertools import repeat
from pathlib import Path
from urllib.parse import quote

from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import create_engine, text
from tests.bench import servers
from tests.bench.figures import Figure, say
from tests.bench.load import Outcome, by_python, request

from gonghui.auth.accounts import Account, find_account
from gonghui.auth.credentials import start_session
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.lifecycle.onboarding import Declaration, onboard, operator_principal
from gonghui.settings import PACKAGED_TENANTS
from gonghui.testing.database import cloned_database
from gonghui.testing.federation import World

HOST = "district.test"
_BEFORE, _TIMES = 3, 40
_NEXT = re.compile(r'rel="next" href="([^"]+)"')
_MEMBERS, _UNIONS, _RE_ELECTIONS = (
    f"/console/organising/{name}" for name in ("members", "unions", "re-elections")
)
#: What officers open all day, by who opens it: of everything, of a street, found, filtered, on the desk, in order.
PAGES = (
    ("district", _MEMBERS),
    ("district", f"{_MEMBERS}?q={quote('赵')}"),
    ("district", f"{_MEMBERS}?q=zhao"),
    ("district", f"{_MEMBERS}?state=retained"),
    ("district", f"{_MEMBERS}?sex=female&employment_form=platform"),
    ("guanhu", _MEMBERS),
    ("guanhu", f"{_MEMBERS}?q={quote('钱')}"),
    ("guanhu", f"{_MEMBERS}?view=mine"),
    ("guanhu", f"{_MEMBERS}?sort=name"),
    ("xintian", _MEMBERS),
    ("xintian", f"{_MEMBERS}?q={quote('钱')}"),
    ("district", _UNIONS),
    ("district", f"{_UNIONS}?q={quote('电子')}"),
    ("district", f"{_UNIONS}?view=mine"),
    ("district", f"{_RE_ELECTIONS}?view=mine"),
    ("district", f"{_RE_ELECTIONS}?view=overdue"),
    ("guanhu", _UNIONS),
)
_FIRST = (("guanhu", "/console"), ("district", "/console"))


def measure(world: World, var: Path, scale: str = "district") -> Iterator[Figure]:
    """p95 over all lists and their second pages, one officer at a time, and of the first page."""
    say(f"pages of a {scale}")
    with cloned_database(var, world.registry, f"bench_{scale}") as database:
        cookies = _cookies(World(database, world.registry, world.app), scale)
        with servers.gonghui(database, var) as port:
            for what, pages in (("lists", _with_following(port, cookies)), ("the first page", iter(_FIRST))):
                p95 = Outcome(0, 0, list(_latencies(port, cookies, pages))).p95
                yield Figure(f"p95 of {what} of a {scale}", round(p95, 1), "ms", by="python")


def _latencies(port: int, cookies: dict[str, str], pages: Iterator[tuple[str, str]]) -> Iterator[float]:
    """Latencies of each page, asked for some times; what each takes is said on the way."""
    for login, path in pages:
        asked = request("GET", path, host=HOST, cookie=cookies[login])
        by_python(port, repeat(asked, _BEFORE), clients=1)
        told = by_python(port, repeat(asked, _TIMES), clients=1)
        say(f"{login} {path}: p95 {told.p95:.0f} ms")
        yield from told.latencies


def _cookies(world: World, scale: str) -> dict[str, str]:
    """What the browsers of officers send who are signed in at a district that its plugins have filled."""
    declared = Declaration.read(PACKAGED_TENANTS / "demo.toml")
    content = {**declared.content, "code": "district", "hosts": [HOST]}
    tenant = onboard(world.database, world.registry, Declaration(content, declared.profile), demo_scale=scale)
    url = world.database.admin_url.set(database=world.database.name)
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))
    admin.dispose()
    with world.database.unit_of_work(operator_principal(tenant.id)) as uow:
        secrets = {login: start_session(uow, _account(uow, login)) for login, _path in PAGES}
    signer = SecureCookieSessionInterface().get_signing_serializer(world.app)
    assert signer is not None
    name = world.app.config["SESSION_COOKIE_NAME"]
    return {login: f"{name}={signer.dumps({'secret': secret})}" for login, secret in secrets.items()}


def _account(uow: UnitOfWork, login: str) -> Account:
    account = find_account(uow, login)
    assert account is not None
    return account


def _with_following(port: int, cookies: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each page, and the one that its link to the next leads to."""
    for login, path in PAGES:
        connection = HTTPConnection("127.0.0.1", port)
        connection.request(
            "GET", path, headers={"Host": HOST, "Cookie": cookies[login], "Accept": "text/html"}
        )
        answer = connection.getresponse()
        shown = answer.read().decode()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{login} {path}: {answer.status}")
        yield login, path
        if found := _NEXT.search(shown):
            yield login, unescape(found.group(1))
