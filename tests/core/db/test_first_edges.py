"""Units that were there before the tree had a past get their first edge with the revision that brings it."""

from __future__ import annotations

from uuid import UUID

from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from gonghui.audit.replay import replay
from gonghui.db import migrations, policies
from gonghui.db.migrations import CORE, migrate
from gonghui.lifecycle.onboarding import operator_principal
from gonghui.testing import World
from gonghui.testing.database import cloned_database, worker_name
from gonghui.testing.places import var_of_tests

TENANT, ROOT, STREET = (UUID(int=number) for number in (1, 2, 3))
UNIT = """
INSERT INTO core.org_unit (tenant_id, id, parent_id, kind, name, path, valid_from)
VALUES (:tenant, :id, :parent, 'street_federation', '样本', :path, CAST(:day AS date))
"""
EDGES = "SELECT unit_id, parent_id, valid_from::text, valid_to, cause, is_first FROM core.org_edge ORDER BY unit_id"


def test_every_unit_gets_an_edge_that_the_trail_tells(world: World) -> None:
    with cloned_database(var_of_tests(), world.registry, f"{worker_name()}_edges") as database:
        owner = create_engine(database.url(policies.OWNER), poolclass=NullPool)
        with owner.connect() as connection:
            command.downgrade(migrations._config(CORE, connection), "core_0002")
            connection.commit()
        admin = create_engine(database.admin_url.set(database=database.name), poolclass=NullPool)
        with admin.begin() as connection:
            for unit, parent, day in ((ROOT, None, "2012-01-01"), (STREET, ROOT, "2015-03-01")):
                values = {"tenant": TENANT, "id": unit, "parent": parent, "day": day, "path": str(unit)}
                connection.execute(text(UNIT), values)
        migrate(database, [CORE])
        with database.unit_of_work(operator_principal(TENANT)) as uow:
            edges = [tuple(row) for row in uow.session.execute(text(EDGES))]
            told = replay(uow)["core.org_edge"]
        assert edges == [
            (ROOT, None, "2012-01-01", None, "founded", True),
            (STREET, ROOT, "2015-03-01", None, "founded", True),
        ]
        assert {row["unit_id"] for row in told.values()} == {str(ROOT), str(STREET)}
