"""Keeps the term store true to the catalogue: built after a load by whoever loaded, and never when the site starts."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import chain
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import select

from webapp.codes import bulk
from webapp.codes.datasets.models import DatasetRelease
from webapp.codes.models import Article, CodeSystem, Release
from webapp.codes.progress import Progress, silent
from webapp.codes.terms import build, gather, index_paths, reviewed
from webapp.codes.terms.gather import INDEXES, TermRow
from webapp.codes.terms.store import NoStore, Store, Stores
from webapp.core import clock
from webapp.core.errors import Unavailable
from webapp.extensions import db, settings

FOLDER = "terms"
"""In the data folder."""
RETRY_SECONDS = 30


class NotBuilt(Unavailable):
    code, message = "search_not_ready", "The search index is being built. Please try again in a minute."


def init_app(app: Flask) -> None:
    """Let an application read the store in its data folder."""
    app.extensions["term_stores"] = Stores(_folder(app.extensions["settings"].data))


def _folder(data: Path) -> Path:
    return data / FOLDER


def current() -> Store:
    """Return the store that readers see. Errors: NotBuilt."""
    stores: Stores = current_app.extensions["term_stores"]
    try:
        return stores.current()
    except NoStore:
        raise NotBuilt(retry_after=RETRY_SECONDS) from None


def days(store: Store, on: date | None = None) -> tuple[int, ...]:
    """Return the day for each system as an ordinal: the one asked for, else today or the last day that is known."""
    if on is not None:
        return (on.toordinal(),) * len(store.ends)
    today = clock.today().toordinal()
    return tuple(min(today, end) for end in store.ends)


def keep(progress: Progress = silent) -> bool:
    """Build the store anew if the catalogue or our tables are not those it was built from; return whether it was.

    One process builds at a time; another one that comes meanwhile waits, and finds it done.
    """
    folder = _folder(settings().data)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = _stamp()
        if _built_from(folder) == stamp:
            return False
        with bulk.collector_paused():
            _build(folder, stamp, progress)
        return True


def _built_from(folder: Path) -> str:
    try:
        return (folder / (folder / "current").read_text().strip() / "stamp").read_text()
    except FileNotFoundError:
        return ""


def _build(folder: Path, stamp: str, progress: Progress) -> None:
    entries = {dataset: gather.indexed(dataset) for dataset in INDEXES}
    forms = index_paths.forms_of(chain(entries[gather.INDEX], entries[gather.EXTERNAL]))

    def terms() -> Iterator[TermRow]:
        yield from gather.own()
        yield from gather.inclusions()
        yield from gather.articles()
        for dataset, indexed in entries.items():
            yield from gather.from_index(dataset, indexed)

    progress("Search index", 0, 1)
    bulk.no_timeout()
    build.write(folder, gather.codes(), terms, forms, stamp, gather.ends())
    db.session.rollback()  # nothing was written: let go of the read
    progress("Search index", 1, 1)


def _stamp() -> str:
    """Return a text that changes with all that a store is built from, and with nothing else that is loaded."""
    made = hashlib.sha256(f"{build.FORMAT} {_tables()}".encode())
    for rows in (
        select(CodeSystem.id, CodeSystem.current_release_id).order_by(CodeSystem.id),
        select(Release.id, Release.sha256, Release.format, Release.loaded_at).order_by(Release.id),
        select(DatasetRelease.id, DatasetRelease.sha256, DatasetRelease.loaded_at)
        .where(DatasetRelease.dataset.in_(INDEXES))
        .order_by(DatasetRelease.id),
        select(Article.code_id, Article.sha256).order_by(Article.code_id),
    ):
        for row in db.session.execute(rows):
            made.update(repr(tuple(map(str, row))).encode())
    return made.hexdigest()


@cache
def _tables() -> str:
    """Return a hash of our own tables."""
    made = hashlib.sha256()
    for path in sorted(reviewed.FOLDER.glob("*.tsv")):
        made.update(path.read_bytes())
    return made.hexdigest()
