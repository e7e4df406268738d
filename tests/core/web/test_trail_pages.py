"""The pages of the trail: in words, narrowed, with before and after, and honest about how far it is sealed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.pool import NullPool

from gonghui.audit.entries import AuditEntry
from gonghui.audit.sealing import seal
from gonghui.audit.signing import SigningKey, sign_heads
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui.web import trail
from gonghui_organising.union_samples import founding_values

HOME = "/console/trail"
UNIONS = "/api/v1/organising/unions"


@pytest.fixture
def auditor(reader: Callable[..., Any], federation: Federation) -> Any:
    return reader(federation, "auditor")


def _drafted(federation: Federation, name: str = "样本一厂工会委员会") -> str:
    """A union of the firm's, drafted and then renamed; its path."""
    firm = federation.client("firm")
    made = firm.post(UNIONS, founding_values(federation.units["firm"]))
    path = f"{UNIONS}/{made.json['id']}"
    changed = firm("PATCH", path, json={"name": name}, headers={"If-Match": made.headers["ETag"]})
    assert changed.status_code == 200, changed.text
    return str(made.json["id"])


def _rows(text: str) -> list[str]:
    return re.findall(r'<td class="name"><a href="(/console/trail/[0-9a-f-]{36})[?"]', text)


def test_what_was_done_is_said_in_words(auditor: Any, federation: Federation) -> None:
    union_id = _drafted(federation)
    shown = auditor.open(f"{HOME}?object={union_id}").text
    assert "修改工会" in shown
    assert "样firm" in shown
    assert "organising" not in re.sub(r'value="[^"]*"', "", shown)
    (changed, *_rest) = _rows(shown)
    entry = auditor.open(changed).text
    assert "样本一厂工会委员会" in entry
    assert ">名称<" in entry or ">工会名称<" in entry


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("who=样firm", True),
        ("who=样west", False),
        ("action=organising.union.changed", True),
        ("action=organising.union.approved", False),
    ],
)
def test_the_trail_is_narrowed(auditor: Any, federation: Federation, query: str, found: bool) -> None:
    union_id = _drafted(federation)
    assert bool(_rows(auditor.open(f"{HOME}?object={union_id}&{query}").text)) is found


@pytest.mark.parametrize(
    ("end", "days", "found"), [("since", 0, True), ("since", 1, False), ("until", -1, False)]
)
def test_the_trail_is_narrowed_to_days(
    auditor: Any, federation: Federation, end: str, days: int, found: bool
) -> None:
    today, union_id = clock.today(), _drafted(federation)
    query = f"object={union_id}&{end}={today + timedelta(days=days)}"
    assert bool(_rows(auditor.open(f"{HOME}?{query}").text)) is found


def test_the_unit_in_view_narrows_the_trail(auditor: Any, federation: Federation) -> None:
    union_id = _drafted(federation)
    for unit, found in (("east", True), ("west", False)):
        shown = auditor.open(f"{HOME}?object={union_id}&unit={federation.units[unit]}").text
        assert bool(_rows(shown)) is found


def test_reading_stands_in_the_trail_with_what_was_asked(auditor: Any, federation: Federation) -> None:
    auditor.open(f"{HOME}?who=样firm")
    with federation.uow() as uow:
        entry = uow.session.scalars(select(AuditEntry).where(AuditEntry.action == "core.audit.read")).one()
        assert entry.account_id == federation.accounts["auditor"]
    assert "查看审计记录" in auditor.open(HOME).text


def test_pages_follow_one_another_without_gap(
    auditor: Any, federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    union_id = _drafted(federation)
    whole = _rows(auditor.open(f"{HOME}?object={union_id}").text)
    monkeypatch.setattr(trail, "_AT_ONCE", 1)
    seen: list[str] = []
    path: str | None = f"{HOME}?object={union_id}"
    while path:
        shown = auditor.open(path).text
        seen += _rows(shown)
        found = re.search(r'rel="next" href="([^"]+)"', shown)
        path = found.group(1).replace("&amp;", "&") if found else None
    assert len(whole) > 1
    assert seen == whole


@pytest.mark.parametrize("days", ["since=0001-01-01", "until=9999-12-31", "until=9999-12-30"])
def test_the_first_and_the_last_of_all_days_are_days_like_others(
    auditor: Any, federation: Federation, days: str
) -> None:
    _drafted(federation)
    shown = auditor.open(f"{HOME}?{days}")
    assert shown.status_code == 200
    assert _rows(shown.text)


def test_the_trail_says_how_far_it_is_sealed_and_whether_the_signature_fits(
    auditor: Any, federation: Federation
) -> None:
    database = federation.world.database
    assert "还没有签名" in auditor.open(HOME).text
    seal(database, federation.view.id)
    key = SigningKey.generate()
    sign_heads(database, key, chain=federation.view.id)
    shown = auditor.open(HOME).text
    assert "签名相符" in shown
    assert key.fingerprint in shown
    sealed = _rows(auditor.open(f"{HOME}/sample?seed=7&size=3").text)
    assert len(sealed) == 3
    assert "已封存，第" in auditor.open(sealed[0]).text
    forger = create_engine(database.admin_url.set(database=database.name), poolclass=NullPool)
    with forger.begin() as connection:
        forged = text("UPDATE core.audit_head SET signature = :none WHERE tenant_id = :chain")
        connection.execute(forged, {"none": b"\0" * 64, "chain": federation.view.id})
    assert "封存链与最近的签名不符" in auditor.open(HOME).text


def test_the_list_takes_as_many_statements_for_one_row_as_for_many(
    auditor: Any, federation: Federation
) -> None:
    engine = federation.world.database.engine("gonghui_app")
    numbers = []
    first = _drafted(federation)
    for path in (f"{HOME}?object={first}&action=organising.union.changed", HOME):
        auditor.open(path)
        with counted_statements(engine) as sent:
            auditor.open(path)
        numbers.append(len(sent))
    assert numbers[0] == numbers[1]
