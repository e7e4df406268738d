"""The core's first tables, each closed to all but its tenant."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gonghui.db import policies

revision = "core_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("on_behalf_by", sa.Text(), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("object_table", sa.Text(), nullable=True),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_entry")),
        schema="core",
    )
    op.create_index(
        "ix_audit_entry_number", "audit_entry", ["tenant_id", "number"], unique=False, schema="core"
    )
    op.create_index(
        "ix_audit_entry_object", "audit_entry", ["tenant_id", "object_id"], unique=False, schema="core"
    )
    op.create_table(
        "employer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_employer")),
        schema="core",
    )
    op.create_index(
        "ix_employer_name_key",
        "employer",
        ["tenant_id", "name_key"],
        unique=False,
        schema="core",
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.create_index(
        "uq_employer_name",
        "employer",
        ["tenant_id", "name"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("uscc IS NULL"),
    )
    op.create_index(
        "uq_employer_uscc",
        "employer",
        ["tenant_id", "uscc"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("uscc IS NOT NULL"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint(
            "tenant_id", "account_id", "key", name=op.f("uq_idempotency_key_tenant_id_account_id_key")
        ),
        schema="core",
    )
    op.create_table(
        "org_unit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_org_unit_tenant_id_parent_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_org_unit")),
        sa.UniqueConstraint("tenant_id", "path", name=op.f("uq_org_unit_tenant_id_path")),
        schema="core",
    )
    op.create_index(
        "ix_org_unit_parent_id", "org_unit", ["tenant_id", "parent_id"], unique=False, schema="core"
    )
    op.create_index(
        "ix_org_unit_path",
        "org_unit",
        ["tenant_id", "path"],
        unique=False,
        schema="core",
        postgresql_ops={"path": "text_pattern_ops"},
    )
    op.create_index(
        "uq_org_unit_root",
        "org_unit",
        ["tenant_id"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("parent_id IS NULL"),
    )
    op.create_table(
        "person",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_person")),
        schema="core",
    )
    op.create_index(
        "ix_person_name_key",
        "person",
        ["tenant_id", "name_key"],
        unique=False,
        schema="core",
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.create_table(
        "platform_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_entry")),
        schema="core",
    )
    op.create_table(
        "plugin_switch",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_plugin_switch")),
        sa.UniqueConstraint("tenant_id", "plugin", name=op.f("uq_plugin_switch_tenant_id_plugin")),
        schema="core",
    )
    op.create_table(
        "role",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("permissions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_role")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_role_tenant_id_code")),
        schema="core",
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("code", name=op.f("uq_tenant_code")),
        schema="core",
    )
    op.create_table(
        "account",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["core.person.tenant_id", "core.person.id"],
            name=op.f("fk_account_tenant_id_person_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_account")),
        sa.UniqueConstraint("tenant_id", "login", name=op.f("uq_account_tenant_id_login")),
        schema="core",
    )
    op.create_table(
        "audit_payload",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "entry_id", name=op.f("pk_audit_payload")),
        schema="core",
    )
    op.create_table(
        "tenant_host",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["core.tenant.id"], name=op.f("fk_tenant_host_tenant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_tenant_host")),
        schema="core",
    )
    op.create_table(
        "api_token",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("permissions", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_api_token_tenant_id_account_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("tenant_id", "secret_hash", name=op.f("uq_api_token_tenant_id_secret_hash")),
        schema="core",
    )
    op.create_table(
        "auth_session",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_auth_session_tenant_id_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_auth_session")),
        sa.UniqueConstraint("tenant_id", "secret_hash", name=op.f("uq_auth_session_tenant_id_secret_hash")),
        schema="core",
    )
    op.create_table(
        "record_transition",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_record_transition_tenant_id_account_id"),
            ondelete="SET NULL (account_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_record_transition_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["core.person.tenant_id", "core.person.id"],
            name=op.f("fk_record_transition_tenant_id_person_id"),
            ondelete="SET NULL (person_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_record_transition")),
        schema="core",
    )
    op.create_index(
        "ix_record_transition_record",
        "record_transition",
        ["tenant_id", "record_id", "effective_on"],
        unique=False,
        schema="core",
    )
    op.create_index(
        "ix_record_transition_step",
        "record_transition",
        ["tenant_id", "record_type", "to_state", "effective_on"],
        unique=False,
        schema="core",
    )
    op.create_table(
        "role_assignment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["core.account.tenant_id", "core.account.id"],
            name=op.f("fk_role_assignment_tenant_id_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_role_assignment_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "role_id"],
            ["core.role.tenant_id", "core.role.id"],
            name=op.f("fk_role_assignment_tenant_id_role_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_role_assignment")),
        schema="core",
    )
    op.create_index(
        "ix_role_assignment_account_id",
        "role_assignment",
        ["tenant_id", "account_id"],
        unique=False,
        schema="core",
    )
    op.create_table(
        "sign_in_guard",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login_hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sign_in_guard")),
        sa.UniqueConstraint("tenant_id", "login_hash", name=op.f("uq_sign_in_guard_tenant_id_login_hash")),
        schema="core",
    )
    op.create_index(
        "ix_sign_in_guard_touched_at",
        "sign_in_guard",
        ["tenant_id", "touched_at"],
        unique=False,
        schema="core",
    )
    _close()
    _open_what_crosses_tenants()


def _close() -> None:
    """Row-level security on every table that holds a tenant's rows."""
    records = ("account", "api_token", "auth_session", "employer", "idempotency_key", "org_unit", "person", "plugin_switch",
               "role", "role_assignment", "sign_in_guard")  # fmt: skip
    for table in records:
        _run(policies.protect(f"core.{table}"))
    for table in ("audit_entry", "audit_payload", "record_transition"):
        _run(policies.protect(f"core.{table}", app=policies.APPEND_ONLY))
    _run(policies.protect("core.tenant", key="id", app=policies.READ_ONLY))
    _run(policies.protect("core.tenant_host", app=policies.READ_ONLY))


