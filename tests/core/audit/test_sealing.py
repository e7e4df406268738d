"""Sealing: each committed entry gets its place in the chain of its tenant, once, and none is skipped."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.pool import NullPool
from tests.core.lifecycle.filling import fill, switch_off
from tests.core.lifecycle.somebody import somebody
from tests.designs import plugin as designs

from gonghui.audit.chain import PLATFORM, latest_head, lines
from gonghui.audit.entries import AuditEntry
from gonghui.audit.recorder import _close_notes
from gonghui.audit.sealing import seal, seal_all
from gonghui.audit.seals import AuditProgress, AuditSeal
from gonghui.audit.signing import SigningKey, sign_heads
from gonghui.audit.verify import Finding, Report, verify
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.lifecycle.onboarding import note_platform, operator_principal
from gonghui.lifecycle.person_data import erase_person
from gonghui.lifecycle.plugin_removal import purge
from gonghui.testing import Federation, World
from gonghui.values import clock

KEY = SigningKey.generate()


def handed_out(federation: Federation, path: Path, *, values: bool = True) -> Report:
    """Seal and sign what is there, export it, and verify the file."""
    database, chain = federation.world.database, federation.view.id
    seal(database, chain)
    sign_heads(database, KEY, chain=chain)
    return exported(federation, path, values=values)


def exported(federation: Federation, path: Path, *, values: bool = True) -> Report:
    """Export what is sealed and signed, and verify the file."""
    with federation.uow() as uow:
        last = latest_head(uow.session, federation.view.id).seq
        path.write_bytes(b"".join(lines(uow.session, federation.view.id, last=last, with_values=values)))
    return verify([path], frozenset({KEY.fingerprint}))


def fault_of(report: Report) -> tuple[str, int]:
    assert isinstance(report.fault, Finding)
    return report.fault.code, report.fault.row


def written(uow: UnitOfWork, name: str) -> None:
    """Write an entry, not committed yet."""
    uow.note(f"test.{name}", name=name)
    _close_notes(uow)


def sealed_actions(federation: Federation) -> list[str]:
    """The acts of the tests in the order of the chain."""
    with federation.uow() as uow:
        found = (
            select(AuditEntry.action)
            .join(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
            .where(AuditEntry.action.startswith("test."))
            .order_by(AuditSeal.seq)
        )
        return [action.removeprefix("test.") for action in uow.session.scalars(found)]


def not_sealed(federation: Federation) -> int:
    with federation.uow() as uow:
        sealed = select(AuditSeal.entry_id)
        return len(uow.session.scalars(select(AuditEntry.id).where(AuditEntry.id.not_in(sealed))).all())


@contextmanager
def superuser(world: World) -> Iterator[Connection]:
    """Somebody whom the database refuses nothing."""
    engine = create_engine(world.database.admin_url.set(database=world.database.name), poolclass=NullPool)
    with engine.begin() as connection:
        yield connection


# --- what is sealed


def test_what_is_sealed_and_handed_out_verifies_with_values_and_without(
    federation: Federation, tmp_path: Path
) -> None:
    report = handed_out(federation, tmp_path / "trail")
    assert report.fault is None
    assert (report.notes[0].row > 10, report.notes[0].told["erased"]) == (True, 0)
    bare = exported(federation, tmp_path / "bare", values=False)
    assert bare.fault is None
    assert bare.notes[0].told["erased"] == bare.notes[0].row


def test_a_transaction_that_stays_open_over_two_runs_is_sealed_once_it_ends(
    federation: Federation, tmp_path: Path
) -> None:
    database, chain = federation.world.database, federation.view.id
    with federation.uow() as slow:
        written(slow, "slow")  # has its number before all that follow
        for name in ("first", "second"):
            with federation.uow() as quick:
                written(quick, name)
            assert seal(database, chain) > 0
        assert sealed_actions(federation) == ["first", "second"]
        assert seal(database, chain) == 0
    assert seal(database, chain) == 1
    assert sealed_actions(federation) == ["first", "second", "slow"]
    assert handed_out(federation, tmp_path / "trail").fault is None


def test_what_was_undone_leaves_no_gap(federation: Federation, tmp_path: Path) -> None:
    undone = federation.world.database.begin(_principal(federation))
    written(undone, "undone")
    with federation.uow() as uow:
        written(uow, "done")
    seal(federation.world.database, federation.view.id)
    undone.close()
    assert handed_out(federation, tmp_path / "trail").fault is None
    assert sealed_actions(federation) == ["done"]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_order_transactions_end_in_none_is_skipped(
    federation: Federation, tmp_path: Path, seed: int
) -> None:
    database, chance, open_now = federation.world.database, random.Random(seed), dict[str, UnitOfWork]()
    with ExitStack() as stack:
        for number in range(60):
            act = chance.choice(["begin", "write", "commit", "seal", "seal"])
            if act == "begin" and len(open_now) < 4:
                uow = database.begin(_principal(federation))
                stack.callback(uow.close)
                written(uow, f"begun{number}")
                open_now[f"{number}"] = uow
            elif act == "write" and open_now:
                written(chance.choice(list(open_now.values())), f"written{number}")
            elif act == "commit" and open_now:
                ended = open_now.pop(chance.choice(list(open_now)))
                ended.commit()
                ended.close()
            elif act == "seal":
                seal(database, federation.view.id)
        for uow in open_now.values():
            uow.commit()
    assert handed_out(federation, tmp_path / "trail").fault is None
    assert not_sealed(federation) == 0


def test_sealers_that_run_at_once_seal_each_entry_once(federation: Federation, tmp_path: Path) -> None:
    database, chain, counts = federation.world.database, federation.view.id, list[int]()
    done = threading.Event()

    def keep_sealing() -> None:
        while not done.is_set():
            counts.append(seal(database, chain))

    sealers = [threading.Thread(target=keep_sealing) for _ in range(3)]
    for sealer in sealers:
        sealer.start()
    for number in range(40):
        with federation.uow() as uow:
            written(uow, f"entry{number}")
    done.set()
    for sealer in sealers:
        sealer.join()
    counts.append(seal(database, chain))
    report = handed_out(federation, tmp_path / "trail")
    assert report.fault is None
    assert (sum(counts), not_sealed(federation)) == (report.notes[0].row, 0)
    assert len(sealed_actions(federation)) == 40


def test_a_quiet_chain_is_not_looked_at_again(federation: Federation) -> None:
    database, chain = federation.world.database, federation.view.id
    for _ in range(3):
        seal_all(database)
    with database.sealer() as connection:
        progress = connection.execute(
            select(AuditProgress.floor, AuditProgress.ceiling).where(AuditProgress.tenant_id == chain)
        ).one()
    with federation.uow() as uow:
        last = uow.session.scalar(select(AuditEntry.number).order_by(AuditEntry.number.desc()).limit(1))
    assert progress.floor == progress.ceiling == last


def test_a_backlog_of_more_than_a_batch_is_sealed(
    federation: Federation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gonghui.audit.sealing._AT_ONCE", 7)
    monkeypatch.setattr("gonghui.audit.chain._AT_ONCE", 5)
    assert handed_out(federation, tmp_path / "trail").fault is None
    assert not_sealed(federation) == 0


def test_the_platforms_own_acts_have_a_chain_of_their_own(world: World, tmp_path: Path) -> None:
    note_platform(world.database, "test.platform", "a test", number=7)
    seal_all(world.database)
    sign_heads(world.database, KEY, chain=PLATFORM)
    with world.database.sealer() as connection:
        head = latest_head(connection, PLATFORM)
        content = b"".join(lines(connection, PLATFORM, last=head.seq, with_values=True))
    (tmp_path / "platform").write_bytes(content)
    assert verify([tmp_path / "platform"], frozenset({KEY.fingerprint})).fault is None
    assert b'"action":"test.platform"' in content
    assert rb"{\"number\":7}" in content


# --- what goes does not break the chain


def test_erasing_a_person_leaves_the_chain_valid(federation: Federation, tmp_path: Path) -> None:
    person_id = somebody(federation)
    before = handed_out(federation, tmp_path / "before")
    with federation.uow() as uow:
        erase_person(uow, federation.world.registry, person_id, "本人申请")
    after = handed_out(federation, tmp_path / "after")
    assert (before.fault, after.fault) == (None, None)
    assert after.notes[0].told["erased"] > before.notes[0].told["erased"] == 0
    assert "样独一" not in (tmp_path / "after").read_text()


def test_purging_a_plugin_leaves_the_chain_valid(federation: Federation, tmp_path: Path) -> None:
    fill(federation)
    switch_off(federation)
    assert handed_out(federation, tmp_path / "before").fault is None
    with federation.uow() as uow:
        purge(uow, designs, others=federation.world.registry.plugins.values())
    assert handed_out(federation, tmp_path / "after").fault is None


# --- what somebody does to the database


def test_an_entry_edited_in_the_database_is_named(federation: Federation, tmp_path: Path) -> None:
    handed_out(federation, tmp_path / "before")
    with superuser(federation.world) as connection:
        connection.execute(_CHANGE["edit"], {"chain": federation.view.id, "seq": 5})
    assert fault_of(exported(federation, tmp_path / "after")) == ("edited", 5)


def test_an_entry_deleted_in_the_database_is_named(federation: Federation, tmp_path: Path) -> None:
    handed_out(federation, tmp_path / "before")
    with superuser(federation.world) as connection:
        connection.execute(_CHANGE["delete"], {"chain": federation.view.id, "seq": 5})
    assert fault_of(exported(federation, tmp_path / "after")) == ("removed", 5)


def test_values_changed_in_the_database_are_named(federation: Federation, tmp_path: Path) -> None:
    handed_out(federation, tmp_path / "before")
    with superuser(federation.world) as connection:
        connection.execute(_CHANGE["values"], {"chain": federation.view.id, "seq": 5})
    assert fault_of(exported(federation, tmp_path / "after")) == ("values", 5)


def test_a_chain_that_was_rewritten_below_its_head_is_not_signed_again(
    federation: Federation, tmp_path: Path
) -> None:
    database, chain = federation.world.database, federation.view.id
    handed_out(federation, tmp_path / "before")
    with superuser(federation.world) as connection:
        connection.execute(
            text("UPDATE core.audit_seal SET hash = sha256(hash) WHERE tenant_id = :chain"), {"chain": chain}
        )
    assert sign_heads(database, KEY, chain=chain) == (0, [chain])
    # Not even a head that somebody signs over it by a key of their own makes it pass.
    assert sign_heads(database, SigningKey.generate(), chain=chain) == (1, [])
    assert sign_heads(database, KEY, chain=chain) == (0, [chain])


_OF = "id = (SELECT entry_id FROM core.audit_seal WHERE tenant_id = :chain AND seq = :seq)"
_CHANGE = {
    "edit": text(f"UPDATE core.audit_entry SET action = 'nothing' WHERE {_OF}"),
    "delete": text(f"DELETE FROM core.audit_entry WHERE {_OF}"),
    "values": text(f"UPDATE core.audit_payload SET content = content || ' ' WHERE entry_{_OF}"),
}


# --- heads


def test_a_head_is_signed_on_schedule_though_nothing_happened(federation: Federation) -> None:
    database, chain = federation.world.database, federation.view.id
    seal(database, chain)
    hour, now = timedelta(hours=1), clock.now()
    with clock.at(now):
        assert sign_heads(database, KEY, older_than=hour, chain=chain) == (1, [])
        assert sign_heads(database, KEY, older_than=hour, chain=chain) == (0, [])
    with clock.at(now + hour):
        assert sign_heads(database, KEY, older_than=hour, chain=chain) == (1, [])
        head = _latest(federation)
    assert (head.at, head.public_key) == (now + hour, KEY.public)


def _latest(federation: Federation) -> Any:
    with federation.uow() as uow:
        return latest_head(uow.session, federation.view.id)


def _principal(federation: Federation) -> Any:
    return operator_principal(federation.view.id)
