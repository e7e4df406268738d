"""The kill drill: every part is killed with -9 at seeded points while people work, and nothing is lost or done twice.

Processes say where they are, within a transaction or between two, and wait; the driver lets them go, or kills one of
the parts just then. Clients keep a ledger of what they were answered, outside the database, and send again, under the
same Idempotency-Key, what was not. `python -m tests.support.kill_drill --operations 1000 --seed 7 [--broker URL]`;
a broker that is named by its URL is not killed, because nobody here may.
"""

from __future__ import annotations

import argparse
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from uuid import UUID

import orjson
import psutil
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool
from tests.designs import plugin as designs
from tests.support.drill_parts import Broker, EmbeddedDatabase, Processes, closing_broker
from tests.support.drilled_installation import EMPLOYER, Installed, installed

from gonghui.testing.installation import throw_away_var

ROOMS = "/api/v1/designs/rooms"
CLIENTS, PATIENCE = 4, 120
#: How often each part is killed, relatively.
VICTIMS = {"web": 3, "worker": 3, "relay": 3, "database": 2, "broker": 2}
#: The share of kills that are to come within a transaction; of the broker's, none counts as one.
_INSIDE = 0.75
#: Seconds between two operations while a kill waits for its moment.
_SLOWLY = 0.25


@dataclass(frozen=True)
class Kill:
    """One kill: after how many operations, of what, and at which kind of moment."""

    after: int
    victim: str
    is_inside: bool

    def fits(self, role: str, *, is_inside: bool) -> bool:
        """Whether the moment that a process announces is the one."""
        if self.victim in ("web", "worker", "relay"):
            return role == self.victim and is_inside == self.is_inside
        # The database dies under a transaction of somebody's, the broker at any moment.
        return self.victim == "broker" or is_inside == self.is_inside


