"""What the term store is made of: the catalogue's codes and texts, the imported indexes, and our own tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from webapp.codes.datasets.models import DatasetRelease, Record
from webapp.codes.listing import plain
from webapp.codes.models import Article, Code, CodeNote, CodeSystem, CodeVersion, Release
from webapp.codes.terms import index_paths, reviewed
from webapp.codes.terms.index_paths import Found, Indexed
from webapp.codes.versions import INCLUSION_TERM
from webapp.extensions import db

INDEX, EXTERNAL, NEOPLASM, DRUG = "icd10cm-index", "icd10cm-eindex", "icd10cm-neoplasm", "icd10cm-drug"
INDEXES = (INDEX, EXTERNAL, NEOPLASM, DRUG)
PUBLIC = ("icd-10-cm", "hcpcs")
"""Systems whose titles anybody may read. Of CPT only numbers are public, and the titles of the operator's articles."""
SYSTEMS = {"icd-10-cm": 0, "hcpcs": 1, "cpt": 2}
"""Systems by the numbers that the store knows them by."""
NAVIGATION = ("chapter", "block")
OPEN = date.max.toordinal()
CELLS = {
    "Malignant Primary": ("cancer", "primary"),
    "Malignant Secondary": ("secondary cancer", "metastasis malignant"),
    "Ca in situ": ("carcinomainsitu", ""),
    "Benign": ("benign neoplasm", ""),
    "Uncertain Behavior": ("neoplasm uncertain behavior", ""),
    "Unspecified Behavior": ("neoplasm", "unspecified behavior"),
}
"""Columns of the table of neoplasms: what a text says, and what it may say besides."""


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One dated version of a code. Days are ordinals; `stem` is the plain code of what it is a variant of."""

    system: int
    plain: str
    key: str
    title: str
    billable: bool
    first: int
    last: int
    stem: str


@dataclass(frozen=True, slots=True)
class TermRow:
    """A text that leads to a code: `words` it is made of, those that may be left out, and the phrase to show."""

    system: int
    code: str
    source: str
    words: str
    optional: str = ""
    phrase: str = ""
    default: bool = False
    first: int = 0
    last: int = OPEN


def codes() -> Iterator[CodeRow]:
    """Yield all versions of all codes that texts may be searched of, ended ones too."""
    rows = (
        select(CodeSystem.key, Code.id, Code.meter_id, Code.plain, Code.key, CodeVersion.title, CodeVersion.billable)
        .add_columns(CodeVersion.valid_from, CodeVersion.valid_to)
        .join(Code, Code.system_id == CodeSystem.id)
        .join(CodeVersion, CodeVersion.code_id == Code.id)
        .where(CodeSystem.key.in_(PUBLIC), CodeVersion.kind.not_in(NAVIGATION))
    )
    names = dict(
        db.session.execute(select(Code.id, Code.plain).where(Code.id.in_(select(Code.meter_id).distinct()))).all()
    )
    for system, code_id, meter_id, name, key, title, billable, first, last in db.session.execute(rows):
        stem = names[meter_id] if meter_id != code_id else ""
        yield CodeRow(SYSTEMS[system], name, key, title, billable, first.toordinal(), _last(last), stem)
    yield from _written_about()


def _written_about() -> Iterator[CodeRow]:
    """Yield the codes whose titles are not public but which have an article, under the article's title."""
    rows = (
        select(CodeSystem.key, Code.plain, Code.key, Article.title, CodeVersion.billable)
        .add_columns(CodeVersion.valid_from, CodeVersion.valid_to)
        .join(Code, Code.system_id == CodeSystem.id)
        .join(CodeVersion, CodeVersion.code_id == Code.id)
        .join(Article, Article.code_id == Code.id)
        .where(CodeSystem.key.in_(SYSTEMS), CodeSystem.key.not_in(PUBLIC))
    )
    for system, name, key, title, billable, first, last in db.session.execute(rows):
        yield CodeRow(SYSTEMS[system], name, key, title, billable, first.toordinal(), _last(last), "")


def ends() -> tuple[int, ...]:
    """Return the last days of the systems' current releases as ordinals, by the systems' numbers."""
    rows = select(CodeSystem.key, Release.valid_to).join(Release, Release.id == CodeSystem.current_release_id)
    last = {system: _last(day) for system, day in db.session.execute(rows)}
    return tuple(last.get(system, OPEN) for system in SYSTEMS)


