"""The pages of figures of law: a figure of one's own is decided after its effect was seen, and can be withdrawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from gonghui.tenancy.parameters import PACKS, figure
from gonghui.testing import Federation
from gonghui.values import clock
from gonghui.web.parameter_typing import read, typed

CODE = "organising.committee.members_from"
HOME = f"/console/parameters/{CODE}"
GROUND = {"basis": "示工发〔2026〕3号第二条", "reason": "本区另有规定"}


@pytest.fixture
def admin(reader: Callable[..., Any], federation: Federation) -> Any:
    return reader(federation, "admin")


def _fields(value: str, start: date | None = None, **more: str) -> dict[str, str]:
    day = (start or clock.today()).isoformat()
    return {"value": value, "effective_from": day, "effective_to": "", **GROUND, **more}


def _seen(fields: dict[str, str]) -> dict[str, str]:
    shown = ("value", "effective_from", "effective_to")
    return {**fields, "sure": "1", **{f"seen_{name}": fields[name] for name in shown}}


def _value(federation: Federation, code: str = CODE) -> Any:
    with federation.uow() as uow:
        return figure(uow, code).value


def test_a_figure_binds_only_after_its_effect_was_seen(admin: Any, federation: Federation) -> None:
    fields = _fields("30")
    seen = admin.send(f"{HOME}/decide", at=HOME, **fields)
    assert seen.status_code == 200
    assert "应当建立基层工会委员会的工会" in seen.text
    assert _value(federation) == 25
    changed = _seen(fields) | {"value": "40"}
    again = admin.send(f"{HOME}/decide", at=HOME, **changed)
    assert again.status_code == 200
    assert _value(federation) == 25
    done = admin.send(f"{HOME}/decide", at=HOME, **_seen(fields))
    assert (done.status_code, done.headers["Location"]) == (303, HOME)
    assert _value(federation) == 30
    listed = admin.open("/console/parameters?plugin=organising").text
    assert "本会自定" in listed
    assert "30 名会员起" in listed


def test_a_figure_of_ones_own_is_withdrawn_with_a_reason(admin: Any, federation: Federation) -> None:
    admin.send(f"{HOME}/decide", at=HOME, **_seen(_fields("30")))
    path = re.search(rf'action="({HOME}/overrides/[^"]+/withdraw)"', admin.open(HOME).text)
    assert path is not None
    refused = admin.send(path.group(1), at=HOME, reason=" ")
    assert refused.status_code == 422
    assert 'href="#reason"' in refused.text
    assert _value(federation) == 30
    assert admin.send(path.group(1), at=HOME, reason="规定已废止").status_code == 303
    assert _value(federation) == 25
    assert "规定已废止" in admin.open(HOME).text


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(admin: Any) -> None:
    answer = admin.send(
        f"{HOME}/decide", at=HOME, value="很多", effective_from="2026-13-01", basis="", reason="本区另有规定"
    )
    assert answer.status_code == 422
    assert 'value="很多"' in answer.text
    assert 'id="basis-fault"' in answer.text
    assert "本区另有规定" in answer.text
    answer = admin.send(f"{HOME}/decide", at=HOME, **_fields("很多"))
    assert 'id="value-fault"' in answer.text


def test_a_change_to_come_says_from_when(admin: Any) -> None:
    start = clock.today() + timedelta(days=40)
    admin.send(f"{HOME}/decide", at=HOME, **_seen(_fields("30", start)))
    assert "已知的变化" in admin.open(HOME).text
    assert "起将变" in admin.open("/console/parameters?plugin=organising").text


def test_a_figure_may_bind_until_the_last_of_all_days(admin: Any, federation: Federation) -> None:
    fields = _seen(_fields("30", effective_to="9999-12-31"))
    assert admin.send(f"{HOME}/decide", at=HOME, **fields).status_code == 303
    assert _value(federation) == 30
    for path in (HOME, "/console/parameters?plugin=organising"):
        assert admin.open(path).status_code == 200
    assert federation.client("admin").get("/api/v1/parameters").status_code == 200


def test_every_value_of_every_pack_can_be_typed_as_it_is_shown() -> None:
    for code in PACKS.codes():
        for model in PACKS.declared(code):
            assert read(model, typed(model, model.value)) == model.value, code
