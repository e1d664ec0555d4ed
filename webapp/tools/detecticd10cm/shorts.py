"""Abbreviations in a note, in the sense that it gives them."""

from __future__ import annotations

import re
from functools import cache

from webapp.codes.terms import reviewed
from webapp.codes.terms.reviewed import Line
from webapp.codes.terms.wordlists import listed
from webapp.codes.terms.words import Word, spans

LONGEST_SHORT = 4
HEADINGS = frozenset(("PE", "MS", "CV", "GI", "GU", "ID", "PV", "NS", "HA"))
"""Abbreviations that are headings before a colon."""
MIXED_LETTERS = 4
WORDS_TOO = listed("words_too")
"""Words of the language that are abbreviations only in capitals."""


def short(raw: list[Word], at: int, text: str, said: str) -> tuple[Line | None, int]:
    """Return the abbreviation that begins at a place, in the sense that the note gives it, and its length in words."""
    known = _shorts()
    for length in range(min(_longest().get(raw[at].text, 0), len(raw) - at), 0, -1):
        lines = known.get(tuple(word.text for word in raw[at : at + length]))
        if not lines:
            continue
        end = raw[at + length - 1].end
        if text[raw[at].start : end] == "METs":  # units of exercise
            continue
        if text[end : end + 1] == ":" and text[raw[at].start : end] in HEADINGS:
            continue
        written = text[raw[at].start : end]
        fit = [line for line in lines if _as_meant(line, written, text, end)]
        for line in fit:
            if line.near and any(each in said for each in _near(line)):
                return line, length
        for line in fit:
            if not line.near:
                return line, length
    return None, 0


def _as_meant(line: Line, written: str, text: str, end: int) -> bool:
    """Whether an abbreviation is written as one: small letters may be a word of the language."""
    if not line.term[-1].isalnum() and not text.startswith(line.term[-1], end):
        return False
    if written == line.term or (written.endswith("s") and written[:-1] == line.term):
        return True
    if re.fullmatch(r"\w(?:[^\w\s]\w)+", line.term) and " " in written:  # “12 h a day” is no H/A
        return False
    mixed = line.term[:1].islower() != line.term[1:].islower() and not line.term.isupper()
    if (
        line.exact
        or (mixed and len(line.term) <= MIXED_LETTERS)
        or (len(written) <= MIXED_LETTERS and written.istitle())
    ):
        return False
    return written.lower() not in WORDS_TOO


@cache
def _near(line: Line) -> tuple[str, ...]:
    """Return the phrases of which one must stand in the note, other than the abbreviation itself."""
    own = {word.text for word in spans(line.term)}
    phrases = (tuple(word.text for word in spans(near)) for near in line.near)
    return tuple(f" {' '.join(phrase)} " for phrase in phrases if phrase and set(phrase) - own)


@cache
def _longest() -> dict[str, int]:
    """Return how many words the longest abbreviation has that begins with a word."""
    found: dict[str, int] = {}
    for key in _shorts():
        found[key[0]] = max(found.get(key[0], 0), len(key))
    return found


@cache
def _shorts() -> dict[tuple[str, ...], list[Line]]:
    """Return the abbreviations that are written out, by their words."""
    found: dict[tuple[str, ...], list[Line]] = {}
    for line in reviewed.abbreviations():
        key = tuple(word.text for word in spans(line.term))
        if line.meaning and 0 < len(key) <= LONGEST_SHORT:
            found.setdefault(key, []).append(line)
    return found
