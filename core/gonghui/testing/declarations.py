"""What operations say of themselves: a permission of their owner's, and in the document what the code enforces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gonghui.testing.federation import World
from gonghui.testing.operations import Operation, operations


def of_plugin(world: World, plugin_id: str | None = None) -> list[Operation]:
    """Operations below the prefixes of a plugin; of every plugin, without one."""
    owners = ((world.registry.owner_of_path(each.path), each) for each in operations(world.app))
    return [each for owner, each in owners if owner is not None and plugin_id in (None, owner)]


def permission_faults(world: World, some: Iterable[Operation]) -> Iterator[str]:
    """Operations that anybody may do, or that ask for what nobody declared or for what is another's."""
    declared = world.registry.permissions()
    for operation in some:
        if operation.is_public:
            continue
        if not operation.permission:
            yield f"{operation.name} names no permission"
            continue
        owner = world.registry.owner_of_path(operation.path)
        if not operation.permission.startswith("core.") and operation.permission not in declared:
            yield f"{operation.name} asks for {operation.permission}, which no plugin declares"
        elif owner is not None and not operation.permission.startswith(f"{owner}."):
            yield f"{operation.name} asks for {operation.permission}, which is not {owner}'s own"


def document_faults(some: Iterable[Operation]) -> Iterator[str]:
    """Operations of the API whose document is missing or says another thing than the code."""
    for operation in some:
        if not operation.path.startswith("/api/") or operation.path == "/api/v1/openapi.json":
            continue
        if not operation.document:
            yield f"{operation.name} is not documented"
        elif operation.document.get("x-permission") != operation.permission:
            yield f"{operation.name} is documented with {operation.document.get('x-permission')}"
        elif not operation.document.get("summary"):
            yield f"{operation.name} says nothing of itself"
