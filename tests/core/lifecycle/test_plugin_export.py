"""A plugin's rows as a file, and uninstalling at the terminal."""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from tests.core.lifecycle.filling import fill, mentions, switch_off
from tests.designs import plugin as designs

from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.errors import Conflict
from gonghui.lifecycle.installation import Installation
from gonghui.lifecycle.plugin_export import EXPORTED, export_rows
from gonghui.lifecycle.plugin_holdings import row_counts
from gonghui.lifecycle.plugin_removal import PURGED
from gonghui.lifecycle.plugin_removal_commands import uninstall
from gonghui.lifecycle.timer_commands import timers
from gonghui.settings import settings
from gonghui.testing import Federation
from gonghui.values import clock


def exported(federation: Federation, reason: str | None = None) -> dict[str, Any]:
    """The files of an export: manifest and rows by table."""
    file = io.BytesIO()
    with federation.uow() as uow:
        export_rows(uow, designs, file, reason=reason)
    with ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        told = {each["table"]: archive.read(each["file"]) for each in manifest["tables"]}
    return {"manifest": manifest, "bytes": told, "rows": {n: _lines(each) for n, each in told.items()}}


def _lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.decode().splitlines()]


def run(federation: Federation, command: Any, *arguments: str) -> Result:
    world = federation.world
    installation = Installation(world.database, world.registry, "")
    return CliRunner().invoke(
        command,
        [*arguments, "--tenant", federation.view.code],
        obj=lambda: nullcontext(installation),
        catch_exceptions=False,
    )


def entries_of_export(federation: Federation) -> list[dict[str, Any]]:
    with federation.uow() as uow:
        contents = (
            select(AuditPayload.content)
            .join(AuditEntry, AuditEntry.id == AuditPayload.entry_id)
            .where(AuditEntry.action == EXPORTED)
        )
        return [json.loads(each)["detail"] for each in uow.session.scalars(contents)]


def test_an_export_holds_as_many_rows_as_were_counted(filled: Federation) -> None:
    with filled.uow() as uow:
        counted = {each.table: each.rows for each in row_counts(uow, designs)}
    found = exported(filled)
    assert {name: len(rows) for name, rows in found["rows"].items()} == counted
    assert {each["table"]: each["rows"] for each in found["manifest"]["tables"]} == counted


def test_an_export_says_what_it_is_and_how_to_check_it(filled: Federation) -> None:
    found = exported(filled)
    manifest = found["manifest"]
    assert (manifest["plugin"], manifest["version"]) == ("designs", "1.0.0")
    assert manifest["revision"] == "designs_0001"
    assert manifest["is_open"] is False
    digests = {each["table"]: each["sha256"] for each in manifest["tables"]}
    assert digests == {name: hashlib.sha256(content).hexdigest() for name, content in found["bytes"].items()}


def test_an_export_masks_sealed_values_and_leaves_their_indexes_out(filled: Federation) -> None:
    rooms = exported(filled)["rows"]["designs.nursing_room"]
    assert {room["contact_phone"] for room in rooms if room["contact_phone"]} == {"075******0000"}
    staff = exported(filled)["rows"]["designs.hardship_file"]
    assert {file["health"] for file in staff} == {"***"}
    assert entries_of_export(filled)[0]["is_open"] is False


def test_an_export_with_a_reason_opens_them_and_is_on_record(filled: Federation) -> None:
    found = exported(filled, "移交区档案馆")
    assert {file["health"] for file in found["rows"]["designs.hardship_file"]} == {"重大疾病"}
    (entry,) = entries_of_export(filled)
    assert entry["reason"] == "移交区档案馆"
    assert entry["rows"] == {name: len(rows) for name, rows in found["rows"].items()}


def test_a_preview_changes_nothing(federation: Federation) -> None:
    fill(federation)
    said = run(federation, uninstall, "designs", "--preview")
    assert "designs.dispute_case  劳动争议案件" in said.output
    assert "个人信息：劳动争议案件：指明个人（申请人），加密保存 事实和证据" in said.output
    with federation.uow() as uow:
        assert row_counts(uow, designs)


def test_uninstalling_waits_for_the_days_of_grace_and_the_timers_purge_then(
    filled: Federation, table_texts: Any
) -> None:
    days = settings().plugin_grace_days
    said = json.loads(run(filled, uninstall, "designs", "--json").output)
    assert said["purge_on"] == str(clock.today() + timedelta(days=days))
    with clock.at(clock.now() + timedelta(days=days - 1)):
        assert PURGED not in json.loads(run(filled, timers, "--json").output)
    with clock.at(clock.now() + timedelta(days=days)):
        done = json.loads(run(filled, timers, "--json").output)
    assert done[PURGED] == {"designs": sum(each["rows"] for each in said["rows"])}
    assert mentions(table_texts(filled)) == {}


def test_uninstalling_can_be_taken_back_at_the_terminal(filled: Federation) -> None:
    run(filled, uninstall, "designs")
    assert "已撤回插件 样本 的卸载" in run(filled, uninstall, "designs", "--cancel").output
    with clock.at(clock.now() + timedelta(days=400)):
        assert PURGED not in json.loads(run(filled, timers, "--json").output)


def test_rows_are_written_to_a_file_before_they_go(filled: Federation, tmp_path: Path) -> None:
    path = tmp_path / "designs.zip"
    said = json.loads(
        run(
            filled,
            uninstall,
            "designs",
            "--export",
            str(path),
            "--reason",
            "移交",
            "--now",
            "--yes",
            "--json",
        ).output
    )
    with ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["is_open"] is True
    assert sum(each["rows"] for each in manifest["tables"]) == said["export"]["rows"]
    assert said["purged"] == said["rows"]
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_a_plugin_that_is_on_is_refused_at_the_terminal(federation: Federation, tmp_path: Path) -> None:
    fill(federation)
    with pytest.raises(Conflict, match="plugin_on"):
        run(federation, uninstall, "designs", "--now", "--yes")
    switch_off(federation)
    said = run(federation, uninstall, "designs", "--now", "--preview")
    assert said.exit_code == 2
    assert list(tmp_path.iterdir()) == []
