"""Pages of record types: all of them open for whoever may, and a union is founded with them from draft to approval."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from gonghui.records.record_types import RECORD_TYPES, RecordType
from gonghui.testing import Federation
from gonghui.testing.operations import operations

UNIONS = "/console/organising/unions"


def _beside(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


markup, filler = _beside("markup"), _beside("filler")


def filling(federation: Federation, login: str) -> Any:
    return filler.Filler(federation.client(login))


KINDS = sorted({kind.code for kind in RECORD_TYPES.values()})


def kind_called(code: str) -> RecordType:
    return next(kind for kind in RECORD_TYPES.values() if kind.code == code)


@pytest.mark.parametrize("code", KINDS)
def test_every_record_type_has_a_list_and_a_form(shared_federation: Federation, code: str) -> None:
    kind = kind_called(code)
    at = f"/console/{kind.plugin}/{kind.path}"
    reader = filling(shared_federation, "district" if kind.subtree else shared_federation.add_worker())
    pages = [at, *([f"{at}/new"] if "create" in kind.verbs else [])]
    for path in pages:
        answer = reader.open(path)
        assert answer.status_code == 200, answer.text
        assert markup.Page(answer.text).faults == []


def test_samples(shared_federation: Federation) -> None:
    makers = {k: v for p in shared_federation.world.registry.plugins.values() for k, v in p.samples.items()}
    bad = []
    for kind in RECORD_TYPES.values():
        names = [k for k in makers if k == kind.parameter or (f"/{kind.plugin}/{kind.path}/{{" in k)]
        for name in names:
            try:
                with shared_federation.uow() as uow:
                    made = makers[name](uow, shared_federation.units["garden"])
            except Exception as e:
                bad.append((name, "sample", repr(e)[:200]))
                continue
            for login in ("district", "east"):
                reader = filling(shared_federation, login)
                at = f"/console/{kind.plugin}/{kind.path}"
                for path in [
                    at,
                    f"{at}/{made}",
                    f"{at}/{made}/edit",
                    *[f"{at}/{made}/{t.name}" for t in kind.workflow.transitions if t.is_offered],
                    *[f"{at}/{made}/lists/{c.name}" for c in kind.children if c.states],
                ]:
                    answer = reader.open(path)
                    if answer.status_code >= 500 or (
                        answer.status_code == 200 and markup.Page(answer.text).faults
                    ):
                        bad.append((name, path, answer.status_code, markup.Page(answer.text).faults))
                    elif answer.status_code not in (200, 404, 403, 409):
                        bad.append((name, path, answer.status_code))
    assert bad == []
