"""Limits: how much one request may bring, and how much one answer tells."""

from __future__ import annotations

import io
from typing import Any

import orjson
import pytest
from werkzeug.test import TestResponse

from gonghui.testing import Federation

TOKENS, SIGN_IN = "/api/v1/tokens", "/api/v1/sign-in"
MOST, MOST_AT_SIGN_IN = 1024 * 1024, 64 * 1024


def padded(content: dict[str, Any], size: int) -> bytes:
    """The content as JSON, with blanks behind it up to a size."""
    return orjson.dumps(content).ljust(size)


def send(federation: Federation, who: str | None, path: str, body: bytes, **options: Any) -> TestResponse:
    return federation.client(who)("POST", path, data=body, content_type="application/json", **options)


def send_in_pieces(federation: Federation, who: str | None, path: str, body: bytes) -> TestResponse:
    """The same without saying how much will come."""
    return federation.client(who)(
        "POST",
        path,
        input_stream=io.BytesIO(body),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
    )


def test_a_body_as_large_as_allowed_is_read(shared_federation: Federation) -> None:
    assert send(shared_federation, "east", TOKENS, padded({"name": "t"}, MOST)).status_code == 201


def test_a_body_that_is_too_large_is_refused(shared_federation: Federation) -> None:
    body = padded({"name": "t"}, MOST + 1)
    for answer in (
        send(shared_federation, "east", TOKENS, body),
        send(shared_federation, "east", "/api/v1/org-units", body, headers={"Idempotency-Key": "k"}),
        send_in_pieces(shared_federation, "east", TOKENS, body),
    ):
        assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_a_body_at_sign_in_may_be_smaller_still(shared_federation: Federation) -> None:
    credentials = {"login": "nobody", "password": "wrong password"}
    allowed = send(shared_federation, None, SIGN_IN, padded(credentials, MOST_AT_SIGN_IN))
    assert allowed.status_code == 401
    body = padded(credentials, MOST_AT_SIGN_IN + 1)
    for answer in (
        send(shared_federation, None, SIGN_IN, body),
        send(shared_federation, "east", SIGN_IN, body),
        send_in_pieces(shared_federation, None, SIGN_IN, body),
    ):
        assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_a_form_at_sign_in_may_be_no_larger(shared_federation: Federation) -> None:
    form = {"login": "nobody", "password": "x" * MOST_AT_SIGN_IN}
    assert shared_federation.client()("POST", "/sign-in", data=form).status_code == 413


@pytest.mark.parametrize("faults", [99, 100, 101, 200])
def test_an_answer_tells_a_hundred_errors_at_most(shared_federation: Federation, faults: int) -> None:
    content = {"name": "t", "permissions": [""] * faults}
    answer = shared_federation.client("east").post(TOKENS, content)
    assert (answer.status_code, len(answer.json["errors"])) == (422, min(faults, 100))


def test_a_token_names_two_hundred_permissions_at_most(shared_federation: Federation) -> None:
    east = shared_federation.client("east")
    statuses = [
        east.post(TOKENS, {"name": "t", "permissions": ["core.self.use"] * n}).status_code for n in (200, 201)
    ]
    assert statuses == [201, 422]


def test_a_permission_that_a_token_names_has_a_hundred_characters_at_most(
    shared_federation: Federation,
) -> None:
    east = shared_federation.client("east")
    statuses = [east.post(TOKENS, {"name": "t", "permissions": ["x" * n]}).status_code for n in (100, 101, 0)]
    assert statuses == [201, 422, 422]
