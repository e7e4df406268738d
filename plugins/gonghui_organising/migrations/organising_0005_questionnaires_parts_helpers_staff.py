"""Questionnaires and their sheets; branches and groups; helpers; union workers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gonghui.sdk import protect

revision = "organising_0005"
down_revision = "organising_0004"


def upgrade() -> None:
    op.create_table(
        "helper",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("skills", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tasks", sa.Text(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('activist', 'volunteer')", name=op.f("ck_helper_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_helper_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["core.person.tenant_id", "core.person.id"],
            name=op.f("fk_helper_tenant_id_person_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_helper")),
        schema="organising",
    )
    op.create_index(
        "ix_helper_org_unit", "helper", ["tenant_id", "org_unit_id", "id"], unique=False, schema="organising"
    )
    op.create_index(
        "ix_helper_person", "helper", ["tenant_id", "person_id"], unique=False, schema="organising"
    )
    op.create_index(
        "uq_helper_live",
        "helper",
        ["tenant_id", "person_id", "kind"],
        unique=True,
        schema="organising",
        postgresql_where=sa.text("state IN ('recommended', 'confirmed')"),
    )
    op.create_table(
        "questionnaire",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edition", sa.Text(), nullable=True),
        sa.Column("copied_from_id", sa.Uuid(), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "copied_from_id"],
            ["organising.questionnaire.tenant_id", "organising.questionnaire.id"],
            name=op.f("fk_questionnaire_tenant_id_copied_from_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_questionnaire_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_questionnaire")),
        schema="organising",
    )
    op.create_index(
        "ix_questionnaire_copied_from",
        "questionnaire",
        ["tenant_id", "copied_from_id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_questionnaire_org_unit",
        "questionnaire",
        ["tenant_id", "org_unit_id", "id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_questionnaire_state",
        "questionnaire",
        ["tenant_id", "state", "id"],
        unique=False,
        schema="organising",
    )
    op.create_table(
        "staff_member",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("hired_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("contract_until", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_staff_member_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["core.person.tenant_id", "core.person.id"],
            name=op.f("fk_staff_member_tenant_id_person_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_staff_member")),
        schema="organising",
    )
    op.create_index(
        "ix_staff_member_org_unit",
        "staff_member",
        ["tenant_id", "org_unit_id", "id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_staff_member_person",
        "staff_member",
        ["tenant_id", "person_id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "uq_staff_member_live",
        "staff_member",
        ["tenant_id", "person_id"],
        unique=True,
        schema="organising",
        postgresql_where=sa.text("state IN ('entered', 'in_post')"),
    )
    op.create_table(
        "subdivision",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("leader_name", sa.Text(), nullable=True),
        sa.Column("members", sa.BigInteger(), nullable=True),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("set_up_on", sa.Date(), nullable=True),
        sa.Column("dissolved_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('branch', 'group')", name=op.f("ck_subdivision_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "branch_id"],
            ["organising.subdivision.tenant_id", "organising.subdivision.id"],
            name=op.f("fk_subdivision_tenant_id_branch_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_subdivision_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_subdivision")),
        schema="organising",
    )
    op.create_index(
        "ix_subdivision_branch", "subdivision", ["tenant_id", "branch_id"], unique=False, schema="organising"
    )
    op.create_index(
        "ix_subdivision_name_key",
        "subdivision",
        ["tenant_id", "name_key"],
        unique=False,
        schema="organising",
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.create_index(
        "ix_subdivision_org_unit",
        "subdivision",
        ["tenant_id", "org_unit_id", "id"],
        unique=False,
        schema="organising",
    )
    op.create_table(
        "anonymous_sheet",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_key", sa.Uuid(), nullable=False),
        sa.Column("filled_on", sa.Date(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("questionnaire_id", sa.Uuid(), nullable=False),
        sa.Column("street_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "questionnaire_id"],
            ["organising.questionnaire.tenant_id", "organising.questionnaire.id"],
            name=op.f("fk_anonymous_sheet_tenant_id_questionnaire_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "street_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_anonymous_sheet_tenant_id_street_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_anonymous_sheet")),
        sa.UniqueConstraint(
            "tenant_id",
            "questionnaire_id",
            "sheet_key",
            name=op.f("uq_anonymous_sheet_tenant_id_questionnaire_id_sheet_key"),
        ),
        schema="organising",
    )
    op.create_table(
        "answer_sheet",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sheet_key", sa.Uuid(), nullable=False),
        sa.Column("filled_on", sa.Date(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("questionnaire_id", sa.Uuid(), nullable=False),
        sa.Column("street_id", sa.Uuid(), nullable=True),
        sa.Column("respondent", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_answer_sheet_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["core.person.tenant_id", "core.person.id"],
            name=op.f("fk_answer_sheet_tenant_id_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "questionnaire_id"],
            ["organising.questionnaire.tenant_id", "organising.questionnaire.id"],
            name=op.f("fk_answer_sheet_tenant_id_questionnaire_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "street_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_answer_sheet_tenant_id_street_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_answer_sheet")),
        sa.UniqueConstraint(
            "tenant_id",
            "questionnaire_id",
            "sheet_key",
            name=op.f("uq_answer_sheet_tenant_id_questionnaire_id_sheet_key"),
        ),
        schema="organising",
    )
    op.create_index(
        "ix_answer_sheet_org_unit",
        "answer_sheet",
        ["tenant_id", "org_unit_id", "id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_answer_sheet_person",
        "answer_sheet",
        ["tenant_id", "person_id"],
        unique=False,
        schema="organising",
    )
    op.create_table(
        "group_assignment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subdivision_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "membership_id"],
            ["organising.membership.tenant_id", "organising.membership.id"],
            name=op.f("fk_group_assignment_tenant_id_membership_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_group_assignment_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "subdivision_id"],
            ["organising.subdivision.tenant_id", "organising.subdivision.id"],
            name=op.f("fk_group_assignment_tenant_id_subdivision_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_group_assignment")),
        schema="organising",
    )
    op.create_index(
        "ix_group_assignment_membership",
        "group_assignment",
        ["tenant_id", "membership_id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_group_assignment_org_unit",
        "group_assignment",
        ["tenant_id", "org_unit_id", "id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_group_assignment_subdivision",
        "group_assignment",
        ["tenant_id", "subdivision_id", "state"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "uq_group_assignment_live",
        "group_assignment",
        ["tenant_id", "membership_id"],
        unique=True,
        schema="organising",
        postgresql_where=sa.text("state = 'assigned'"),
    )
    op.create_table(
        "helper_service",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("helper_id", sa.Uuid(), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("hours", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "helper_id"],
            ["organising.helper.tenant_id", "organising.helper.id"],
            name=op.f("fk_helper_service_tenant_id_helper_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_helper_service")),
        schema="organising",
    )
    op.create_index(
        "ix_helper_service_helper",
        "helper_service",
        ["tenant_id", "helper_id", "served_on"],
        unique=False,
        schema="organising",
    )
    op.create_table(
        "question",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("questionnaire_id", sa.Uuid(), nullable=False),
        sa.Column("least", sa.BigInteger(), nullable=True),
        sa.Column("most", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('single', 'multiple', 'number', 'text')", name=op.f("ck_question_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "questionnaire_id"],
            ["organising.questionnaire.tenant_id", "organising.questionnaire.id"],
            name=op.f("fk_question_tenant_id_questionnaire_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_question")),
        schema="organising",
    )
    op.create_index(
        "ix_question_questionnaire",
        "question",
        ["tenant_id", "questionnaire_id", "number"],
        unique=False,
        schema="organising",
    )
    op.create_table(
        "staff_certificate",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("staff_member_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('labour_relations_coordinator', 'social_worker')",
            name=op.f("ck_staff_certificate_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "org_unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_staff_certificate_tenant_id_org_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["core.person.tenant_id", "core.person.id"],
            name=op.f("fk_staff_certificate_tenant_id_person_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_member_id"],
            ["organising.staff_member.tenant_id", "organising.staff_member.id"],
            name=op.f("fk_staff_certificate_tenant_id_staff_member_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_staff_certificate")),
        schema="organising",
    )
    op.create_index(
        "ix_staff_certificate_member",
        "staff_certificate",
        ["tenant_id", "staff_member_id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_staff_certificate_org_unit",
        "staff_certificate",
        ["tenant_id", "org_unit_id", "id"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_staff_certificate_person",
        "staff_certificate",
        ["tenant_id", "person_id"],
        unique=False,
        schema="organising",
    )
    op.create_table(
        "staff_grade",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_member_id", sa.Uuid(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("paper", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_member_id"],
            ["organising.staff_member.tenant_id", "organising.staff_member.id"],
            name=op.f("fk_staff_grade_tenant_id_staff_member_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_staff_grade")),
        schema="organising",
    )
    op.create_index(
        "ix_staff_grade_member",
        "staff_grade",
        ["tenant_id", "staff_member_id", "from_on"],
        unique=False,
        schema="organising",
    )
    op.create_table(
        "staff_posting",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_member_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("share", sa.Text(), nullable=False),
        sa.Column("days_a_month", sa.BigInteger(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.CheckConstraint("share IN ('full', 'part')", name=op.f("ck_staff_posting_share")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "staff_member_id"],
            ["organising.staff_member.tenant_id", "organising.staff_member.id"],
            name=op.f("fk_staff_posting_tenant_id_staff_member_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["core.org_unit.tenant_id", "core.org_unit.id"],
            name=op.f("fk_staff_posting_tenant_id_unit_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_staff_posting")),
        schema="organising",
    )
    op.create_index(
        "ix_staff_posting_member",
        "staff_posting",
        ["tenant_id", "staff_member_id", "from_on"],
        unique=False,
        schema="organising",
    )
    op.create_index(
        "ix_staff_posting_unit", "staff_posting", ["tenant_id", "unit_id"], unique=False, schema="organising"
    )
    for table in (
        "helper",
        "questionnaire",
        "staff_member",
        "subdivision",
        "anonymous_sheet",
        "answer_sheet",
        "group_assignment",
        "helper_service",
        "question",
        "staff_certificate",
        "staff_grade",
        "staff_posting",
    ):
        for statement in protect(f"organising.{table}"):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_staff_posting_unit", table_name="staff_posting", schema="organising")
    op.drop_index("ix_staff_posting_member", table_name="staff_posting", schema="organising")
    op.drop_table("staff_posting", schema="organising")
    op.drop_index("ix_staff_grade_member", table_name="staff_grade", schema="organising")
    op.drop_table("staff_grade", schema="organising")
    op.drop_index("ix_staff_certificate_person", table_name="staff_certificate", schema="organising")
    op.drop_index("ix_staff_certificate_org_unit", table_name="staff_certificate", schema="organising")
    op.drop_index("ix_staff_certificate_member", table_name="staff_certificate", schema="organising")
    op.drop_table("staff_certificate", schema="organising")
    op.drop_index("ix_question_questionnaire", table_name="question", schema="organising")
    op.drop_table("question", schema="organising")
    op.drop_index("ix_helper_service_helper", table_name="helper_service", schema="organising")
    op.drop_table("helper_service", schema="organising")
    op.drop_index(
        "uq_group_assignment_live",
        table_name="group_assignment",
        schema="organising",
        postgresql_where=sa.text("state = 'assigned'"),
    )
    op.drop_index("ix_group_assignment_subdivision", table_name="group_assignment", schema="organising")
    op.drop_index("ix_group_assignment_org_unit", table_name="group_assignment", schema="organising")
    op.drop_index("ix_group_assignment_membership", table_name="group_assignment", schema="organising")
    op.drop_table("group_assignment", schema="organising")
    op.drop_index("ix_answer_sheet_person", table_name="answer_sheet", schema="organising")
    op.drop_index("ix_answer_sheet_org_unit", table_name="answer_sheet", schema="organising")
    op.drop_table("answer_sheet", schema="organising")
    op.drop_table("anonymous_sheet", schema="organising")
    op.drop_index("ix_subdivision_org_unit", table_name="subdivision", schema="organising")
    op.drop_index(
        "ix_subdivision_name_key",
        table_name="subdivision",
        schema="organising",
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.drop_index("ix_subdivision_branch", table_name="subdivision", schema="organising")
    op.drop_table("subdivision", schema="organising")
    op.drop_index(
        "uq_staff_member_live",
        table_name="staff_member",
        schema="organising",
        postgresql_where=sa.text("state IN ('entered', 'in_post')"),
    )
    op.drop_index("ix_staff_member_person", table_name="staff_member", schema="organising")
    op.drop_index("ix_staff_member_org_unit", table_name="staff_member", schema="organising")
    op.drop_table("staff_member", schema="organising")
    op.drop_index("ix_questionnaire_state", table_name="questionnaire", schema="organising")
    op.drop_index("ix_questionnaire_org_unit", table_name="questionnaire", schema="organising")
    op.drop_index("ix_questionnaire_copied_from", table_name="questionnaire", schema="organising")
    op.drop_table("questionnaire", schema="organising")
    op.drop_index(
        "uq_helper_live",
        table_name="helper",
        schema="organising",
        postgresql_where=sa.text("state IN ('recommended', 'confirmed')"),
    )
    op.drop_index("ix_helper_person", table_name="helper", schema="organising")
    op.drop_index("ix_helper_org_unit", table_name="helper", schema="organising")
    op.drop_table("helper", schema="organising")