def planned(operations: int, kills: int, seed: int, victims: dict[str, int]) -> list[Kill]:
    """Kills by the seed: each part at least once, in the first four fifths of the operations, most within something."""
    chosen = random.Random(seed)
    names = [*victims, *chosen.choices(list(victims), list(victims.values()), k=max(kills - len(victims), 0))]
    within = [number < len(names) * _INSIDE for number in range(len(names))]
    for each in (names, within):
        chosen.shuffle(each)
    moments = sorted(chosen.randrange(1, max(operations * 4 // 5, 2)) for _ in names)
    return [Kill(*each) for each in zip(moments, names, within, strict=True)]


@dataclass
class Outcome:
    """What happened, and what the ledger found."""

    seed: int
    operations: int = 0
    retries: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    inside: int = 0
    #: Seconds: to set everything up, until the last answer, and all in all.
    set_up: float = 0.0
    worked: float = 0.0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def share_inside(self) -> float:
        """The share of kills that came while the victim, or somebody at the database, had a transaction open."""
        return self.inside / max(self.kills.total(), 1)

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        return (
            f"seed {self.seed}: {self.operations} operations, {self.kills.total()} kills ({parts}), "
            f"{self.share_inside:.0%} inside a transaction, {self.retries} answers lost and asked for again, "
            f"{len(self.faults)} faults, {self.seconds:.0f} s ({self.set_up:.0f} to set up, {self.worked:.0f} at work)"
        )


class Driver:
    """Lets processes go or kills a part, one announcement at a time; counts operations, keeps the ledger."""

    def __init__(self, plan: list[Kill], outcome: Outcome, ledger: Path) -> None:
        self.plan, self.outcome = plan, outcome
        self._ledger, self._lock = ledger.open("ab", buffering=0), Lock()
        self.address = str(Path(tempfile.mkdtemp(prefix="drill-")) / "line")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.address)
        self._listener.listen(64)
        self.parts: dict[str, Any] = {}
        #: When an operation was answered last: while others get on, the machine is slow and nothing stands.
        self.noted = time.monotonic()

    def listen(self) -> None:
        """Answer announcements until the line is closed."""
        while True:
            try:
                line, _address = self._listener.accept()
            except OSError:
                return
            with line:
                told = _heard(line)
                # One that was killed meanwhile is nowhere any more.
                if told and psutil.pid_exists(told["pid"]):
                    self._decide(told["role"], is_inside=told["is_inside"])
                _let_go(line)

    def due(self) -> list[Kill]:
        """The kills that wait for their moments."""
        return [kill for kill in self.plan if kill.after <= self.outcome.operations]

    def _decide(self, role: str, *, is_inside: bool) -> None:
        due = next((kill for kill in self.due() if kill.fits(role, is_inside=is_inside)), None)
        if due is None:
            return
        part = self.parts[due.victim]
        part.kill(*((due.victim,) if isinstance(part, Processes) else ()))
        self.outcome.kills[due.victim] += 1
        self.outcome.inside += is_inside and due.victim != "broker"
        self.plan.remove(due)

    def note(self, number: int, room_id: str) -> None:
        """Write down that an operation was answered."""
        with self._lock:
            self._ledger.write(orjson.dumps([number, room_id]) + b"\n")
            self.outcome.operations += 1
            self.noted = time.monotonic()

    def retried(self) -> None:
        with self._lock:
            self.outcome.retries += 1

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._ledger.close()


def _heard(line: socket.socket) -> dict[str, Any]:
    try:
        with line.makefile("rb") as file:
            told: dict[str, Any] = orjson.loads(file.readline() or b"{}")
    except (OSError, ValueError):
        return {}  # it was killed while it waited
    return told


def _let_go(line: socket.socket) -> None:
    try:
        line.sendall(b".")
    except (OSError, ValueError):
        return  # it was killed


class Client(Thread):
    """Somebody who opens rooms, one after the other, and asks again until there is an answer."""

    def __init__(self, driver: Driver, at: Installed, port: int, numbers: Iterator[int]) -> None:
        super().__init__(daemon=True)
        self._driver, self._at, self._port, self._numbers = driver, at, port, numbers
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            for number in self._numbers:
                room_id = self._operate(number)
                self._driver.note(number, room_id)
        except Exception as error:  # noqa: BLE001 - told by whoever waits for the clients
            self.error = error

    def _operate(self, number: int) -> str:
        room = {
            "org_unit_id": str(self._at.unit_id),
            "name": f"小屋{number}",
            "employer": {"name": EMPLOYER},
            "contact_phone": "0755-29000000",
        }
        made, version = self._ask(ROOMS, room, f"make-{number}", {})
        opened = {"opened_on": "2024-06-28"}
        self._ask(f"{ROOMS}/{made['id']}/open", opened, f"open-{number}", {"If-Match": version})
        return str(made["id"])

    def _ask(self, path: str, body: Any, key: str, headers: dict[str, str]) -> tuple[Any, str]:
        """What was answered, and the version that it is about."""
        until = time.monotonic() + PATIENCE
        told = {
            "Host": self._at.host,
            "Authorization": f"Bearer {self._at.secret}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            **headers,
        }
        while True:
            try:
                connection = HTTPConnection("127.0.0.1", self._port, timeout=20)
                connection.request("POST", path, orjson.dumps(body), told)
                answer = connection.getresponse()
                status, content = answer.status, answer.read()
            except (OSError, HTTPException):
                status, content = 0, b""
            finally:
                connection.close()
            if 200 <= status < 300:
                return orjson.loads(content), answer.headers["ETag"]
            if 0 < status < 500:
                raise AssertionError(f"{path}: {status} {content.decode()}")
            if time.monotonic() > max(until, self._driver.noted + PATIENCE):
                raise AssertionError(f"{path}: no answer")
            self._driver.retried()
            time.sleep(0.1)


class _Numbers:
    """Numbers of operations for all clients: so many, and further ones, slowly, while a kill waits for its moment."""

    def __init__(self, operations: int, driver: Driver) -> None:
        self._operations, self._driver = operations, driver
        self._last, self._lock = 0, Lock()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        with self._lock:
            if self._driver.due():
                time.sleep(_SLOWLY)
            if self._last >= self._operations and not self._driver.plan:
                raise StopIteration
            self._last += 1
            return self._last


@contextmanager
def _reserved_port() -> Iterator[int]:
    """A port that stays ours while its server is dead; the server shares it with us, and we do not listen."""
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        keeper.bind(("127.0.0.1", 0))
        yield keeper.getsockname()[1]


def drill(operations: int, kills: int, seed: int, broker: Broker | None = None) -> Outcome:
    """Run the drill on an installation of its own. Without a broker, on the embedded Valkey, which is killed, too."""
    outcome, begun = Outcome(seed), time.monotonic()
    with ExitStack() as stack:
        var = stack.enter_context(throw_away_var("drill"))
        at = stack.enter_context(installed(var, designs))
        outcome.set_up = time.monotonic() - begun
        used = broker or stack.enter_context(closing_broker(var))
        victims = {
            name: weight for name, weight in VICTIMS.items() if name != "broker" or hasattr(used, "kill")
        }
        plan = planned(operations, kills, seed, victims)
        driver = Driver(plan, outcome, var / "ledger")
        stack.callback(driver.close)
        port = stack.enter_context(_reserved_port())
        environment = {
            **at.environment,
            "GONGHUI_BROKER_URL": used.url,
            "GONGHUI_DRILL_SOCKET": driver.address,
        }
        processes = Processes(environment, port, var / "processes.log")
        stack.callback(processes.close)
        driver.parts = dict.fromkeys(("web", "worker", "relay"), processes) | {
            "database": EmbeddedDatabase(var, at.database_port),
            "broker": used,
        }
        Thread(target=driver.listen, daemon=True).start()
        numbers = _Numbers(operations, driver)
        clients = [Client(driver, at, port, numbers) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
            if client.error is not None:
                raise client.error
        outcome.worked = time.monotonic() - begun - outcome.set_up
        outcome.faults = _faults(at, var / "ledger")
    outcome.seconds = time.monotonic() - begun
    return outcome


_STANDING = text("""
SELECT (SELECT count(*) FROM core.outbox_event WHERE relayed_at IS NULL)
     + (SELECT count(*) FROM core.event_delivery WHERE state IN ('waiting', 'sent'))
""")
_ROOMS = text("""
SELECT r.id, r.name, r.state,
    (SELECT count(*) FROM designs.inspection i WHERE i.room_id = r.id) AS inspections,
    (SELECT count(*) FROM core.record_transition t WHERE t.record_id = r.id) AS steps,
    (SELECT count(*) FROM core.outbox_event e WHERE e.subject_id = r.id) AS events,
    (SELECT count(*) FROM core.audit_entry a WHERE a.object_id = r.id) AS entries
FROM designs.nursing_room r WHERE r.tenant_id = :tenant
""")
#: Of a room that was made and opened: what there is of each, no more and no less.
_EXPECTED = {"state": "open", "inspections": 1, "steps": 2, "events": 2, "entries": 2}


def _faults(at: Installed, ledger: Path) -> list[str]:
    """What the ledger and the database do not agree on, once everything has come to rest."""
    answered = {
        f"小屋{number}": UUID(room_id)
        for number, room_id in map(orjson.loads, ledger.read_bytes().splitlines())
    }
    engine = create_engine(at.superuser_url, poolclass=NullPool)
    if standing := _came_to_rest(engine):
        return [
            f"{standing} events or deliveries are still outstanding, and none was finished for {PATIENCE} s"
        ]
    with engine.connect() as connection:
        rooms = connection.execute(_ROOMS, {"tenant": at.tenant_id}).all()
    found = Counter(room.name for room in rooms)
    faults = [f"lost: {name}" for name in answered if name not in found]
    faults += [f"twice: {name}" for name, count in found.items() if count > 1]
    faults += [f"unknown: {room.name}" for room in rooms if answered.get(room.name) != room.id]
    for room in rooms:
        differing = {
            name: getattr(room, name) for name, wanted in _EXPECTED.items() if getattr(room, name) != wanted
        }
        if differing:
            faults.append(f"{room.name}: {differing}")
    return faults


def _came_to_rest(engine: Engine) -> int:
    """Wait as long as something is finished now and then; how much is left when nothing is any more."""
    least, until = sys.maxsize, time.monotonic()
    while True:
        with engine.connect() as connection:
            standing: int = connection.scalar(_STANDING)  # type: ignore[assignment]
        if standing < least:
            least, until = standing, time.monotonic() + PATIENCE
        if not standing or time.monotonic() > until:
            return standing
        time.sleep(0.1)


@dataclass(frozen=True)
class Named:
    """A broker by its URL, which nobody here kills."""

    url: str


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--operations", type=int, default=1_000)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broker", help="URL of a broker that is left alone")
    told = parser.parse_args()
    kills = told.kills or max(told.operations // 10, 5)
    outcome = drill(told.operations, kills, told.seed, Named(told.broker) if told.broker else None)
    print(outcome)
    for fault in outcome.faults:
        print(fault)
    sys.exit(bool(outcome.faults))


if __name__ == "__main__":
    main()
