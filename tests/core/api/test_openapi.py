"""The OpenAPI document: of the form 3.1, without a loose end, and without what the federation has off."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gonghui.testing import Federation, World

REFERENCE = re.compile(r"#/components/([^/\"]+)/([^/\"]+)")
VERBS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
PARAMETER = re.compile(r"{([^}]+)}")


@pytest.fixture(scope="module")
def document(world: World) -> dict[str, Any]:
    """As a federation sees it that has every plugin on."""
    answer = world.federation().client("worker").get("/api/v1/openapi.json")
    assert answer.content_type == "application/json"
    found: dict[str, Any] = answer.json
    return found


@pytest.fixture(scope="module")
def bare(world: World) -> dict[str, Any]:
    """As a federation sees it that has none on."""
    found: dict[str, Any] = world.federation(plugins=()).client("worker").get("/api/v1/openapi.json").json
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, entry in document["paths"].items():
        for verb, operation in entry.items():
            if verb in VERBS:
                yield path, verb, operation


def referred(part: Any) -> set[tuple[str, str]]:
    return set(REFERENCE.findall(json.dumps(part)))


def listed(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (kind, name)
        for kind, entries in document["components"].items()
        for name in entries
        if kind != "securitySchemes"
    }


def test_the_document_has_the_form_of_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["title"]
    assert document["info"]["version"]
    assert set(document) <= {"openapi", "info", "servers", "paths", "components", "tags", "security"}
    assert {key for entry in document["paths"].values() for key in entry} <= VERBS | {"parameters", "summary"}


def test_every_operation_says_what_it_answers_and_who_may_ask(document: dict[str, Any]) -> None:
    found = list(operations(document))
    assert len(found) > 20
    for path, verb, operation in found:
        assert "default" in operation["responses"], (verb, path)
        assert any(code.startswith("2") for code in operation["responses"]), (verb, path)
        assert all(answer["description"] for answer in operation["responses"].values()), (verb, path)
        assert operation["security"] == ([] if path == "/api/v1/sign-in" else [{"bearer": []}]), (verb, path)
        assert ("x-permission" in operation) is (path != "/api/v1/sign-in"), (verb, path)


def test_a_change_says_that_it_wants_the_version_of_the_record(document: dict[str, Any]) -> None:
    step = document["paths"]["/api/v1/organising/unions/{union_id}/submit"]["post"]
    headers = {one["name"]: one["required"] for one in step["parameters"] if one["in"] == "header"}
    assert headers == {"If-Match": True, "Idempotency-Key": False}


def test_every_parameter_of_a_path_is_described(document: dict[str, Any]) -> None:
    for path, verb, operation in operations(document):
        shared = document["paths"][path].get("parameters", [])
        described = {p["name"] for p in [*shared, *operation.get("parameters", [])] if p.get("in") == "path"}
        assert described == set(PARAMETER.findall(path)), (verb, path)


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [o["operationId"] for _path, _verb, o in operations(document) if "operationId" in o]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("which", ["document", "bare"])
def test_every_reference_leads_somewhere_and_no_component_is_left_over(
    which: str, request: pytest.FixtureRequest
) -> None:
    document = request.getfixturevalue(which)
    wanted = referred(document["paths"])
    while (
        wider := wanted | {r for kind, name in wanted for r in referred(document["components"][kind][name])}
    ) != wanted:
        wanted = wider
    assert wanted == listed(document)


def test_a_plugin_that_is_off_is_not_in_the_document(document: dict[str, Any], bare: dict[str, Any]) -> None:
    own = {path for path in document["paths"] if path.startswith(("/api/v1/organising", "/api/v1/designs"))}
    assert own
    assert set(bare["paths"]) == set(document["paths"]) - own
    assert "organising." not in json.dumps(bare)
    assert len(listed(bare)) < len(listed(document))


def test_a_switch_changes_the_document_at_once(federation: Federation) -> None:
    admin = federation.client("admin")
    seen = []
    for on in (False, True):
        assert admin("PUT", "/api/v1/plugins/organising", json={"on": on}).status_code == 200
        seen.append("/api/v1/organising/unions" in admin.get("/api/v1/openapi.json").json["paths"])
    assert seen == [False, True]


def test_a_stranger_does_not_get_the_document(shared_federation: Federation) -> None:
    assert shared_federation.client().get("/api/v1/openapi.json").status_code == 401
