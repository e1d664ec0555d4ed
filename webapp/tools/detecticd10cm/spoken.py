"""Phrases that count only as they stand: what patients say, states, look-alikes, allergies, drugs taken for long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from webapp.codes.terms import reviewed
from webapp.codes.terms.reviewed import Line
from webapp.codes.terms.store import Store
from webapp.codes.terms.wordlists import listed
from webapp.codes.terms.words import SMALL, Word, spans
from webapp.tools.detecticd10cm.cues import pattern

ALLERGIES, ITEM = pattern("allergies"), re.compile(r"(?:(?!,|/|&|\band\b|\bor\b|\().)+", re.IGNORECASE)
HEADING = Line("lookalike", "allergies", "", ())
STOP = re.compile(r"[,;:.?!()]")
"""What never stands within a phrase."""
DISEASE = re.compile(r"[A-U][0-9][0-9A-Z](?:\.|$)")
"""A code that is no external cause (V to Y), factor or encounter (Z), nor of HCPCS."""
LONGEST_MIXED = 3
AMBIGUOUS = listed("ambiguous")
"""Single words that are seldom meant as a finding."""
ONE_SIDE = frozenset(("left", "right", "l", "r"))
LONG_TERM = frozenset(("long", "longterm", "chronic", "use"))
LASTING = (("long", "term"), ("longterm",), ("chronic",), ("lifelong",), ("daily",), ("weekly",))
TAKING = (("on",), ("take",), ("taking",), ("continue",))
TAKEN = ("Z79.01", "Z79.02", "Z79.4", "Z79.621", "Z79.82")
"""Drugs that are taken for long whenever they are taken: against clotting and rejection, for hormones, and insulin."""
STATES = listed("states")


@dataclass(slots=True)
class Short:
    """A phrase found that has codes of its own: the places of its words in the sentence, and its line."""

    first: int
    last: int
    line: Line


def as_they_stand(raw: list[Word], words: list[Word], text: str) -> Iterator[Short]:
    """Yield what patients say, and look-alikes: “out of it” is no finding with other words between."""
    unsided = [word for word in raw if word.text not in ONE_SIDE]
    for said in (raw, unsided) if len(unsided) < len(raw) else (raw,):  # “artificial left hip”
        for at, length, line in _found(_spoken(), said):
            start, end = said[at].start, said[at + length - 1].end
            places = [place for place, each in enumerate(words) if start <= each.start and each.end <= end]
            parts = pairwise(said[at : at + length])
            if places and not any(STOP.search(text, one.end, two.start) for one, two in parts):
                yield Short(places[0], places[-1], line)


def allergies(raw: list[Word], words: list[Word], text: str) -> Iterator[Short]:
    """Yield what a patient is allergic to, one by one; the word before such a list is no finding itself."""
    if not raw:
        return
    for match in ALLERGIES.finditer(text, raw[0].start, raw[-1].end):
        listed = []
        for item in ITEM.finditer(text, match.start("list"), match.end("list")):
            said = tuple(word.text for word in raw if item.start() <= word.start < item.end())
            known = _spoken().get(("allergic", "to"), ()) if said else ()
            line = next((line for phrase, line in known if phrase[2:] == said[: len(phrase) - 2]), None)
            places = [place for place, word in enumerate(words) if item.start() <= word.start < item.end()]
            if line is not None and places:
                listed.append(Short(places[0], places[-1], line))
        yield from listed
        head = [place for place, word in enumerate(words) if match.start() <= word.start < match.start("list")]
        if listed and head:
            yield Short(head[0], head[-1], HEADING)


def learned(store: Store, words: list[Word]) -> Iterator[Short]:
    """Yield the phrases of case reports."""
    for at, length, line in _found(_phrases(store), words):
        yield Short(at, at + length - 1, line)


def _found(known: Phrases, words: list[Word]) -> Iterator[tuple[int, int, Line]]:
    """Yield where phrases stand in words, at each place the longest one, and how many words they have."""
    texts = [word.text for word in words]
    for at in range(len(texts)):
        for begins in (tuple(texts[at : at + 2]), (texts[at],)):
            line = next(
                (each for each in known.get(begins, ()) if tuple(texts[at : at + len(each[0])]) == each[0]), None
            )
            if line is not None:
                yield at, len(line[0]), line[1]
                break


Phrases = dict[tuple[str, ...], list[tuple[tuple[str, ...], Line]]]
"""Phrases by their first two words, or their only one, the longest first."""


@cache
def _spoken() -> Phrases:
    """Return the lay terms of diseases and symptoms, and look-alikes, by their first words, the longest first."""
    lay = (line for line in reviewed.lay_terms() if DISEASE.match(line.codes[0]))
    said = (line for line in reviewed.statements() if word_for_word(line))
    lines = [(tuple(word.text for word in spans(line.term)), line) for line in (*reviewed.lookalikes(), *said, *lay)]
    drugs = [
        (phrase[1:], line)
        for phrase, line in lines
        if phrase[0] == "on" and line.codes[:1] and line.codes[0].startswith("Z79")
    ]
    lasting = [(said, line) for drug, line in drugs for said in _long_term(drug, line)]
    stated = [(phrase, line) for phrase, line in lines if line.table != "statement" or _states(phrase, line)]
    return _by_first((phrase, line) for phrase, line in (*stated, *lasting) if phrase and _sayable(phrase, line))


def _long_term(drug: tuple[str, ...], line: Line) -> Iterator[tuple[str, ...]]:
    """Yield the ways to say that a drug is taken for long."""
    for long in LASTING:
        yield (*long, *drug)
        yield (*drug, *long)
    if line.codes[0].startswith(TAKEN):
        for taking in TAKING:
            yield (*taking, *drug)


def word_for_word(line: Line) -> bool:
    """Whether a statement only counts as it stands: encounters and states, and what has one word that matters."""
    counted = [word for word in spans(line.term) if word.text not in SMALL]
    return line.codes[0].startswith("Z") or len(counted) == 1


def _states(phrase: tuple[str, ...], line: Line) -> bool:
    """Whether a statement tells a state: a drug is long-term only where that is said, one word only if it is such."""
    if line.codes[0].startswith("Z79"):
        return bool(LONG_TERM & set(phrase))
    return len(phrase) > 1 or not line.codes[0].startswith("Z") or phrase[0] in STATES


@lru_cache(maxsize=2)
def _phrases(store: Store) -> Phrases:
    read = store.reader.read
    lines = (
        (tuple(word.text for word in read(line.term) if word.text not in SMALL), line)
        for line in reviewed.learned()
        if line.codes != ("=",)
    )
    return _by_first(lines)


def _sayable(phrase: tuple[str, ...], line: Line) -> bool:
    """Whether a lay term or statement can be told from a word of the language, or from an abbreviation."""
    return (
        len(phrase) > 1 or line.table == "lookalike" or (len(phrase[0]) > LONGEST_MIXED and phrase[0] not in AMBIGUOUS)
    )


def _by_first(lines: Iterable[tuple[tuple[str, ...], Line]]) -> Phrases:
    found: Phrases = {}
    for phrase, line in lines:
        if phrase:
            found.setdefault(phrase[:2], []).append((phrase, line))
    return {word: sorted(phrases, key=lambda each: -len(each[0])) for word, phrases in found.items()}
