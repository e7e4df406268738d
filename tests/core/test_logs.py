"""Log lines say where an error came from and of what kind it is, and nothing of what was at hand there."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import orjson
import pytest
import structlog
from sqlalchemy import Connection, create_engine, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from gonghui import logs
from gonghui.auth.accounts import Account
from gonghui.testing import Federation, World
from gonghui.values.ids import new_id

LOGIN = "zhang.unverwechselbar"
HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$kenntlich"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged while a test runs."""
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        logs.configure()
    yield stream
    logs.configure()


@pytest.fixture
def refused(world: World, federation: Federation) -> IntegrityError:
    """What PostgreSQL says to a second account with the same login, to somebody from whom it hides nothing."""
    engine = create_engine(world.database.admin_url.set(database=world.database.name), poolclass=NullPool)
    with pytest.raises(IntegrityError) as caught, engine.connect() as connection:
        _open_twice(connection, federation, "local-secret-of-a-frame")
    assert LOGIN in str(caught.value.orig)
    assert HASH in str(caught.value)
    return caught.value


def _open_twice(connection: Connection, federation: Federation, in_the_frame: str) -> None:
    for _time in range(2):
        values = {"tenant_id": federation.view.id, "id": new_id(), "login": LOGIN, "password_hash": HASH}
        connection.execute(insert(Account.__table__).values(kind="officer", **values))
    assert in_the_frame


def test_an_error_of_the_database_is_logged_by_kind_constraint_and_place(
    written: io.StringIO, refused: IntegrityError
) -> None:
    structlog.get_logger().error("request_failed", path="/api/v1/accounts", exc_info=refused)
    line = orjson.loads(written.getvalue())
    assert (line["event"], line["level"], line["path"]) == ("request_failed", "error", "/api/v1/accounts")
    assert [error["kind"] for error in line["errors"]] == ["IntegrityError", "UniqueViolation"]
    assert "uq_account_tenant_id_login" in {error["constraint"] for error in line["errors"]}
    assert all(error["frames"] for error in line["errors"])
    assert any("test_logs.py" in frame and "_open_twice" in frame for frame in line["errors"][0]["frames"])


def test_no_value_and_no_local_variable_is_logged_with_an_error(
    written: io.StringIO, refused: IntegrityError, federation: Federation
) -> None:
    structlog.get_logger().error("request_failed", exc_info=refused)
    logged = written.getvalue()
    assert logged
    for value in (LOGIN, HASH, "argon2id", "local-secret-of-a-frame", str(federation.view.id), "INSERT INTO"):
        assert value not in logged
    line = orjson.loads(logged)
    assert set(line) == {"event", "level", "timestamp", "errors"}
    assert all(set(error) == {"kind", "constraint", "frames"} for error in line["errors"])


def test_a_logged_exception_at_hand_shows_no_value_either(written: io.StringIO) -> None:
    try:
        raise ValueError("worth-hiding")
    except ValueError:
        structlog.get_logger().exception("request_failed")
    assert orjson.loads(written.getvalue())["event"] == "request_failed"
    assert "worth-hiding" not in written.getvalue()


def test_a_line_without_an_error_has_no_errors(written: io.StringIO) -> None:
    structlog.get_logger().info("started", number=1)
    assert "errors" not in orjson.loads(written.getvalue())
