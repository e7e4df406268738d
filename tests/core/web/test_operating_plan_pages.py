"""An operator at a federation's address: its plan changed and changed back, a plugin's data taken out as a file."""

from __future__ import annotations

import importlib.util
import json
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from gonghui.audit.entries import AuditEntry
from gonghui.testing import Federation
from gonghui_organising.union_samples import founding_values

_spec = importlib.util.spec_from_file_location(
    "operators", Path(__file__).with_name("test_operator_pages.py")
)
assert _spec is not None
assert _spec.loader is not None
operators = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(operators)

PLAN = "/operator/plan"
ORGANISING = f"{PLAN}/organising"


@pytest.fixture
def entered(federation: Federation) -> Any:
    operator = operators.Operator(federation, f"方案{federation.view.code}")
    assert operator.sign_in().status_code == 303
    return operator


def acts(federation: Federation) -> list[str]:
    with federation.uow() as uow:
        wanted = select(AuditEntry.action).where(AuditEntry.action.startswith("core.plugin."))
        return list(uow.session.scalars(wanted.order_by(AuditEntry.number)))


def test_a_plugin_leaves_the_plan_and_comes_back_as_it_stood(federation: Federation, entered: Any) -> None:
    assert "建会入会" in entered.open(PLAN).text
    assert "移出方案" in entered.open(ORGANISING).text
    gone = entered.send(ORGANISING, planned="0")
    assert gone.headers["Location"] == f"{ORGANISING}?done=out"
    assert "撤销移出" in entered.open(gone.headers["Location"]).text
    assert federation.client("district").get("/api/v1/organising/unions").status_code == 404
    back = entered.send(ORGANISING, planned="1")
    assert "撤销列入" in entered.open(back.headers["Location"]).text
    assert federation.client("district").get("/api/v1/organising/unions").status_code == 200
    assert {"core.plugin.unplanned", "core.plugin.planned"} <= set(acts(federation))


@pytest.mark.parametrize("told", [{}, {"planned": ""}, {"planned": "yes"}])
def test_a_form_that_does_not_say_in_or_out_changes_no_plan(
    federation: Federation, entered: Any, told: dict[str, str]
) -> None:
    assert entered.send(ORGANISING, **told).status_code == 422
    assert federation.client("district").get("/api/v1/organising/unions").status_code == 200


def test_what_goes_along_is_said_before(federation: Federation, entered: Any) -> None:
    told = entered.open(ORGANISING).text
    dependents = [p for p in federation.world.registry.plugins.values() if "organising" in p.requires]
    assert all(str(plugin.name) in told for plugin in dependents)


def test_a_plugins_data_come_as_a_file_with_numbers_masked_and_on_record(
    federation: Federation, entered: Any
) -> None:
    federation.client("firm").post("/api/v1/organising/unions", founding_values(federation.units["firm"]))
    answer = entered.send(f"{ORGANISING}/export")
    assert answer.mimetype == "application/zip"
    with ZipFile(BytesIO(answer.data)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["is_open"] is False
    assert {table["table"]: table["rows"] for table in manifest["tables"]}["organising.grassroots_union"] == 1
    assert "core.plugin.exported" in acts(federation)


def test_nobody_but_an_operator_opens_the_plan(federation: Federation) -> None:
    for who in ("admin", "district"):
        answer = federation.client(who).get(PLAN, headers={"Accept": "text/html"})
        assert answer.status_code in (302, 401, 403, 404)
    assert federation.client("admin")("POST", ORGANISING, data={"planned": "0"}).status_code in (
        401,
        403,
        404,
    )


def test_an_unknown_plugin_is_not_there(entered: Any) -> None:
    assert entered.open(f"{PLAN}/nothing").status_code == 404
