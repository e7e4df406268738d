"""`gonghui audit`: seal the trail, hand it out, verify what was handed out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from gonghui.audit import verify as verifier
from gonghui.audit.chain import PLATFORM, head_line, latest_head, lines
from gonghui.audit.rounds import Round, sealing_round
from gonghui.audit.sealing import seal
from gonghui.audit.segments import stored_segments
from gonghui.audit.signing import sign_heads, signing_key
from gonghui.db.database import Database
from gonghui.errors import NotFound
from gonghui.i18n import _, current_locale
from gonghui.lifecycle.installation import Installation
from gonghui.lifecycle.onboarding import note_platform
from gonghui.lifecycle.whole_files import whole_file
from gonghui.objects.configured import configured_objects
from gonghui.settings import settings
from gonghui.tenancy.tenants import tenant_with_code


@click.group("audit")
def audit() -> None:
    """The audit trail: sealed, handed out, verified."""


@audit.command("key")
def show_key() -> None:
    """The fingerprint of the key that signs: tell it to whoever verifies, by another way than the files."""
    click.echo(signing_key(settings()).fingerprint)


@audit.command("seal")
@click.pass_obj
def seal_trail(open_installation: Any) -> None:
    """Seal the trail of all tenants and of the platform now, sign heads, store and ship them.

    `gonghui sealer` does so by itself.
    """
    with open_installation() as installation:
        done = sealing_round(installation.database, configured_objects(), settings(), sign_now=True)
    _tell(done)
    sys.exit(1 if done.broken else 0)


@audit.command("head")
@click.option("--tenant", help="Code of the tenant; without it, the platform's own trail.")
@click.pass_obj
def show_head(open_installation: Any, tenant: str | None) -> None:
    """The head that was signed last: whoever keeps it elsewhere can prove later that nothing before it is gone."""
    with open_installation() as installation, installation.database.sealer() as connection:
        head = _latest(connection, _chain(installation.database, tenant))
    click.echo(head_line(head).decode(), nl=False)


@audit.command("export")
@click.option("--tenant", help="Code of the tenant; without it, the platform's own trail.")
@click.option(
    "--output", "-o", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE"
)
@click.option("--values", is_flag=True, help="Also the values before and after; without, only their digests.")
@click.option(
    "--stored", is_flag=True, help="What the object store holds, and not what the database says now."
)
@click.pass_obj
def export(open_installation: Any, tenant: str | None, output: Path, values: bool, stored: bool) -> None:
    """Seal what is there, sign it, and write the whole sealed trail to FILE."""
    if values and stored:
        raise click.UsageError("--values and --stored exclude each other: the object store holds no values")
    with open_installation() as installation:
        chain = _chain(installation.database, tenant)
        if not stored:
            _seal_and_sign(installation.database, chain)
        with (
            whole_file(output) as file,  # it bears its name once the trail tells of it
            _reader(installation, tenant, values=values, stored=stored) as reader,
        ):
            if stored:
                file.writelines(stored_segments(configured_objects(), chain))
            else:
                last = _latest(reader, chain).seq
                file.writelines(lines(reader, chain, last=last, with_values=values))
    click.echo(str(_("已写入 {file}。", file=output)), err=True)


@audit.command("verify")
@click.argument("files", metavar="FILE", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--key-fingerprint", "keys", required=True, multiple=True, metavar="F", help="As `audit key` shows it."
)
@click.option("--head", type=click.Path(path_type=Path), metavar="H", help="File with a head kept elsewhere.")
def verify(files: tuple[Path, ...], keys: tuple[str, ...], head: Path | None) -> None:
    """Verify what was exported, or segments in their order; names the first row that does not hold."""
    kept = [] if head is None else ["--head", str(head)]
    named = [word for key in keys for word in ("--key-fingerprint", key)]
    sys.exit(verifier.main([*map(str, files), *named, *kept, "--lang", current_locale()]))


def _tell(done: Round) -> None:
    did = _("封存 {sealed} 条，签署 {signed} 个链头，存档 {stored} 个，外送 {shipped} 条。", **asdict(done))
    click.echo(str(did))
    if done.broken:
        click.echo(str(_("有 {n} 条链与其最近签署的链头不符。", n=done.broken)), err=True)


@contextmanager
def _reader(
    installation: Installation, tenant: str | None, *, values: bool, stored: bool
) -> Iterator[Session | Connection]:
    """Whoever reads a chain; that it was handed out stands in the trail."""
    if tenant is None:
        note_platform(
            installation.database, "audit.exported", "gonghui audit export", values=values, stored=stored
        )
        with installation.database.sealer() as connection:
            yield connection
        return
    with installation.acting(tenant, None, command="gonghui audit export") as uow:
        uow.note("core.audit.exported", values=values, stored=stored)
        yield uow.session


def _chain(database: Database, tenant: str | None) -> UUID:
    return tenant_with_code(database, tenant).id if tenant else PLATFORM


def _latest(reader: Session | Connection, chain: UUID) -> Any:
    head = latest_head(reader, chain)
    if head is None:
        raise NotFound("nothing_sealed", _("还没有签署过链头；先运行 gonghui audit seal。"))
    return head


def _seal_and_sign(database: Database, chain: UUID) -> None:
    seal(database, chain)
    _count, broken = sign_heads(database, signing_key(settings()), chain=chain)
    if broken:
        click.echo(str(_("链条与其最近签署的链头不符，不再签署。")), err=True)
