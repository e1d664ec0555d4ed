"""Case2Code: the statements of a case, and the codes that each of them may mean. No text is kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from webapp.codes import browse, finding
from webapp.codes.search import LONGEST_QUERY, Hit

HITS_SHOWN = 5
MOST_LINES = 50
LONGEST_LINE = LONGEST_QUERY
MOST_STATEMENTS = 60
"""A line may hold several; each is a search of its own."""
PART = re.compile(r";|\.(?=\s|$)")
"""What parts statements. A dot inside a code or a number does not."""
WORD = re.compile(r"[^\W_]")
SYSTEM = "icd-10-cm"
CHAPTER = re.compile(r"\(([A-Z][0-9][0-9A-Z])-([A-Z][0-9][0-9A-Z])\)$")
"""How the titles of the chapters of ICD-10-CM end: their first and last categories."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of a line, which counts from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A code for a statement. `chapter`: the key of its chapter, empty outside ICD-10-CM."""

    hit: Hit
    chapter: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The best codes of a statement, best first, of `total` that were found."""

    statement: Statement
    found: list[Found]
    total: int


@dataclass(frozen=True, slots=True)
class Facet:
    """How many of the codes shown are of a code system, or of a chapter."""

    key: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Answers:
    """What was found for a case."""

    answers: list[Answer]
    systems: list[Facet] = field(default_factory=list)
    chapters: list[Facet] = field(default_factory=list)

    @property
    def best(self) -> list[str]:
        """The best code of each statement, each once."""
        return list(dict.fromkeys(answer.found[0].hit.key for answer in self.answers if answer.found))


def statements(text: str) -> tuple[list[Statement], list[str]]:
    """Return the statements of a text, and what is wrong with it in sentences: then it should not be searched."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    long = [number for number, line in lines if len(line) > LONGEST_LINE]
    wrong = [f"Line {number} has more than {LONGEST_LINE} characters: part it into several." for number in long]
    if len(lines) > MOST_LINES:
        wrong.append(f"These are {len(lines)} lines: send {MOST_LINES} at most.")
    parts = ((number, part.strip()) for number, line in lines for part in PART.split(line))
    found = [Statement(number, part) for number, part in parts if WORD.search(part)]
    if not found and not wrong:
        wrong.append("Write one line or more.")
    if len(found) > MOST_STATEMENTS:
        wrong.append(f"These are {len(found)} statements: send {MOST_STATEMENTS} at most.")
    return found, wrong


def find(given: Iterable[Statement], system: str | None, on: date | None, *, show_terms: bool) -> Answers:
    """Find the codes of statements. `system`: of one code system only; `on`: as of a day. Errors: NotBuilt."""
    chapters = _chapters()
    answers = []
    for statement in given:
        results = finding.find(statement.text, system, on=on, show_terms=show_terms, size=HITS_SHOWN)
        answers.append(Answer(statement, [Found(hit, _chapter(hit, chapters)) for hit in results.hits], results.total))
    shown = [found for answer in answers for found in answer.found]
    systems = Counter((found.hit.system, found.hit.system_name) for found in shown)
    counts = Counter(found.chapter for found in shown if found.chapter)
    return Answers(
        answers,
        [Facet(key, name, count) for (key, name), count in systems.most_common()],
        [Facet(each.key, each.title, counts[each.key]) for each in chapters if counts[each.key]],
    )


@dataclass(frozen=True, slots=True)
class _Chapter:
    key: str
    title: str
    first: str
    last: str


def _chapters() -> list[_Chapter]:
    ranged = ((link, CHAPTER.search(link.title)) for link in browse.chapters(SYSTEM))
    return [_Chapter(link.key, link.title, found[1], found[2]) for link, found in ranged if found]


def _chapter(hit: Hit, chapters: list[_Chapter]) -> str:
    if hit.system != SYSTEM:
        return ""
    return next((each.key for each in chapters if each.first <= hit.key[:3] <= each.last), "")
