"""Accounts, logins, one-time links, audit events, and the outbox of mails."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_accounts"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "user",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_normalized", sa.String(254), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("is_staff", sa.Boolean, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_login_at", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("email_normalized", name="uq_user_email_normalized"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "login_session",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("network", sa.String(45), nullable=False),
        sa.Column("user_agent", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_session"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_login_session_user_id", ondelete="CASCADE"),
        sa.UniqueConstraint("token_hash", name="uq_login_session_token_hash"),
    )
    op.create_index("ix_login_session_user_id", "login_session", ["user_id"])
    op.create_index("ix_login_session_expires_at", "login_session", ["expires_at"])
    op.create_table(
        "one_time_token",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_token"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_one_time_token_user_id", ondelete="CASCADE"),
        sa.UniqueConstraint("token_hash", name="uq_one_time_token_token_hash"),
    )
    op.create_index("ix_one_time_token_user_id", "one_time_token", ["user_id"])
    op.create_index("ix_one_time_token_expires_at", "one_time_token", ["expires_at"])
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Integer),
        sa.Column("subject_user_id", sa.Integer),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_event"),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name="fk_audit_event_actor_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["subject_user_id"], ["user.id"], name="fk_audit_event_subject_user_id", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_audit_event_at", "audit_event", ["at"])
    op.create_index("ix_audit_event_subject_user_id", "audit_event", ["subject_user_id"])
    op.create_table(
        "outbox_mail",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("html", sa.Text),
        sa.Column("dedupe_key", sa.String(120)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try_at", MOMENT),
        sa.Column("last_error", sa.String(300)),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_mail"),
        sa.UniqueConstraint("dedupe_key", name="uq_outbox_mail_dedupe_key"),
    )
    op.create_index("ix_outbox_mail_next_try_at", "outbox_mail", ["next_try_at"])


def downgrade() -> None:
    for table in ("outbox_mail", "audit_event", "one_time_token", "login_session", "user"):
        op.drop_table(table)
