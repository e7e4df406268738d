"""What cannot be installed fails with a sentence that says what is missing; nothing is skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from deploy.services import install
from deploy.services.__main__ import SERVICES, main
from deploy.services.install import install_minio, install_package
from deploy.services.service import ServiceError


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are found: an empty one; and no server runs elsewhere."""
    for kind in SERVICES.values():
        monkeypatch.delenv(kind.variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_without_apt_the_missing_program_and_its_package_are_named(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["install", "redis"]) == 1
    assert "redis-server is missing, and so is apt-get" in capsys.readouterr().err


def test_who_is_not_root_is_told_what_root_has_to_run(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (programs / "apt-get").touch(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ServiceError, match="run `apt-get install redis-server` as root"):
        install_package("redis-server", "redis-server")


def test_without_go_it_is_said_that_go_builds_minio(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "MINIO_PROGRAM", programs / "minio")
    with pytest.raises(ServiceError, match="minio is missing, and so is Go"):
        install_minio()


def test_what_runs_elsewhere_is_not_installed(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in SERVICES.values():
        monkeypatch.setenv(kind.variable, "there")
    assert main(["install"]) == 0
