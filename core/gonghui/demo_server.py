"""The demonstration: database, broker, web server and worker, which end together, and clean up after a killed one.

Relay, scheduler and sealer take their turns in threads beside them: as processes each would load every plugin anew.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import click
import psutil
from sqlalchemy import make_url

from gonghui.events import embedded_broker
from gonghui.i18n import _
from gonghui.lifecycle import turns
from gonghui.lifecycle.installation import DEMO_TENANTS, opened
from gonghui.lifecycle.onboarding import Declaration
from gonghui.settings import Settings
from gonghui.web.words import role_name

_PATIENCE = 10
_WORDS_OF_POSTGRES = frozenset({"PGUSER", "PGPASSWORD", "PGPASSFILE"})


def run(settings: Settings) -> None:
    """Start the demonstration and stay until it is interrupted."""
    with _alone(settings.var / "demo.json"):
        _refuse_taken_address(settings)
        click.echo(str(_("正在准备数据库和演示数据……")))
        with (
            opened(settings) as installation,
            _broker_of(settings) as broker_url,
            turns.beside(installation.database, broker_url, settings),
        ):
            _greet(settings)
            environment = _environment(settings, installation.server_url, is_demo=True)
            # That there is a broker also tells the web server that workers take its jobs.
            environment["GONGHUI_BROKER_URL"] = broker_url
            parts = {"web": (_web(settings), environment), "worker": (_WORKER, environment)}
            _run_together(parts, settings.var / "demo.json")


def serve(settings: Settings, server_url: str) -> None:
    """Run the web server until it ends or is interrupted; it learns where the database is, not its owner's password."""
    _refuse_taken_address(settings)
    _run_together({"web": (_web(settings), _environment(settings, server_url, is_demo=False))})


_Part = tuple[Sequence[str], Mapping[str, str]]
"""A command and its environment."""
_WORKER = (sys.executable, "-m", "gonghui.worker", "--at-once", "3")


def _web(settings: Settings) -> Sequence[str]:
    return (
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "gonghui.app:create_app",
        "--host", settings.host, "--port", str(settings.port), "--workers", "1",
        "--blocking-threads", str(settings.web_threads), "--no-ws", "--log-level", "error",
    )  # fmt: skip


@contextmanager
def _broker_of(settings: Settings) -> Iterator[str]:
    """The broker that the settings name, or else the embedded one."""
    if settings.broker_url is not None:
        yield settings.broker_url
        return
    with embedded_broker.running(settings.var) as broker:
        yield broker.url


def _run_together(parts: Mapping[str, _Part], note: Path | None = None) -> None:
    """Run processes until one of them ends or this one is interrupted, and end them all."""
    ended: SimpleQueue[tuple[str, int]] = SimpleQueue()
    running: list[subprocess.Popen[bytes]] = []
    name, status = "", 0
    try:
        for part, (command, environment) in parts.items():
            # In a session of its own: Ctrl-C reaches us alone, and a second signal would make it drop its work.
            process = subprocess.Popen(command, env=environment, start_new_session=True)
            running.append(process)
            if note is not None:
                _write_note(note, [each.pid for each in running])
            Thread(target=lambda p=process, n=part: ended.put((n, p.wait())), daemon=True).start()
        name, status = ended.get()
    except KeyboardInterrupt:
        pass
    finally:
        _end(running)
    if status not in (0, -signal.SIGINT, -signal.SIGTERM):
        message = _("{part} 进程已退出（状态 {status}）。", part=name, status=status)
        raise click.ClickException(str(message))


def _environment(settings: Settings, server_url: str, *, is_demo: bool) -> dict[str, str]:
    """What tells processes where everything is, without the password that this process may have come with."""
    url = make_url(server_url)._replace(username=None, password=None)
    return {
        **{name: value for name, value in os.environ.items() if name not in _WORDS_OF_POSTGRES},
        "GONGHUI_VAR": str(settings.var.resolve()),
        "GONGHUI_DATABASE_URL": url.difference_update_query(
            ("user", "password", "passfile")
        ).render_as_string(),
        "GONGHUI_DEMO": "1" if is_demo else "0",
    }


def _refuse_taken_address(settings: Settings) -> None:
    """The server shares its port with whoever asks likewise, so two would answer in turns: look before."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            address = f"{settings.host}:{settings.port}"
            message = _("地址 {address} 已被占用或不可用，请用 GONGHUI_PORT 换一个端口。", address=address)
            raise click.ClickException(str(message)) from error


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End processes with one signal each, and whatever of their families outlives them."""
    alive = [process for process in processes if process.poll() is None]
    family = [child for process in alive for child in psutil.Process(process.pid).children(recursive=True)]
    for process in alive:
        process.terminate()
    for process in alive:
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    _gone, orphans = psutil.wait_procs(family, timeout=1)
    for orphan in orphans:
        orphan.kill()


@contextmanager
def _alone(note: Path) -> Iterator[None]:
    """Refuse a second demonstration on the same data; end what a killed one left."""
    earlier = _read_note(note)
    parent, *children = earlier or [None]
    if parent is not None:
        message = _(
            "演示已在运行（进程 {pid}）。要另起一套，请设置 GONGHUI_VAR 和 GONGHUI_PORT。", pid=parent.pid
        )
        raise click.ClickException(str(message))
    for leftover in children:
        if leftover is not None:
            _end_tree(leftover)
    note.unlink(missing_ok=True)
    first = _FirstSignal()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
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


def _write_note(note: Path, started: Sequence[int]) -> None:
    """Note who runs, with start times, so that a reused process id is not taken for ours."""
    entries = [[pid, psutil.Process(pid).create_time()] for pid in (os.getpid(), *started)]
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
                role = role_name(account.get("role", "worker"))
                click.echo(f"    {account['login']:<12}{account['password']}  {role} · {place}")
    click.echo("\n  " + str(_("按 Ctrl-C 结束。")))
