"""Every line of our own tables: its form, what it leads to, and that nothing is said twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from webapp.codes import starter
from webapp.codes.listing import plain
from webapp.codes.terms import reviewed
from webapp.codes.terms.words import words

HEADS = {
    "abbreviations": ("short", "expansion", "kind", "codes", "near", "case"),
    "equivalents": ("words", "read as"),
    "histories": ("diseases", "personal", "family"),
    "lay": ("term", "clinical", "codes"),
    "learned": ("phrase", "codes", "seen", "right"),
    "lookalikes": ("phrase", "codes"),
    "procedures": ("procedure", "codes"),
    "statements": ("term", "codes"),
    "combinations": ("term", "codes"),
    "injuries": ("term", "codes"),
}
"""The columns of each table. What is too long for one file is several: `lay_complaints_1`, `lay_complaints_2`."""
CODED = ("codes", "diseases", "personal", "family")
STATEMENTS = ("statements", "combinations", "injuries")
"""What is read as one table: no term may stand in two of them."""
KINDS = {"diagnosis", "symptom", "procedure", "anatomy", "item", "drug", "test", "context", "other"}
WITH_SENSES = {"abbreviations", "lay", "learned"}
"""Tables in which a term may have several meanings, each in a line of its own."""
HCPCS = re.compile(r"[A-V][0-9]{4}")
SAME = "="
"""In the table of learned phrases: whatever code the words lead to."""
OLD = re.compile(r"F1[0-9]\.[129]1|I25\.2")
"""Codes of what is past that are no Z codes: use of substances in remission, an old myocardial infarction."""
ICD10CM = re.compile(r"[A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?")
FEWEST_ABBREVIATIONS, FEWEST_LAY_TERMS = 600, 1_500
FILES = sorted(reviewed.FOLDER.glob("*.tsv"))


class Line(NamedTuple):
    """A line of a table: where it stands, and what it says by column."""

    place: str
    said: dict[str, str]


def kind_of(path: Path) -> str:
    return path.stem.partition("_")[0]


def lines(path: Path) -> Iterator[Line]:
    head, *rows = path.read_text("utf-8").splitlines()
    for number, row in enumerate(rows, 2):
        yield Line(f"{path.name}:{number}", dict(zip(head.split("\t"), row.split("\t"), strict=False)))


def of_kind(kind: str) -> list[Line]:
    return [line for path in FILES if kind_of(path) == kind for line in lines(path)]


@cache
def release() -> tuple[frozenset[str], frozenset[str]]:
    """All codes of the package's release without dots, and beginnings of codes: what is both is a header.

    What is not billable has codes below it: the release holds no empty header.
    """
    entries = starter.packaged_files()[1].read_text("utf-8").split()
    known = frozenset(entry for entry in entries if "-" not in entry and not entry.isdigit())
    return known, frozenset(code[:length] for code in known for length in range(3, len(code)))


def codes_of(line: Line) -> list[str]:
    return [code for column in CODED for code in line.said.get(column, "").split(" ") if code]


def is_sound(code: str) -> bool:
    """Whether a code is of HCPCS by its form, or of ICD-10-CM in the release, or stands for what the words lead to."""
    if code == SAME:
        return True
    return bool(HCPCS.fullmatch(code)) or (bool(ICD10CM.fullmatch(code)) and plain(code) in release()[0])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_line_has_the_columns_of_its_table_and_nothing_loose(path: Path) -> None:
    head, *rows = path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")
    assert tuple(head.split("\t")) == HEADS[kind_of(path)]
    columns = len(HEADS[kind_of(path)])
    for number, row in enumerate(rows, 2):
        cells = row.split("\t")
        where = f"{path.name}:{number}"
        assert 2 <= len(cells) <= columns, where
        assert cells[0], where
        assert all(cell == cell.strip() and "  " not in cell and '"' not in cell for cell in cells), where
        assert row.replace("\t", "").isprintable(), where


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_code_is_one_of_the_release(path: Path) -> None:
    assert not [f"{line.place} {code}" for line in lines(path) for code in codes_of(line) if not is_sound(code)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_line_names_a_code_twice(path: Path) -> None:
    for line in lines(path):
        listed = line.said.get("codes", "").split()
        assert len(listed) == len(set(listed)), line.place


@pytest.mark.parametrize("kind", HEADS)
def test_nothing_is_said_twice(kind: str) -> None:
    """The same term in the same sense; for abbreviations capitals tell senses apart."""
    said = Counter(
        (line.said[HEADS[kind][0]], line.said.get(HEADS[kind][1], "") if kind in WITH_SENSES else "")
        for line in of_kind(kind)
    )
    assert not [each for each, count in said.items() if count > 1]


def test_no_statement_is_made_in_two_tables() -> None:
    said = Counter(line.said["term"] for kind in STATEMENTS for line in of_kind(kind))
    assert not [term for term, count in said.items() if count > 1]


def test_there_are_enough_of_them() -> None:
    assert len(of_kind("abbreviations")) >= FEWEST_ABBREVIATIONS
    assert len(of_kind("lay")) >= FEWEST_LAY_TERMS


def test_what_leads_to_a_code_has_one() -> None:
    for kind in ("lay", *STATEMENTS, "procedures"):
        assert not [line.place for line in of_kind(kind) if not line.said.get("codes")]


def test_abbreviations_are_of_known_kinds() -> None:
    for line in of_kind("abbreviations"):
        assert line.said["kind"] in KINDS, line.place
        assert line.said.get("case", "") in {"", "yes"}, line.place
        assert line.said["expansion"], line.place


def test_histories_lead_to_codes_of_histories() -> None:
    for line in of_kind("histories"):
        personal, family = (line.said.get(column, "") for column in ("personal", "family"))
        assert personal or family, line.place
        assert not {plain(personal), plain(family)} & release()[1], line.place
        assert not personal or personal.startswith("Z") or OLD.fullmatch(personal), line.place
        assert not family or family.startswith("Z8"), line.place


def test_each_term_has_words_that_can_be_found() -> None:
    for path in FILES:
        terms = [(line, next(iter(line.said.values()))) for line in lines(path) if line.said.get("kind") != "context"]
        assert not [line.place for line, term in terms if not words(term)]


def test_all_lines_are_read() -> None:
    read = {
        "abbreviations": len(reviewed.abbreviations()),
        "lay": len(reviewed.lay_terms()),
        "statements": len(reviewed.statements()) - sum(len(of_kind(kind)) for kind in STATEMENTS[1:]),
        "procedures": len(reviewed.procedures()),
        "lookalikes": len(reviewed.lookalikes()),
        "histories": len(reviewed.histories()),
        "equivalents": len(reviewed.equivalents()),
    }
    assert read == {kind: len(of_kind(kind)) for kind in read}
