"""The web process learns where the database is and no password but that of its own role."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from sqlalchemy import make_url

import gonghui.app
from gonghui import demo_server
from gonghui.app import create_app
from gonghui.db import policies
from gonghui.settings import Settings
from gonghui.testing import World

PASSWORD = "of-the-superuser"
URL = f"postgresql+psycopg://postgres:{PASSWORD}@db.example:5433/postgres?sslmode=require"


class Started(list[dict[str, str]]):
    """The environments of the processes that were started."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Nothing is really started; what would have been is kept."""
    environments = Started()

    class Process:
        pid = 1

        def __init__(self, _command: list[str], *, env: dict[str, str], start_new_session: bool) -> None:
            assert start_new_session
            environments.append(env)

        def wait(self, _timeout: float | None = None) -> int:
            return 0

        poll = wait

    monkeypatch.setattr(subprocess, "Popen", Process)
    return environments


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens, ready to share it with whoever asks likewise."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def free_settings(var: Path) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Settings(var=var, port=port, database_url=URL)


@pytest.mark.parametrize(
    "url",
    [URL, f"postgresql+psycopg://db.example:5433/postgres?user=postgres&password={PASSWORD}"],
    ids=["before-the-host", "in-the-query"],
)
def test_the_web_process_gets_no_password_of_the_database(
    tmp_path: Path, started: Started, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("GONGHUI_DATABASE_URL", URL)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    demo_server.serve(free_settings(tmp_path), url)
    [environment] = started
    assert not [name for name, value in environment.items() if PASSWORD in value]
    known = make_url(environment["GONGHUI_DATABASE_URL"])
    assert (known.host, known.port, known.username, known.password) == ("db.example", 5433, None, None)
    assert not {"user", "password"} & set(known.query)


def test_the_web_process_still_learns_how_to_reach_the_database(tmp_path: Path, started: Started) -> None:
    demo_server.serve(free_settings(tmp_path), URL)
    environment = started[0]
    assert make_url(environment["GONGHUI_DATABASE_URL"]).query == {"sslmode": "require"}
    assert (environment["GONGHUI_DEMO"], environment["GONGHUI_VAR"]) == ("0", str(tmp_path.resolve()))


def test_the_application_knows_the_password_of_its_own_role_only(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gonghui.app, "settings", lambda: Settings(var=tmp_path, database_url=URL))
    database = create_app(registry=world.registry).extensions["gonghui"].database
    assert database.url(policies.APP).password
    for role in (policies.OWNER, policies.OPERATOR, policies.SEALER):
        with pytest.raises(KeyError):
            database.url(role)


def test_a_demonstration_on_a_port_that_is_taken_is_refused_and_nothing_is_started(
    tmp_path: Path, taken: int, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unexpected(*_args: Any, **_options: Any) -> None:
        raise AssertionError("the database was started")

    monkeypatch.setattr(demo_server, "opened", unexpected)
    monkeypatch.setattr(demo_server.signal, "signal", lambda *_arguments: None)
    with pytest.raises(click.ClickException, match="GONGHUI_PORT"):
        demo_server.run(Settings(var=tmp_path, port=taken))
    assert started == []


def test_a_server_on_a_port_that_is_taken_is_refused_and_not_started(
    tmp_path: Path, taken: int, started: Started
) -> None:
    with pytest.raises(click.ClickException, match="GONGHUI_PORT"):
        demo_server.serve(Settings(var=tmp_path, port=taken), URL)
    assert started == []
