"""Which releases a tool works with on a day, and where the codes that it names have their pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from webapp.codes.claims import icd
from webapp.codes.claims.model import Source
from webapp.codes.datasets import releases
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.listing import plain
from webapp.codes.models import Code, CodeDocument, CodeSystem
from webapp.codes.pages import path_of
from webapp.extensions import db

DIAGNOSES = "icd-10-cm"
PROCEDURES = ("hcpcs", "cpt")
TABULAR = "icd10cm-tabular"
"""The importer of the diagnoses' own list, which is no dataset."""


@dataclass(frozen=True, slots=True)
class Needed:
    """Something that a tool needs: a dataset, or `icd-10-cm`, and what it is for."""

    dataset: str
    use: str


@dataclass(frozen=True, slots=True)
class Used:
    """What a tool needs and what is loaded of it for a day; `source` names the importer that would load it."""

    name: str
    use: str
    source: str
    release: Source | None
    has_ended: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A code as it is written, dots and all, and the address of its page."""

    key: str
    address: str


def on(day: date, needed: Iterable[Needed]) -> list[Used]:
    """Return what is loaded of the things needed: the releases that hold on a day, even if they have ended."""
    held, found = releases.on(day), []
    for each in needed:
        if each.dataset == DIAGNOSES:
            begun = icd.sources(day)[DIAGNOSES]
            name, importer, release = icd.NAME, TABULAR, begun[-1] if begun else None
        else:
            name, importer = DATASETS[each.dataset].name, DATASETS[each.dataset].source
            got = held.get(each.dataset)
            release = Source(each.dataset, name, got.name, got.valid_from, got.valid_to) if got else None
        found.append(Used(name, each.use, importer, release, release is not None and release.has_ended(day)))
    return found


def pages(codes: Iterable[str], systems: Sequence[str]) -> dict[str, Page]:
    """Return the pages of some codes that have one, by the codes as they are given."""
    named = {plain(code): code for code in codes}
    rows = db.session.execute(
        select(CodeSystem.key, Code.key, Code.plain)
        .join(Code, Code.system_id == CodeSystem.id)
        .join(CodeDocument, CodeDocument.code_id == Code.id)
        .where(CodeDocument.release_id == CodeSystem.current_release_id)
        .where(CodeSystem.key.in_(systems), Code.plain.in_(named))
    )
    return {named[number]: Page(key, path_of(system, key)) for system, key, number in rows}
