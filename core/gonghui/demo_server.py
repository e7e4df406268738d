"""The demonstration: a database and a web server that end together, and clean up after one that was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import psutil
from sqlalchemy import make_url

from gonghui.i18n import _
from gonghui.lifecycle.installation import DEMO_TENANTS, opened
from gonghui.lifecycle.onboarding import Declaration
from gonghui.settings import Settings

_PATIENCE = 10


def run(settings: Settings) -> None:
    """Start the demonstration and stay until it is interrupted."""
    with _alone(settings.var / "demo.json"):
        click.echo(str(_("正在准备数据库和演示数据……")))
        with opened(settings) as installation:
            _greet(settings)
            serve(settings, installation.server_url, is_demo=True, note=settings.var / "demo.json")


def serve(settings: Settings, server_url: str, *, is_demo: bool, note: Path | None = None) -> None:
    """Run the web server until it ends or is interrupted; it learns where the database is, not its owner's password."""
    url = make_url(server_url).set(username=None, password=None)
    environment = {
        **os.environ,
        "GONGHUI_VAR": str(settings.var.resolve()),
        "GONGHUI_DATABASE_URL": url.render_as_string(hide_password=False),
        "GONGHUI_DEMO": "1" if is_demo else "0",
    }
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "gonghui.app:create_app",
        "--host", settings.host, "--port", str(settings.port), "--workers", "1",
        "--blocking-threads", str(settings.web_threads), "--no-ws", "--log-level", "error",
    ]  # fmt: skip
    server = subprocess.Popen(command, env=environment)
    try:
        if note is not None:
            _write_note(note, server.pid)
        status = server.wait()
    except KeyboardInterrupt:
        status = 0
    finally:
        _end(server)
    if status not in (0, -signal.SIGINT, -signal.SIGTERM):
        raise click.ClickException(str(_("网页服务已退出（状态 {status}）。", status=status)))


def _end(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def _alone(note: Path) -> Iterator[None]:
    """Refuse a second demonstration on the same data; end what a killed one left."""
    earlier = _read_note(note)
    parent, *children = earlier or [None]
    if parent is not None:
        raise click.ClickException(str(_("演示已在运行（进程 {pid}）。", pid=parent.pid)))
    for leftover in children:
        if leftover is not None:
            _end_tree(leftover)
    note.unlink(missing_ok=True)
    first = _FirstSignal()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, first)
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


class _FirstSignal:
    """Begins to end, once: make passes Ctrl-C on a second time, which must not break into the tidying up."""

    def __init__(self) -> None:
        self._came = False

    def __call__(self, _signal: int, _frame: object) -> None:
        if not self._came:
            self._came = True
            raise KeyboardInterrupt


def _end_tree(process: psutil.Process) -> None:
    family = [process, *process.children(recursive=True)]
    for member in family:
        member.terminate()
    _gone, alive = psutil.wait_procs(family, timeout=_PATIENCE)
    for member in alive:
        member.kill()


def _write_note(note: Path, server_pid: int) -> None:
    """Note who runs, with start times, so that a reused process id is not taken for ours."""
    entries = [[pid, psutil.Process(pid).create_time()] for pid in (os.getpid(), server_pid)]
    note.write_text(json.dumps(entries))


def _read_note(note: Path) -> list[psutil.Process | None] | None:
    """The processes of the note: the demonstration, then its servers; None for each that is gone."""
    try:
        entries = json.loads(note.read_text())
    except (OSError, ValueError):
        return None
    return [_same_process(int(pid), float(born)) for pid, born in entries]


def _same_process(pid: int, born: float) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return process if abs(process.create_time() - born) < 1 else None
    except psutil.Error:
        return None


def _greet(settings: Settings) -> None:
    """Say where it is and who may come in."""
    address = f"http://{settings.host}:{settings.port}"
    click.echo(f"\n  Gonghui 工汇  {address}\n")
    click.echo("  " + str(_("这里的人员、单位和数据都是虚构的。")) + "\n")
    for name, _filled in DEMO_TENANTS:
        path = settings.tenants / name
        if path.exists():
            content = Declaration.read(path).content
            where = (
                address
                if "localhost" in content["hosts"]
                else f"http://{content['hosts'][0]}:{settings.port}"
            )
            click.echo(f"  {content['name']}  {where}")
            for account in content.get("account", ()):
                place = account.get("at") or content["name"]
                click.echo(
                    f"    {account['login']:<12}{account['password']}  {account.get('role', 'worker')} · {place}"
                )
    click.echo("\n  " + str(_("按 Ctrl-C 结束。")))
