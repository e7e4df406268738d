"""The end of attachments: swept, purged with a plugin, erased with a person; no object goes before its row."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from tests.core.lifecycle.filling import switch_off
from tests.designs import plugin as designs
from tests.designs.hardship import HardshipFile, hardship
from tests.designs.rooms import rooms
from tests.designs.samples import room_at

from gonghui.audit.entries import AuditEntry
from gonghui.lifecycle.attachment_commands import attachments
from gonghui.lifecycle.installation import Installation
from gonghui.lifecycle.person_commands import person
from gonghui.lifecycle.person_data import erase_person, export_person
from gonghui.lifecycle.plugin_export import export_rows
from gonghui.lifecycle.plugin_removal import purge
from gonghui.objects.port import StoreUnavailable
from gonghui.objects.store import ObjectStore
from gonghui.records.attachments.keeping import OBJECTS, detach, store_of
from gonghui.records.attachments.sweeping import SWEPT, sweep_orphans, sweep_removed
from gonghui.records.attachments.table import Attachment
from gonghui.settings import settings
from gonghui.testing import Federation
from gonghui.testing.attachment_samples import PDF, attached
from gonghui.values import clock

REASON = "本人申请"


@pytest.fixture
def room(federation: Federation) -> UUID:
    with federation.uow() as uow:
        return room_at()(uow, federation.units["garden"])


@pytest.fixture
def file(federation: Federation, room: UUID) -> UUID:
    with federation.uow() as uow:
        return attached(uow, rooms, room)


@pytest.fixture
def of_somebody(federation: Federation, known: UUID) -> UUID:
    """A file of the hardship file of somebody whom the federation knows."""
    with federation.uow() as uow:
        record_id = uow.session.scalars(
            select(HardshipFile.id).where(HardshipFile.applicant_id == known)
        ).one()
        return attached(uow, hardship, record_id)


def objects_of(federation: Federation) -> set[str]:
    with federation.uow() as uow:
        return {each.name.rpartition("/")[2] for each in store_of(uow).list()}


def rows_of(federation: Federation) -> set[str]:
    with federation.uow() as uow:
        return {str(row_id) for row_id in uow.session.scalars(select(Attachment.id))}


def run(federation: Federation, command: Any, *arguments: str) -> str:
    installation = Installation(federation.world.database, federation.world.registry, "")
    arguments = (*arguments, "--tenant", federation.view.code)
    done = CliRunner().invoke(
        command, arguments, obj=lambda: nullcontext(installation), catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def days(number: float) -> Any:
    return clock.at(clock.now() + timedelta(days=number))


# --- sweeping


def test_an_object_without_a_row_is_swept_once_it_is_a_day_old(federation: Federation, file: UUID) -> None:
    with federation.uow() as uow:
        for name in ("attachments/designs/lost", "attachments/gone-plugin/lost", "reports/kept"):
            store_of(uow).put(name, io.BytesIO(PDF), size=len(PDF), media_type="application/pdf")
        assert sweep_orphans(uow) == 0
    with days(1.1), federation.uow() as uow:
        assert sweep_orphans(uow) == 2
        assert {each.name for each in store_of(uow).list()} == {f"{OBJECTS}designs/{file}", "reports/kept"}


def test_a_removed_file_goes_when_its_days_of_grace_are_over(
    federation: Federation, room: UUID, file: UUID
) -> None:
    with federation.uow() as uow:
        other = attached(uow, rooms, room)
    with federation.uow("east") as uow:
        detach(uow, rooms, room, file)
    grace = settings().attachment_grace_days
    with days(grace - 0.1), federation.uow() as uow:
        assert sweep_removed(uow, [rooms]) == 0
    with days(grace + 0.1), federation.uow() as uow:
        assert sweep_removed(uow, [rooms]) == 1
    assert objects_of(federation) == rows_of(federation) == {str(other)}
    with federation.uow() as uow:
        assert len(uow.session.scalars(select(AuditEntry).where(AuditEntry.action == SWEPT)).all()) == 1


def test_a_file_goes_with_its_record(federation: Federation, room: UUID, file: UUID) -> None:
    with federation.uow() as uow:
        other = room_at()(uow, federation.units["garden"])
        kept = attached(uow, rooms, other)
        uow.session.delete(uow.session.get_one(rooms.model, (uow.tenant_id, room)))
    with federation.uow() as uow:
        assert sweep_removed(uow, [hardship]) == 0
        assert sweep_removed(uow, [rooms]) == 1
    assert objects_of(federation) == rows_of(federation) == {str(kept)}


def test_no_object_goes_where_the_transaction_is_undone(
    federation: Federation, room: UUID, file: UUID
) -> None:
    with federation.uow() as uow:
        uow.session.delete(uow.session.get_one(rooms.model, (uow.tenant_id, room)))
        uow.session.flush()
        assert sweep_removed(uow, [rooms]) == 1
        uow.session.rollback()
    assert objects_of(federation) == rows_of(federation) == {str(file)}


def test_what_a_store_keeps_while_it_is_not_there_is_swept_later(
    federation: Federation, file: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_args: Any) -> None:
        raise StoreUnavailable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "delete", unavailable)
        switch_off(federation)
        with federation.uow() as uow:
            purge(uow, designs)
    assert (objects_of(federation), rows_of(federation)) == ({str(file)}, set())
    with days(1.1), federation.uow() as uow:
        assert sweep_orphans(uow) == 1


def test_the_sweep_at_the_terminal_says_what_it_did(federation: Federation, room: UUID, file: UUID) -> None:
    with federation.uow("east") as uow:
        detach(uow, rooms, room, file)
    assert json.loads(run(federation, attachments, "sweep", "--json")) == {"removed": 0, "orphans": 0}
    with days(settings().attachment_grace_days + 1):
        assert "已清除附件 1 个" in run(federation, attachments, "sweep")
    assert objects_of(federation) == set()


# --- plugins


def test_a_purge_takes_the_files_of_the_plugin_and_no_others(federation: Federation, file: UUID) -> None:
    with federation.uow() as uow:
        unions = next(k for k in federation.world.registry.record_types(["organising"]) if k.path == "unions")
        kept = attached(uow, unions, UUID(int=1))
    switch_off(federation)
    with federation.uow() as uow:
        purge(uow, designs)
        uow.session.rollback()
    assert objects_of(federation) == {str(file), str(kept)}
    with federation.uow() as uow:
        purge(uow, designs)
    assert objects_of(federation) == rows_of(federation) == {str(kept)}


def test_an_export_of_a_plugin_has_its_files_where_sealed_values_are_open(
    federation: Federation, file: UUID
) -> None:
    name = f"attachments/{file}.pdf"
    for reason, files in ((None, []), ("移交", [name])):
        made = io.BytesIO()
        with federation.uow() as uow:
            manifest = export_rows(uow, designs, made, reason=reason)
        with ZipFile(made) as archive:
            assert [each for each in archive.namelist() if each.startswith("attachments/")] == files
            assert manifest.attachments == len(files)
            assert str(file) in archive.read("core.attachment.jsonl").decode()
            assert not files or archive.read(name) == PDF


# --- persons


def test_a_person_s_copy_names_their_files_and_the_terminal_saves_them(
    federation: Federation, known: UUID, of_somebody: UUID, file: UUID, tmp_path: Path
) -> None:
    with federation.uow() as uow:
        copy = export_person(uow, federation.world.registry, known, REASON)
    (told,) = copy["样本"]["附件"]
    assert (told["name"], told["file"], told["size"]) == ("sample.pdf", f"{of_somebody}.pdf", len(PDF))
    folder = tmp_path / "files"
    run(federation, person, "export", str(known), "--reason", REASON, "--files", str(folder))
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == {f"{of_somebody}.pdf": PDF}


def test_erasing_a_person_takes_the_files_of_their_records_and_no_others(
    federation: Federation, known: UUID, of_somebody: UUID, file: UUID
) -> None:
    with federation.uow() as uow:
        counts = erase_person(uow, federation.world.registry, known, REASON)
        assert counts["core.attachment"] == 1
        assert {each.name.rpartition("/")[2] for each in store_of(uow).list()} == {
            str(of_somebody),
            str(file),
        }
    assert objects_of(federation) == rows_of(federation) == {str(file)}
