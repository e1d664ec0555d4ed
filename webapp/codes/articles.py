"""The operator's articles: stored beside the code, and shown on its page."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from datetime import date

from sqlalchemy import func, select

from webapp.codes import bulk, page_store, releases, sections
from webapp.codes.document import Document
from webapp.codes.listing import FileRefused, plain
from webapp.codes.markdown import Written
from webapp.codes.models import ARTICLES, STAND_INS, Article, Code, CodeSystem, CodeVersion, Release
from webapp.codes.versions import STAND_IN
from webapp.core import clock
from webapp.extensions import db

STARTER_RELEASE = "Starter articles"


def store_article(article: Written) -> bool:
    """Store an article and show it on its code's page; a code known from no release is made for it.

    Returns False if the very same article is there. Errors: FileRefused for an unknown code system.
    """
    sha256 = hashlib.sha256(article.markdown.encode()).hexdigest()
    system = releases.system_named(article.system)
    code = _code_of(system, article)
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
    sections.refresh(system, code)
    return True


def has_place_for(article: Written) -> bool:
    """Whether an article would be taken and is newer than the one stored for its code, if there is one."""
    system = releases.system_named(article.system)
    code = find_code(system, article.code)
    if code is None:
        release = releases.current(system)
        return release is None or release.source in STAND_INS
    updated = db.session.scalar(select(Article.updated).where(Article.code_id == code.id))
    return updated is None or updated < article.updated


def find_code(system: CodeSystem, text: str) -> Code | None:
    """Return a code of a system, however it is written."""
    return db.session.scalars(select(Code).where(Code.system_id == system.id, Code.plain == plain(text))).first()


def stand_in(system: CodeSystem) -> None:
    """Show the codes of a system that have articles, as before its first release: that was taken back."""
    rows = select(Code, Article).join(Article, Article.code_id == Code.id).where(Code.system_id == system.id)
    for code, article in db.session.execute(rows.order_by(Code.key)).all():
        _show_code(system, code, article.title, article.updated)
        sections.refresh(system, code)


def _code_of(system: CodeSystem, article: Written) -> Code:
    """Return an article's code; where no publisher's release tells of it, it is shown as the article has it."""
    code, release = find_code(system, article.code), releases.current(system)
    listed = release is not None and release.source not in STAND_INS
    if code is None:
        if release is not None and listed:
            raise FileRefused(f"{article.code[:40]!r} is no code of {system.name} {release.name}.")
        code = Code(id=bulk.allocate("code", 1)[0], system_id=system.id, key=article.code, plain=plain(article.code))
        code.meter_id = code.id
        db.session.add(code)
        db.session.flush()
    if not listed and not page_store.releases_with(code.id):
        _show_code(system, code, article.title, article.updated)
    return code


def _show_code(system: CodeSystem, code: Code, title: str, day: date) -> None:
    """Make the page of a billable code that is known from its article only, under a title of our own."""
    release = releases.current(system) or _start_release(system, day)
    page = Document(
        system=system.key,
        system_name=system.name,
        key=code.key,
        code_id=code.id,
        meter_id=code.meter_id,
        kind="code",
        title=title,
        title_is_official=False,
        billable=True,
        release=release.name,
        release_from="",
        release_to="",
        copyright=system.copyright,
    )
    page_store.write(release.id, page)
    _add_version(code, release, title)


def _start_release(system: CodeSystem, day: date) -> Release:
    """Make the release that stands in where a system has none, or take it again, and let readers see it."""
    release = releases.newest(system.id, ARTICLES)
    if release is None:
        release = Release(system_id=system.id, source=ARTICLES, name=STARTER_RELEASE, file_name="", sha256="", format=0)
        release.valid_from, release.loaded_at = day, clock.now()
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
            digest=STAND_IN,
        )
    )
    db.session.flush()


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
