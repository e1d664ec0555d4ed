"""The texts by which codes are found, and the words they are made of.

Words are made here, the same way for both databases and for texts and queries: no accents, one case, letters and
digits only. The databases only look them up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from sqlalchemy import and_, delete, func, or_, select, table
from sqlalchemy import column as sql_column
from sqlalchemy.orm import InstrumentedAttribute

from webapp.codes import bulk
from webapp.codes.models import Code, CodeNote, CodeVersion, Term
from webapp.codes.progress import Progress, counted, silent
from webapp.codes.versions import INCLUSION_TERM
from webapp.extensions import db

TITLE, INCLUSION = "title", INCLUSION_TERM
INCLUSION_AFTER = 1000
"""Added to an inclusion term's rank: hits in titles come first."""
LONGEST_COUNTED = 400
WORD = re.compile(r"[^\W_]+")
LONGEST_WORD = 60
TEXTS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Text:
    """A text to be found by, of a code that is billable or not."""

    code_id: int
    source: str
    text: str
    billable: bool


def words(phrase: str) -> list[str]:
    """Return a text's words: “Charcôt's joint” gives charcot, s, joint."""
    if not phrase.isascii():
        phrase = "".join(each for each in unicodedata.normalize("NFKD", phrase) if not unicodedata.combining(each))
    return [word[:LONGEST_WORD] for word in WORD.findall(phrase.casefold())]


def rank(found: Text, count: int) -> int:
    """Return how a hit is ordered, low first: titles before terms, few words before many, billable before not."""
    after = 0 if found.source == TITLE else INCLUSION_AFTER
    return after + 2 * min(count, LONGEST_COUNTED) + (not found.billable)


def rebuild(system_id: int, day: date, progress: Progress = silent) -> None:
    """Make the terms of a system anew, from its versions as of a day."""
    forget(Code.system_id, system_id)
    versions = select(func.count()).select_from(Code).where(Code.system_id == system_id)
    add(counted(_texts(system_id, day), "Search", db.session.scalar(versions) or 0, progress))


def replace(code_id: int, texts: Iterable[Text]) -> None:
    """Make the terms of one code anew."""
    forget(Code.id, code_id)
    add(texts)


def forget(column: InstrumentedAttribute[int], value: int) -> None:
    """Delete the terms of the codes of which a column has a value."""
    codes = select(Code.id).where(column == value)
    ours = select(Term.id).where(Term.code_id.in_(codes))
    if db.session.scalar(ours.limit(1)) is None:
        return
    search_term = table("search_term", sql_column("rowid" if bulk.on_sqlite() else "id"))
    db.session.execute(delete(search_term).where(next(iter(search_term.c)).in_(ours)))
    db.session.execute(delete(Term).where(Term.code_id.in_(codes)), execution_options={"synchronize_session": False})


def add(texts: Iterable[Text]) -> None:
    """Store texts to be found by."""
    remaining = iter(texts)
    number = (db.session.scalar(select(func.max(Term.id))) or 0) + 1
    while batch := list(islice(remaining, TEXTS_AT_ONCE)):
        found = [(at, each, words(each.text)) for at, each in enumerate(batch, number)]
        number += len(batch)
        rows = [(at, each.code_id, each.source, each.text, rank(each, len(having))) for at, each, having in found]
        bulk.insert("code_term", ("id", "code_id", "source", "text", "rank"), rows)
        name, as_text = ("rowid", " ".join) if bulk.on_sqlite() else ("id", _vector)
        bulk.insert("search_term", (name, "words"), [(at, as_text(having)) for at, _, having in found])


def _vector(having: list[str]) -> str:
    """Return words as the text form of PostgreSQL's tsvector."""
    return " ".join(f"'{word}'" for word in dict.fromkeys(having))


def _texts(system_id: int, day: date) -> Iterator[Text]:
    """Yield the titles and inclusion terms of a system's versions as of a day."""
    in_force = and_(
        Code.system_id == system_id,
        CodeVersion.valid_from <= day,
        or_(CodeVersion.valid_to.is_(None), CodeVersion.valid_to >= day),
    )
    versions = select(Code.id, CodeVersion.title, CodeVersion.billable).join(
        CodeVersion, CodeVersion.code_id == Code.id
    )
    for code_id, phrase, billable in db.session.execute(versions.where(in_force)):
        yield Text(code_id, TITLE, phrase, billable)
    inclusions = versions.join(CodeNote, CodeNote.version_id == CodeVersion.id).with_only_columns(
        Code.id, CodeNote.text, CodeVersion.billable
    )
    for code_id, phrase, billable in db.session.execute(inclusions.where(in_force, CodeNote.kind == INCLUSION_TERM)):
        yield Text(code_id, INCLUSION, phrase, billable)
