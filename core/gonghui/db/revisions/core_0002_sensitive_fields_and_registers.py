"""Tenants' keys, sealed columns of persons, merges, openings, and the runs of registers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gonghui.db import policies

revision = "core_0002"
down_revision = "core_0001"


def upgrade() -> None:
    op.create_table(
        "column_synonym",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("heading_key", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_column_synonym")),
        sa.UniqueConstraint(
            "tenant_id",
            "register",
            "heading_key",
            name=op.f("uq_column_synonym_tenant_id_register_heading_key"),
        ),
        schema="core",
    )
    op.create_table(
        "tenant_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("master", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('data', 'index')", name=op.f("ck_tenant_key_purpose")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_key")),
        sa.UniqueConstraint(
            "tenant_id", "purpose", "version", name=op.f("uq_tenant_key_tenant_id_purpose_version")
        ),
        schema="core",
    )
    op.create_table(
        "employer_match",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("moved", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'same', 'different')", name=op.f("ck_employer_match_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "candidate_id"],
            ["core.employer.tenant_id", "core.employer.id"],
            name=op.f("fk_employer_match_tenant_id_candidate_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "employer_id"],
            ["core.employer.tenant_id", "core.employer.id"],
            name=op.f("fk_employer_match_tenant_id_employer_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_employer_match")),
        sa.UniqueConstraint(
            "tenant_id",
            "employer_id",
            "candidate_id",
            name=op.f("uq_employer_match_tenant_id_employer_id_candidate_id"),
        ),
        schema="core",
    )
    op.create_index(
        "ix_employer_match_candidate",
        "employer_match",
        ["tenant_id", "candidate_id"],
        unique=False,
        schema="core",
    )
    op.create_index(
        "ix_employer_match_state", "employer_match", ["tenant_id", "state", "id"], unique=False, schema="core"
    )
    op.create_table(
        "person_merge",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("moved", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("dropped_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dropped_id"],
            ["core.person.tenant_id", "core.person.id"],
            name=op.f("fk_person_merge_tenant_id_dropped_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "kept_id"],
            ["core.person.tenant_id", "core.person.id"],
            name=op.f("fk_person_merge_tenant_id_kept_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_person_merge")),
        schema="core",
    )
    op.create_index(
        "ix_person_merge_dropped", "person_merge", ["tenant_id", "dropped_id"], unique=False, schema="core"
    )
    op.create_index(
        "ix_person_merge_kept", "person_merge", ["tenant_id", "kept_id"], unique=False, schema="core"
    )
    op.create_table(
        "opening",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_opening_tenant_id_account_id"),
            ondelete="SET NULL (account_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["core.person.tenant_id", "core.person.id"],
            name=op.f("fk_opening_tenant_id_person_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_opening")),
        schema="core",
    )
    op.create_index(
        "ix_opening_person", "opening", ["tenant_id", "person_id", "at"], unique=False, schema="core"
    )
    op.create_table(
        "register_run",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("headings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ignored", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("made", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('reading', 'checked', 'applied', 'undone', 'discarded', 'failed')",
            name=op.f("ck_register_run_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_register_run_tenant_id_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_register_run_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_register_run")),
        schema="core",
    )
    op.create_index(
        "ix_register_run_register",
        "register_run",
        ["tenant_id", "register", "id"],
        unique=False,
        schema="core",
    )
    op.create_table(
        "run_progress",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["core.register_run.tenant_id", "core.register_run.id"],
            name=op.f("fk_run_progress_tenant_id_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_run_progress")),
        sa.UniqueConstraint("tenant_id", "run_id", name=op.f("uq_run_progress_tenant_id_run_id")),
        schema="core",
    )
    op.create_table(
        "staged_row",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("is_faulty", sa.Boolean(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["core.register_run.tenant_id", "core.register_run.id"],
            name=op.f("fk_staged_row_tenant_id_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_staged_row")),
        sa.UniqueConstraint(
            "tenant_id", "run_id", "number", name=op.f("uq_staged_row_tenant_id_run_id_number")
        ),
        schema="core",
    )
    op.add_column("employer", sa.Column("merged_into_id", sa.Uuid(), nullable=True), schema="core")
    op.add_column("employer", sa.Column("run_id", sa.Uuid(), nullable=True), schema="core")
    op.add_column("person", sa.Column("sex", sa.Text(), nullable=True), schema="core")
    op.add_column("person", sa.Column("birth_year", sa.BigInteger(), nullable=True), schema="core")
    op.add_column("person", sa.Column("document_kind", sa.Text(), nullable=True), schema="core")
    op.add_column("person", sa.Column("born_on", sa.LargeBinary(), nullable=True), schema="core")
    op.add_column("person", sa.Column("id_number", sa.LargeBinary(), nullable=True), schema="core")
    op.add_column("person", sa.Column("id_number_index", sa.LargeBinary(), nullable=True), schema="core")
    op.add_column("person", sa.Column("id_number_tail", sa.BigInteger(), nullable=True), schema="core")
    op.add_column("person", sa.Column("phone", sa.LargeBinary(), nullable=True), schema="core")
    op.add_column("person", sa.Column("phone_index", sa.LargeBinary(), nullable=True), schema="core")
    op.add_column("person", sa.Column("phone_tail", sa.BigInteger(), nullable=True), schema="core")
    op.add_column("person", sa.Column("bank_card", sa.LargeBinary(), nullable=True), schema="core")
    op.add_column("person", sa.Column("bank_card_index", sa.LargeBinary(), nullable=True), schema="core")
    op.add_column("person", sa.Column("bank_card_tail", sa.BigInteger(), nullable=True), schema="core")
    op.add_column("person", sa.Column("ethnicity", sa.Text(), nullable=True), schema="core")
    op.add_column("person", sa.Column("political_status", sa.Text(), nullable=True), schema="core")
    op.add_column("person", sa.Column("education", sa.Text(), nullable=True), schema="core")
    op.add_column("person", sa.Column("household_kind", sa.Text(), nullable=True), schema="core")
    op.add_column("person", sa.Column("is_migrant_worker", sa.Boolean(), nullable=True), schema="core")
    op.add_column("person", sa.Column("merged_into_id", sa.Uuid(), nullable=True), schema="core")
    op.add_column("person", sa.Column("run_id", sa.Uuid(), nullable=True), schema="core")
    op.create_index(
        "ix_person_bank_card_index",
        "person",
        ["tenant_id", "bank_card_index"],
        unique=False,
        schema="core",
        postgresql_where=sa.text("bank_card_index IS NOT NULL"),
    )
    op.create_index(
        "ix_person_bank_card_tail",
        "person",
        ["tenant_id", "bank_card_tail"],
        unique=False,
        schema="core",
        postgresql_where=sa.text("bank_card_tail IS NOT NULL"),
    )
    op.create_index(
        "ix_person_id_number_tail", "person", ["tenant_id", "id_number_tail"], unique=False, schema="core"
    )
    op.create_index(
        "ix_person_phone_index", "person", ["tenant_id", "phone_index"], unique=False, schema="core"
    )
    op.create_index(
        "ix_person_phone_tail", "person", ["tenant_id", "phone_tail"], unique=False, schema="core"
    )
    op.create_index(
        "uq_person_document",
        "person",
        ["tenant_id", "id_number_index", "document_kind"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("id_number_index IS NOT NULL"),
    )
    op.create_check_constraint(op.f("ck_person_sex"), "person", "sex IN ('male', 'female')", schema="core")
    op.create_index("ix_employer_name", "employer", ["tenant_id", "name"], unique=False, schema="core")
    op.add_column("org_unit", sa.Column("run_id", sa.Uuid(), nullable=True), schema="core")
    _protect()


def _protect() -> None:
    for table in (
        "column_synonym",
        "employer_match",
        "person_merge",
        "register_run",
        "run_progress",
        "staged_row",
    ):
        _run(policies.protect(f"core.{table}"))
    _run(policies.protect("core.opening", app=policies.APPEND_ONLY))
    _run(policies.protect("core.tenant_key", app=policies.READ_ONLY))
    _run(policies.open_to(policies.OPERATOR, "core.tenant_key", "SELECT, INSERT, UPDATE, DELETE"))
    # A register that is undone takes its records' first steps with it; the trail keeps both.
    op.execute(f"GRANT DELETE ON core.record_transition TO {policies.APP}")


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"REVOKE DELETE ON core.record_transition FROM {policies.APP}")
    op.drop_column("org_unit", "run_id", schema="core")
    op.drop_index("ix_employer_name", table_name="employer", schema="core")
    op.drop_constraint(op.f("ck_person_sex"), "person", schema="core")
    op.drop_index(
        "uq_person_document",
        table_name="person",
        schema="core",
        postgresql_where=sa.text("id_number_index IS NOT NULL"),
    )
    op.drop_index("ix_person_phone_tail", table_name="person", schema="core")
    op.drop_index("ix_person_phone_index", table_name="person", schema="core")
    op.drop_index("ix_person_id_number_tail", table_name="person", schema="core")
    op.drop_index("ix_person_bank_card_tail", table_name="person", schema="core")
    op.drop_index("ix_person_bank_card_index", table_name="person", schema="core")
    op.drop_column("person", "run_id", schema="core")
    op.drop_column("person", "merged_into_id", schema="core")
    op.drop_column("person", "is_migrant_worker", schema="core")
    op.drop_column("person", "household_kind", schema="core")
    op.drop_column("person", "education", schema="core")
    op.drop_column("person", "political_status", schema="core")
    op.drop_column("person", "ethnicity", schema="core")
    op.drop_column("person", "bank_card_tail", schema="core")
    op.drop_column("person", "bank_card_index", schema="core")
    op.drop_column("person", "bank_card", schema="core")
    op.drop_column("person", "phone_tail", schema="core")
    op.drop_column("person", "phone_index", schema="core")
    op.drop_column("person", "phone", schema="core")
    op.drop_column("person", "id_number_tail", schema="core")
    op.drop_column("person", "id_number_index", schema="core")
    op.drop_column("person", "id_number", schema="core")
    op.drop_column("person", "born_on", schema="core")
    op.drop_column("person", "document_kind", schema="core")
    op.drop_column("person", "birth_year", schema="core")
    op.drop_column("person", "sex", schema="core")
    op.drop_column("employer", "run_id", schema="core")
    op.drop_column("employer", "merged_into_id", schema="core")
    op.drop_table("staged_row", schema="core")
    op.drop_table("run_progress", schema="core")
    op.drop_index("ix_register_run_register", table_name="register_run", schema="core")
    op.drop_table("register_run", schema="core")
    op.drop_index("ix_opening_person", table_name="opening", schema="core")
    op.drop_table("opening", schema="core")
    op.drop_index("ix_person_merge_kept", table_name="person_merge", schema="core")
    op.drop_index("ix_person_merge_dropped", table_name="person_merge", schema="core")
    op.drop_table("person_merge", schema="core")
    op.drop_index("ix_employer_match_state", table_name="employer_match", schema="core")
    op.drop_index("ix_employer_match_candidate", table_name="employer_match", schema="core")
    op.drop_table("employer_match", schema="core")
    op.drop_table("tenant_key", schema="core")
    op.drop_table("column_synonym", schema="core")
