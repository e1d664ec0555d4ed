"""Datasets: their releases and dated records, NCCI edits, licences, licensed texts and who read them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_datasets"
down_revision = "20261121_payments"
branch_labels = None
depends_on = None


def bytewise(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    _create_releases()
    _create_records("dataset_record")
    _create_records("licensed_record")
    _create_edits()
    _create_licences()


def downgrade() -> None:
    for table in (
        "licensed_reading",
        "licence",
        "ptp_rationale",
        "ptp_edit",
        "licensed_record",
        "dataset_record",
        "dataset_release",
    ):
        op.drop_table(table)


def _create_releases() -> None:
    op.create_table(
        "dataset_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset", bytewise(30), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("rows_added", sa.Integer(), nullable=False),
        sa.Column("rows_changed", sa.Integer(), nullable=False),
        sa.Column("rows_ended", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_release")),
        sa.UniqueConstraint("dataset", "valid_from", name=op.f("uq_dataset_release_dataset_valid_from")),
        sqlite_autoincrement=True,
    )


def _create_records(name: str) -> None:
    """Make a table of dated rows. They stand in the order of their key, so that a code's rows lie side by side."""
    op.create_table(
        name,
        sa.Column("code", bytewise(20), nullable=False),
        sa.Column("dataset", bytewise(30), nullable=False),
        sa.Column("part", bytewise(120), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", "dataset", "part", "valid_from", name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f(f"ix_{name}_dataset_valid_from"), name, ["dataset", "valid_from"])


def _create_edits() -> None:
    op.create_table(
        "ptp_edit",
        sa.Column("column1", bytewise(5), nullable=False),
        sa.Column("column2", bytewise(5), nullable=False),
        sa.Column("service", sa.String(1), nullable=False),
        sa.Column("effective", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since_release", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until_release", sa.Integer(), nullable=False),
        sa.Column("deletion", sa.Integer(), nullable=False),
        sa.Column("modifier", sa.String(1), nullable=False),
        sa.Column("rationale", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "column1", "column2", "service", "effective", "since_release", name=op.f("pk_ptp_edit")
        ),
        sqlite_with_rowid=False,
    )
    covering = ["column2", "column1", "service", "until_release", "effective", "deletion"]
    op.create_index(op.f("ix_ptp_edit_column2"), "ptp_edit", covering)
    op.create_table(
        "ptp_rationale",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ptp_rationale")),
        sa.UniqueConstraint("text", name=op.f("uq_ptp_rationale_text")),
    )


def _create_licences() -> None:
    op.create_table(
        "licence",
        sa.Column("system", sa.String(20), nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("system", name=op.f("pk_licence")),
    )
    op.create_table(
        "licensed_reading",
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("system", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "system", "subject", name=op.f("pk_licensed_reading")),
    )
