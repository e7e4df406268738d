"""A view that names no permission is there for nobody, whoever put it into the application."""

from __future__ import annotations

import pytest
from flask import Flask, jsonify

from gonghui.app import create_app
from gonghui.testing import Federation, World
from gonghui.testing.federation import Asker


@pytest.fixture(scope="module")
def app(world: World) -> Flask:
    """The application with two views that somebody forgot to guard."""
    app = create_app(world.database, world.registry, is_demo_server=False)
    app.add_url_rule("/api/v1/forgotten", "forgotten", lambda: jsonify("seen"), methods=["GET", "POST"])
    app.add_url_rule("/api/v1/organising/forgotten", "of_plugin", lambda: jsonify("seen"), methods=["GET"])
    app.add_url_rule("/static/seen", "seen", lambda: jsonify("seen"), methods=["GET"])
    return app


@pytest.mark.parametrize("login", ["admin", "district", "auditor", "worker"])
def test_a_view_without_a_permission_is_not_there_even_for_the_administrator(
    app: Flask, shared_federation: Federation, login: str
) -> None:
    secret = shared_federation.client(login).secret
    asker = Asker(app, shared_federation.view.code, secret)
    for method, path in (
        ("GET", "/api/v1/forgotten"),
        ("POST", "/api/v1/forgotten"),
        ("GET", "/api/v1/organising/forgotten"),
    ):
        answer = asker(method, path)
        assert (answer.status_code, answer.json["code"]) == (404, "not_found"), path
    assert asker.get("/api/v1/me").status_code == 200


def test_without_a_sign_in_it_answers_as_every_path_does(app: Flask, shared_federation: Federation) -> None:
    nobody = Asker(app, shared_federation.view.code, None)
    assert nobody.get("/api/v1/forgotten").status_code == nobody.get("/api/v1/nothing").status_code == 401


def test_a_path_that_is_public_needs_no_permission(app: Flask, shared_federation: Federation) -> None:
    assert Asker(app, shared_federation.view.code, None).get("/static/seen").status_code == 200
