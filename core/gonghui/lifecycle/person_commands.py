"""A person's data at the command line: their own copy, and erasing them."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from uuid import UUID

import click
import orjson

from gonghui.auth.scope import require_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import _
from gonghui.lifecycle.installation import at_tenant
from gonghui.lifecycle.person_data import erase_person, export_person, files_of_person
from gonghui.plugin_host.registry import discover
from gonghui.records.attachments.keeping import file_name, opened

EXPORT, ERASE = "core.person.export", "core.person.erase"


@click.group()
def person() -> None:
    """What is held about a person, over all plugins."""


@person.command("export")
@click.argument("person_id", metavar="ID", type=click.UUID)
@click.option("--reason", required=True, help="Why it is made; the person can see it.")
@click.option(
    "--files",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also save the files of their records in this new folder.",
)
@at_tenant
def export(uow: UnitOfWork, person_id: UUID, reason: str, folder: Path | None) -> None:
    """The person's own copy of their data as JSON, sealed values opened; it names the files of their records."""
    require_whole(uow.principal, EXPORT)
    copy = export_person(uow, discover(), person_id, reason)
    if folder is not None:
        folder.mkdir(mode=0o700)
        for each in files_of_person(uow, person_id):
            with closing(opened(uow, each)) as source, (folder / file_name(each)).open("xb") as file:
                shutil.copyfileobj(source, file)
    uow.commit()  # nobody reads it before the trail tells of it
    click.echo(orjson.dumps(copy, option=orjson.OPT_INDENT_2).decode())


@person.command("erase")
@click.argument("person_id", metavar="ID", type=click.UUID)
@click.option("--reason", required=True, help="Why; it stays in the trail.")
@click.option("--yes", is_flag=True, help="Do not ask: it cannot be taken back.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@at_tenant
def erase(uow: UnitOfWork, person_id: UUID, reason: str, yes: bool, as_json: bool) -> None:
    """Empty what tells who the person is. Their records and every figure stay; it cannot be taken back."""
    require_whole(uow.principal, ERASE)
    if not yes:
        click.confirm(str(_("删除后无法恢复。继续？")), abort=True)
    rows = erase_person(uow, discover(), person_id, reason)
    uow.commit()
    if as_json:
        click.echo(orjson.dumps({"rows": rows}, option=orjson.OPT_INDENT_2).decode())
        return
    for table, count in rows.items():
        click.echo(f"{count:>10}  {table}")
    click.echo(str(_("已删除此人的身份和敏感信息；记录和统计数字不变。")))
