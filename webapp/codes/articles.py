"""Articles and data rows on code pages: stored beside the code, and put into its stored page."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import delete, func, select

from webapp.codes import bulk, page_store, releases, terms
from webapp.codes.document import SECTIONS, Block, Document, Section, Step
from webapp.codes.listing import FileRefused, plain
from webapp.codes.markdown import Written
from webapp.codes.models import ARTICLES, Article, Code, CodeSystem, CodeVersion, Information, Release
from webapp.core import clock
from webapp.extensions import db

STARTER_RELEASE = "Starter articles"
COLUMNS = ["Field", "Value", "Meaning"]


def store_article(article: Written) -> bool:
    """Store an article and show it on its code's page; a code known from no release is made for it.

    Returns False if the very same article is there. Errors: FileRefused for an unknown code system.
    """
    sha256 = hashlib.sha256(article.markdown.encode()).hexdigest()
    system = releases.system_named(article.system)
    code = find_code(system, article.code) or _make_code(system, article)
    row = db.session.get(Article, code.id)
    if row is not None and row.sha256 == sha256:
        return False
    if row is None:
        row = Article(code_id=code.id)
        db.session.add(row)
    row.title, row.author, row.updated = article.title, article.author, article.updated
    row.sources, row.markdown, row.sha256 = article.sources, article.markdown, sha256
    row.sections = [asdict(section) for section in article.sections]
    db.session.flush()
    _retitle(system, code, article.title)
    refresh(system, code)
    return True


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


def is_kept(article: Written) -> bool:
    """Whether an article with the same or a later date is stored for the code."""
    stored = (
        select(Article.updated)
        .join(Code, Code.id == Article.code_id)
        .join(CodeSystem, CodeSystem.id == Code.system_id)
        .where(CodeSystem.key == article.system, Code.plain == plain(article.code))
    )
    updated = db.session.scalar(stored)
    return updated is not None and updated >= article.updated


def has_information(code_id: int) -> bool:
    """Whether any data rows are stored for a code."""
    return db.session.scalar(select(Information.code_id).where(Information.code_id == code_id).limit(1)) is not None


def find_code(system: CodeSystem, text: str) -> Code | None:
    """Return a code of a system, however it is written."""
    return db.session.scalars(select(Code).where(Code.system_id == system.id, Code.plain == plain(text))).first()


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
    tables: dict[str, dict[str, Block]] = {}
    for row in rows:
        blocks = tables.setdefault(row.section, {})
        block = blocks.setdefault(row.source, Block("rows", columns=COLUMNS, source=row.source))
        block.rows.append([row.field, row.value, row.meaning])
    return [asdict(Section(section, list(blocks.values()))) for section, blocks in tables.items()]


def _with_fields(page: Document, fields: dict[str, Any]) -> Document:
    sections = [
        Section(
            section["key"],
            [Block(**{**block, "steps": [Step(**step) for step in block["steps"]]}) for block in section["blocks"]],
        )
        for section in fields.get("sections", [])
    ]
    return replace(
        page,
        sections=sections,
        author=fields.get("author", ""),
        updated=fields.get("updated", ""),
        sources=fields.get("sources", []),
    )


def _make_code(system: CodeSystem, article: Written) -> Code:
    """Make a billable code that is known from its article only, under a title of our own."""
    release = releases.current(system)
    if release is not None and release.source != ARTICLES:
        raise FileRefused(f"{article.code[:40]!r} is no code of {system.name} {release.name}.")
    if release is None:
        release = _start_release(system, article.updated)
    code = Code(id=bulk.allocate("code", 1)[0], system_id=system.id, key=article.code, plain=plain(article.code))
    code.meter_id = code.id
    db.session.add(code)
    db.session.flush()
    page = Document(
        system=system.key,
        system_name=system.name,
        key=code.key,
        code_id=code.id,
        meter_id=code.id,
        kind="code",
        title=article.title,
        title_is_official=False,
        billable=True,
        release=release.name,
        release_from="",
        release_to="",
        valid_from="",
        copyright=system.copyright,
    )
    page_store.write(release.id, page)
    _add_version(code, release, article.title)
    return code


def _start_release(system: CodeSystem, day: date) -> Release:
    """Make the release that stands in where a system has none, and let readers see it."""
    release = Release(
        system_id=system.id,
        source=ARTICLES,
        name=STARTER_RELEASE,
        valid_from=day,
        file_name="",
        sha256="",
        format=0,
        loaded_at=clock.now(),
    )
    db.session.add(release)
    db.session.flush()
    releases.activate(system, release)
    return release


def _add_version(code: Code, release: Release, title: str) -> None:
    """Give an article's code its one version, which is replaced when a publisher's release comes."""
    place = db.session.scalar(select(func.count()).select_from(Code).where(Code.system_id == code.system_id)) or 0
    db.session.add(
        CodeVersion(
            code_id=code.id,
            valid_from=release.valid_from,
            kind="code",
            title=title,
            title_is_official=False,
            billable=True,
            position=place,
            digest="",
        )
    )
    db.session.flush()
    terms.replace(code.id, [terms.Text(code.id, terms.TITLE, title, billable=True)])


def _retitle(system: CodeSystem, code: Code, title: str) -> None:
    """Follow an article's new title where the title is the article's."""
    version = db.session.scalars(
        select(CodeVersion).where(
            CodeVersion.code_id == code.id, CodeVersion.valid_to.is_(None), CodeVersion.title_is_official.is_(False)
        )
    ).first()
    if version is None or version.title == title or system.current_release_id is None:
        return
    version.title = title
    page = page_store.read(code.id, system.current_release_id)
    if page is not None:
        page_store.write(system.current_release_id, replace(page, title=title))
    terms.replace(code.id, [terms.Text(code.id, terms.TITLE, title, billable=True)])
