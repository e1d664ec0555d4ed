"""Code systems, releases, codes and their versions, stored pages, search, articles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_catalogue"
down_revision = "20261121_accounts"
branch_labels = None
depends_on = None

BYTEWISE = sa.String(20).with_variant(sa.String(20, collation="C"), "postgresql")

SYSTEMS = [
    {
        "key": "icd-10-cm",
        "name": "ICD-10-CM",
        "publisher": "National Center for Health Statistics (CDC) and Centers for Medicare & Medicaid Services",
        "copyright": "",
    },
    {
        "key": "hcpcs",
        "name": "HCPCS Level II",
        "publisher": "Centers for Medicare & Medicaid Services",
        "copyright": "",
    },
    {
        "key": "cpt",
        "name": "CPT",
        "publisher": "American Medical Association",
        "copyright": "CPT is a registered trademark of the American Medical Association. Its descriptors are copyright "
        "of the association and are not part of this site unless its operator has a licence.",
    },
]


def upgrade() -> None:
    _create_systems()
    _create_codes()
    _create_pages()
    _create_articles()


def downgrade() -> None:
    op.drop_table("code_information")
    op.drop_table("code_article")
    op.drop_table("code_document")
    op.drop_table("code_family")
    op.drop_table("code_note")
    op.drop_table("code_version")
    op.drop_table("code")
    with op.batch_alter_table("code_system") as batch:
        batch.drop_constraint("fk_code_system_current_release_id", type_="foreignkey")
    op.drop_table("code_release")
    op.drop_table("code_system")


def _create_systems() -> None:
    system = op.create_table(
        "code_system",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(20), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("publisher", sa.String(120), nullable=False),
        sa.Column("copyright", sa.Text(), nullable=False),
        sa.Column("current_release_id", sa.Integer()),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_system")),
        sa.UniqueConstraint("key", name=op.f("uq_code_system_key")),
    )
    op.bulk_insert(system, [{**row, "stamp": 0} for row in SYSTEMS])
    op.create_table(
        "code_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("system_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(30), nullable=False),
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
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_release")),
        sa.ForeignKeyConstraint(["system_id"], ["code_system.id"], name=op.f("fk_code_release_system_id")),
        sa.UniqueConstraint("system_id", "source", "name", name=op.f("uq_code_release_system_id_source_name")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("code_system") as batch:
        batch.create_foreign_key("fk_code_system_current_release_id", "code_release", ["current_release_id"], ["id"])


def _create_codes() -> None:
    op.create_table(
        "code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("system_id", sa.Integer(), nullable=False),
        sa.Column("key", BYTEWISE, nullable=False),
        sa.Column("plain", BYTEWISE, nullable=False),
        sa.Column("meter_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code")),
        sa.ForeignKeyConstraint(["system_id"], ["code_system.id"], name=op.f("fk_code_system_id")),
        sa.UniqueConstraint("system_id", "key", name=op.f("uq_code_system_id_key")),
        sa.UniqueConstraint("system_id", "plain", name=op.f("uq_code_system_id_plain")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "code_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_is_official", sa.Boolean(), nullable=False),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("parent_id", sa.Integer()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_version")),
        sa.ForeignKeyConstraint(["code_id"], ["code.id"], name=op.f("fk_code_version_code_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["code.id"], name=op.f("fk_code_version_parent_id")),
        sa.UniqueConstraint("code_id", "valid_from", name=op.f("uq_code_version_code_id_valid_from")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_code_version_parent_id"), "code_version", ["parent_id"])
    op.create_table(
        "code_note",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version_id", "position", name=op.f("pk_code_note")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["code_version.id"], name=op.f("fk_code_note_version_id"), ondelete="CASCADE"
        ),
    )


def _create_pages() -> None:
    op.create_table(
        "code_family",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_family")),
        sa.ForeignKeyConstraint(["release_id"], ["code_release.id"], name=op.f("fk_code_family_release_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_code_family_release_id"), "code_family", ["release_id"])
    op.create_table(
        "code_document",
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("family_id", sa.Integer()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("code_id", "release_id", name=op.f("pk_code_document")),
        sa.ForeignKeyConstraint(["code_id"], ["code.id"], name=op.f("fk_code_document_code_id")),
        sa.ForeignKeyConstraint(["release_id"], ["code_release.id"], name=op.f("fk_code_document_release_id")),
    )


def _create_articles() -> None:
    op.create_table(
        "code_article",
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("updated", sa.Date(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_code_article")),
        sa.ForeignKeyConstraint(["code_id"], ["code.id"], name=op.f("fk_code_article_code_id")),
    )
    op.create_table(
        "code_information",
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(30), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code_id", "section", "position", name=op.f("pk_code_information")),
        sa.ForeignKeyConstraint(["code_id"], ["code.id"], name=op.f("fk_code_information_code_id")),
    )
