"""Keys of names without spaces, in an index by their bytes; persons that were merged by whom they became."""

import sqlalchemy as sa
from alembic import op

revision = "core_0020"
down_revision = "core_0019"

_KEYED = ("person", "employer")
_PLAIN, _BY_BYTES = sa.Text(), sa.Text(collation="C")


def upgrade() -> None:
    for name in _KEYED:
        # The owner is bound by the policies of its own tables, and no tenant is at work here.
        op.execute(f"ALTER TABLE core.{name} NO FORCE ROW LEVEL SECURITY")
        keyed = sa.table(name, sa.column("name_key", sa.Text()), schema="core")
        op.execute(keyed.update().values(name_key=sa.func.replace(keyed.c.name_key, " ", "")))
        op.execute(f"ALTER TABLE core.{name} FORCE ROW LEVEL SECURITY")
    op.drop_index("ix_person_name_key", "person", schema="core")
    op.alter_column("person", "name_key", type_=_BY_BYTES, existing_type=_PLAIN, schema="core")
    op.create_index("ix_person_name_key", "person", ["tenant_id", "name_key"], schema="core")
    op.create_index(
        "ix_person_merged_into",
        "person",
        ["tenant_id", "merged_into_id"],
        schema="core",
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_person_merged_into", "person", schema="core")
    op.drop_index("ix_person_name_key", "person", schema="core")
    op.alter_column("person", "name_key", type_=_PLAIN, existing_type=_BY_BYTES, schema="core")
    op.create_index(
        "ix_person_name_key",
        "person",
        ["tenant_id", "name_key"],
        schema="core",
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
