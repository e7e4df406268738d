"""A browser's cookie alone changes nothing: every change that comes with one needs the page's token too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask.testing import FlaskClient

from gonghui.testing.federation import Federation
from gonghui.testing.operations import Operation

#: Nobody is signed in by it: it answers with a token and sets no cookie.
_SIGN_IN = "/api/v1/sign-in"


def browser_of(federation: Federation, login: str) -> FlaskClient:
    """A browser in which somebody is signed in."""
    base = f"http://{federation.view.code}.test"
    client = federation.world.app.test_client()
    with client.session_transaction(base_url=base) as session:
        session["secret"] = federation.client(login).secret
    client.environ_base["HTTP_HOST"] = f"{federation.view.code}.test"
    if client.get("/api/v1/me", base_url=base).status_code != 200:
        raise RuntimeError(f"{login} is not signed in by the cookie")
    return client


def unguarded_changes(federation: Federation, some: Iterable[Operation]) -> Iterator[str]:
    """Changes that a cookie without the page's token is not refused for."""
    base, browser = f"http://{federation.view.code}.test", browser_of(federation, "district")
    for operation in some:
        if operation.method == "GET" or operation.path == _SIGN_IN:
            continue
        path = operation.at(federation.view.id.hex)
        answer = browser.open(path, method=operation.method, base_url=base, json={})
        if answer.status_code != 403 or not ("csrf" in answer.text or "页面已过期" in answer.text):
            yield f"{operation.name} with a cookie and without its token: {answer.status_code}"
