"""Our own reviewed tables: abbreviations, lay terms, statements, states after procedures, histories, look-alikes.

Each is a tab-separated file in `tables/`, one meaning a line; codes are dotted, the first is the one assigned when
nothing more is documented, the others are headers under which the specific ones lie.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from webapp.codes.terms.wordlists import listed

FOLDER = Path(__file__).parent / "tables"
LAY = ("lay_complaints_1", "lay_complaints_2", "lay_complaints_3", "lay_conditions_1", "lay_conditions_2")
STATEMENTS = ("statements_1", "statements_2", "combinations_1", "combinations_2", "injuries")
WRITTEN_OUT = ("diagnosis", "symptom", "anatomy", "procedure")
CODED = ("diagnosis", "symptom", "item")
"""Kinds of abbreviations that stand for something with a code."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table that leads to codes: what is written, what it means, and the sense's conditions."""

    table: str
    term: str
    meaning: str
    codes: tuple[str, ...]
    kind: str = ""
    near: tuple[str, ...] = ()
    exact: bool = False
    """Only meant when written in just these capitals."""
    seen: int = 0
    right: int = 0
    """How often a learned phrase was found in training, and how often coders agreed."""


@dataclass(frozen=True, slots=True)
class History:
    """The Z codes of a personal and of a family history of diseases, empty where there is none."""

    diseases: tuple[str, ...]
    personal: str
    family: str


def _rows(name: str) -> Iterator[list[str]]:
    with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        head = next(rows)
        for row in rows:
            yield row + [""] * (len(head) - len(row))


@cache
def abbreviations() -> tuple[Line, ...]:
    """Return all abbreviations; the first line of several for one is the commonest sense."""
    return tuple(
        Line("abbreviation", short, meaning, tuple(codes.split()), kind, _list(near), case == "yes")
        for short, meaning, kind, codes, near, case in _rows("abbreviations")
    )


@cache
def lay_terms() -> tuple[Line, ...]:
    """Return what patients and families say."""
    return tuple(
        Line("lay", term, meaning, tuple(codes.split())) for name in LAY for term, meaning, codes in _rows(name)
    )


@cache
def statements() -> tuple[Line, ...]:
    """Return what clinicians write beside official titles."""
    return tuple(
        Line("statement", term, "", tuple(codes.split())) for name in STATEMENTS for term, codes in _rows(name)
    )


@cache
def procedures() -> tuple[Line, ...]:
    """Return procedures with the codes of the states after them."""
    return tuple(Line("procedure", term, "", tuple(codes.split())) for term, codes in _rows("procedures"))


@cache
def lookalikes() -> tuple[Line, ...]:
    """Return phrases that hold the words of a disease and mean none, with the code of the phrase if it has one."""
    return tuple(Line("lookalike", term, "", tuple(codes.split())) for term, codes in _rows("lookalikes"))


@cache
def learned() -> tuple[Line, ...]:
    """Return phrases of case reports with the code that their coders gave them, or none.

    Learned from the training part of CodiEsp (Miranda-Escalada et al. 2020, doi 10.5281/zenodo.3837305, CC-BY 4.0), and
    reviewed line by line. A line without a code is a phrase that says no disease by itself; “=” stands for the code
    that its words lead to.
    """
    return tuple(
        Line("learned", term, "", tuple(codes.split()), seen=int(seen or 0), right=int(right or 0))
        for term, codes, seen, right in _rows("learned")
    )


@cache
def histories() -> tuple[History, ...]:
    """Return which histories diseases have."""
    return tuple(
        History(tuple(diseases.split()), personal, family) for diseases, personal, family in _rows("histories")
    )


@cache
def equivalents() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return words that are read as others, in texts and in terms alike."""
    return {tuple(given.split()): tuple(read_as.split()) for given, read_as in _rows("equivalents")}


@cache
def _meanings() -> dict[tuple[str, ...], str]:
    """Return what abbreviations stand for that have one sense whatever stands near them, by their words."""
    found: dict[tuple[str, ...], str] = {}
    for line in abbreviations():
        key = tuple(line.term.lower().split())
        if line.kind in WRITTEN_OUT and not line.near and not (len(key) == 1 and key[0] in listed("words_too")):
            found.setdefault(key, line.meaning)
    return found


def written_out(term: str) -> str:
    """Return a term with its abbreviations written out, as the notes that it is sought in are read."""
    words, meanings = term.lower().split(), _meanings()
    if tuple(words) in meanings:  # it is an abbreviation itself, perhaps in another sense
        return term
    found: list[str] = []
    at = 0
    while at < len(words):
        size = next((size for size in (3, 2, 1) if tuple(words[at : at + size]) in meanings), 0)
        found.append(meanings[tuple(words[at : at + size])] if size else words[at])
        at += max(size, 1)
    return " ".join(found)


def _list(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(";") if each.strip())
