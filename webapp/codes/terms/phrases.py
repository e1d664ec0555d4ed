"""Abbreviations and lay terms inside a query: what they stand for."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from webapp.codes.terms import reviewed
from webapp.codes.terms.words import Word, spans

LONGEST = 6
MOST_READINGS = 5


class Reading(NamedTuple):
    """One way to read a query: its words, and what was put in the place of what."""

    words: list[Word]
    expansions: tuple[tuple[str, str], ...]


@cache
def _meanings() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return what phrases stand for, by their words; the commonest meaning first."""
    found: dict[tuple[str, ...], list[str]] = {}
    for line in (*reviewed.abbreviations(), *reviewed.lay_terms()):
        key = tuple(word.text for word in spans(line.term))
        if line.meaning and 0 < len(key) <= LONGEST:
            senses = found.setdefault(key, [])
            if line.meaning not in senses:
                senses.append(line.meaning)
    return {key: tuple(senses) for key, senses in found.items()}


def readings(words: list[Word]) -> list[Reading]:
    """Return the ways to read a query: as it stands, and with what its phrases stand for."""
    meanings = _meanings()
    parts: list[tuple[list[Word], tuple[str, ...], str]] = []
    at = 0
    while at < len(words):
        for length in range(min(LONGEST, len(words) - at), 0, -1):
            some = words[at : at + length]
            senses = meanings.get(tuple(word.text for word in some), ())
            if senses:
                parts.append((some, senses, " ".join(word.text for word in some)))
                at += length
                break
        else:
            parts.append(([words[at]], (), ""))
            at += 1
    found = [Reading(words, ())]
    most = max((len(senses) for _, senses, _ in parts), default=0)
    for sense in range(min(most, MOST_READINGS)):
        read: list[Word] = []
        expansions = []
        for some, senses, shown in parts:
            if not senses:
                read += some
                continue
            meaning = senses[min(sense, len(senses) - 1)]
            expansions.append((shown, meaning))
            read += [Word(word.text, some[0].start, some[-1].end) for word in spans(meaning)]
        found.append(Reading(read, tuple(expansions)))
    return found
