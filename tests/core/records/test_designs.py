"""The form of a record type carries a hardship file, a dispute, a course and a profile, with no way round it."""

from tests.designs import RECORD_TYPES

from gonghui.testing import World


def test_every_operation_of_the_designs_follows_from_its_declaration(world: World) -> None:
    paths = {rule.rule for rule in world.app.url_map.iter_rules() if rule.rule.startswith("/api/v1/designs")}
    declared = {f"/api/v1/designs/{kind.path}" for kind in RECORD_TYPES}
    assert all(path.startswith(tuple(declared)) for path in paths)
    assert declared <= paths
    assert not world.registry.plugins["designs"].blueprints
