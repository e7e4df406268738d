"""`gonghui worker`, `relay`, `scheduler` and `sealer`: the processes beside the web server of an installation."""

from __future__ import annotations

import os
import sys

import click

from gonghui.events.broker import QUEUES
from gonghui.lifecycle import turns
from gonghui.settings import settings


@click.command()
@click.option(
    "--queue",
    "queues",
    type=click.Choice(QUEUES),
    multiple=True,
    help="Serve this queue; may be repeated. Without it, all of them.",
)
@click.option(
    "--at-once",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Deliveries that it works on at once.",
)
def worker(queues: tuple[str, ...], at_once: int) -> None:
    """Do what events and hours call for. Let other workers serve `swift` than serve `bulk` and `slow`."""
    _broker_url()
    # In the place of this process: one signal reaches it, and the modules of the command line leave the memory.
    os.execv(  # noqa: S606 - no shell is meant
        sys.executable,
        [sys.executable, "-m", "gonghui.worker", "--at-once", str(at_once), *(queues or QUEUES)],
    )


@click.command()
def relay() -> None:
    """Send what was published to the broker. A second one takes over when this one dies."""
    turns.relay(settings(), _broker_url())


@click.command()
def scheduler() -> None:
    """Let jobs begin at their hours. A second one takes over when this one dies."""
    turns.scheduler(settings())


@click.command()
def sealer() -> None:
    """Seal the audit trail, sign its heads, store and ship them. Several at once do each thing once."""
    turns.sealer(settings())


def _broker_url() -> str:
    url = settings().broker_url
    if url is None:
        raise click.UsageError("GONGHUI_BROKER_URL is not set; `gonghui demo` starts a broker of its own")
    return url
