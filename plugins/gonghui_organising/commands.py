"""Founding a union from the command line: the same functions as over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from gonghui.sdk import (
    UnitOfWork,
    _,
    answers_schema,
    at_tenant,
    create_record,
    creation_schema,
    list_rows,
    read_row,
    require,
    take_step,
    unit_called,
)
from gonghui_organising import founding, re_election, re_election_steps, transfers
from gonghui_organising.transfer_asking import TRANSFER
from gonghui_organising.unions import unions


@click.group("union")
def union_commands() -> None:
    """Found grassroots unions: draft, submit, return, approve, show."""


@union_commands.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--at", "place", help="Name or id of the enterprise's own node, or of the unit above it.")
@click.option("--quiet", is_flag=True, help="Print the id only.")
@at_tenant
def draft(uow: UnitOfWork, file: Path, place: str | None, quiet: bool) -> None:
    """Begin a founding from FILE, a JSON document with the fields of the API."""
    content = json.loads(file.read_text(encoding="utf-8"))
    if place is None and "org_unit_id" not in content:
        raise click.UsageError("say where: --at NAME, or org_unit_id in the file")
    if place is not None:
        content["org_unit_id"] = str(unit_called(uow, uow.principal, founding.CREATE, place).id)
    union = create_record(uow, unions, creation_schema(unions)().load(content))
    if quiet:
        click.echo(union.id)
    else:
        _show(uow, union.id)


@union_commands.command("list")
@click.option("--state", help="draft, submitted, returned or approved.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000))
@at_tenant
def list_unions(uow: UnitOfWork, state: str | None, limit: int) -> None:
    """The newest unions: id, state, name."""
    require(uow.principal, founding.READ)
    query = {"sort": "newest", "limit": limit - 1} | ({"state": state} if state else {})
    for row in list_rows(uow, unions, query, None):
        click.echo(f"{row['id']}  {row['state']:<9}  {row['name']}")


@union_commands.command()
@click.argument("union_id", type=click.UUID)
@at_tenant
def show(uow: UnitOfWork, union_id: UUID) -> None:
    """Show a union."""
    _show(uow, union_id)


@union_commands.command()
@click.argument("union_id", type=click.UUID)
@at_tenant
def submit(uow: UnitOfWork, union_id: UUID) -> None:
    """Submit a founding to the upper union."""
    _take(uow, union_id, "submit", {})


@union_commands.command("return")
@click.argument("union_id", type=click.UUID)
@click.option("--comment", required=True, help="What has to be corrected.")
@at_tenant
def return_(uow: UnitOfWork, union_id: UUID, comment: str) -> None:
    """Return a founding for correction."""
    _take(uow, union_id, "return", {"comment": comment})


@union_commands.command()
@click.argument("union_id", type=click.UUID)
@click.option("--approval-no", required=True, help="Number of the reply.")
@click.option("--term-years", type=int, required=True, help="Term as the reply states it.")
@click.option("--effective-on", help="Day of the reply (today).")
@at_tenant
def approve(
    uow: UnitOfWork, union_id: UUID, approval_no: str, term_years: int, effective_on: str | None
) -> None:
    """Approve a founding."""
    reply = {"approval_no": approval_no, "term_years": term_years, "effective_on": effective_on}
    _take(uow, union_id, "approve", reply)


def _take(uow: UnitOfWork, union_id: UUID, name: str, told: dict[str, Any]) -> None:
    """Take a step of the record as it is now: whoever sits at a terminal names no version."""
    answers = answers_schema(unions, unions.workflow.named(name))().load(told)
    take_step(uow, unions, union_id, read_row(uow, unions, union_id)["version"], name, answers)
    _show(uow, union_id)


def _show(uow: UnitOfWork, union_id: UUID) -> None:
    click.echo(json.dumps(read_row(uow, unions, union_id), ensure_ascii=False, indent=2, default=str))


@click.group("member")
def member_commands() -> None:
    """Members."""


@member_commands.command("lapse-transfers")
@at_tenant
def lapse_transfers(uow: UnitOfWork) -> None:
    """Put back the members whose transfer nobody has accepted in time."""
    require(uow.principal, TRANSFER)
    click.echo(str(_("{n} 件转接已过期，会籍退回原工会。", n=transfers.lapse_transfers(uow))))


@click.group("re-election")
def re_election_commands() -> None:
    """Re-elections."""


@re_election_commands.command("open-due")
@at_tenant
def open_due(uow: UnitOfWork) -> None:
    """Begin the re-election of every union whose term ends within the time of the watch."""
    require(uow.principal, re_election.CREATE)
    click.echo(str(_("新登记应换届工会 {n} 个。", n=re_election_steps.open_due(uow))))
