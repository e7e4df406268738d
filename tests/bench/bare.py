"""The counterpart: Flask and hand-written SQL, without sign-in, row-level security, audit or checks of the law."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
from flask import Flask, Response, request
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from tests.bench import bare_sql as sql
from tests.bench.servers import THREADS
from uuid_utils.compat import uuid7

from gonghui.values.names import sort_key

#: A connection whose rows come as dicts.
Rows = Connection[dict[str, Any]]


def create_app() -> Flask:
    """The bare application on `BENCH_BARE_URL`, for the one tenant `BENCH_BARE_TENANT`."""
    app = Flask("bare", static_folder=None)
    tenant = UUID(os.environ["BENCH_BARE_TENANT"])
    # Autocommit: a read is one round trip, as quick as hand-written SQL can be.
    pool = ConnectionPool(
        os.environ["BENCH_BARE_URL"],
        connection_class=Rows,
        min_size=THREADS,
        max_size=THREADS,
        kwargs={"row_factory": dict_row, "autocommit": True},
        open=True,
    )

    @app.get("/unions")
    def list_unions() -> Response:
        limit = int(request.args.get("limit", 50))
        with pool.connection() as connection:
            rows = connection.execute(sql.LIST, {"tenant": tenant, "limit": limit + 1}).fetchall()
        following = rows[limit - 1]["id"] if len(rows) > limit else None
        return _json({"items": rows[:limit], "next": following})

    @app.get("/unions/<uuid:union_id>")
    def get_union(union_id: UUID) -> Response:
        with pool.connection() as connection:
            row = connection.execute(sql.DETAIL, {"tenant": tenant, "id": union_id}).fetchone()
        return _json(row) if row else Response(status=404)

    @app.post("/unions")
    def create_union() -> Response:
        body = orjson.loads(request.get_data())
        with pool.connection() as connection, connection.transaction():
            union_id = _insert(connection, tenant, body)
            row = connection.execute(sql.DETAIL, {"tenant": tenant, "id": union_id}).fetchone()
        return _json(row, 201)

    return app


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, content_type="application/json")


def _insert(connection: Rows, tenant: UUID, body: dict[str, Any]) -> UUID:
    """The rows of one founding: node, union, employers, term, papers, transition."""
    common: dict[str, Any] = {"tenant": tenant, "now": datetime.now(UTC), "union": uuid7(), "node": uuid7()}
    above = connection.execute(sql.NODE, {**common, "id": body["org_unit_id"]}).fetchone()
    if above is None:
        raise LookupError(body["org_unit_id"])
    tail = f"{common['node'].hex[-12:]}."
    values = {**common, "parent": above["id"], "path": above["path"] + tail, "name": body["name"]}
    connection.execute(sql.ADD_NODE, values)
    blank = dict.fromkeys(sql.UNION_VALUES)
    connection.execute(sql.ADD_UNION, {**blank, **body, **common, "name_key": sort_key(body["name"])})
    for employer in body["employers"]:
        _cover(connection, common, employer)
    term = body["committee"]
    started = date.fromisoformat(term["started_on"])
    ends = started.replace(year=started.year + term["years"])
    connection.execute(sql.ADD_TERM, {**common, **term, "id": uuid7(), "ends_on": ends})
    blank_paper = {"number": None, "dated_on": None}
    papers = [{**common, **blank_paper, **paper, "id": uuid7()} for paper in body["papers"]]
    with connection.cursor() as cursor:
        cursor.executemany(sql.ADD_PAPER, papers)
    connection.execute(sql.ADD_TRANSITION, {**common, "id": uuid7()})
    union_id: UUID = common["union"]
    return union_id


def _cover(connection: Rows, common: dict[str, Any], employer: dict[str, Any]) -> None:
    known = connection.execute(sql.EMPLOYER, {**common, "uscc": employer["uscc"]}).fetchone()
    employer_id = known["id"] if known else uuid7()
    if known is None:
        values = {**common, **employer, "id": employer_id, "name_key": sort_key(employer["name"])}
        connection.execute(sql.ADD_EMPLOYER, values)
    connection.execute(sql.ADD_COVERED, {**common, "id": uuid7(), "employer": employer_id})
