"""`gonghui plugin new`, `migration` and `check`: what a developer outside of the team needs to make a plugin."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from gonghui.commands.revisions import migration
from gonghui.i18n import _
from gonghui.plugin_host.installed import installed
from gonghui.plugin_host.registry import discover
from gonghui.scaffold import Names, write_plugin


@click.command("new")
@click.argument("name")
@click.option(
    "--directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Where the package's folder is made; the current folder, without it.",
)
@click.option("--title", help="What the records are called for people, in Chinese.")
def new(name: str, directory: Path, title: str | None) -> None:
    """Write the plugin NAME as a package of its own, with a kind of record and its contract tests."""
    registry = discover()
    taken = {*registry.plugins, *(rejected.name for rejected in registry.rejected)}
    # A plugin's commands stand below its id, beside those of the core.
    commands: Any = click.get_current_context().find_root().command
    names = Names.of(name, title, installed=taken, reserved=set(commands.commands))
    click.echo(str(_("已写入 {path}。", path=write_plugin(names, directory))))


@click.command("check")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
def check(name: str, as_json: bool) -> None:
    """Hold the installed plugin NAME to the contract, on a database that is thrown away; status 1 where it fails."""
    installed(name)
    if find_spec("pytest") is None:
        raise click.ClickException(str(_("检查插件需要 pytest，请先安装：pip install 'gonghui[testing]'。")))
    # In a process of its own: the kit stands above the commands, and the check must meet the plugin as at a start.
    command = [sys.executable, "-m", "gonghui.testing.check", name, *(["--json"] if as_json else [])]
    sys.exit(subprocess.run(command, check=False).returncode)


COMMANDS = (new, migration, check)
