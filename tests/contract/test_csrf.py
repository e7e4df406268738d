"""A browser's cookie alone changes nothing: every change that comes with one needs the page's token too."""

from gonghui.testing import Federation, World
from gonghui.testing.cookies import unguarded_changes
from gonghui.testing.operations import operations


def test_every_change_with_a_cookie_and_without_the_token_is_refused(
    world: World, shared_federation: Federation
) -> None:
    assert sum(operation.method != "GET" for operation in operations(world.app)) > 10
    assert list(unguarded_changes(shared_federation, operations(world.app))) == []
