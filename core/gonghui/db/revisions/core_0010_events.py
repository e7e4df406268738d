"""The outbox, deliveries, and the relay's way across tenants to these two tables and to what is switched on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gonghui.db import policies

revision = "core_0010"
down_revision = "core_0009"


def upgrade() -> None:
    op.create_table(
        "outbox_event",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject_table", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("subject_version", sa.BigInteger(), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("relayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_outbox_event")),
        schema="core",
    )
    op.create_index(
        "ix_outbox_event_fresh",
        "outbox_event",
        ["due_at"],
        schema="core",
        postgresql_where=sa.text("relayed_at IS NULL"),
    )
    op.create_table(
        "event_delivery",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sends", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'done', 'dead', 'cancelled')", name=op.f("ck_event_delivery_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["core.outbox_event.tenant_id", "core.outbox_event.id"],
            name=op.f("fk_event_delivery_tenant_id_event_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_event_delivery")),
        sa.UniqueConstraint(
            "tenant_id", "handler", "key", name=op.f("uq_event_delivery_tenant_id_handler_key")
        ),
        schema="core",
    )
    for name, columns, where in _INDEXES:
        op.create_index(
            f"ix_event_delivery_{name}",
            "event_delivery",
            columns,
            schema="core",
            postgresql_where=sa.text(where),
        )
    for statement in (
        *policies.protect("core.outbox_event", app="SELECT, INSERT, DELETE"),
        *policies.protect("core.event_delivery", app="SELECT, UPDATE, DELETE"),
        *policies.open_schema("core", (policies.RELAY,)),
        *policies.open_to(policies.RELAY, "core.outbox_event", "SELECT, UPDATE (relayed_at)"),
        *policies.open_to(policies.RELAY, "core.event_delivery", "SELECT, INSERT, UPDATE"),
        _PLUGINS_BY_TENANT,
        "REVOKE ALL ON FUNCTION core.plugins_by_tenant() FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION core.plugins_by_tenant() TO {policies.RELAY}",
    ):
        op.execute(statement)


_INDEXES = (
    ("event", ["tenant_id", "event_id"], "event_id IS NOT NULL"),
    ("waiting", ["tenant_id", "handler", "due_at"], "state = 'waiting'"),
    ("sent", ["tenant_id", "handler"], "state = 'sent'"),
    ("failed", ["tenant_id", "handler"], "attempts > 0 AND state IN ('waiting', 'sent')"),
    ("dead", ["tenant_id", "id"], "state = 'dead'"),
)

#: Which federations there are and what each has on, and nothing else of them.
_PLUGINS_BY_TENANT = """
CREATE FUNCTION core.plugins_by_tenant() RETURNS TABLE (tenant_id uuid, plugins text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
    SELECT t.id, ARRAY(
        SELECT s.plugin FROM core.plugin_switch s WHERE s.tenant_id = t.id AND s.is_on AND s.is_planned
    )
    FROM core.tenant t
$$
"""


def downgrade() -> None:
    op.execute("DROP FUNCTION core.plugins_by_tenant()")
    op.drop_table("event_delivery", schema="core")
    op.drop_table("outbox_event", schema="core")
    op.execute(f"REVOKE USAGE ON SCHEMA core FROM {policies.RELAY}")
