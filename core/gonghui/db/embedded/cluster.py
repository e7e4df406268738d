"""Creates, starts, checks and stops one PostgreSQL cluster; the caller holds its lock."""

import os
import secrets
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg

from gonghui.db.embedded import binaries, folders, ports, postmaster
from gonghui.db.embedded.account import Account, server_account
from gonghui.db.embedded.errors import EmbeddedServerError
from gonghui.db.embedded.postmaster import Postmaster

SUPERUSER = "postgres"
START_SECONDS = 120
STOP_SECONDS = 60
START_ATTEMPTS = 5

# Written to postgresql.conf once, for a machine with two cores; an operator may change them there.
CREATED_WITH = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Registers go through a temporary table that is emptied each time: where a disk is told of every block that was
    # given back, blocks had better not be given out before something is written to them.
    "file_extend_method": "write_zeros",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Cluster:
    state: Path  # our files: password, port, server.log
    home: Path  # holds `data`; differs from `state` when the account cannot enter that
    account: Account
    programs: Path

    @classmethod
    def of(cls, state: Path) -> "Cluster":
        account = server_account()
        programs = binaries.usable_by(account)
        if abandoned := folders.abandoned_place(state):
            cls(state, abandoned, account, programs).stop()
            folders.set_aside(abandoned)
        return cls(state, folders.home_of(state, account), account, programs)

    @property
    def data(self) -> Path:
        return self.home / "data"

    def password(self) -> str:
        """The superuser's password; thought up for a cluster that does not exist yet."""
        file = self.state / "password"
        if not file.exists():
            if self.data.exists():
                raise EmbeddedServerError(
                    f"{file} is missing: put it back, or remove {self.data} to begin with an empty database"
                )
            folders.write_privately(file, secrets.token_urlsafe(24))
        return file.read_text(encoding="utf-8").strip()

    def create(self, *, durable: bool) -> None:
        """Make the data directory, unless there is one; what a killed attempt left is thrown away."""
        if self.data.exists():
            return
        self._discard_remains()
        # A name of its own: the initdb of a killed attempt may still be at work and must not write into ours.
        fresh = Path(tempfile.mkdtemp(prefix="data.new-", dir=self.home))
        password_file = self.home / "initdb.password"
        folders.write_privately(password_file, self.password())
        for path in (fresh, password_file):
            os.chown(path, self.account.uid, self.account.gid)
        try:
            done = self._run(
                "initdb", "-D", fresh.name, "-U", SUPERUSER, f"--pwfile={password_file.name}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                *(f"--set={name}={value}" for name, value in CREATED_WITH.items()),
                *([] if durable else ["--no-sync"]),
            )  # fmt: skip
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise EmbeddedServerError(f"initdb failed in {fresh}, mend what it says:\n{done.stdout}")
        fresh.rename(self.data)
        self._discard_remains()  # again: what was still at work before has failed by now

    def start(self, port: int | None, *, durable: bool) -> Postmaster:
        """Start the server on `port`, or on a port of its choice."""
        for _ in range(START_ATTEMPTS):
            log_begin = self._log_size()
            failure = self._try_to_start(ports.choose(self.state / "port", port), durable=durable)
            # Looked at even after a failure: the pg_ctl of a killed user may have been quicker than ours.
            found = postmaster.settled(self.data)
            if found is not None and found.is_ready:
                return found
            if not (failure and "could not bind" in self._log_since(log_begin)):
                break  # otherwise somebody took the port after we had looked: choose again
        self.stop()
        raise EmbeddedServerError(
            f"the server in {self.data} does not start; mend what {self.state / 'server.log'} says:\n"
            + self._log_since(log_begin)
        )

    def stop(self) -> bool:
        """Stop the server; False when none runs."""
        if postmaster.live(self.data) is None:
            return False
        for mode in ("fast", "immediate"):
            done = self._pg_ctl("stop", "-m", mode, "-t", str(STOP_SECONDS))
            if done.returncode == 0 or postmaster.live(self.data) is None:
                return True
        raise EmbeddedServerError(
            f"the server in {self.data} does not stop, end it by hand: {done.stdout or 'pg_ctl says nothing'}"
        )

    def objection(self, found: Postmaster, port: int | None, *, durable: bool) -> str | None:
        """Why the running server is not the one asked for; None when it is."""
        if port is not None and found.port != port:
            return f"it listens on port {found.port}, not {port}"
        try:
            with psycopg.connect(
                host="127.0.0.1", port=found.port, user=SUPERUSER, password=self.password(),
                dbname="postgres", sslmode="disable", gssencmode="disable", options="", connect_timeout=10,
            ) as connection:  # fmt: skip
                row = connection.execute("SELECT current_setting('data_directory'), current_setting('fsync')")
                directory, fsync = row.fetchone() or ("", "")
        except psycopg.OperationalError as error:
            return f"it does not let us in with the password in {self.state / 'password'} ({error})"
        if Path(directory) != self.data:
            return f"it serves {directory}"
        if durable and fsync != "on":
            return "it runs without fsync"
        return None

    def _discard_remains(self) -> None:
        for remains in self.home.glob("data.new-*"):
            shutil.rmtree(remains, ignore_errors=True)

    def _try_to_start(self, port: int, *, durable: bool) -> bool:
        """Run pg_ctl start; True when it reports a failure."""
        settings = {
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "cluster_name": postmaster.cluster_name(self.data),
            **({} if durable else THROW_AWAY),
        }
        options = shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        return self._pg_ctl("start", "-t", str(START_SECONDS), "-o", options).returncode != 0

    def _pg_ctl(self, action: str, *options: str) -> subprocess.CompletedProcess[str]:
        # By a relative name: pg_ctl hands it to a shell, where `$` and `"` in a path would have a meaning.
        command = ["pg_ctl", action, "-s", "-w", "-D", self.data.name, *options]
        if action != "start":
            return self._run(*command)
        # The server inherits our open log and so writes to it wherever it is, whoever may reach it.
        with folders.open_privately(self.state / "server.log") as log:
            return self.account.run([self.programs / command[0], *command[1:]], cwd=self.home, log=log)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.account.run([self.programs / program, *arguments], cwd=self.home)

    def _log_size(self) -> int:
        log = self.state / "server.log"
        return log.stat().st_size if log.exists() else 0

    def _log_since(self, begin: int) -> str:
        with (self.state / "server.log").open("rb") as log:
            log.seek(begin)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-30:])
