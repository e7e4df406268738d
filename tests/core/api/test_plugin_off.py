"""A plugin that is off: not there for anybody, on no verb, and all there again when it is on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Table, text
from werkzeug.test import TestResponse

from gonghui.db.base import Base
from gonghui.testing import Federation, World
from gonghui_organising.union_samples import drafted

PATHS = (
    "/api/v1/organising/unions",
    "/api/v1/organising/unions/01a20a51-ced7-7189-9caf-daa3ba48105e/approve",
    "/api/v1/organising/no-such-thing",
    "/api/v1/organising",
    "/console/organising/unions",
    "/portal/organising",
    "/open/organising/form",
)
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def switch(federation: Federation, *, on: bool) -> None:
    answer = federation.client("admin")("PUT", "/api/v1/plugins/organising", json={"on": on})
    assert (answer.status_code, answer.json["on"]) == (200, on)


@pytest.fixture(scope="module")
def without(world: World) -> Federation:
    """A federation that has no plugin on."""
    return world.federation(plugins=())


@pytest.mark.parametrize("path", PATHS)
def test_every_verb_answers_as_on_an_unknown_path(without: Federation, path: str) -> None:
    district = without.client("district")
    for accept in ("application/json", "text/html"):
        for verb in VERBS:
            answer, unknown = (
                district(verb, each, headers={"Accept": accept})
                for each in (path, path.replace("organising", "unheard_of"))
            )
            assert (answer.status_code, answer.content_type) == (404, unknown.content_type), verb
            assert _told(answer) == _told(unknown), verb


def _told(answer: TestResponse) -> str:
    """The body, without the token of its forms and the name that the asker himself gave."""
    without_token = re.sub(r'(name="csrf_token" value=")[^"]+', r"\1", answer.text)
    return without_token.replace("organising", "unheard_of")


def test_the_same_path_answers_where_the_plugin_is_on(shared_federation: Federation) -> None:
    assert shared_federation.client("district").get(PATHS[0]).status_code == 200


def test_who_i_am_names_the_plugins_that_are_on(federation: Federation) -> None:
    worker = federation.client("worker")
    assert worker.get("/api/v1/me").json["plugins"] == ["designs", "organising"]
    switch(federation, on=False)
    assert worker.get("/api/v1/me").json["plugins"] == ["designs"]


def test_figures_of_a_plugin_that_is_off_are_not_there(federation: Federation) -> None:
    east = federation.client("east")
    assert east.get("/api/v1/figures?period=2024").json["figures"]
    switch(federation, on=False)
    left = east.get("/api/v1/figures?period=2024").json["figures"]
    assert {figure["code"].split(".")[0] for figure in left} == {"designs"}
    records = "/api/v1/figures/organising.unions_founded/records?period=2024"
    assert east.get(records).status_code == 404


def _rows(federation: Federation, tables: list[Table]) -> dict[str, Any]:
    with federation.uow() as uow:
        return {
            table.fullname: uow.session.scalars(
                text(f"SELECT t::text FROM {table.fullname} t ORDER BY 1")
            ).all()
            for table in tables
        }


def test_off_and_on_again_keeps_every_row_and_every_assignment(federation: Federation) -> None:
    with federation.uow("east") as uow:
        drafted(uow, federation.units["garden"])
    changing = (
        "core.audit_entry",
        "core.audit_payload",
        "core.plugin_switch",
        "core.auth_session",
        "core.tenant",
    )
    closed = ("core.platform_entry", "core.operator_key")
    tables = [t for t in Base.metadata.sorted_tables if t.fullname not in (*changing, *closed)]
    federation.client("admin"), federation.client("east")
    before, listed = _rows(federation, tables), federation.client("east").get(PATHS[0]).json
    assert before["organising.grassroots_union"]
    switch(federation, on=False)
    assert federation.client("east").get(PATHS[0]).status_code == 404
    switch(federation, on=True)
    assert _rows(federation, tables) == before
    assert federation.client("east").get(PATHS[0]).json == listed


def test_switching_is_for_whoever_may(federation: Federation) -> None:
    for login in ("district", "east", "auditor", "worker"):
        answer = federation.client(login)("PUT", "/api/v1/plugins/organising", json={"on": False})
        assert answer.status_code == 403
    assert federation.client("east").get(PATHS[0]).status_code == 200


def test_switching_is_for_whoever_may_at_the_root(federation: Federation) -> None:
    for login, unit, status in (("street", "east", 403), ("whole", "district", 200)):
        federation.add_officer(login, "switcher", unit, ["core.plugin.switch"])
        answer = federation.client(login)("PUT", "/api/v1/plugins/organising", json={"on": False})
        assert answer.status_code == status
        assert federation.client("east").get(PATHS[0]).status_code == (200 if status == 403 else 404)


def test_a_plugin_that_is_not_installed_cannot_be_switched(federation: Federation) -> None:
    answer = federation.client("admin")("PUT", "/api/v1/plugins/unheard_of", json={"on": True})
    assert answer.status_code == 404


def test_a_federation_that_starts_without_the_plugin_gets_its_permissions_with_the_switch(
    world: World,
) -> None:
    federation = world.federation(plugins=())
    switch(federation, on=True)
    assert federation.client("east").get(PATHS[0]).status_code == 200


# --- health


def test_a_balancer_learns_without_an_account_that_the_database_answers(world: World) -> None:
    answer = world.app.test_client().get("/healthz", headers={"Host": "10.0.0.7"})
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_every_answer_carries_its_number_and_may_not_be_framed(shared_federation: Federation) -> None:
    numbers = set()
    for path in ("/healthz", "/sign-in", "/api/v1/me", "/api/v1/nothing"):
        answer = shared_federation.client("east").get(path)
        numbers.add(answer.headers["X-Request-ID"])
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
    assert len(numbers) == 4
