"""The words around a match: what may tell more of it, what is denied of it, and the side that it is on."""

from __future__ import annotations

from webapp.codes.terms.build import SIDES
from webapp.codes.terms.store import Store
from webapp.codes.terms.words import Word
from webapp.tools.detecticd10cm.body import BODY
from webapp.tools.detecticd10cm.cues import pattern
from webapp.tools.detecticd10cm.matching import NOTHING, Match
from webapp.tools.detecticd10cm.reading import Note

RIBS = pattern("several_ribs")
NUMBERED = frozenset(("stage", "type", "grade", "category", "class", "level", "degree"))
"""Words before a number that tells more of a finding; others are measures."""


def said(note: Note, match: Match, before: Match | None, after: Match | None) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that may tell more of a finding, up to the findings beside it, and those denied."""
    words = note.sentences[match.sentence].words
    first = before.at[-1] + 1 if before and before.at[-1] < match.at[0] else 0
    last = after.at[0] if after and after.at[0] > match.at[-1] else len(words)
    text = note.text
    if last < len(words) and after and after.row != NOTHING:
        comma = text.rfind(",", match.end, words[last].start)
        last = next((place for place in range(match.at[-1] + 1, last) if words[place].start > comma >= 0), last)
    own = {words[place].text for place in range(match.at[0], match.at[-1] + 1)}
    if RIBS.search(text, match.start, match.end + 1):
        own.add("multiple")
    side = _side(words, match, first, last, text)
    near = [
        place
        for place in range(max(first, match.at[0] - 6), min(last, match.at[-1] + 8))
        if not words[place].text.isdigit() or (place and words[place - 1].text in NUMBERED)
    ]
    denied = note.sentences[match.sentence].denied
    around = {words[place].text for place in near if place not in denied or match.at[0] in denied}
    if (own | around) & BODY:
        around.add("localized")
    absent = {words[place].text for place in near if place in denied}
    return frozenset((own | around) - SIDES | side), frozenset(absent)


def _side(words: list[Word], match: Match, first: int, last: int, text: str) -> set[str]:
    """Return the side that is said of a finding: within it, just before it, or after it."""
    inside = [words[place].text for place in range(match.at[0], match.at[-1] + 1) if words[place].text in SIDES]
    if inside:
        return set(inside[:1])
    for place in range(match.at[0] - 1, max(first, match.at[0] - 3) - 1, -1):
        if words[place].text in SIDES:
            if first and "," in text[words[place].end : match.start]:
                break  # of the finding before: “cataract left, glaucoma right”
            return {words[place].text}
    for place in range(match.at[-1] + 1, min(last, match.at[-1] + 6)):
        if words[place].text in SIDES:
            if " and " in text[words[match.at[-1]].end : words[place].start]:
                break
            return {words[place].text}
    return set()


def term(store: Store, note: Note, match: Match) -> frozenset[str]:
    """Return the words of a match that its code says already; a header says too little to tell."""
    if not store.code_billable[match.row]:
        return frozenset()
    words = note.sentences[match.sentence].words
    return frozenset(words[place].text for place in match.at)


def phrase(note: Note, match: Match) -> str:
    """Return the canonical words from a match's first to its last."""
    words = note.sentences[match.sentence].words
    return " ".join(words[place].text for place in range(match.at[0], match.at[-1] + 1))
