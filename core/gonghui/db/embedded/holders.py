"""Who uses a cluster: the first holder starts its server, the last one stops it, a killed one does no harm.

Every holder keeps a shared flock on `users`; `lock` is held exclusively while a server is looked for, started
or stopped. The kernel drops the flocks of a killed process, so nothing has to be cleaned up after it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from gonghui.db.embedded import folders, postmaster
from gonghui.db.embedded.cluster import SUPERUSER, Cluster
from gonghui.db.embedded.errors import EmbeddedServerError


@dataclass(frozen=True)
class EmbeddedServer:
    port: int
    data: Path
    superuser: str
    password: str = field(repr=False)
    started: bool  # False when the server was running already

    def url(self, database: str = "postgres") -> str:
        """The address of `database` for SQLAlchemy with psycopg."""
        login = f"{self.superuser}:{quote(self.password, safe='')}"
        return f"postgresql+psycopg://{login}@127.0.0.1:{self.port}/{quote(database, safe='')}"


@contextmanager
def running(var: Path, *, port: int | None = None, durable: bool = True) -> Iterator[EmbeddedServer]:
    """The cluster under `var`, created when missing, running for the length of the block.

    `durable=False` is for clusters that are thrown away: a crash of the machine may destroy the data.
    Raises `EmbeddedServerError`.
    """
    state = folders.state_of(var)
    with folders.open_privately(state / "users") as users:
        with _locked(state):
            alone = _is_only_user(users)
            fcntl.flock(users, fcntl.LOCK_SH)
            cluster = Cluster.of(state)
            server = _adopt_or_start(cluster, port, durable=durable, alone=alone)
        holder = os.getpid()
        try:
            yield server
        finally:
            # A forked child that unwinds through this block shares our flock and must not give it up for us.
            if os.getpid() == holder:
                with _locked(state):
                    if _is_only_user(users):
                        cluster.stop()


def stop_leftover(var: Path) -> bool:
    """Stop the server under `var` when its users were killed; False when none runs or somebody uses it."""
    if not (var / "postgres" / "lock").exists():
        return False
    state = folders.state_of(var)
    with folders.open_privately(state / "users") as users, _locked(state):
        return _is_only_user(users) and Cluster.of(state).stop()


def _adopt_or_start(cluster: Cluster, port: int | None, *, durable: bool, alone: bool) -> EmbeddedServer:
    password = cluster.password()
    found = postmaster.settled(cluster.data)
    if found is not None:
        objection = cluster.objection(found, port, durable=durable)
        if objection is None:
            return EmbeddedServer(found.port, cluster.data, SUPERUSER, password, started=False)
        if not alone:
            raise EmbeddedServerError(
                f"the server in {cluster.data} is in use and cannot be shared: {objection};"
                " end its other users or ask for what they have"
            )
        cluster.stop()
    cluster.create(durable=durable)
    found = cluster.start(port, durable=durable)
    if objection := cluster.objection(found, port, durable=durable):
        cluster.stop()
        raise EmbeddedServerError(f"the server in {cluster.data} started, but {objection}: mend that")
    return EmbeddedServer(found.port, cluster.data, SUPERUSER, password, started=True)


@contextmanager
def _locked(state: Path) -> Iterator[None]:
    # Plain flock: it falls with its process, threads exclude one another by files of their own, and nothing
    # that we start inherits it. The shared lock of filelock is an SQLite transaction, more than is needed.
    with folders.open_privately(state / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # closing is not enough when a fork has copied the file


def _is_only_user(users: BinaryIO) -> bool:
    """Give up our share of `users`; True, and held exclusively, when nobody else has one."""
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
