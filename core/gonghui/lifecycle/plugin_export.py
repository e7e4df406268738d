"""A plugin's rows at one tenant as a file to keep: a zip with one file of JSON lines for each table."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

import orjson
from sqlalchemy import Column, select

from gonghui.audit.recorder import json_value
from gonghui.db.ciphers import Sealed
from gonghui.db.migrations import newest_revision
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.lifecycle.plugin_holdings import Holding, holdings, row_counts
from gonghui.plugin_host.manifest import Plugin
from gonghui.records.attachments.keeping import file_name, opened
from gonghui.records.attachments.table import Attachment
from gonghui.tenancy.keys import masked, open_value
from gonghui.values import clock

EXPORTED = "core.plugin.exported"
MANIFEST = "manifest.json"
_AT_ONCE = 2_000


@dataclass(frozen=True)
class TableFile:
    """One table in the file: how many rows, and the SHA-256 of their lines."""

    table: str
    title: str
    file: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a file holds; the last thing in it.

    `is_open` tells that sealed values stand in it as texts, and that files of attachments, so many, lie beside the
    tables, each under its id.
    """

    plugin: str
    version: str
    revision: str | None
    made_at: str
    is_open: bool
    reason: str | None
    tables: tuple[TableFile, ...]
    attachments: int = 0


def export_rows(uow: UnitOfWork, plugin: Plugin, file: IO[bytes], *, reason: str | None = None) -> Manifest:
    """Write whatever the plugin holds at the tenant into `file`, table by table, as it comes from the database.

    Sealed values are masked; with a `reason` they are opened, and files of attachments come along, in which nothing can
    be masked. Blind indexes and digests of secrets are left out.
    The trail tells of it, with the reason and the number of rows of each table: hand the file out after the commit.
    """
    held = {each.table.fullname: each for each in holdings(plugin)}
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        tables = tuple(
            _write(uow, archive, held[count.table], is_open=reason is not None)
            for count in row_counts(uow, plugin)
        )
        files = 0 if reason is None else _write_files(uow, archive, plugin)
        manifest = Manifest(
            plugin=plugin.id,
            version=plugin.version,
            revision=newest_revision(plugin.component),
            made_at=clock.now().isoformat(),
            is_open=reason is not None,
            reason=reason,
            tables=tables,
            attachments=files,
        )
        archive.writestr(MANIFEST, orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    rows = {each.table: each.rows for each in tables}
    told = {"reason": reason, "attachments": files} if reason is not None else {}
    uow.note(EXPORTED, None, plugin=plugin.id, is_open=reason is not None, rows=rows, **told)
    return manifest


def exported_columns(table: Any) -> list[Column[Any]]:
    """The columns that may leave: neither digests by which values are found nor secrets, sealed or as digests."""
    return [
        column
        for column in table.columns
        if column.name != "tenant_id"
        and column.info.get("sensitive", not column.info.get("redacted")) not in (False, "secret")
    ]


def exported_row(
    uow: UnitOfWork, columns: list[Column[Any]], row: Mapping[str, Any], *, is_open: bool
) -> dict[str, Any]:
    """A row as JSON, its sealed values opened or masked."""
    show = open_value if is_open else masked
    return {
        column.name: show(uow, column, row["id"], value) if isinstance(value, Sealed) else json_value(value)
        for column, value in ((column, row[column.name]) for column in columns)
    }


def _write_files(uow: UnitOfWork, archive: ZipFile, plugin: Plugin) -> int:
    """The files of the plugin's records; their digests stand in the table."""
    mine = Attachment.record_type.startswith(f"{plugin.id}.", autoescape=True)
    rows = uow.session.scalars(select(Attachment).where(mine).order_by(Attachment.id)).all()
    for row in rows:
        with closing(opened(uow, row)) as source, archive.open(f"attachments/{file_name(row)}", "w") as file:
            shutil.copyfileobj(source, file)
    return len(rows)


def _write(uow: UnitOfWork, archive: ZipFile, held: Holding, *, is_open: bool) -> TableFile:
    name, columns = f"{held.table.fullname}.jsonl", exported_columns(held.table)
    found = select(*columns).where(held.wanted).order_by(held.table.c.id)
    digest, number = hashlib.sha256(), 0
    with archive.open(name, "w", force_zip64=True) as lines:
        for row in uow.session.execute(found, execution_options={"yield_per": _AT_ONCE}).mappings():
            shown = exported_row(uow, columns, dict(row), is_open=is_open)
            line = orjson.dumps(shown, option=orjson.OPT_APPEND_NEWLINE)
            lines.write(line)
            digest.update(line)
            number += 1
    return TableFile(held.table.fullname, str(held.title), name, number, digest.hexdigest())
