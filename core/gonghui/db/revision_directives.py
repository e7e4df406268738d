"""What a revision says beside what Alembic finds out: every new table is closed to all but its tenant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alembic.autogenerate import renderers, rewriter
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from alembic.operations.ops import MigrateOperation

_writer = rewriter.Rewriter()


class ProtectTable(MigrateOperation):
    """Close a table that was just made, by the statements of `policies.protect`."""

    def __init__(self, table: str) -> None:
        self.table = table


@_writer.rewrites(ops.CreateTableOp)
def _with_protection(_context: Any, _revision: Any, made: ops.CreateTableOp) -> Iterable[MigrateOperation]:
    return [made, ProtectTable(f"{made.schema}.{made.table_name}")]


@renderers.dispatch_for(ProtectTable)
def _render(context: AutogenContext, protected: ProtectTable) -> str:
    of_core = protected.table.startswith("core.")
    context.imports.add(f"from gonghui.{'db.policies' if of_core else 'sdk'} import protect")
    return f'for statement in protect("{protected.table}"):\n    op.execute(statement)'


def complete(context: Any, revision: Any, directives: list[Any]) -> None:
    """Alembic's last word on a revision: none where models and tables agree, protection where a table is new."""
    if directives[0].upgrade_ops.is_empty():
        directives.clear()
    else:
        _writer(context, revision, directives)
