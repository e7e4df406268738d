"""Committees and re elections."""

import sqlalchemy as sa
from alembic import op

from gonghui.sdk import protect

revision = "organising_0003"
down_revision = "organising_0002"


def upgrade() -> None:
    op.create_table(
        "committee",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("seats", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("form IN ('committee', 'commissioner')", name=op.f("ck_committee_form")),
        sa.CheckConstraint("kind IN ('union', 'audit', 'women')", name=op.f("ck_committee_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_committee_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "term_id"],
            ["organising.committee_term.tenant_id", "organising.committee_term.id"],
            name=op.f("fk_committee_tenant_id_term_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "union_id"],
            ["organising.grassroots_union.tenant_id", "organising.grassroots_union.id"],
            name=op.f("fk_committee_tenant_id_union_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_committee")),
        schema="organising",
    )
    op.create_index(
        "ix_committee_org_unit",
        "committee",
        ["tenant_id", "org_unit_id", "id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_committee_term", "committee", ["tenant_id", "term_id"], unique=False, schema="organising"
    )
    op.create_index(
        "ix_committee_union", "committee", ["tenant_id", "union_id"], unique=False, schema="organising"
    )
    op.create_table(
        "re_election",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("union_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("extended_to", sa.Date(), nullable=True),
        sa.Column("extension_no", sa.Text(), nullable=True),
        sa.Column("meeting_form", sa.Text(), nullable=True),
        sa.Column("meeting_on", sa.Date(), nullable=True),
        sa.Column("chair_by", sa.Text(), nullable=True),
        sa.Column("years", sa.BigInteger(), nullable=True),
        sa.Column("seats", sa.BigInteger(), nullable=True),
        sa.Column("audit_seats", sa.BigInteger(), nullable=True),
        sa.Column("women_seats", sa.BigInteger(), nullable=True),
        sa.Column("delegates", sa.BigInteger(), nullable=True),
        sa.Column("managers", sa.BigInteger(), nullable=True),
        sa.Column("plan_reply_no", sa.Text(), nullable=True),
        sa.Column("notified_on", sa.Date(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("voters", sa.BigInteger(), nullable=True),
        sa.Column("retained", sa.BigInteger(), nullable=True),
        sa.Column("approval_no", sa.Text(), nullable=True),
        sa.Column("term_years", sa.BigInteger(), nullable=True),
        sa.Column("changes_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("chair_by IN ('meeting', 'committee')", name=op.f("ck_re_election_chair_by")),
        sa.CheckConstraint(
            "meeting_form IN ('general_meeting', 'congress')", name=op.f("ck_re_election_meeting_form")
        ),
        sa.CheckConstraint(
            "state IN ('due', 'extended', 'plan_submitted', 'returned', 'approved_to_hold', 'held', 'result_submitted', 'approved')",
            name=op.f("ck_re_election_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_re_election_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "term_id"],
            ["organising.committee_term.tenant_id", "organising.committee_term.id"],
            name=op.f("fk_re_election_tenant_id_term_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "union_id"],
            ["organising.grassroots_union.tenant_id", "organising.grassroots_union.id"],
            name=op.f("fk_re_election_tenant_id_union_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_re_election")),
        sa.UniqueConstraint("tenant_id", "term_id", name=op.f("uq_re_election_tenant_id_term_id")),
        schema="organising",
    )
    op.create_index(
        "ix_re_election_ends_on", "re_election", ["tenant_id", "ends_on"], unique=False, schema="organising"
    )
    op.create_index(
        "ix_re_election_org_unit",
        "re_election",
        ["tenant_id", "org_unit_id", "id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_re_election_union", "re_election", ["tenant_id", "union_id"], unique=False, schema="organising"
    )
    op.create_table(
        "committee_officer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("is_full_time", sa.Boolean(), nullable=False),
        sa.Column("elected_on", sa.Date(), nullable=False),
        sa.Column("is_no_relative", sa.Boolean(), nullable=False),
        sa.Column("may_be_chair", sa.Boolean(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("left_reason", sa.Text(), nullable=True),
        sa.Column("committee_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "left_reason IN ('resigned', 'retired', 'job_ended', 'died', 'removed', 'transferred')",
            name=op.f("ck_committee_officer_left_reason"),
        ),
        sa.CheckConstraint(
            "office IN ('chair', 'vice_chair', 'member')", name=op.f("ck_committee_officer_office")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "committee_id"],
            ["organising.committee.tenant_id", "organising.committee.id"],
            name=op.f("fk_committee_officer_tenant_id_committee_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_committee_officer")),
        schema="organising",
    )
    op.create_index(
        "ix_committee_officer_committee",
        "committee_officer",
        ["tenant_id", "committee_id"],
        unique=False,
        schema="organising",
    )
    op.create_table(
        "re_election_ballot",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ballot", sa.Text(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("attended", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("invalid", sa.BigInteger(), nullable=False),
        sa.Column("is_secret", sa.Boolean(), nullable=False),
        sa.Column("re_election_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "ballot IN ('union', 'audit', 'women', 'chair')", name=op.f("ck_re_election_ballot_ballot")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "re_election_id"],
            ["organising.re_election.tenant_id", "organising.re_election.id"],
            name=op.f("fk_re_election_ballot_tenant_id_re_election_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_re_election_ballot")),
        schema="organising",
    )
    op.create_index(
        "ix_re_election_ballot_re_election",
        "re_election_ballot",
        ["tenant_id", "re_election_id"],
        unique=False,
        schema="organising",
    )
    op.create_table(
        "re_election_candidate",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("ballot", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("is_full_time", sa.Boolean(), nullable=False),
        sa.Column("is_no_relative", sa.Boolean(), nullable=False),
        sa.Column("may_be_chair", sa.Boolean(), nullable=False),
        sa.Column("votes", sa.BigInteger(), nullable=True),
        sa.Column("is_elected", sa.Boolean(), nullable=False),
        sa.Column("re_election_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "ballot IN ('union', 'audit', 'women', 'chair')", name=op.f("ck_re_election_candidate_ballot")
        ),
        sa.CheckConstraint(
            "office IN ('chair', 'vice_chair', 'member')", name=op.f("ck_re_election_candidate_office")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "re_election_id"],
            ["organising.re_election.tenant_id", "organising.re_election.id"],
            name=op.f("fk_re_election_candidate_tenant_id_re_election_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_re_election_candidate")),
        schema="organising",
    )
    op.create_index(
        "ix_re_election_candidate_re_election",
        "re_election_candidate",
        ["tenant_id", "re_election_id"],
        unique=False,
        schema="organising",
    )
    for table in (
        "committee",
        "re_election",
        "committee_officer",
        "re_election_ballot",
        "re_election_candidate",
    ):
        for statement in protect(f"organising.{table}"):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index(
        "ix_re_election_candidate_re_election", table_name="re_election_candidate", schema="organising"
    )
    op.drop_table("re_election_candidate", schema="organising")
    op.drop_index("ix_re_election_ballot_re_election", table_name="re_election_ballot", schema="organising")
    op.drop_table("re_election_ballot", schema="organising")
    op.drop_index("ix_committee_officer_committee", table_name="committee_officer", schema="organising")
    op.drop_table("committee_officer", schema="organising")
    op.drop_index("ix_re_election_union", table_name="re_election", schema="organising")
    op.drop_index("ix_re_election_org_unit", table_name="re_election", schema="organising")
    op.drop_index("ix_re_election_ends_on", table_name="re_election", schema="organising")
    op.drop_table("re_election", schema="organising")
    op.drop_index("ix_committee_union", table_name="committee", schema="organising")
    op.drop_index("ix_committee_term", table_name="committee", schema="organising")
    op.drop_index("ix_committee_org_unit", table_name="committee", schema="organising")
    op.drop_table("committee", schema="organising")
