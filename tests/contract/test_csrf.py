"""A browser's cookie alone changes nothing: every change that comes with one needs the page's token too."""

import pytest
from flask.testing import FlaskClient

from gonghui.testing import Federation, World
from gonghui.testing.operations import Operation, operations

SAFE = ("GET",)


@pytest.fixture
def browser(world: World, shared_federation: Federation) -> FlaskClient:
    """A browser in which the district's officer is signed in."""
    base = f"http://{shared_federation.view.code}.test"
    client = world.app.test_client()
    secret = shared_federation.client("district").secret
    with client.session_transaction(base_url=base) as session:
        session["secret"] = secret
    client.environ_base["HTTP_HOST"] = f"{shared_federation.view.code}.test"
    assert client.get("/api/v1/me", base_url=base).status_code == 200
    return client


def changes(world: World) -> list[Operation]:
    found = [o for o in operations(world.app) if o.method not in SAFE]
    assert len(found) > 10
    return found


def test_every_change_with_a_cookie_and_without_the_token_is_refused(
    world: World, browser: FlaskClient, shared_federation: Federation
) -> None:
    base = f"http://{shared_federation.view.code}.test"
    for operation in changes(world):
        if operation.path == "/api/v1/sign-in":
            continue  # nobody is signed in by it: it answers with a token and sets no cookie
        path = operation.path.replace("{union_id}", shared_federation.view.id.hex)
        answer = browser.open(path, method=operation.method, base_url=base, json={})
        assert answer.status_code == 403, operation.name
        assert "csrf" in answer.text or "页面已过期" in answer.text, operation.name
