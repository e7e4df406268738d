"""Log shipping: sealed entries leave in order, each at least once, and what is sealed tells act and hour alone."""

from __future__ import annotations

import re
import socket
import stat
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.designs import samples
from tests.designs.profile import Like

from gonghui.audit.sealing import seal
from gonghui.audit.shipping import LogFile, Syslog, ship, targets_of
from gonghui.parties.persons import new_person
from gonghui.settings import Settings
from gonghui.testing import Federation


def happened(federation: Federation, *names: str) -> None:
    for name in names:
        with federation.uow() as uow:
            uow.note(f"test.{name}")
    seal(federation.world.database, federation.view.id)


def told(federation: Federation, lines: Sequence[str | bytes]) -> list[dict[str, Any]]:
    """What lines tell of a federation: the database has others, too."""
    found = [orjson.loads(line) for line in lines]
    return [line for line in found if line["tenant"] == str(federation.view.id)]


def test_entries_leave_in_order_and_once(federation: Federation, tmp_path: Path) -> None:
    path, database = tmp_path / "audit.log", federation.world.database
    happened(federation, "one", "two")
    ship(database, [LogFile(path)])
    happened(federation, "three")
    assert ship(database, [LogFile(path)]) >= 1
    assert ship(database, [LogFile(path)]) == 0
    lines = told(federation, path.read_bytes().splitlines())
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert [line["action"] for line in lines[-3:]] == ["test.one", "test.two", "test.three"]
    assert set(lines[-1]) > {"tenant", "at", "account_id", "object_id", "digest", "hash", "request_id"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


class Dying:
    """Takes some lines and dies with the rest, as a process may that is killed."""

    name = "file"

    def __init__(self, path: Path, after: int) -> None:
        self.path, self.left = path, after

    def send(self, lines: Sequence[tuple[datetime, bytes]]) -> None:
        LogFile(self.path).send(lines[: self.left])
        if len(lines) > self.left:
            raise ConnectionResetError


def test_after_a_death_it_goes_on_and_nothing_is_missing(federation: Federation, tmp_path: Path) -> None:
    path, database = tmp_path / "audit.log", federation.world.database
    happened(federation, "one")
    assert ship(database, [Dying(path, 3)]) == 0
    ship(database, [LogFile(path)])
    numbers = [line["seq"] for line in told(federation, path.read_bytes().splitlines())]
    assert sorted(set(numbers)) == list(range(1, max(numbers) + 1))
    assert numbers[-max(numbers) :] == sorted(set(numbers))  # in order, from where it was noted last


def test_a_target_that_fails_holds_up_no_other(federation: Federation, tmp_path: Path) -> None:
    database = federation.world.database
    happened(federation, "one")
    nobody = Syslog(f"unix:{tmp_path / 'nobody'}")
    assert ship(database, [nobody, LogFile(tmp_path / "audit.log")]) > 0
    assert ship(database, [LogFile(tmp_path / "audit.log")]) == 0


def test_of_what_is_sealed_leave_act_and_hour_alone(federation: Federation, tmp_path: Path) -> None:
    with federation.uow() as uow:
        profile_id = samples.profile_at(("activate", {}))(uow, federation.units["garden"])
        person = new_person("样心动")
        uow.add(person)
        uow.note("test.liked")
        place = {"org_unit_id": federation.units["garden"], "state": "given"}
        uow.add(Like(**place, person_id=person.id, profile_id=profile_id))
    seal(federation.world.database, federation.view.id)
    ship(federation.world.database, [LogFile(tmp_path / "audit.log")])
    lines = told(federation, (tmp_path / "audit.log").read_bytes().splitlines())
    (line,) = (line for line in lines if line["action"] == "test.liked" and "id" not in line)
    assert set(line) == {"tenant", "seq", "at", "action", "hash"}
    assert line["at"].endswith(":00:00+00:00")


_MESSAGE = re.compile(
    rb"<110>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \S+ gonghui \d+ audit - (\{.*\})\n?", re.DOTALL
)


@pytest.mark.parametrize("kind", ["udp", "unix"])
def test_a_syslog_gets_each_entry_as_a_message(federation: Federation, tmp_path: Path, kind: str) -> None:
    happened(federation, "one")
    family = socket.AF_INET if kind == "udp" else socket.AF_UNIX
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as server:
        server.settimeout(10)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        server.bind(("127.0.0.1", 0) if kind == "udp" else str(tmp_path / "log"))
        address = (
            f"udp://127.0.0.1:{server.getsockname()[1]}" if kind == "udp" else f"unix:{tmp_path / 'log'}"
        )
        target = Syslog(address)
        sent = [(datetime.fromisoformat("2026-01-01T08:00:00+08:00"), b'{"seq":%d}' % n) for n in (1, 2)]
        target.send(sent)
        got = [server.recv(65_536) for _ in sent]
    found = [_MESSAGE.fullmatch(each) for each in got]
    assert [match and match[1] for match in found] == [b'{"seq":1}', b'{"seq":2}']
    assert b"2026-01-01T00:00:00.000000Z" in got[0]


def test_a_syslog_over_tcp_gets_a_line_for_each_entry(federation: Federation) -> None:
    happened(federation, "one", "two")
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(10)
        target = Syslog(f"tcp://127.0.0.1:{server.getsockname()[1]}")
        target.send(
            [(datetime.fromisoformat("2026-01-01T08:00:00+08:00"), b'{"seq":%d}' % n) for n in (1, 2)]
        )
        connection, _address = server.accept()
        with closing(connection):
            connection.settimeout(10)
            lines = connection.makefile("rb").read().splitlines()
    assert [match and match[1] for match in map(_MESSAGE.fullmatch, lines)] == [b'{"seq":1}', b'{"seq":2}']


def test_settings_say_where_entries_go(tmp_path: Path) -> None:
    assert targets_of(Settings()) == []
    both = Settings(audit_log_file=tmp_path / "audit.log", audit_syslog="udp://127.0.0.1:514")
    assert [target.name for target in targets_of(both)] == ["file", "syslog"]
    for wrong in ("127.0.0.1", "udp://127.0.0.1", "http://127.0.0.1:514", "unix:"):
        with pytest.raises(ValueError, match="a syslog is"):
            targets_of(Settings(audit_syslog=wrong))