def _open_what_crosses_tenants() -> None:
    """The operator's few tables, and the look-up of a host that every request begins with."""
    _run(policies.open_to(policies.OPERATOR, "core.tenant", "SELECT, INSERT, UPDATE"))
    _run(policies.open_to(policies.OPERATOR, "core.tenant_host", "SELECT, INSERT, DELETE"))
    _run(policies.force("core.platform_entry"))
    _run(policies.open_to(policies.OPERATOR, "core.platform_entry", policies.APPEND_ONLY))
    for table in ("tenant", "tenant_host", "plugin_switch"):
        _run([f"CREATE POLICY look_up ON core.{table} FOR SELECT TO {policies.OWNER} USING (true)"])
    op.execute(_TENANT_AT)
    op.execute("REVOKE ALL ON FUNCTION core.tenant_at(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION core.tenant_at(text) TO {policies.APP}")


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)


_TENANT_AT = """
CREATE FUNCTION core.tenant_at(wanted text)
RETURNS TABLE (id uuid, code text, name text, jurisdiction text, is_demo boolean, plugins text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
    SELECT t.id, t.code, t.name, t.jurisdiction, t.is_demo,
           ARRAY(SELECT s.plugin FROM core.plugin_switch s WHERE s.tenant_id = t.id AND s.is_on ORDER BY s.plugin)
    FROM core.tenant_host h JOIN core.tenant t ON t.id = h.tenant_id
    WHERE h.host = wanted
$$
"""


def downgrade() -> None:
    op.execute("DROP FUNCTION core.tenant_at(text)")
    op.drop_table("sign_in_guard", schema="core")
    op.drop_index("ix_role_assignment_account_id", table_name="role_assignment", schema="core")
    op.drop_table("role_assignment", schema="core")
    op.drop_index("ix_record_transition_step", table_name="record_transition", schema="core")
    op.drop_index("ix_record_transition_record", table_name="record_transition", schema="core")
    op.drop_table("record_transition", schema="core")
    op.drop_table("auth_session", schema="core")
    op.drop_table("api_token", schema="core")
    op.drop_table("tenant_host", schema="core")
    op.drop_table("audit_payload", schema="core")
    op.drop_table("account", schema="core")
    op.drop_table("tenant", schema="core")
    op.drop_table("role", schema="core")
    op.drop_table("plugin_switch", schema="core")
    op.drop_table("platform_entry", schema="core")
    op.drop_index(
        "ix_person_name_key",
        table_name="person",
        schema="core",
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.drop_table("person", schema="core")
    op.drop_index(
        "uq_org_unit_root",
        table_name="org_unit",
        schema="core",
        postgresql_where=sa.text("parent_id IS NULL"),
    )
    op.drop_index(
        "ix_org_unit_path", table_name="org_unit", schema="core", postgresql_ops={"path": "text_pattern_ops"}
    )
    op.drop_index("ix_org_unit_parent_id", table_name="org_unit", schema="core")
    op.drop_table("org_unit", schema="core")
    op.drop_table("idempotency_key", schema="core")
    op.drop_index(
        "uq_employer_uscc", table_name="employer", schema="core", postgresql_where=sa.text("uscc IS NOT NULL")
    )
    op.drop_index(
        "uq_employer_name", table_name="employer", schema="core", postgresql_where=sa.text("uscc IS NULL")
    )
    op.drop_index(
        "ix_employer_name_key",
        table_name="employer",
        schema="core",
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.drop_table("employer", schema="core")
    op.drop_index("ix_audit_entry_object", table_name="audit_entry", schema="core")
    op.drop_index("ix_audit_entry_number", table_name="audit_entry", schema="core")
    op.drop_table("audit_entry", schema="core")
