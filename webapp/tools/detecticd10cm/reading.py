"""A note as the detector reads it: canonical words in sentences, abbreviations written out, unknown words respelt."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from webapp.codes.terms import reviewed
from webapp.codes.terms.store import Store
from webapp.codes.terms.words import SMALL, Word, spans
from webapp.tools.detecticd10cm.cues import pattern
from webapp.tools.detecticd10cm.respelling import respelt
from webapp.tools.detecticd10cm.shorts import short
from webapp.tools.detecticd10cm.spoken import Short, allergies, as_they_stand, learned

LONGEST_TEXT = 100_000
"""Code points."""
SENTENCE_END = pattern("sentence_end")
HEADER = pattern("header")
NEGATION = pattern("negation")
NEGATION_END = pattern("negation_end")
LONGEST_SENTENCE = 150
"""Words; what runs on without a stop is read in pieces."""
LONGEST_SECTION = 2_000
"""Code points."""
SIDE = re.compile(r"(?:right|left|bilateral|both|right (?:eye|ear)|left (?:eye|ear)|both (?:eyes|ears))", re.IGNORECASE)
KEPT_KINDS = frozenset(("context", "drug", "item", "test"))
"""Kinds of abbreviations that stay as they are written."""
EXPANDED_KINDS = frozenset(("diagnosis", "symptom", "anatomy", "procedure"))


@dataclass(slots=True)
class Sentence:
    """A sentence: its canonical words without the small ones, and where it stands. `section`: family, past, or none.

    `denied` are the places of words that follow a negation in the same breath, `written_out` those of abbreviations.
    """

    words: list[Word]
    start: int
    end: int
    section: str
    denied: frozenset[int]
    shorts: list[Short]
    written_out: list[range]


@dataclass(slots=True)
class Note:
    """A text and its sentences."""

    text: str
    sentences: list[Sentence]


def read(store: Store, text: str) -> Note:
    """Return a text as sentences of canonical words."""
    raw = spans(text)
    joined = f" {' '.join(word.text for word in raw)} "
    headers = [(match.start(), match.end(), match.lastgroup or "none") for match in HEADER.finditer(text)]
    bounds = sorted(
        {0, len(text), *(match.end() for match in SENTENCE_END.finditer(text)), *(at for at, _, _ in headers)}
    )
    starts = [at for at, _, _ in headers]
    sentences = []
    place = 0
    for start, end in pairwise(bounds):
        first = place
        while place < len(raw) and raw[place].start < end:
            place += 1
        for some in range(first, place, LONGEST_SENTENCE):
            part = raw[some : min(some + LONGEST_SENTENCE, place)]
            begins = start if some == first else part[0].start
            ends = end if some + LONGEST_SENTENCE >= place else part[-1].end
            words, shorts, written_out = _canonical(store, part, text, joined)
            if words:
                section = _section(headers, bisect_right(starts, words[0].start) - 1, words[0].start, text)
                denied = _denied(text, begins, ends, words)
                sentences.append(Sentence(words, begins, ends, section, denied, shorts, written_out))
    return Note(text, sentences)


def _canonical(store: Store, raw: list[Word], text: str, said: str) -> tuple[list[Word], list[Short], list[range]]:
    """Return a sentence's canonical words, abbreviations written out, and where these stand."""
    words: list[Word] = []
    shorts = []
    written_out = []
    pending: list[Word] = []

    def flush() -> None:
        words.extend(word for word in store.reader.canonical(list(respelt(store, pending))) if word.text not in SMALL)
        pending.clear()

    at = 0
    while at < len(raw):
        line, length = short(raw, at, text, said)
        if line is None:
            pending.append(raw[at])
            at += 1
            continue
        device = line.kind == "item" and line.codes and line.codes[0].startswith("Z9")
        if line.kind not in EXPANDED_KINDS and not device and not SIDE.fullmatch(line.meaning):
            pending += raw[at : at + length] if line.kind in KEPT_KINDS else []
            at += length
            continue
        flush()
        first, start, end = len(words), raw[at].start, raw[at + length - 1].end
        words.extend(Word(each.text, start, end) for each in store.reader.read(line.meaning) if each.text not in SMALL)
        written_out.append(range(first, len(words)))
        if line.kind in reviewed.CODED and line.codes and len(words) > first:
            shorts.append(Short(first, len(words) - 1, line))
        at += length
    flush()
    certain = list(respelt(store, raw, surely=True))
    shorts += as_they_stand(certain, words, text)
    shorts += allergies(certain, words, text)
    shorts += learned(store, words)
    return words, shorts, written_out


def _denied(text: str, start: int, end: int, words: list[Word]) -> frozenset[int]:
    found: set[int] = set()
    for cue in NEGATION.finditer(text, start, end):
        stop = NEGATION_END.search(text, cue.end(), end)
        until = stop.start() if stop else end
        found.update(at for at, word in enumerate(words) if cue.end() <= word.start < until)
    return frozenset(found)


def _section(headers: list[tuple[int, int, str]], last: int, start: int, text: str) -> str:
    """Return the section that a place stands in; one ends with the next header, a blank line, or its own line.

    `last` is the number of the header before the place, -1 if there is none.
    """
    if last < 0:
        return "none"
    _, after, name = headers[last]
    body = text[after : min(start, after + LONGEST_SECTION)]
    ended = "\n\n" in body or ("\n" not in body.strip() and re.search(r"[.!?]\s", body) is not None)
    return "none" if ended or start > after + LONGEST_SECTION else name
