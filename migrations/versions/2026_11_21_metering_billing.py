"""Tool quotas, daily counts and entitlement grants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_metering_billing"
down_revision = "20261121_catalogue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quota_usage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("tool", sa.String(40), nullable=False),
        sa.Column("window", sa.String(40), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint("used >= 0", name=op.f("ck_quota_usage_used_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_usage")),
    )
    op.create_index("uq_quota_usage_subject_tool_window", "quota_usage", ["subject", "tool", "window"], unique=True)
    op.create_table(
        "quota_reservation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("usage_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('held', 'settled', 'released')", name=op.f("ck_quota_reservation_state_known")),
        sa.ForeignKeyConstraint(
            ["usage_id"], ["quota_usage.id"], name=op.f("fk_quota_reservation_usage_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_reservation")),
    )
    op.create_index(op.f("ix_quota_reservation_usage_id"), "quota_reservation", ["usage_id"])
    op.create_index(op.f("ix_quota_reservation_created_at"), "quota_reservation", ["created_at"])
    op.create_table(
        "daily_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "name", name=op.f("pk_daily_count")),
    )
    op.create_table(
        "count_batch",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_batch")),
    )
    op.create_table(
        "entitlement_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("plan_key", sa.String(40), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.CheckConstraint("source IN ('stripe', 'manual', 'comp')", name=op.f("ck_entitlement_grant_source_known")),
        sa.CheckConstraint(
            "ends_at IS NULL OR ends_at >= starts_at", name=op.f("ck_entitlement_grant_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_entitlement_grant_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlement_grant")),
    )
    op.create_index(op.f("ix_entitlement_grant_user_id"), "entitlement_grant", ["user_id"])


def downgrade() -> None:
    for table in ("entitlement_grant", "count_batch", "daily_count", "quota_reservation", "quota_usage"):
        op.drop_table(table)
