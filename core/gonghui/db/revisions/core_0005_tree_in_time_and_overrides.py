"""The tree in time: dated edges, former names, reorganisations; and the federation's own figures."""

import os
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gonghui.audit.entries import canonical, digest
from gonghui.db import policies
from gonghui.values.ids import new_id

revision = "core_0005"
down_revision = "core_0004"


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA core")
    op.add_column("org_unit", sa.Column("successor_id", sa.Uuid(), nullable=True), schema="core")
    op.create_foreign_key(
        op.f("fk_org_unit_tenant_id_successor_id"),
        "org_unit",
        "org_unit",
        ["tenant_id", "successor_id"],
        ["tenant_id", "id"],
        source_schema="core",
        referent_schema="core",
        ondelete="RESTRICT",
    )
    op.create_table(
        "org_edge",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("tenant_id"), "="),
            (sa.text("unit_id"), "="),
            (sa.text("daterange(valid_from, valid_to, '[]')"), "&&"),
            name="ex_org_edge_one_a_day",
            using="gist",
        ),
        sa.CheckConstraint(
            "cause IN ('founded', 'moved', 'merged', 'split', 'closed')", name=op.f("ck_org_edge_cause")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_org_edge_tenant_id_parent_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_org_edge_tenant_id_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_org_edge")),
        schema="core",
    )
    op.create_index("ix_org_edge_parent", "org_edge", ["tenant_id", "parent_id", "unit_id"], schema="core")
    op.create_index("ix_org_edge_unit", "org_edge", ["tenant_id", "unit_id", "valid_from"], schema="core")
    op.create_index(
        "uq_org_edge_first",
        "org_edge",
        ["tenant_id", "unit_id"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("is_first"),
    )
    op.create_table(
        "org_unit_name",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_org_unit_name_tenant_id_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_org_unit_name")),
        schema="core",
    )
    op.create_index(
        "ix_org_unit_name_unit",
        "org_unit_name",
        ["tenant_id", "unit_id", "valid_to"],
        unique=True,
        schema="core",
    )
    op.create_table(
        "reorganisation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('move', 'merge', 'split', 'rename', 'close')", name=op.f("ck_reorganisation_kind")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'applied', 'cancelled', 'failed')", name=op.f("ck_reorganisation_state")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_reorganisation")),
        schema="core",
    )
    op.create_index(
        "ix_reorganisation_planned",
        "reorganisation",
        ["tenant_id", "effective_on"],
        schema="core",
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_table(
        "parameter_override",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("edition", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_for", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_parameter_override")),
        sa.UniqueConstraint(
            "tenant_id",
            "code",
            "effective_from",
            "edition",
            name=op.f("uq_parameter_override_tenant_id_code_effective_from_edition"),
        ),
        schema="core",
    )
    op.create_index(
        "uq_parameter_override_live",
        "parameter_override",
        ["tenant_id", "code", "effective_from"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    _set_first_edges()
    op.execute(_UNIT_PLACED)
    op.execute(
        "CREATE TRIGGER org_unit_placed BEFORE INSERT ON core.org_unit "
        "FOR EACH ROW EXECUTE FUNCTION core.org_unit_placed()"
    )
    for table in ("core.org_edge", "core.org_unit_name", "core.reorganisation"):
        _run(policies.protect(table))
    _run(policies.protect("core.parameter_override", app="SELECT, INSERT, UPDATE"))


# Whoever sets up a unit holds the tree for shared use until the end; whoever moves units waits for that, and the
# other way round. A path worked out before somebody moved the parent is refused.
_UNIT_PLACED = """
CREATE FUNCTION core.org_unit_placed() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE above text;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(
        pg_catalog.hashtextextended(NEW.tenant_id::text, 7215004));
    SELECT path INTO above FROM core.org_unit WHERE tenant_id = NEW.tenant_id AND id = NEW.parent_id;
    IF FOUND AND pg_catalog.left(NEW.path, -13) <> above THEN
        RAISE EXCEPTION 'the unit above has been moved' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END $$
"""


def _set_first_edges() -> None:
    """Give each unit that is there its first edge, with the entry in the trail that a new unit's edge has."""
    touched = ("core.org_unit", "core.audit_entry", "core.audit_payload")
    for (
        table
    ) in touched:  # the owner is bound by the policies of its own tables, and no tenant is at work here
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    connection, at = op.get_bind(), datetime.now(UTC)
    units = connection.execute(sa.text("SELECT tenant_id, id, parent_id, valid_from FROM core.org_unit"))
    for batch in units.mappings().partitions(2_000):
        written = [_edge_and_entry(unit, at) for unit in batch]
        for statement in (_EDGE, _ENTRY, _PAYLOAD):
            connection.execute(sa.text(statement), written)
    for table in touched:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


_EDGE = """
INSERT INTO core.org_edge (tenant_id, id, unit_id, parent_id, valid_from, is_first, cause)
VALUES (:tenant_id, :edge_id, :unit_id, :parent_id, :valid_from, true, 'founded')
"""
_ENTRY = """
INSERT INTO core.audit_entry (tenant_id, id, at, actor_kind, action, operation, object_table, object_id, request_id, digest)
VALUES (:tenant_id, :entry_id, :at, 'system', 'core.org_edge.taken_over', 'insert', 'core.org_edge', :edge_id,
        'core_0005', :digest)
"""
_PAYLOAD = """
INSERT INTO core.audit_payload (tenant_id, entry_id, salt, content)
VALUES (:tenant_id, :entry_id, :salt, :content)
"""


def _edge_and_entry(unit: sa.RowMapping, at: datetime) -> dict[str, object]:
    edge_id, salt = new_id(), os.urandom(16)
    after = {
        "tenant_id": str(unit["tenant_id"]),
        "id": str(edge_id),
        "unit_id": str(unit["id"]),
        "parent_id": str(unit["parent_id"]) if unit["parent_id"] else None,
        "valid_from": unit["valid_from"].isoformat(),
        "valid_to": None,
        "is_first": True,
        "cause": "founded",
        "decision": None,
    }
    content = canonical({"after": after})
    return {
        "tenant_id": unit["tenant_id"],
        "edge_id": edge_id,
        "entry_id": new_id(),
        "unit_id": unit["id"],
        "parent_id": unit["parent_id"],
        "valid_from": unit["valid_from"],
        "at": at,
        "salt": salt,
        "digest": digest(salt, content),
        "content": content.decode(),
    }


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER org_unit_placed ON core.org_unit")
    op.execute("DROP FUNCTION core.org_unit_placed()")
    op.drop_table("parameter_override", schema="core")
    op.drop_table("reorganisation", schema="core")
    op.drop_table("org_unit_name", schema="core")
    op.drop_table("org_edge", schema="core")
    op.drop_constraint(op.f("fk_org_unit_tenant_id_successor_id"), "org_unit", schema="core")
    op.drop_column("org_unit", "successor_id", schema="core")
    op.execute("DROP EXTENSION btree_gist")
