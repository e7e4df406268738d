"""`gonghui events`: what was delivered at a tenant, what was given up, and another attempt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import click
import orjson

from gonghui.auth.scope import require_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.dead_letters import list_deliveries, resume
from gonghui.events.deliveries import DeliveryState
from gonghui.i18n import _
from gonghui.lifecycle.installation import at_tenant

READ, RESUME = "core.event.read", "core.event.resume"


@click.group("events")
def events() -> None:
    """What events and hours call for."""


@events.command("list")
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]))
@click.option(
    "--handler", help="Only what one subscriber or schedule has to do, by its name (`core.settle_tree`)."
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@at_tenant
def list_all(uow: UnitOfWork, state: str | None, handler: str | None, limit: int, as_json: bool) -> None:
    """The newest deliveries: id, state, what is to be done, and about which fact."""
    require_whole(uow.principal, READ)
    chosen = DeliveryState(state) if state else None
    _print(list_deliveries(uow, state=chosen, handler=handler, limit=limit), as_json)


@events.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@at_tenant
def dead(uow: UnitOfWork, limit: int, as_json: bool) -> None:
    """The newest deliveries that were given up after the last attempt, each with its error."""
    require_whole(uow.principal, READ)
    _print(list_deliveries(uow, state=DeliveryState.DEAD, limit=limit), as_json)


@events.command("resume")
@click.argument("delivery_id", type=click.UUID)
@at_tenant
def resume_one(uow: UnitOfWork, delivery_id: UUID) -> None:
    """Let a delivery that was given up begin anew."""
    require_whole(uow.principal, RESUME)
    delivery = resume(uow, delivery_id)
    click.echo(str(_("已重新安排：{handler}。", handler=delivery.handler)))


def _print(rows: Sequence[Any], as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps([dict(row._mapping) for row in rows], option=orjson.OPT_INDENT_2))
        return
    for row in rows:
        about = row.event or row.key
        click.echo(
            f"{row.id}  {row.state:<9}  {row.handler}  {about}" + (f"  {row.error}" if row.error else "")
        )
