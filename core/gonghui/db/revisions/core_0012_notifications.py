"""Inboxes, contacts of accounts, messages that leave the platform, and what deadlines were spoken of."""

import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gonghui.db.policies import protect

revision = "core_0012"
down_revision = "core_0011"


def upgrade() -> None:
    op.create_table(
        "notification",
        *_led(),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        _of_account("notification", "CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_notification")),
        schema="core",
    )
    op.create_index(
        "ix_notification_account", "notification", ["tenant_id", "account_id", "id"], schema="core"
    )
    op.create_index("ix_notification_record", "notification", ["tenant_id", "record_id"], schema="core")
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["tenant_id", "account_id"],
        schema="core",
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "contact_address",
        *_led(),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('email', 'target')", name=op.f("ck_contact_address_channel")),
        _of_account("contact_address", "RESTRICT"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contact_address")),
        schema="core",
    )
    op.create_index(
        "ix_contact_address_account", "contact_address", ["tenant_id", "account_id"], schema="core"
    )
    op.create_table(
        "contact_preference",
        *_led(),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("muted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_contact_preference_language")),
        _of_account("contact_preference", "RESTRICT"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contact_preference")),
        sa.UniqueConstraint(
            "tenant_id", "account_id", name=op.f("uq_contact_preference_tenant_id_account_id")
        ),
        schema="core",
    )
    op.create_table(
        "outgoing_message",
        *_led(),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("address_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_to", sa.Text(), nullable=True),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.CheckConstraint("channel IN ('sms', 'email', 'target')", name=op.f("ck_outgoing_message_channel")),
        _of_account("outgoing_message", "CASCADE"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "address_id"],
            ["core.contact_address.tenant_id", "core.contact_address.id"],
            name=op.f("fk_outgoing_message_tenant_id_address_id"),
            ondelete="SET NULL (address_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_outgoing_message")),
        schema="core",
    )
    op.create_index(
        "ix_outgoing_message_account", "outgoing_message", ["tenant_id", "account_id", "id"], schema="core"
    )
    op.create_table(
        "deadline_reminder",
        *_led(),
        sa.Column("deadline_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "deadline_id"],
            ["core.deadline.tenant_id", "core.deadline.id"],
            name=op.f("fk_deadline_reminder_tenant_id_deadline_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_deadline_reminder")),
        sa.UniqueConstraint(
            "tenant_id",
            "deadline_id",
            "stage",
            "due_on",
            name=op.f("uq_deadline_reminder_tenant_id_deadline_id_stage_due_on"),
        ),
        schema="core",
    )
    for table in _TABLES:
        for statement in protect(f"core.{table}"):
            op.execute(statement)


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table, schema="core")


_TABLES = ("deadline_reminder", "outgoing_message", "contact_preference", "contact_address", "notification")


def _led() -> list[sa.Column[uuid.UUID]]:
    return [sa.Column("tenant_id", sa.Uuid(), nullable=False), sa.Column("id", sa.Uuid(), nullable=False)]


def _of_account(table: str, on_delete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "account_id"],
        ["core.account.tenant_id", "core.account.id"],
        name=op.f(f"fk_{table}_tenant_id_account_id"),
        ondelete=on_delete,
    )
