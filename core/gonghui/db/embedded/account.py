"""The operating-system account that the server runs under, and commands run as that account."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gonghui.db.embedded.errors import EmbeddedServerError

UNPRIVILEGED = "nobody"
COMMAND_SECONDS = 300


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    def run(
        self, command: Sequence[str | Path], *, cwd: Path, log: IO[bytes] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `command` as this account with `cwd` as its home; its output goes to `log` or into the result.

        Raises `OSError` when the account cannot execute the program.
        """
        try:
            return subprocess.run(
                command,
                cwd=cwd,
                # Built from nothing: PGDATA, PGPORT or PGOPTIONS of the caller mean some other server.
                env={"PATH": os.defpath, "HOME": str(cwd), "LC_ALL": "C", "TZ": "UTC"},
                user=None if self.is_ours else self.uid,
                group=None if self.is_ours else self.gid,
                extra_groups=None if self.is_ours else [self.gid],
                umask=0o077,
                start_new_session=True,  # Ctrl-C is for us: we stop the server in order
                stdin=subprocess.DEVNULL,
                stdout=log or subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedServerError(
                f"{command[0]} did not end within {COMMAND_SECONDS} s in {cwd}: see whether the disk answers"
            ) from error

    def can_enter(self, folder: Path) -> bool:
        # Asked of the kernel rather than worked out from mode bits: ACLs and mounts have a say too.
        return (
            self.is_ours or self.run(["/bin/sh", "-c", 'cd -- "$0"', folder], cwd=Path("/")).returncode == 0
        )

    def can_execute(self, program: Path) -> bool:
        try:
            return self.run([program, "--version"], cwd=Path("/")).returncode == 0
        except OSError:
            return False


def server_account() -> Account:
    """Ourselves, or `nobody` when we are root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError as error:
        raise EmbeddedServerError(
            f"PostgreSQL does not run as root and there is no user {UNPRIVILEGED!r}: run as an ordinary user"
        ) from error
    return Account(entry.pw_uid, entry.pw_gid)
