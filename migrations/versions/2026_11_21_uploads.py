"""Jobs of the catalogue, reminders of releases that are due, and what articles said before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_uploads"
down_revision = "20261121_datasets"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ONE_RUNS = sa.text("state = 'running'")


def upgrade() -> None:
    _create_jobs()
    _create_reminders()
    _create_revisions()


def downgrade() -> None:
    for table in ("article_revision", "catalogue_reminder", "catalogue_job"):
        op.drop_table(table)


def _create_jobs() -> None:
    op.create_table(
        "catalogue_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("source", sa.String(30), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("folder", sa.String(40), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("report", sa.JSON()),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint("kind IN ('load', 'take_back')", name=op.f("ck_catalogue_job_kind_known")),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'refused', 'failed', 'lost')",
            name=op.f("ck_catalogue_job_state_known"),
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["user.id"], name=op.f("fk_catalogue_job_staff_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_job")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_catalogue_job_running",
        "catalogue_job",
        ["state"],
        unique=True,
        sqlite_where=ONE_RUNS,
        postgresql_where=ONE_RUNS,
    )


def _create_reminders() -> None:
    op.create_table(
        "catalogue_reminder",
        sa.Column("source", sa.String(30), nullable=False),
        sa.Column("release", sa.String(60), nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", "release", name=op.f("pk_catalogue_reminder")),
    )


def _create_revisions() -> None:
    """Make the history of articles; what is stored today is its first entry."""
    op.create_table(
        "article_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("staff_id", sa.Integer()),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "action IN ('saved', 'imported', 'restored', 'deleted')", name=op.f("ck_article_revision_action_known")
        ),
        sa.ForeignKeyConstraint(["code_id"], ["code.id"], name=op.f("fk_article_revision_code_id")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["user.id"], name=op.f("fk_article_revision_staff_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_revision")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_article_revision_code_id"), "article_revision", ["code_id"])
    op.execute(
        "INSERT INTO article_revision (code_id, at, action, markdown) "
        "SELECT code_id, CURRENT_TIMESTAMP, 'imported', markdown FROM code_article"
    )
