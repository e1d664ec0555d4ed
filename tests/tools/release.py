"""The packaged release of ICD-10-CM with our own tables as a term store, made without a database."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path

from webapp.codes import starter
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import icd10cm
from webapp.codes.importers.files import open_source
from webapp.codes.listing import Entry, plain
from webapp.codes.terms import build, gather
from webapp.codes.terms.gather import OPEN, CodeRow, TermRow
from webapp.codes.terms.store import NoStore, Store, Stores
from webapp.tools.detecticd10cm import engine
from webapp.tools.detecticd10cm.engine import Finding, Setting

DAY = 730_000
"""Any day: these codes hold always."""


def store(folder: Path) -> Store:
    """Return the store of a folder; whoever comes first builds it, which takes seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return Stores(folder).current()
        except NoStore:
            _build(folder)
            return Stores(folder).current()


def _build(folder: Path) -> None:
    tabular, codes = (open_source(path) for path in starter.packaged_files())
    listing = icd10cm.read(tabular, Given(codes=codes)).listing
    assert listing
    entries = [entry for entry in listing.entries if entry.kind not in gather.NAVIGATION]

    def terms() -> Iterator[TermRow]:
        yield from gather.own()
        for entry in entries:
            yield from (TermRow(0, plain(entry.key), "inclusion term", text, "", text) for text in entry.terms)

    build.write(folder, map(_row, entries), terms, {})


def _row(entry: Entry) -> CodeRow:
    stem = plain(entry.stem.key) if entry.stem else ""
    return CodeRow(0, plain(entry.key), entry.key, entry.title, entry.billable, 1, OPEN, stem)


def detect(store: Store, text: str, setting: Setting = "outpatient") -> list[Finding]:
    """Return the findings of a text."""
    return engine.detect(store, text, DAY, setting)


def said(store: Store, text: str, setting: Setting = "outpatient") -> list[tuple[str, str]]:
    """Return the codes of a text's findings, each with what is said of it."""
    return [(finding.code, finding.status) for finding in detect(store, text, setting)]
