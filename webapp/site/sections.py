"""Which sections of a code page have content on this site: only those are offered on the pricing page."""

from __future__ import annotations

import functools

from sqlalchemy import exists, select

from webapp.codes.datasets.models import DatasetRelease
from webapp.codes.document import SECTIONS
from webapp.codes.facts.page import possible
from webapp.codes.models import Article, Information
from webapp.codes.service import catalogue_stamp
from webapp.extensions import db, settings

OF_EVERY_SYSTEM = ("descriptor", "billable", "notes", "seventh_characters")
OF_ARTICLES = ("common_language", "indications", "procedure", "post_procedure")


def in_use() -> tuple[str, ...]:
    """Return the sections that any code has, in page order."""
    return _in_use(settings().sqlalchemy_url, catalogue_stamp())


@functools.lru_cache(maxsize=2)
def _in_use(_database: str, _stamp: str) -> tuple[str, ...]:
    found = {*OF_EVERY_SYSTEM, *db.session.scalars(select(Information.section).distinct())}
    if db.session.scalar(select(exists(select(Article.code_id)))):
        found.update(OF_ARTICLES)
    found.update(possible(db.session.scalars(select(DatasetRelease.dataset).distinct())))
    return tuple(key for key in SECTIONS if key in found)
