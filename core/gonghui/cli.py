"""The `gonghui` command: the way in for whoever sits at the machine."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import orjson
from marshmallow import ValidationError
from pydantic import ValidationError as SettingsError

from gonghui import __version__, demo_server, logs
from gonghui.api.problems import flatten
from gonghui.auth.accounts import Account, find_account
from gonghui.auth.credentials import change_password, close_account
from gonghui.auth.scope import explain, require, unit_called
from gonghui.commands.audit import audit
from gonghui.commands.events import events
from gonghui.commands.operators import operator
from gonghui.commands.org import org
from gonghui.commands.parameters import parameters
from gonghui.commands.plugins import plugin
from gonghui.commands.processes import relay, scheduler, sealer, worker
from gonghui.commands.revisions import revision
from gonghui.commands.second_factors import reset_second_factor
from gonghui.db.ciphers import KeyLost
from gonghui.db.embedded import EmbeddedServerError
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, NotFound
from gonghui.i18n import _, load_catalogues, set_locale
from gonghui.lifecycle.attachment_commands import attachments
from gonghui.lifecycle.calendar_commands import calendar
from gonghui.lifecycle.installation import at_tenant, opened
from gonghui.lifecycle.key_rotation import rotate_data_key, rotate_master_key
from gonghui.lifecycle.onboarding import Declaration, DeclarationError, onboard, operator_principal
from gonghui.lifecycle.person_commands import person
from gonghui.lifecycle.timer_commands import timers
from gonghui.objects.port import ObjectError
from gonghui.plugin_host.plugin_figures import figures_of
from gonghui.plugin_host.registers import register_of
from gonghui.plugin_host.registry import discover
from gonghui.priority import give_way
from gonghui.records.registers.importing import Progress
from gonghui.records.registers.taking import import_file
from gonghui.reporting.indicators import Place, open_figure, tree_of
from gonghui.reporting.presentation import figure_json, record_json
from gonghui.settings import settings
from gonghui.tenancy.switches import plugin_off, plugins_on
from gonghui.tenancy.tenants import all_codes, tenant_with_code
from gonghui.values.periods import Period

_EVERY_RECORD = 1_000_000
_PRINTED = 200


@click.group()
@click.version_option(__version__)
@click.pass_context
def gonghui(context: click.Context) -> None:
    """Gonghui 工汇: the platform on which district federations of trade unions run their work."""
    context.obj = partial(opened, settings(), announce=partial(click.echo, err=True))


gonghui.add_command(audit)
gonghui.add_command(attachments)
gonghui.add_command(calendar)
gonghui.add_command(person)
gonghui.add_command(timers)
gonghui.add_command(events)
for process in (worker, relay, scheduler, sealer):
    gonghui.add_command(process)


@gonghui.command()
def demo() -> None:
    """Start the demonstration, with all that belongs to it, and made-up districts. Ctrl-C ends it."""
    demo_server.run(settings())


@gonghui.command()
def serve() -> None:
    """Start the web server alone, on the database that GONGHUI_DATABASE_URL names.

    `gonghui worker`, `gonghui relay`, `gonghui scheduler` and `gonghui sealer` run beside it; without them nothing
    follows from what is decided, no hour brings anything about, and the trail stays unsealed.
    """
    if settings().database_url is None:
        raise click.UsageError("GONGHUI_DATABASE_URL is not set; `gonghui demo` starts a database of its own")
    with opened(settings()) as installation:
        demo_server.serve(settings(), installation.server_url)


@gonghui.group()
def tenant() -> None:
    """Federations on this installation."""


@tenant.command("onboard")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def onboard_tenant(open_installation: Any, file: Path) -> None:
    """Make the tenant that FILE declares; doing it again changes nothing."""
    with open_installation() as installation:
        view = onboard(installation.database, installation.registry, Declaration.read(file))
        click.echo(f"{view.code}  {view.name}")


@tenant.command("list")
@click.pass_obj
def list_tenants(open_installation: Any) -> None:
    """Codes of all tenants."""
    with open_installation() as installation:
        for code in all_codes(installation.database):
            click.echo(code)


@gonghui.command("password")
@click.argument("login_to_change", metavar="LOGIN")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the new password from standard input.")
@at_tenant
def set_password(uow: UnitOfWork, login_to_change: str, from_stdin: bool) -> None:
    """Give the account LOGIN a new password; its sessions and tokens end."""
    account = _account_of(uow, login_to_change)
    if from_stdin:
        new = sys.stdin.readline().rstrip("\n")
    else:
        new = click.prompt(str(_("新密码")), hide_input=True, confirmation_prompt=True)
    change_password(uow, account, str(new))


@gonghui.command("close-account")
@click.argument("login_to_close", metavar="LOGIN")
@at_tenant
def close(uow: UnitOfWork, login_to_close: str) -> None:
    """Shut the account LOGIN out; its sessions and tokens end."""
    close_account(uow, _account_of(uow, login_to_close))


def _account_of(uow: UnitOfWork, login: str) -> Account:
    account = find_account(uow, login)
    if account is None:
        raise NotFound("unknown_account", _("没有登录名为 {login} 的账号。", login=login))
    return account


@gonghui.command("import")
@click.argument("register")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check only; write nothing.")
@click.option("--all-or-nothing", is_flag=True, help="Write nothing if a single row is faulty.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@at_tenant
def import_register(
    uow: UnitOfWork, register: str, file: Path, dry_run: bool, all_or_nothing: bool, as_json: bool
) -> None:
    """Read a register in (REGISTER: organising.unions, organising.members, …) from FILE.

    Good rows go in, the others are named and wait to be put right.
    """
    known = register_of(uow, register)
    require(uow.principal, known.permission)
    give_way()
    report = import_file(
        uow, known, file, dry_run=dry_run, all_or_nothing=all_or_nothing, progress=_progress(sys.stderr)
    )
    uow.commit()  # what the report says must be so before anybody reads it
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    else:
        _print_report(report)


def _progress(screen: Any) -> Progress | None:
    """Tells somebody who sits at a terminal how far it is."""
    if not screen.isatty():
        return None
    return lambda done: click.echo(f"\r{_('已处理 {n} 行', n=done)}", nl=False, err=True)


@gonghui.command("figures")
@click.option("--period", required=True, help="2024, 2024H1, 2024Q3 or 2024M07.")
@click.option("--org-unit", help="Id or name of a unit: only it and those below.")
@click.option(
    "--tree",
    type=click.Choice(["then", "now"]),
    default="then",
    help="Who stands below the unit: as on the last day of a period that is over (then), or at present.",
)
@click.option("--tree-on", type=click.DateTime(["%Y-%m-%d"]), help="Who stood below the unit on this day.")
@click.option("--records", is_flag=True, help="Also the records behind each figure.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the records behind each figure.")
@at_tenant
def show_figures(
    uow: UnitOfWork,
    period: str,
    org_unit: str | None,
    tree: str,
    tree_on: datetime | None,
    records: bool,
    as_json: bool,
) -> None:
    """The figures of a period, each with the records behind it."""
    try:
        span = Period.parse(period)
    except ValueError:
        raise click.BadParameter(
            str(_("期间应写成 2024、2024H1、2024Q3 或 2024M07。")), param_hint="--period"
        ) from None
    require(uow.principal, "core.figure.read")
    unit = unit_called(uow, uow.principal, "core.org_unit.read", org_unit) if org_unit else None
    day = tree_on.date() if tree_on else tree_of(span) if tree == "then" else None
    place = Place(unit, day) if unit else None
    mine = [i for i in discover().indicators(plugins_on(uow)) if uow.principal.holds(i.permission)]
    content: dict[str, Any] = {
        "period": span.code,
        "first": span.first,
        "last": span.last,
        "org_unit_id": unit.id if unit else None,
        "tree_on": place.tree_on if place else None,
        "figures": [],
    }
    for figure in figures_of(discover(), uow, mine, span, place):
        shown = figure_json(figure, span, place)
        if records or as_json:
            rows = open_figure(uow, figure.indicator, span, place, limit=_EVERY_RECORD)
            shown["opens_to"] = [record_json(row) for row in rows]
        content["figures"].append(shown)
    if as_json:
        click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
    else:
        _print_figures(content)


@gonghui.command("explain")
@click.argument("permission")
@click.option("--org-unit", help="Id or name of a unit.")
@at_tenant
def explain_permission(uow: UnitOfWork, permission: str, org_unit: str | None) -> None:
    """Why the account named by --as may or may not use PERMISSION (at a unit)."""
    # The operator finds the unit: the account need not see it to learn why it does not.
    unit = unit_called(uow, operator_principal(uow.tenant_id), permission, org_unit) if org_unit else None
    owner = permission.split(".", 1)[0]
    if owner != "core" and owner not in plugins_on(uow):
        click.echo(f"✗ {plugin_off(owner).detail}")
        return
    found = explain(uow, uow.principal, permission, unit.id if unit else None)
    click.echo(f"{'✓' if found.allowed else '✗'} {found.reason}")


gonghui.add_command(operator)
gonghui.add_command(org)
gonghui.add_command(parameters)


@gonghui.group()
def keys() -> None:
    """Keys that seal identity numbers, phones and cards."""


@keys.command("rotate")
@click.option("--tenant", "code", required=True, help="Code of the tenant.")
@click.pass_obj
def rotate_key(open_installation: Any, code: str) -> None:
    """Give a tenant a new data key and seal everything by it."""
    with open_installation() as installation:
        tenant_id = tenant_with_code(installation.database, code).id
        count = rotate_data_key(installation.database, tenant_id)
        click.echo(str(_("已换新密钥，重新加密 {n} 行。", n=count)))


@keys.command("rotate-master")
@click.pass_obj
def rotate_master(open_installation: Any) -> None:
    """Make a new master key and wrap every tenant's keys by it."""
    with open_installation() as installation:
        count = rotate_master_key(installation.database, settings().var)
        click.echo(str(_("已换新主密钥，重新封装 {n} 个密钥。", n=count)))


