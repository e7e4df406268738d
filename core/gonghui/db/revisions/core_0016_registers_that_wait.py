"""A register waits with its file until somebody has said what its columns are, and knows the job that works on it."""

import sqlalchemy as sa
from alembic import op

revision = "core_0016"
down_revision = "core_0015"

_STATES = ("reading", "checked", "applied", "undone", "discarded", "failed")


def upgrade() -> None:
    op.add_column("register_run", sa.Column("upload", sa.Text(), nullable=True), schema="core")
    op.add_column("register_run", sa.Column("job_id", sa.Uuid(), nullable=True), schema="core")
    _allow("sent", *_STATES)


def downgrade() -> None:
    _allow(*_STATES, postgresql_not_valid=True)  # no policy lets a revision see the runs that wait
    op.drop_column("register_run", "job_id", schema="core")
    op.drop_column("register_run", "upload", schema="core")


def _allow(*states: str, **options: bool) -> None:
    allowed = ", ".join(f"'{state}'" for state in states)
    op.drop_constraint(op.f("ck_register_run_state"), "register_run", schema="core")
    op.create_check_constraint(
        op.f("ck_register_run_state"), "register_run", f"state IN ({allowed})", schema="core", **options
    )
