"""The contract notices what it is there to notice: leaks planted on purpose."""

from typing import Any

from flask import jsonify
from sqlalchemy import select

from gonghui.api.operations import operation
from gonghui.app import create_app
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.testing import World
from gonghui.testing.contract import Contract
from gonghui_organising.union import GrassrootsUnion


def world_with(world: World, view: Any) -> World:
    """The same world with one more operation in it."""
    app = create_app(world.database, world.registry, is_demo_server=False)
    app.add_url_rule("/api/v1/organising/planted", "planted", view, methods=["GET"])
    return World(world.database, world.registry, app)


def test_a_list_without_scope_is_a_leak(world: World) -> None:
    @operation("organising.union.read")
    def planted(uow: UnitOfWork) -> Any:
        return jsonify([str(union_id) for union_id in uow.session.scalars(select(GrassrootsUnion.id))])

    tally = Contract(world_with(world, planted)).run(only="/api/v1/organising/planted")
    assert [leak.split(":")[0] for leak in tally.leaks] == [
        "GET /api/v1/organising/planted as street next door"
    ]


def test_a_view_that_asks_for_no_permission_is_there_for_nobody(world: World) -> None:
    def planted() -> Any:
        return jsonify([])

    tally = Contract(world_with(world, planted)).run(only="/api/v1/organising/planted")
    assert (tally.operations, tally.leaks) == (1, [])
    assert [broken.split(": ", 1)[1][:3] for broken in tally.broken] == ["404"]


def test_an_operation_without_a_sample_is_not_passed_over_in_silence(world: World) -> None:
    @operation("organising.union.read")
    def planted(uow: UnitOfWork, thing_id: str) -> Any:
        return jsonify(thing_id)

    app = create_app(world.database, world.registry, is_demo_server=False)
    app.add_url_rule("/api/v1/organising/planted/<thing_id>", "planted", planted, methods=["GET"])
    tally = Contract(World(world.database, world.registry, app)).run(only="/api/v1/organising/planted")
    assert tally.skipped == ["GET /api/v1/organising/planted/{thing_id}: no sample for thing_id"]
