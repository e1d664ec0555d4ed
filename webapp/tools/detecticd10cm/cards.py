"""Findings as cards: one for each code and status, with the places in the note that speak of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from webapp.codes.search import FREE_SOURCES
from webapp.codes.terms import keeping
from webapp.codes.terms.store import Store
from webapp.codes.worksheets import loaded
from webapp.codes.worksheets.loaded import DIAGNOSES, Page
from webapp.tools.detecticd10cm.cues import Status
from webapp.tools.detecticd10cm.engine import Finding

STATUSES: dict[Status, tuple[str, str]] = {
    "present": ("Present", "the note says so"),
    "uncertain": ("Uncertain", "possible, suspected or to be ruled out"),
    "hypothetical": ("Hypothetical", "a condition, a risk or a screening"),
    "history": ("History", "of the past"),
    "family": ("Family", "of a relative"),
    "negated": ("Negated", "the note denies it"),
}
"""In the order of the page: what each is called, and what it means."""
STRENGTHS = ((0.85, "Strong match"), (0.65, "Good match"), (0.45, "Fair match"), (0.0, "Weak match"))
"""What a score is called from which number on."""
SOURCES = {
    "title": "the code’s title",
    "inclusion term": "an inclusion term",
    "index": "the Alphabetic Index",
    "external cause index": "the index of external causes",
    "table of neoplasms": "the table of neoplasms",
    "table of drugs": "the table of drugs",
    "article": "an article of this site",
    "abbreviation": "our list of abbreviations",
    "lay": "our list of patients’ words",
    "statement": "our list of clinical statements",
    "procedure": "our list of procedures",
    "lookalike": "our list of phrases",
    "learned": "our list of phrases",
}
"""Where a term is from, by its source in the term store."""
SECTION_OF = {"inclusion term": "notes"}
"""Which section of a code's page shows the publisher's terms of a source; the others are index terms."""
INDEX_TERMS = "index_terms"
PLACES_SHOWN = 12
LONGEST_QUOTE = 80
"""Characters."""


@dataclass(frozen=True, slots=True)
class Alternative:
    code: str
    title: str
    page: Page | None


@dataclass(frozen=True, slots=True)
class Card:
    """A code with one status. `finding` is the surest of those that it stands for; `quotes` are their words.

    `term` is empty where the reader's plan does not show the publisher's text that matched. `more` counts the places
    beyond those that are quoted.
    """

    number: int
    finding: Finding
    page: Page | None
    strength: str
    term: str
    source: str
    quotes: list[str]
    more: int
    alternatives: list[Alternative]

    @property
    def value(self) -> str:
        """What the card's checkbox sends."""
        return f"{self.finding.code} {self.finding.status}"


def numbered(findings: Iterable[Finding]) -> dict[tuple[str, Status], list[Finding]]:
    """Return findings by code and status: by status as the page has them, then in the order of the note."""
    grouped: dict[tuple[str, Status], list[Finding]] = {}
    for finding in findings:
        grouped.setdefault((finding.code, finding.status), []).append(finding)
    order = list(STATUSES)
    return dict(sorted(grouped.items(), key=lambda each: (order.index(each[0][1]), each[1][0].start)))


def cards(text: str, findings: Sequence[Finding], sections: Collection[str], day: date) -> list[Card]:
    """Return the cards of a note's findings. `sections`: what the reader's plan shows of a page. Errors: NotBuilt."""
    grouped = numbered(findings)
    codes = {finding.code for finding in findings}
    others = {code for finding in findings for code in finding.alternatives}
    pages = loaded.pages(codes | others, (DIAGNOSES,))
    store, made = keeping.current(), []
    for number, together in enumerate(grouped.values(), 1):
        best = max(together, key=lambda each: each.score)
        quotes = dict.fromkeys(_quote(text[each.start : each.end]) for each in together)
        shown = list(quotes)[:PLACES_SHOWN]
        alternatives = [_alternative(store, code, day, pages) for code in best.alternatives]
        made.append(
            Card(
                number,
                best,
                pages.get(best.code),
                strength(best.score),
                best.term if may_show(best.source, sections) else "",
                SOURCES.get(best.source, best.source),
                shown,
                len(quotes) - len(shown),
                [each for each in alternatives if each],
            )
        )
    return made


def strength(score: float) -> str:
    """Return a score (0 to 1) in words."""
    return next(name for least, name in STRENGTHS if score >= least)


def may_show(source: str, sections: Collection[str]) -> bool:
    """Whether readers whose plan shows these sections of code pages may read a term of a source."""
    return source in FREE_SOURCES or SECTION_OF.get(source, INDEX_TERMS) in sections


def _quote(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LONGEST_QUOTE else f"{words[: LONGEST_QUOTE - 1]}…"


def _alternative(store: Store, code: str, day: date, pages: dict[str, Page]) -> Alternative | None:
    row = store.row_on(code, day.toordinal())
    return Alternative(code, store.title(row), pages.get(code)) if row is not None else None
