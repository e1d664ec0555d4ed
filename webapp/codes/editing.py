"""Articles written in the browser: looked up, saved against the text that was read, deleted; history keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from webapp.auth import audit
from webapp.codes import article_history, articles, sections
from webapp.codes.article_history import Action
from webapp.codes.listing import FileRefused, plain
from webapp.codes.markdown import Written, parse_article
from webapp.codes.models import KEY_LENGTH, Article, Code, CodeSystem
from webapp.core import clock
from webapp.core.errors import CodeshelfError
from webapp.extensions import db

SHOWN = 200
"""Articles in one list."""
NEW = """---
system: {system}
code: {code}
title: A title of our own
author: {author}
updated: {today}
sources: []
---

## Common language description

"""


class Stale(CodeshelfError):
    """The article is not what it was when its editor opened it; `stored` is what it says now, None if it is gone."""

    status, code, message = 409, "stale", "Someone else has changed this article since you opened it."

    def __init__(self, stored: Article | None) -> None:
        super().__init__()
        self.markdown = stored.markdown if stored else ""
        self.base = stored.sha256 if stored else ""


@dataclass(frozen=True, slots=True)
class Place:
    """A code that an article may stand under. `code` is None for one that is known from no release yet."""

    system: CodeSystem
    key: str
    code: Code | None
    article: Article | None

    @property
    def name(self) -> str:
        return f"{self.system.key}/{self.key}"


@dataclass(frozen=True, slots=True)
class Listed:
    """An article in the list."""

    system: str
    system_name: str
    key: str
    article: Article


def place(system_key: str, key: str) -> Place | None:
    """Return the place of an article, None if there is no such system or no code could be written so."""
    system = db.session.scalars(select(CodeSystem).where(CodeSystem.key == system_key)).first()
    if system is None or not key.strip() or len(key) > KEY_LENGTH:
        return None
    code = articles.find_code(system, key)
    article = db.session.get(Article, code.id) if code else None
    return Place(system, code.key if code else key, code, article)


def draft(at: Place, author: str) -> str:
    """Return what an article that is not written yet begins with."""
    return NEW.format(system=at.system.key, code=at.key, author=json.dumps(author), today=clock.today())


def check(at: Place, text: str) -> Written:
    """Read what was typed. Errors: FileRefused naming the line; also if it is of another code."""
    written = parse_article(text, at.name)
    if (written.system, plain(written.code)) != (at.system.key, plain(at.key)):
        raise FileRefused(f"{at.name}, line 2: the front matter is of {written.system}/{written.code}.")
    return written


def save(at: Place, text: str, base: str, staff_id: int, action: Action = "saved") -> bool:
    """Store an article over the one with the SHA-256 `base` (empty: over none), in the running transaction.

    Returns False if it says the same already. Errors: FileRefused, Stale.
    """
    written = check(at, text)
    _unchanged_since(at, base)
    if not articles.store_article(written):
        return False
    code = articles.find_code(at.system, at.key)
    if code is None:
        raise LookupError("an article was stored without a code")
    article_history.record(code.id, action, written.markdown, staff_id)
    _note(at, action, staff_id)
    return True


def delete(at: Place, base: str, staff_id: int) -> None:
    """Take an article off its page, in the running transaction; history keeps it. Errors: Stale."""
    stored = _unchanged_since(at, base)
    if stored is None or at.code is None:
        return
    article_history.record(at.code.id, "deleted", stored.markdown, staff_id)
    db.session.delete(stored)
    db.session.flush()
    sections.refresh(at.system, at.code)
    _note(at, "deleted", staff_id)


def _unchanged_since(at: Place, base: str) -> Article | None:
    """Lock the stored article and return it. Errors: Stale."""
    locked = select(Article).join(Code, Code.id == Article.code_id).where(Code.system_id == at.system.id)
    found = locked.where(Code.plain == plain(at.key)).with_for_update(of=Article)
    stored = db.session.scalars(found.execution_options(populate_existing=True)).first()
    if (stored.sha256 if stored else "") != base:
        raise Stale(stored)
    return stored


def _note(at: Place, action: Action, staff_id: int) -> None:
    audit.record(f"article.{action}", None, staff_id, system=at.system.key, code=at.key)


def listed(query: str) -> tuple[list[Listed], int]:
    """Return articles whose code begins with `query` or whose title holds it, by code, and how many there are."""
    found = (
        select(CodeSystem.key, CodeSystem.name, Code.key, Article)
        .join(Code, Code.id == Article.code_id)
        .join(CodeSystem, CodeSystem.id == Code.system_id)
    )
    if query:
        begins = Code.plain.startswith(plain(query), autoescape=True)
        found = found.where(or_(begins, func.lower(Article.title).contains(query.lower(), autoescape=True)))
    count = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    rows = db.session.execute(found.order_by(CodeSystem.id, Code.key).limit(SHOWN))
    return [Listed(*row) for row in rows], count


def systems() -> Sequence[CodeSystem]:
    """Return the code systems that articles can be written for."""
    return db.session.scalars(select(CodeSystem).order_by(CodeSystem.id)).all()