def _last(day: date | None) -> int:
    return day.toordinal() if day else OPEN


def inclusions() -> Iterator[TermRow]:
    """Yield the inclusion terms of all versions."""
    rows = (
        select(CodeSystem.key, Code.plain, CodeNote.text, CodeVersion.valid_from, CodeVersion.valid_to)
        .join(Code, Code.system_id == CodeSystem.id)
        .join(CodeVersion, CodeVersion.code_id == Code.id)
        .join(CodeNote, CodeNote.version_id == CodeVersion.id)
        .where(CodeSystem.key.in_(PUBLIC), CodeNote.kind == INCLUSION_TERM)
    )
    for system, code, text, first, last in db.session.execute(rows):
        yield TermRow(SYSTEMS[system], code, "inclusion term", text, "", text, False, first.toordinal(), _last(last))


def articles() -> Iterator[TermRow]:
    """Yield the titles that the operator's articles give codes."""
    rows = select(CodeSystem.key, Code.plain, Article.title).join(Code, Code.system_id == CodeSystem.id)
    for system, code, title in db.session.execute(rows.join(Article, Article.code_id == Code.id)):
        if system in SYSTEMS:
            yield TermRow(SYSTEMS[system], code, "article", title, "", title)


def indexed(dataset: str) -> list[Indexed]:
    """Return the entries of the newest loaded release of an index."""
    newest = db.session.scalar(select(func.max(DatasetRelease.valid_from)).where(DatasetRelease.dataset == dataset))
    rows = (
        select(Record.body)
        .where(Record.dataset == dataset, Record.valid_from <= newest)
        .where((Record.valid_to.is_(None)) | (Record.valid_to >= newest))
        if newest
        else None
    )
    return [] if rows is None else [Indexed(*json.loads(body)) for body in db.session.scalars(rows)]


def from_index(dataset: str, entries: list[Indexed]) -> Iterator[TermRow]:
    """Yield the terms of an index or table."""
    if dataset == NEOPLASM:
        yield from _neoplasms(entries)
    elif dataset == DRUG:
        yield from _drugs(entries)
    else:
        name = "index" if dataset == INDEX else "external cause index"
        yield from (_from(found, name) for found in index_paths.found(entries))


def _from(found: Found, name: str) -> TermRow:
    return TermRow(0, plain(found.code.rstrip("-.")), name, found.words, found.optional, found.phrase, found.default)


def _neoplasms(entries: Iterable[Indexed]) -> Iterator[TermRow]:
    for entry in entries:
        levels = entry.path.split(index_paths.LEVEL)
        if entry.kind != "code" or levels[-1] not in CELLS:
            continue
        says, optional = CELLS[levels[-1]]
        site = " ".join(levels[1:-1])
        code, shown = plain(entry.code.rstrip("-.")), ", ".join(levels[1:])
        yield TermRow(0, code, "table of neoplasms", f"{says} {site}", f"{optional} {entry.nonessential}", shown)


def _drugs(entries: Iterable[Indexed]) -> Iterator[TermRow]:
    for entry in entries:
        *levels, column = entry.path.split(index_paths.LEVEL)
        if entry.kind != "code" or not levels:
            continue
        says = column.split(" (")[0].replace("Poisoning Accidental", "poisoning")
        shown = ", ".join([*levels, column])
        yield TermRow(
            0, plain(entry.code.rstrip("-.")), "table of drugs", f"{says} {' '.join(levels)}", "accidental", shown
        )


def own() -> Iterator[TermRow]:
    """Yield the terms of our own tables; the first code of a line is what it means when nothing more is said."""
    for line in reviewed.abbreviations():
        if line.kind in reviewed.CODED:
            yield from _own(line)
    for lines in (reviewed.lay_terms(), reviewed.statements(), reviewed.procedures()):
        for line in lines:
            yield from _own(line)


def _own(line: reviewed.Line) -> Iterator[TermRow]:
    shown = f"{line.term} = {line.meaning}" if line.meaning else line.term
    written_out = line.term if line.table == "abbreviation" else reviewed.written_out(line.term)
    for words in dict.fromkeys((line.term, written_out)):
        for place, code in enumerate(line.codes):
            yield TermRow(1 if _hcpcs(code) else 0, plain(code), line.table, words, "", shown, place == 0)


def _hcpcs(code: str) -> bool:
    """Whether a code is HCPCS's: a letter and four digits, without a dot."""
    return "." not in code and len(code) == 5 and code[1:].isdigit()
