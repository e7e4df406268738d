"""An auditor's sample: drawn by a seed, the same for whoever draws it again, and on record."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import func, select

from gonghui.audit.entries import AuditEntry
from gonghui.audit.sampling import drawn
from gonghui.audit.sealing import seal
from gonghui.audit.seals import AuditSeal
from gonghui.testing import Federation

SAMPLE = "/api/v1/audit/sample"


def test_a_sample_can_be_drawn_by_hand() -> None:
    hashes = [hashlib.sha256(f"2026:{turn}".encode()).hexdigest() for turn in range(3)]
    assert drawn("2026", 3, 10**6) == [int(each, 16) % 10**6 + 1 for each in hashes]


def test_nothing_is_drawn_twice_and_never_more_than_there_is() -> None:
    assert sorted(drawn("a seed", 50, 50)) == sorted(drawn("a seed", 80, 50)) == list(range(1, 51))
    assert drawn("a seed", 5, 0) == []


def test_each_entry_is_drawn_about_as_often_as_any_other() -> None:
    counts = [0] * 10
    for seed in range(2_000):
        counts[drawn(str(seed), 1, 10)[0] - 1] += 1
    assert 140 < min(counts) <= max(counts) < 260


def test_the_same_seed_gives_the_same_entries_though_the_trail_has_grown(federation: Federation) -> None:
    seal(federation.world.database, federation.view.id)
    auditor = federation.client("auditor")
    first = auditor.get(f"{SAMPLE}?seed=2026-07&size=7").json
    seal(federation.world.database, federation.view.id)  # the reading itself, too
    again = auditor.get(f"{SAMPLE}?seed=2026-07&size=7&up_to={first['up_to']}").json
    assert again == first
    assert [item["seq"] for item in first["items"]] == drawn("2026-07", 7, first["up_to"])
    assert auditor.get(f"{SAMPLE}?seed=2026-08&size=7&up_to={first['up_to']}").json != first
    with federation.uow() as uow:
        item = first["items"][0]
        sealed = uow.session.execute(
            select(AuditSeal.entry_id, AuditSeal.hash).where(AuditSeal.seq == item["seq"])
        )
        assert [(str(entry), reached.hex()) for entry, reached in sealed] == [(item["id"], item["hash"])]


def test_whoever_samples_stands_in_the_trail_with_the_seed(federation: Federation) -> None:
    seal(federation.world.database, federation.view.id)
    asked = federation.client("auditor").get(f"{SAMPLE}?seed=2026&size=3")
    with federation.uow() as uow:
        entry = uow.session.scalars(select(AuditEntry).where(AuditEntry.action == "core.audit.sampled")).one()
    assert (entry.account_id, entry.request_id) == (
        federation.accounts["auditor"],
        asked.headers["X-Request-ID"],
    )


def test_more_than_is_sealed_is_refused_by_a_sentence(federation: Federation) -> None:
    seal(federation.world.database, federation.view.id)
    with federation.uow() as uow:
        sealed = uow.session.scalar(select(func.max(AuditSeal.seq)))
    answer = federation.client("auditor").get(f"{SAMPLE}?seed=x&up_to={sealed + 1}")
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "not_sealed")
    assert str(sealed) in answer.json["errors"][0]["detail"]


@pytest.mark.parametrize("login", ["east", "worker"])
def test_whoever_may_not_audit_draws_nothing(federation: Federation, login: str) -> None:
    assert federation.client(login).get(f"{SAMPLE}?seed=x").status_code == 403