gonghui.add_command(plugin)
gonghui.add_command(revision)
gonghui.add_command(reset_second_factor)


def _print_report(report: Any) -> None:
    click.echo(str(_("共 {rows} 行：可用 {good} 行，有问题 {bad} 行。", rows=report.rows, good=report.good,
                        bad=report.rows - report.good)))  # fmt: skip
    if report.is_dry:
        click.echo(str(_("只检查，没有写入。")))
    else:
        click.echo(
            str(_("新写入 {created} 行，原已有 {known} 行。", created=report.created, known=report.known))
        )
    if report.not_kept:
        click.echo(str(_("未保存的列：{columns}。", columns=report.not_kept)))
    for fault in (*report.faults[:_PRINTED], *report.notices[:_PRINTED]):
        line = _("{sheet} 第 {row} 行 {column}：{sentence}", sheet=fault.sheet, row=fault.row, column=fault.column,
                 sentence=fault.message)  # fmt: skip
        click.echo(f"{line} [{fault.code}]")
    more = max(len(report.faults) - _PRINTED, 0) + max(len(report.notices) - _PRINTED, 0)
    if more:
        kinds = Counter(fault.code for fault in (*report.faults, *report.notices)).most_common()
        counts = [f"{code} {count}" for code, count in kinds]
        click.echo(str(_("还有 {n} 处没有列出；全部见 --json。合计：{counts}。", n=more, counts=counts)))


