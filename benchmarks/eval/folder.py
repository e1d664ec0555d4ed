"""The data folder that is measured: one that is given, or a temporary one that is loaded here."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from flask import Flask

from tests.support import applications
from webapp.codes import importing, starter
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers.files import open_source
from webapp.codes.progress import silent
from webapp.codes.search import search
from webapp.codes.terms import keeping
from webapp.codes.terms.build import SOURCES
from webapp.codes.terms.store import Store, Stores
from webapp.extensions import settings
from webapp.tools.detecticd10cm.service import detect

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "data"
"""The publishers' files, no part of the project."""
CODES = "icd10cm/icd10cm-codes-2026.rebuilt.txt"
FILES = (
    ("icd10cm-tabular", "icd10cm/icd10cm-tabular-April-1-2026.xml"),
    ("icd10cm-index", "icd10cm/icd10cm-index-2025.rebuilt.xml"),
    ("icd10cm-index", "icd10cm/icd10cm-eindex-April-1-2026-XML.xml"),
    ("icd10cm-index", "icd10cm/icd10cm-neoplasm-April-1-2026-XML.xml"),
    ("icd10cm-index", "icd10cm/icd10cm-drug-April-1-2026-XML.xml"),
    ("hcpcs", "hcpcs/2025/hcpcs_level2_long_2025-11.csv"),
)
PACKAGED, EVERYTHING = "the package’s list", "all files"
FEWEST_HCPCS = 1_000
"""A release of HCPCS has more codes than that; the package’s list comes with a few of our articles."""
WARM_UP = "Cholera."
"""Said once to each tool before anything is timed; no set has it."""


@contextlib.contextmanager
def opened(data: Path) -> Iterator[Flask]:
    """Open the application on a data folder, within its context."""
    app = applications.create_app(applications.settings(DATA=data, LOG_LEVEL="error"))
    try:
        with app.app_context():
            yield app
    finally:
        applications.close(app)


@contextlib.contextmanager
def loaded(files: str) -> Iterator[tuple[Path, float]]:
    """Load a temporary folder with `files`, one of the two above; yield it with the seconds that its store took."""
    with tempfile.TemporaryDirectory(prefix="codeshelf-eval-") as name:
        data = Path(name)
        applications.migrated(applications.settings(DATA=data, LOG_LEVEL="error"))
        with opened(data):
            starter.load(silent)
            for source, path in FILES if files == EVERYTHING else ():
                codes = open_source(PUBLISHED / CODES) if source == "icd10cm-tabular" else None
                importing.load(source, [PUBLISHED / path], Given(codes=codes))
            seconds = built()
        yield data, seconds


def built() -> float:
    """Build the current application's store anew; return how many seconds that took."""
    shutil.rmtree(settings().data / keeping.FOLDER, ignore_errors=True)
    since = time.perf_counter()
    keeping.keep()
    return time.perf_counter() - since


def fresh(app: Flask) -> None:
    """Open the store anew, so that nothing is remembered of what was answered, and warm the tools up."""
    app.extensions["term_stores"] = Stores(app.extensions["term_stores"].folder)
    search(WARM_UP)
    detect(WARM_UP)


def billable(store: Store, day: int) -> frozenset[str]:
    """Return the ICD-10-CM codes that are billable on a day, as they are written."""
    return frozenset(
        store.key(row)
        for row in range(len(store.code_plain))
        if store.system(row) == 0 and store.code_billable[row] and store.in_force(row, day)
    )


def files_of(store: Store) -> str:
    """Return which of the two loads a store is like: whether it has the indexes and HCPCS too."""
    sources = {SOURCES[number] for number in np.unique(store.term_source)}
    hcpcs = sum(code.startswith(b"1") for code in store.code_plain.tolist())
    whole = {"index", "external cause index", "table of neoplasms", "table of drugs"} <= sources
    return EVERYTHING if whole and hcpcs >= FEWEST_HCPCS else PACKAGED
