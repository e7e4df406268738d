"""The demonstration and the README, as somebody new meets them."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from gonghui.testing.installation import Shell, throw_away

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PATIENCE = 120


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    with throw_away("演示 数据", ROOT) as shell:
        yield shell


@contextmanager
def demonstration(shell: Shell) -> Iterator[subprocess.Popen[str]]:
    """`make demo`, ended by what Ctrl-C sends to everything in the foreground."""
    process = subprocess.Popen(
        ["make", "demo"], cwd=ROOT, env=shell.environment, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        wait_until_it_answers(shell, process)
        yield process
    finally:
        started = family(process) if process.poll() is None else []
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
        psutil.wait_procs(started, timeout=30)  # make goes first; what it started tidies up
        if process.stdout:
            process.stdout.close()


def wait_until_it_answers(shell: Shell, process: subprocess.Popen[str]) -> None:
    """Poll the address; a process that ended in the meantime is an error with what it said."""
    deadline = time.monotonic() + PATIENCE
    while not (is_served_by(shell, process) and answers(shell)):
        if process.poll() is not None:
            pytest.fail(f"make demo ended: {process.stdout.read() if process.stdout else ''}")
        if time.monotonic() > deadline:
            pytest.fail("make demo did not answer")
        select.select([], [], [], 0.1)


def wait_until_the_hours_were_kept(shell: Shell) -> None:
    """Scheduler, relay, broker and worker have all done their part, for both federations."""
    asked = ("events", "list", "--state", "done", "--handler", "core.settle_tree", "--json", "--tenant")
    deadline = time.monotonic() + PATIENCE
    for tenant in ("demo", "longhua"):
        while "core.settle_tree" not in shell.gonghui(*asked, tenant).stdout:
            assert time.monotonic() < deadline, "nothing came of the schedules"


def is_served_by(shell: Shell, process: subprocess.Popen[str]) -> bool:
    """Whether it is this start whose server is up, and not what an earlier one left."""
    try:
        noted = {pid for pid, _born in json.loads((shell.var / "demo.json").read_text())}
    except (OSError, ValueError):
        return False
    return noted <= {member.pid for member in family(process)}


def answers(shell: Shell) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{shell.port}/healthz", timeout=2) as answer:
            return json.load(answer) == {"status": "ok"}
    except (urllib.error.URLError, OSError):
        return False


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def fences(name: str) -> list[tuple[str, str]]:
    return FENCE.findall((ROOT / name).read_text(encoding="utf-8"))


def test_both_readmes_give_the_same_commands() -> None:
    assert fences("README.md") == fences("README.zh-CN.md")
    assert len(fences("README.md")) >= 6


def test_every_command_of_the_readme_works_while_the_demonstration_runs(shell: Shell) -> None:
    with demonstration(shell) as process:
        for language, block in fences("README.md"):
            if block.strip() == "make demo":
                continue  # it is running
            if block.strip() == "make test":
                # Running it here would run this very test again; that it names a real target is what is left.
                assert shell.run("make", "--dry-run", "test").returncode == 0
                continue
            local = block.replace("127.0.0.1:8000", f"127.0.0.1:{shell.port}")
            command = (
                ("bash", "-euo", "pipefail", "-c", local)
                if language == "sh"
                else (sys.executable, "-c", local)
            )
            done = shell.run(*command, check=False)
            assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
            assert done.stdout.strip()
        ours = family(process)
    assert not [p for p in ours if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert not answers(shell)


def test_a_second_start_finds_the_data_of_the_first(shell: Shell) -> None:
    with demonstration(shell):
        wait_until_the_hours_were_kept(shell)
        report = shell.gonghui("figures", "--tenant", "longhua", "--period", "2024H1", "--json").stdout
    assert {f["code"]: f["value"] for f in json.loads(report)["figures"]}["organising.unions_in_force"] == 347


def test_a_second_demonstration_on_the_same_data_is_refused_and_the_first_goes_on(shell: Shell) -> None:
    with demonstration(shell):
        second = shell.gonghui("demo", check=False)
        assert second.returncode != 0
        assert "演示已在运行" in second.stderr
        assert answers(shell)


def test_a_killed_demonstration_is_cleaned_up_by_the_next(shell: Shell) -> None:
    with demonstration(shell) as process:
        left = family(process)
        for victim in (member for member in left if member.cmdline()[-1:] == ["demo"]):
            victim.kill()
        process.wait(30)
    with demonstration(shell):
        assert answers(shell)
        assert not [p for p in left if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_the_command_line_leaves_no_server_behind(shell: Shell) -> None:
    assert shell.gonghui("tenant", "list").stdout.split() == ["demo", "longhua"]
    assert not postmaster_runs(shell.var)


def postmaster_runs(var: Path) -> bool:
    data = var / "postgres" / "data" / "postmaster.pid"
    return data.exists() and psutil.pid_exists(int(data.read_text().split()[0]))
