"""The sections of pages that come from articles and data rows, and putting them into stored pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from itertools import groupby
from typing import Any

from sqlalchemy import delete, select

from webapp.codes import bulk, page_store, releases
from webapp.codes.document import SECTIONS, Block, Document, Section, read_section
from webapp.codes.models import Article, Code, CodeSystem, Information
from webapp.extensions import db

COLUMNS = ["Field", "Value", "Meaning"]


def store_information(code_id: int, rows: Iterable[tuple[str, str, str, str, str]]) -> bool:
    """Store a code's data rows, (section, field, value, meaning, source) in order, in place of those it had.

    Returns False if the very same rows are there. Call `refresh` for the page.
    """
    new = [(section, at, *rest) for at, (section, *rest) in enumerate(rows)]
    columns = (Information.section, Information.position, Information.field, Information.value)
    query = select(*columns, Information.meaning, Information.source).where(Information.code_id == code_id)
    if [tuple(row) for row in db.session.execute(query.order_by(Information.position))] == new:
        return False
    db.session.execute(delete(Information).where(Information.code_id == code_id))
    names = ("code_id", "section", "position", "field", "value", "meaning", "source")
    bulk.insert("code_information", names, [(code_id, *row) for row in new])
    return True


def has_information(code_id: int) -> bool:
    """Whether any data rows are stored for a code."""
    return db.session.scalar(select(Information.code_id).where(Information.code_id == code_id).limit(1)) is not None


def refresh(system: CodeSystem, code: Code) -> None:
    """Put what is stored for a code into its pages."""
    fields = page_fields(system.id, code.id).get(code.key, {})
    for release_id in page_store.releases_with(code.id):
        page = page_store.read(code.id, release_id)
        if page is not None:
            page_store.write(release_id, _with_fields(page, fields))
    releases.changed(system)


def page_fields(system_id: int, code_id: int | None = None) -> dict[str, dict[str, Any]]:
    """Return, by key, the fields of pages that come from articles and data rows: of a system, or of one code."""
    chosen = Code.system_id == system_id if code_id is None else Code.id == code_id
    pages: dict[str, dict[str, Any]] = {}
    for key, article in db.session.execute(
        select(Code.key, Article).join(Article, Article.code_id == Code.id).where(chosen)
    ):
        pages[key] = {
            "author": article.author,
            "updated": article.updated.isoformat(),
            "sources": article.sources,
            "sections": list(article.sections),
        }
    rows = db.session.execute(
        select(Code.key, Information)
        .join(Information, Information.code_id == Code.id)
        .where(chosen)
        .order_by(Code.key, Information.position)
    )
    for key, group in groupby(rows, key=lambda row: row[0]):
        sections = pages.setdefault(key, {}).setdefault("sections", [])
        sections.extend(_data_sections([information for _, information in group]))
    order = list(SECTIONS)
    for fields in pages.values():
        fields["sections"].sort(key=lambda section: order.index(section["key"]))
    return pages


def _data_sections(rows: list[Information]) -> list[dict[str, Any]]:
    """Return data sections, with a table for each source."""
    tables: dict[str, dict[str, list[list[str]]]] = {}
    for row in rows:
        table = tables.setdefault(row.section, {}).setdefault(row.source, [])
        table.append([row.field, row.value, row.meaning])
    return [
        asdict(
            Section(section, [Block("rows", columns=COLUMNS, rows=rows, source=name) for name, rows in each.items()])
        )
        for section, each in tables.items()
    ]


def _with_fields(page: Document, fields: dict[str, Any]) -> Document:
    sections = [read_section(section) for section in fields.get("sections", [])]
    return replace(
        page,
        sections=sections,
        author=fields.get("author", ""),
        updated=fields.get("updated", ""),
        sources=fields.get("sources", []),
    )
