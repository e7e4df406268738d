"""A federation's own days and years of the calendar, and the deadlines of records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gonghui.db import policies

revision = "core_0003"
down_revision = "core_0002"


def upgrade() -> None:
    op.create_table(
        "holiday_override",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_holiday_override")),
        sa.UniqueConstraint("tenant_id", "day", name=op.f("uq_holiday_override_tenant_id_day")),
        schema="core",
    )
    op.create_table(
        "holiday_year",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_holiday_year")),
        sa.UniqueConstraint("tenant_id", "year", name=op.f("uq_holiday_year_tenant_id_year")),
        schema="core",
    )
    op.create_table(
        "deadline",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("parameter_version", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("suspended", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("suspended_since", sa.Date(), nullable=True),
        sa.Column("extended", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("explanation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "unit IN ('days', 'working_days', 'months', 'years')", name=op.f("ck_deadline_unit")
        ),
        sa.CheckConstraint("direction IN ('forward', 'backward')", name=op.f("ck_deadline_direction")),
        sa.CheckConstraint("state IN ('open', 'met', 'cancelled')", name=op.f("ck_deadline_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_deadline_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_deadline")),
        schema="core",
    )
    op.create_index(
        "uq_deadline_open",
        "deadline",
        ["tenant_id", "record_id", "rule"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("state = 'open'"),
    )
    for name, columns in _INDEXES.items():
        op.create_index(name, "deadline", ["tenant_id", *columns], unique=False, schema="core")
    for table in ("holiday_override", "holiday_year", "deadline"):
        for statement in policies.protect(f"core.{table}"):
            op.execute(statement)


_INDEXES = {
    "ix_deadline_record": ("record_id",),
    "ix_deadline_due": ("state", "due_on", "id"),
    "ix_deadline_org_unit": ("org_unit_id", "state", "due_on"),
}


def downgrade() -> None:
    for table in ("deadline", "holiday_year", "holiday_override"):
        op.drop_table(table, schema="core")
