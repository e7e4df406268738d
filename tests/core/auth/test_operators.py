"""Operators over HTTP: by a key and a reason, to what concerns plugins, and on record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from gonghui.audit.entries import AuditEntry, PlatformEntry
from gonghui.auth.operators import issue_key, revoke_keys
from gonghui.testing import Asker, Federation
from gonghui.values import clock

PLUGINS, PLAN = "/api/v1/plugins", "/api/v1/plugins/organising/plan"


def operator(federation: Federation, name: str = "示例", reason: str | None = "开通方案") -> Asker:
    _key, secret = issue_key(federation.world.database, name, 7)
    return Asker(federation.world.app, federation.view.code, secret, reason=reason)


def entries(federation: Federation) -> list[PlatformEntry]:
    with federation.world.database.operator() as session:
        mine = (PlatformEntry.tenant_id == federation.view.id, PlatformEntry.reason == "开通方案")
        return list(session.scalars(select(PlatformEntry).where(*mine).order_by(PlatformEntry.number)))


def said(answer: TestResponse) -> tuple[int, Any]:
    return answer.status_code, (answer.json or {}).get("code")


def test_an_operator_sets_the_plan_and_both_trails_tell_of_it(federation: Federation) -> None:
    answer = operator(federation)("PUT", PLAN, json={"planned": False})
    assert (answer.status_code, answer.json["state"]) == (200, "not_planned")
    (entry,) = entries(federation)
    assert (entry.operator, entry.action, entry.detail) == (
        "示例",
        "tenant.entered",
        {"request": f"PUT {PLAN}"},
    )
    with federation.uow() as uow:
        noted = select(AuditEntry).where(AuditEntry.action == "core.plugin.unplanned")
        assert uow.session.scalars(noted).first() is not None
    assert said(federation.client("admin")("PUT", PLAN, json={"planned": True})) == (403, "forbidden")


def test_without_a_reason_nobody_enters(federation: Federation) -> None:
    assert said(operator(federation, reason=None).get(PLUGINS)) == (422, "invalid_content")
    assert entries(federation) == []


def test_a_key_opens_nothing_but_what_concerns_plugins(federation: Federation) -> None:
    asker = operator(federation)
    assert said(asker.get("/api/v1/organising/members")) == (401, "unauthenticated")
    assert said(asker.get("/api/v1/me")) == (401, "unauthenticated")
    assert asker.get("/api/v1/platform/plugins").json["rejected"] == []
    assert entries(federation)[-1].detail == {"request": "GET /api/v1/platform/plugins"}


def test_a_key_that_ended_or_was_taken_back_opens_nothing(federation: Federation) -> None:
    old = operator(federation, "甲")
    with clock.at(clock.now() - timedelta(days=8)):
        ended = operator(federation, "乙")
    assert old.get(PLUGINS).status_code == 200
    assert revoke_keys(federation.world.database, "甲") == 1
    for asker in (old, ended):
        assert said(asker.get(PLUGINS)) == (401, "unauthenticated")
    assert len(entries(federation)) == 1


def test_uninstalling_waits_and_can_be_taken_back(federation: Federation) -> None:
    admin = federation.client("admin")
    assert said(admin.post("/api/v1/plugins/designs/removal", {})) == (409, "plugin_on")
    assert admin("PUT", "/api/v1/plugins/designs", json={"on": False}).status_code == 200
    leaving = admin.post("/api/v1/plugins/designs/removal", {"days": 10})
    day = clock.today() + timedelta(days=10)
    assert (leaving.json["state"], leaving.json["purge_on"]) == ("leaving", day.isoformat())
    assert said(admin.post("/api/v1/plugins/designs/export")) == (403, "forbidden")
    exported = operator(federation).post("/api/v1/plugins/designs/export")
    assert (exported.status_code, exported.data[:2]) == (200, b"PK")
    assert admin("DELETE", "/api/v1/plugins/designs/removal").json["state"] == "off"
    assert said(admin("DELETE", "/api/v1/plugins/designs/removal")) == (409, "no_removal")
    assert said(federation.client("district").post("/api/v1/plugins/designs/removal", {})) == (
        403,
        "forbidden",
    )
