"""Keys of names without spaces; transfers as records that say whose membership they are about."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "organising_0008"
down_revision = "organising_0007"

_STATES = "'pending', 'sent', 'accepted', 'refused', 'cancelled', 'lapsed'"
_STATES_BEFORE = "'pending', 'accepted', 'refused', 'cancelled', 'lapsed'"
_KEYED = ("grassroots_union", "venue", "subdivision")


def upgrade() -> None:
    for name in _KEYED:
        with _without_policies(name):
            keyed = sa.table(name, sa.column("name_key", sa.Text()), schema="organising")
            op.execute(keyed.update().values(name_key=sa.func.replace(keyed.c.name_key, " ", "")))
    op.drop_constraint("ck_membership_transfer_state", "membership_transfer", schema="organising")
    op.drop_index("uq_membership_transfer_pending", "membership_transfer", schema="organising")
    op.add_column(
        "membership_transfer", sa.Column("person_id", sa.Uuid(), nullable=True), schema="organising"
    )
    with _without_policies("membership_transfer"), _without_policies("membership"):
        op.execute(_TELL_PERSONS)
        op.execute(
            "UPDATE organising.membership_transfer SET state = 'sent' WHERE state = 'pending' AND kind = 'out'"
        )
    op.alter_column("membership_transfer", "person_id", nullable=False, schema="organising")
    op.create_foreign_key(
        op.f("fk_membership_transfer_tenant_id_person_id"),
        "membership_transfer",
        "person",
        ["tenant_id", "person_id"],
        ["tenant_id", "id"],
        source_schema="organising",
        referent_schema="core",
        ondelete="RESTRICT",
    )
    op.create_index(
        "ix_membership_transfer_person",
        "membership_transfer",
        ["tenant_id", "person_id"],
        schema="organising",
    )
    _allow(_STATES, "state IN ('pending', 'sent')")


def downgrade() -> None:
    """A key without spaces finds and sorts as well as one with them, so it stays."""
    op.drop_constraint("ck_membership_transfer_state", "membership_transfer", schema="organising")
    op.drop_index("uq_membership_transfer_pending", "membership_transfer", schema="organising")
    with _without_policies("membership_transfer"):
        op.execute("UPDATE organising.membership_transfer SET state = 'pending' WHERE state = 'sent'")
    _allow(_STATES_BEFORE, "state = 'pending'")
    op.drop_index("ix_membership_transfer_person", "membership_transfer", schema="organising")
    op.drop_constraint(
        op.f("fk_membership_transfer_tenant_id_person_id"), "membership_transfer", schema="organising"
    )
    op.drop_column("membership_transfer", "person_id", schema="organising")


@contextmanager
def _without_policies(name: str) -> Iterator[None]:
    """The owner is bound by the policies of its own tables, and no tenant is at work here."""
    op.execute(f"ALTER TABLE organising.{name} NO FORCE ROW LEVEL SECURITY")
    yield
    op.execute(f"ALTER TABLE organising.{name} FORCE ROW LEVEL SECURITY")


def _allow(states: str, under_way: str) -> None:
    op.create_check_constraint(
        op.f("ck_membership_transfer_state"),
        "membership_transfer",
        f"state IN ({states})",
        schema="organising",
    )
    op.create_index(
        "uq_membership_transfer_pending",
        "membership_transfer",
        ["tenant_id", "membership_id"],
        unique=True,
        schema="organising",
        postgresql_where=sa.text(under_way),
    )


_TELL_PERSONS = """
UPDATE organising.membership_transfer t SET person_id = m.person_id
FROM organising.membership m WHERE m.tenant_id = t.tenant_id AND m.id = t.membership_id
"""