def _print_figures(content: dict[str, Any]) -> None:
    for figure in content["figures"]:
        parts = " · ".join(
            f"{figure['part_titles'][kind]} {value}" for kind, value in figure["parts"].items()
        )
        click.echo(f"{figure['title']}  {figure['value']} {figure['unit']}  {parts}")
        for record in figure.get("opens_to", ()):
            click.echo(f"  {record['on']}  {record['label']}")


def _add_plugin_commands() -> None:
    for found in discover().plugins.values():
        if found.commands:
            gonghui.add_command(click.Group(found.id, commands=list(found.commands), help=str(found.name)))


def main() -> None:
    """Run the command; a rule that says no ends it with a sentence and status 1."""
    logs.configure()
    set_locale(os.environ.get("GONGHUI_LANG", "zh"))
    load_catalogues(Path(__file__).parent / "locale")
    _add_plugin_commands()
    try:
        gonghui(standalone_mode=True)
    except DomainError as error:
        _fail(f"{error.detail} ({error.code})", *(f"{f.pointer}: {f.detail}" for f in error.faults))
    except ValidationError as error:
        _fail(*(f"{fault['pointer']}: {fault['detail']}" for fault in flatten(error.messages, "")))
    except SettingsError as error:
        _fail(*(f"GONGHUI_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()))
    except json.JSONDecodeError as error:
        _fail(
            str(
                _(
                    "文件不是 JSON：第 {line} 行第 {column} 列读不下去。",
                    line=error.lineno,
                    column=error.colno,
                )
            )
        )
    except (EmbeddedServerError, DeclarationError, KeyLost, ObjectError, ValueError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(
            str(_("无法使用 {path}：{reason}。", path=error.filename or "—", reason=error.strerror or error))
        )


def _fail(*lines: str) -> None:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(1)
