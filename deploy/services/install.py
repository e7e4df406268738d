"""Installs the servers: RabbitMQ and Redis from Debian's packages, MinIO by the Go command. Fails where it cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.services.service import ServiceError

#: MinIO numbers its releases in a way that Go does not read, so a commit is named.
MINIO_MODULE = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
PROGRAMS = Path(__file__).parents[2] / "var" / "services" / "bin"
MINIO_PROGRAM = PROGRAMS / "minio"

_POLICY = Path("/usr/sbin/policy-rc.d")


def install_minio() -> None:
    """Build the pinned MinIO, unless it is there."""
    if shutil.which("go") is None:
        if MINIO_PROGRAM.exists():
            return
        raise ServiceError("minio is missing, and so is Go, which builds it: install Go 1.24 or later")
    if _built_module() == MINIO_MODULE:
        return
    PROGRAMS.mkdir(parents=True, exist_ok=True)
    _command(["go", "install", MINIO_MODULE], {"GOBIN": str(PROGRAMS)})


def install_package(package: str, program: str) -> None:
    """Install a Debian package without starting its service, unless its program is there."""
    if shutil.which(program) is not None:
        return
    if shutil.which("apt-get") is None:
        raise ServiceError(
            f"{program} is missing, and so is apt-get, which brings it: install {package} by hand"
        )
    if os.geteuid() != 0:
        raise ServiceError(f"{program} is missing: run `apt-get install {package}` as root")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    patient = ["-o", "DPkg::Lock::Timeout=120"]
    _command(["apt-get", *patient, "--quiet", "update"], quiet)
    with _no_services_started():
        _command(
            ["apt-get", *patient, "--quiet", "install", "--yes", "--no-install-recommends", package], quiet
        )


def _built_module() -> str | None:
    """The module and version that the program was built from."""
    if not MINIO_PROGRAM.exists():
        return None
    lines = subprocess.run(
        ["go", "version", "-m", MINIO_PROGRAM],  # noqa: S607  # wherever it is installed
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    modules = [line.split() for line in lines if line.split()[:1] == ["mod"]]
    return f"{modules[0][1]}@{modules[0][2]}" if modules else None


@contextmanager
def _no_services_started() -> Iterator[None]:
    """Debian asks this script before a package starts its service; a machine's own script stays as it is."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


def _command(command: Sequence[str], more: Mapping[str, str]) -> None:
    done = subprocess.run(
        command,
        env={**os.environ, **more},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServiceError(f"`{' '.join(command)}` failed: {done.stdout[-2000:]}")
