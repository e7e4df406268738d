"""The tutorial, done as it says: a plugin made outside of the repository, built, installed, used by a federation."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gonghui.testing.installation import Shell, clear_away, free_port, throw_away_var

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "plugins" / "TUTORIAL.md"
FENCE = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SECTION = re.compile(r"^## ", re.MULTILINE)
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PATIENCE = 120


# --- an environment with Gonghui in it, from its wheel alone


def python_beside(folder: Path) -> Path:
    """An environment that has Gonghui from a wheel, and from this one only what Gonghui depends on."""
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    site = next(environment.glob("lib/python*/site-packages"))
    # A plain path: the editable Gonghui of this environment, which needs its .pth file read, is not seen by it.
    site.joinpath("beside.pth").write_text(f"{_site_packages()}\n", encoding="utf-8")
    wheel = wheel_of_gonghui(folder)
    pip(python, "install", "--no-compile", str(wheel))
    return python


def wheel_of_gonghui(folder: Path) -> Path:
    """Built from a copy, so that nothing is left in the repository and nothing stale gets in."""
    source = folder / "source"
    for name in ("core", "plugins"):
        shutil.copytree(
            ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip(Path(sys.executable), "wheel", "--no-deps", "--wheel-dir", str(folder / "wheels"), str(source))
    shutil.rmtree(source)
    return next((folder / "wheels").glob("gonghui-*.whl"))


def pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", *arguments, "--quiet"]
    subprocess.run(command, check=True, env={**os.environ, **OFFLINE}, timeout=300)


def _site_packages() -> Path:
    return Path(pytest.__file__).resolve().parents[1]


#: pip asks no index and makes no environment of its own: everything that is needed is here.
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_DEPS": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # pip's way of saying that it is switched off
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
}


# --- the tutorial, read and done


@dataclass
class Done:
    """What came of doing the tutorial: where, and where it went otherwise than it says."""

    shell: Shell
    until_the_end: ExitStack
    differences: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)
    printed: str = ""
    last: str = ""

    def follow(self, section: str) -> None:
        """Do what a section says, in its order: listings are written, commands run, what they print compared."""
        for language, info, content in FENCE.findall(section):
            if (language, info) == ("sh", "server"):
                self.until_the_end.enter_context(served(self.shell, content.strip(), self.exports))
            elif language == "sh":
                self.do(content)
            elif language == "text":
                self.compare(content)
            else:
                self.write(info, content)

    def do(self, command: str) -> None:
        """Run the lines of a fence; what they export is there for all that follow."""
        lines = command.strip().splitlines()
        self.exports += [line for line in lines if line.startswith("export ")]
        script = "\n".join(["set -eu", *self.exports, *lines])
        ran = self.shell.run("bash", "-c", script, check=False)
        self.printed = ran.stdout
        if ran.returncode:
            self.differences.append(f"{command}\nended with {ran.returncode}\n{ran.stdout}{ran.stderr}")

    def compare(self, told: str) -> None:
        """Hold what was printed against what the tutorial says; `…` is anything."""
        wanted = ".*".join(re.escape(part.strip("\n")) for part in told.strip().split("…"))
        said = "\n".join(line.rstrip() for line in self.printed.strip().splitlines())
        if not re.fullmatch(wanted, said, re.DOTALL):
            self.differences.append(f"told:\n{told}\nprinted:\n{self.printed}")

    def write(self, path: str, content: str) -> None:
        """Write a listing."""
        target = self.shell.cwd / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")


@pytest.fixture(scope="module")
def done() -> Iterator[Done]:
    """The whole tutorial, with the web server still up."""
    with ExitStack() as stack:
        folder = stack.enter_context(throw_away_var("tutorial"))
        work, tests = folder / "work", folder / "tests"
        for var in (work / "var", tests):
            stack.callback(clear_away, var)
        work.mkdir()
        programs = python_beside(folder).parent
        more = {
            **OFFLINE,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "GONGHUI_TEST_VAR": str(tests),
            "GONGHUI_LANG": "zh",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # those of this environment are none of its business
        }
        tutorial = Done(Shell(work / "var", free_port(), work, programs, more), stack)
        *sections, tutorial.last = SECTION.split(TUTORIAL.read_text(encoding="utf-8"))
        for section in sections:
            tutorial.follow(section)
        yield tutorial


@contextmanager
def served(shell: Shell, command: str, exports: list[str]) -> Iterator[None]:
    """A command that stays until it is interrupted."""
    script = "\n".join([*exports, f"exec {command}"])
    log = (shell.cwd / "server.log").open("w+", encoding="utf-8")
    server = subprocess.Popen(
        ["bash", "-c", script], cwd=shell.cwd, env=shell.environment, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not is_up(shell):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{command} does not answer: {(shell.cwd / 'server.log').read_text()}")
            time.sleep(0.1)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
        log.close()


def is_up(shell: Shell) -> bool:
    try:
        return asked(shell, "chenxi", "GET", "/healthz")[0] == 200
    except (urllib.error.URLError, OSError):
        return False


def asked(
    shell: Shell, tenant: str, method: str, path: str, body: Any = None, token: str | None = None
) -> tuple[int, bytes]:
    """A request to the server, as somebody of a federation."""
    headers = {"Host": f"{tenant}.localhost", "Content-Type": "application/json"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{shell.port}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def token_of(shell: Shell, tenant: str, login: str) -> str:
    body = {"login": login, "password": "gonghui-demo-2026"}
    return str(json.loads(asked(shell, tenant, "POST", "/api/v1/sign-in", body)[1])["token"])


# --- what it comes to


def test_every_command_does_and_prints_what_the_tutorial_says(done: Done) -> None:
    assert "\n\n".join(done.differences) == ""


def test_nothing_of_the_repository_was_needed(done: Done) -> None:
    assert str(ROOT) not in done.shell.run(
        "python", "-c", "import sys, gonghui, gonghui_organising; print(sys.path, gonghui.__file__)"
    ).stdout.replace(str(_site_packages()), "").replace(str(done.shell.cwd.parent), "")


def test_the_wheel_holds_every_file_of_the_packages(done: Done) -> None:
    (wheel,) = (done.shell.cwd.parent / "wheels").glob("gonghui-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    files = {
        path.relative_to(ROOT / parent).as_posix()
        for parent in ("core", "plugins")
        for path in (ROOT / parent).glob("gonghui*/**/*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(files) > 100
    assert sorted(name for name in files - held if ".egg-info/" not in name) == []


def test_off_nothing_of_the_plugin_is_there_and_on_again_every_row_is(done: Done) -> None:
    shell, rooms = done.shell, "/api/v1/nursing_rooms/rooms?limit=100"
    street, admin = (token_of(shell, "chenxi", login) for login in ("street", "admin"))
    document = "/api/v1/openapi.json"
    before = asked(shell, "chenxi", "GET", rooms, token=street)
    paths = [path for path in json.loads(asked(shell, "chenxi", "GET", document, token=street)[1])["paths"]
             if "/nursing_rooms/" in path]  # fmt: skip
    assert (before[0], len(json.loads(before[1])["items"]), len(paths)) == (200, 1, 8)
    for position in (False, True):
        switch = asked(shell, "chenxi", "PUT", "/api/v1/plugins/nursing_rooms", {"on": position}, admin)
        assert switch[0] == 200
        said = asked(shell, "chenxi", "GET", document, token=street)[1].decode()
        assert ("nursing_rooms" in said) is position
        if not position:
            found = {asked(shell, "chenxi", verb, path.replace("{room_id}", "0" * 32), token=street)[0]
                     for path in paths for verb in VERBS}  # fmt: skip
            assert found == {404}
    assert asked(shell, "chenxi", "GET", rooms, token=street) == before


def test_uninstalled_it_leaves_no_row_and_begins_anew(done: Done) -> None:
    done.differences.clear()
    done.follow(done.last)
    assert "\n\n".join(done.differences) == ""
    with zipfile.ZipFile(done.shell.cwd / "rooms.zip") as rooms:
        assert "花园小屋" in rooms.read("nursing_rooms.room.jsonl").decode()
