"""The sets of texts with their right answers: blind, practice, and development ones where they are there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BESIDE = HERE.parents[2] / "shared" / "eval" / "icd"
"""Development sets, no part of the project."""
BLIND, SECOND, PRACTICE, DEVELOPMENT = "blind", "second blind", "practice", "development"
HELD_OUT = (BLIND, SECOND)
"""Sets of which only figures are looked at."""
NAMES = (*HELD_OUT, PRACTICE, DEVELOPMENT)


@dataclass(frozen=True, slots=True)
class Query:
    """A query, and the codes that are right as its first hit: exact ones, or a beginning with a star."""

    kind: str
    text: str
    accept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """What a note says at [start, end), in code points. Status: pos, opt, neg, fam, unc or look."""

    start: int
    end: int
    status: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A short note with all its mentions."""

    kind: str
    text: str
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A long text with the codes that it was given as a whole."""

    text: str
    gold: tuple[str, ...]


def queries() -> dict[str, list[Query]]:
    """Return the sets of queries that are here, by name."""
    return {
        name: [Query(row["kind"], row["q"], tuple(row["accept"])) for row in _rows(path)]
        for name, path in _files("search", "search_dev")
    }


def notes() -> dict[str, list[Note]]:
    """Return the sets of notes that are here, by name."""
    return {
        name: [Note(row["kind"], row["text"], tuple(map(_mention, row["mentions"]))) for row in _rows(path)]
        for name, path in _files("notes", "detect_notes_dev")
    }


def documents() -> list[Document]:
    """Return the development documents of CodiEsp, none if they are not here. A code given twice counts once."""
    path = BESIDE / "detect_codiesp_dev.jsonl"
    return [Document(row["text"], tuple(dict.fromkeys(row["gold"]))) for row in _rows(path)] if path.exists() else []


def _files(kind: str, development: str) -> Iterator[tuple[str, Path]]:
    own = (HERE / f"{kind}_{name}.jsonl" for name in ("blind", "blind_2", "practice"))
    found = (*own, BESIDE / f"{development}.jsonl")
    yield from ((name, path) for name, path in zip(NAMES, found, strict=True) if path.exists())


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file)


def _mention(row: dict[str, Any]) -> Mention:
    return Mention(row["start"], row["end"], row["status"], tuple(row["codes"]))
