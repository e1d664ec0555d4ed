"""Customers, subscriptions, events, checkout attempts, prices, invoices, charges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_payments"
down_revision = "20261121_metering_billing"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _customers()
    _subscriptions()
    _grants()
    _events()
    _checkouts()
    _display()


def _reference(table: str, target: str, column: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def _customers() -> None:
    op.create_table(
        "billing_customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("stripe_customer_id", sa.String(64), nullable=True),
        sa.Column("livemode", sa.Boolean(), nullable=True),
        sa.Column("create_key", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("dirty_seq", sa.Integer(), nullable=False),
        sa.Column("synced_seq", sa.Integer(), nullable=False),
        sa.Column("synced_at", MOMENT, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("lease_token", sa.String(64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.String(300), nullable=True),
        sa.Column("hold_reason", sa.String(20), nullable=True),
        sa.Column("trial_used_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("card_brand", sa.String(20), nullable=True),
        sa.Column("card_last4", sa.String(4), nullable=True),
        sa.Column("card_expires_at", MOMENT, nullable=True),
        sa.CheckConstraint("dirty_seq >= synced_seq", name=op.f("ck_billing_customer_synced_not_ahead")),
        sa.CheckConstraint(
            "hold_reason IS NULL OR hold_reason IN ('dispute', 'fraud_warning', 'manual')",
            name=op.f("ck_billing_customer_hold_reason_known"),
        ),
        _reference("billing_customer", "user", "user_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_customer")),
        sa.UniqueConstraint("user_id", name=op.f("uq_billing_customer_user_id")),
        sa.UniqueConstraint("stripe_customer_id", name=op.f("uq_billing_customer_stripe_customer_id")),
    )
    op.create_index(
        "ix_billing_customer_dirty",
        "billing_customer",
        ["next_try_at"],
        sqlite_where=sa.text("dirty_seq > synced_seq"),
        postgresql_where=sa.text("dirty_seq > synced_seq"),
    )


def _subscriptions() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stripe_id", sa.String(64), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("plan_key", sa.String(40), nullable=True),
        sa.Column("item_id", sa.String(64), nullable=False),
        sa.Column("price_id", sa.String(64), nullable=False),
        sa.Column("lookup_key", sa.String(60), nullable=True),
        sa.Column("interval", sa.String(10), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("period_start", MOMENT, nullable=False),
        sa.Column("period_end", MOMENT, nullable=False),
        sa.Column("trial_end", MOMENT, nullable=True),
        sa.Column("cancel_at", MOMENT, nullable=True),
        sa.Column("cancel_at_period_end", sa.Boolean(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("past_due_since", MOMENT, nullable=True),
        sa.Column("pause_collection", sa.String(20), nullable=True),
        sa.Column("pending_update_expires_at", MOMENT, nullable=True),
        sa.Column("latest_invoice", sa.String(64), nullable=True),
        sa.Column("fetched_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "status IN ('incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'canceled', 'unpaid', "
            "'paused')",
            name=op.f("ck_subscription_status_known"),
        ),
        _reference("subscription", "billing_customer", "customer_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_subscription_stripe_id")),
    )
    op.create_index(op.f("ix_subscription_customer_id"), "subscription", ["customer_id"])


def _grants() -> None:
    with op.batch_alter_table("entitlement_grant") as table:
        table.add_column(sa.Column("subscription_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_entitlement_grant_subscription_id"),
            "subscription",
            ["subscription_id"],
            ["id"],
            ondelete="CASCADE",
        )
        table.create_check_constraint(
            op.f("ck_entitlement_grant_stripe_has_subscription"),
            "(source = 'stripe') = (subscription_id IS NOT NULL)",
        )
        table.create_index(op.f("ix_entitlement_grant_subscription_id"), ["subscription_id"])


def _events() -> None:
    op.create_table(
        "stripe_event",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("api_version", sa.String(40), nullable=True),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(300), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("charge", sa.String(64), nullable=True),
        sa.CheckConstraint(
            "state IN ('received', 'done', 'ignored', 'failed')", name=op.f("ck_stripe_event_state_known")
        ),
        _reference("stripe_event", "billing_customer", "customer_id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_event")),
    )
    op.create_index("ix_stripe_event_state", "stripe_event", ["state", "received_at"])
    op.create_index(op.f("ix_stripe_event_received_at"), "stripe_event", ["received_at"])
    op.create_index(op.f("ix_stripe_event_customer_id"), "stripe_event", ["customer_id"])
    op.create_table(
        "billing_mark",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_billing_mark")),
    )


def _checkouts() -> None:
    op.create_table(
        "checkout_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("lookup_key", sa.String(60), nullable=False),
        sa.Column("idempotency_key", sa.String(64), nullable=False),
        sa.Column("session_id", sa.String(255), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("return_to", sa.String(500), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('open', 'completed', 'expired')", name=op.f("ck_checkout_attempt_state_known")),
        _reference("checkout_attempt", "user", "user_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkout_attempt")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_checkout_attempt_idempotency_key")),
        sa.UniqueConstraint("session_id", name=op.f("uq_checkout_attempt_session_id")),
    )
    op.create_index(op.f("ix_checkout_attempt_user_id"), "checkout_attempt", ["user_id"])
    op.create_index(
        "uq_checkout_attempt_open",
        "checkout_attempt",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "plan_price",
        sa.Column("price_id", sa.String(64), nullable=False),
        sa.Column("lookup_key", sa.String(60), nullable=False),
        sa.Column("plan_key", sa.String(40), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("interval", sa.String(10), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fetched_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("price_id", name=op.f("pk_plan_price")),
    )
    op.create_index(op.f("ix_plan_price_lookup_key"), "plan_price", ["lookup_key"])


def _display() -> None:
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stripe_id", sa.String(64), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("subscription", sa.String(64), nullable=True),
        sa.Column("number", sa.String(60), nullable=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("amount_paid", sa.Integer(), nullable=False),
        sa.Column("amount_due", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("hosted_url", sa.Text(), nullable=True),
        sa.Column("pdf_url", sa.Text(), nullable=True),
        _reference("invoice", "billing_customer", "customer_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_invoice_stripe_id")),
    )
    op.create_index(op.f("ix_invoice_customer_id"), "invoice", ["customer_id"])
    op.create_table(
        "charge",
        sa.Column("stripe_id", sa.String(64), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("amount_refunded", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("created", MOMENT, nullable=True),
        sa.Column("dispute_status", sa.String(30), nullable=True),
        sa.Column("disputed_at", MOMENT, nullable=True),
        sa.Column("watched", sa.Boolean(), nullable=False),
        _reference("charge", "billing_customer", "customer_id"),
        sa.PrimaryKeyConstraint("stripe_id", name=op.f("pk_charge")),
    )
    op.create_index(op.f("ix_charge_customer_id"), "charge", ["customer_id"])


def downgrade() -> None:
    for table in ("charge", "invoice", "plan_price", "checkout_attempt", "billing_mark", "stripe_event"):
        op.drop_table(table)
    op.execute("DELETE FROM entitlement_grant WHERE source = 'stripe'")
    with op.batch_alter_table("entitlement_grant") as table:
        table.drop_index(op.f("ix_entitlement_grant_subscription_id"))
        table.drop_constraint(op.f("ck_entitlement_grant_stripe_has_subscription"), type_="check")
        table.drop_constraint(op.f("fk_entitlement_grant_subscription_id"), type_="foreignkey")
        table.drop_column("subscription_id")
    op.drop_table("subscription")
    op.drop_table("billing_customer")
