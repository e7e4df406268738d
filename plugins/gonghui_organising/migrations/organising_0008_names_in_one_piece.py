"""Keys of names without spaces."""

import sqlalchemy as sa
from alembic import op

revision = "organising_0008"
down_revision = "organising_0007"

_KEYED = ("grassroots_union", "venue", "subdivision")


def upgrade() -> None:
    for name in _KEYED:
        # The owner is bound by the policies of its own tables, and no tenant is at work here.
        op.execute(f"ALTER TABLE organising.{name} NO FORCE ROW LEVEL SECURITY")
        keyed = sa.table(name, sa.column("name_key", sa.Text()), schema="organising")
        op.execute(keyed.update().values(name_key=sa.func.replace(keyed.c.name_key, " ", "")))
        op.execute(f"ALTER TABLE organising.{name} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """A key without spaces finds and sorts as well as one with them."""
