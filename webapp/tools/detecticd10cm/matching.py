"""Finds terms in a note: every term whose needed words stand close together, in any order, with a small gap.

A term is looked up by the pair of its two rarest needed words, so that the work grows with the text and not with the
store. Of terms that overlap, the one that says most is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from webapp.codes.terms import reviewed
from webapp.codes.terms.build import ABSENT, DEFAULT, LIGHT, PARENTHESES, SIDE, SIDES, SOURCES
from webapp.codes.terms.store import Store
from webapp.codes.terms.wordlists import listed
from webapp.tools.detecticd10cm.body import BODY
from webapp.tools.detecticd10cm.cues import pattern
from webapp.tools.detecticd10cm.reading import Note, Sentence
from webapp.tools.detecticd10cm.spoken import DISEASE, word_for_word

Ints = npt.NDArray[np.int64]
WINDOW = 7
"""Words between the two by which a term is looked up."""
GAP = 3
"""Words that may stand between those of a term."""
NOTHING = -1
"""The row of a look-alike that has no code."""
BARRED = ("table of drugs", "external cause index", "abbreviation", "lay")
SOURCE_RANK = {
    "lookalike": 0.0,
    "learned": 0.0,
    "statement": 1.0,
    "lay": 1.2,
    "abbreviation": 1.0,
    "procedure": 1.0,
    "index": 2.0,
    "inclusion term": 3.0,
    "article": 4.0,
    "title": 4.0,
    "table of neoplasms": 5.0,
}
JOINED = re.compile(r"/|\band\b|\bor\b", re.IGNORECASE)
SHORTEST = 2
LEFT = frozenset(("type", "stage"))
"""Words of an abbreviation that a term may leave out."""
WORD_FOR_WORD = 0.3
"""How many words more a phrase counts that stands as it is."""
GAP_COST = 0.6
"""How many of a term's words a word between them weighs up."""
PAIR = 2
DOUBT = pattern("doubt")
"""What stands between two findings, and never within one."""
WITH = re.compile(r"\bwith\b|\bw/|\bdue to\b", re.IGNORECASE)
LINKED = re.compile(r", (?:due to|with|in)\b", re.IGNORECASE)
"""An entry of the Index that joins two things; a text that only lists them does not."""
SAYS_MUCH = ("statement", "lay", "abbreviation", "procedure")
NOT_ALONE = listed("not_alone")
"""Words that are no finding by themselves."""


@dataclass(slots=True)
class Match:
    """A term found in a sentence. `at` are the places of its words there; `start` and `end` stand in the text."""

    row: int
    sentence: int
    at: tuple[int, ...]
    start: int
    end: int
    weight: float
    rank: float
    source: str
    phrase: str
    term: int


def matches(store: Store, note: Note, day: int) -> list[Match]:
    """Return the best terms of a note that do not overlap, in the order of the text."""
    usable = _usable(store, day)
    found = []
    for number, sentence in enumerate(note.sentences):
        seen = [*_terms(store, note, number, sentence, usable), *_shorts(store, number, sentence, day)]
        found += _chosen(store, seen, sentence)
    return found


@lru_cache(maxsize=2)
def _usable(store: Store, day: int) -> npt.NDArray[np.bool_]:
    """Return which terms may be found on a day: of ICD-10-CM, in force, and more than a word that is no finding."""
    days = store.code_days[store.term_code]
    usable = (days[:, 0] <= day) & (days[:, 1] >= day)
    usable &= np.array([code.startswith(b"0") for code in store.code_plain.tolist()], np.bool_)[store.term_code]
    usable &= ~np.isin(store.term_source, [SOURCES.index(source) for source in BARRED])
    begins = np.array([code[1:] for code in store.code_plain.tolist()])[store.term_code]
    usable &= ~(np.char.startswith(begins, b"T148") | np.isin(begins.astype("S1"), [b"V", b"W", b"X", b"Y"]))
    told = np.isin(store.term_source, [SOURCES.index("index")])
    visits = np.isin(begins.astype("S3"), [b"Z00", b"Z01", b"Z02", b"Z04"])
    usable &= ~(told & visits)
    for header in (b"Z3A", b"Z79", b"Z86", b"Z87"):  # see `measures`, the statements, and `histories`
        usable &= ~(told & np.char.startswith(begins, header))
    single = np.add.reduceat(store.term_levels <= LIGHT, store.term_start[:-1]) == 1
    own = np.isin(store.term_source, [SOURCES.index(source) for source in SAYS_MUCH])
    short = np.array([len(word) < SHORTEST for word in store.words])
    usable &= ~np.logical_and.reduceat(short[store.term_words] | (store.term_levels > LIGHT), store.term_start[:-1])
    states = {line.term for line in reviewed.statements() if word_for_word(line)}
    stated = np.flatnonzero(usable & (store.term_source == SOURCES.index("statement"))).tolist()
    usable[[term for term in stated if store.phrase(term) in states]] = False
    for term in np.flatnonzero(usable & single & ~own).tolist():
        words, levels = store.words_of(term)
        word = store.words[words[levels.index(min(levels))]]
        usable[term] = (
            word not in NOT_ALONE and not word.isdigit() and len(word) > 2 and not begins[term].startswith(b"Z")
        )
    return usable


def _terms(store: Store, note: Note, number: int, sentence: Sentence, usable: npt.NDArray[np.bool_]) -> list[Match]:
    """Return the terms whose needed words all stand near one another in a sentence."""
    words = np.array([store.number.get(word.text, -1) for word in sentence.words], np.int64)
    candidates, near = _candidates(store, words, usable)
    if not len(candidates):
        return []
    places: dict[int, list[int]] = {}
    for place, word in enumerate(words.tolist()):
        places.setdefault(word, []).append(place)
    found: dict[tuple[int, tuple[int, ...]], Match] = {}
    for term, first in zip(candidates.tolist(), near.tolist(), strict=True):
        match = _match(store, note, number, sentence, places, term, first)
        if match is not None:
            known = found.get((match.row, match.at))
            if known is None or match.rank < known.rank:
                found[match.row, match.at] = match
    return list(found.values())


def _candidates(store: Store, words: Ints, usable: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return the terms of which all needed words are in a sentence, each with a place where it is anchored."""
    keys, firsts = _keys(words)
    left = np.searchsorted(store.anchor_key, keys)
    count = np.searchsorted(store.anchor_key, keys, side="right") - left
    hit = np.flatnonzero(count)
    nothing = np.zeros(0, np.int64)
    if not len(hit):
        return nothing, nothing
    sizes = count[hit]
    offsets = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    terms = store.anchor_term[np.repeat(left[hit], sizes) + offsets].astype(np.int64)
    near = np.repeat(firsts[hit], sizes)
    fit = usable[terms]
    terms, near = terms[fit], near[fit]
    if not len(terms):
        return nothing, nothing
    starts = store.term_start[terms]
    lengths = store.term_start[terms + 1] - starts
    at = np.repeat(starts, lengths) + np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    present = np.isin(store.term_words[at], words) | (store.term_levels[at] > LIGHT)
    whole = np.logical_and.reduceat(present, np.cumsum(lengths) - lengths)
    return terms[whole], near[whole]


def _keys(words: Ints) -> tuple[Ints, Ints]:
    """Return the keys of all words, and of all pairs in a window, with the place of the first word of each."""
    keys, firsts = [np.where(words >= 0, (words << 32) | words, -1)], [np.arange(len(words))]
    for step in range(1, min(WINDOW + 1, len(words))):
        one, two = words[:-step], words[step:]
        low, high = np.minimum(one, two), np.maximum(one, two)
        keys.append(np.where((low >= 0) & (low != high), (low << 32) | high, -1))
        firsts.append(np.arange(len(one)))
    joined = np.concatenate(keys)
    known = joined >= 0
    return joined[known], np.concatenate(firsts)[known]


def _match(
    store: Store, note: Note, number: int, sentence: Sentence, places: dict[int, list[int]], term: int, near: int
) -> Match | None:
    words, levels = store.words_of(term)
    needed = [word for word, level in zip(words, levels, strict=True) if level <= LIGHT]
    chosen = {min(places[word], key=lambda place: abs(place - near)) for word in needed}
    at = tuple(sorted(chosen))
    denied = sum(place in sentence.denied for place in at)
    if at[-1] - at[0] + 1 > len(at) + GAP or 0 < denied < len(at):
        return None
    if any(_partly(at, sentence, place) for place in sentence.written_out):
        return None
    if at[-1] - at[0] >= len(at) and DOUBT.search(note.text, sentence.words[at[0]].end, sentence.words[at[-1]].start):
        return None
    phrase = store.phrase(term)
    if _broken(store, note.text, sentence, at, phrase, store.source(term)):
        return None
    if not _on_its_side(store, sentence, at, term, words, levels) or not _denied(store, sentence, term, words):
        return None
    row = int(store.term_code[term])
    weight = float(sum(store.weight[word] for word in needed))
    start, end = sentence.words[at[0]].start, max(sentence.words[place].end for place in at)
    rank = _rank(store, term, row, levels)
    return Match(row, number, at, start, end, weight, rank, store.source(term), phrase, term)


def _on_its_side(
    store: Store, sentence: Sentence, at: tuple[int, ...], term: int, words: list[int], levels: list[int]
) -> bool:
    """Whether the side that a term of our own says is said around it; official titles are led to the right side."""
    sides = {store.words[word] for word, level in zip(words, levels, strict=True) if level == SIDE}
    if not sides or store.source(term) not in SAYS_MUCH:
        return True
    near = sentence.words[max(0, at[0] - GAP) : at[-1] + GAP + 1]
    return sides <= {word.text for word in near}


def _denied(store: Store, sentence: Sentence, term: int, words: list[int]) -> bool:
    """Whether a text denies what a term of our own says is absent: “migraine without aura” is not just migraine."""
    absent = {store.words[word][1:] for word in words if store.words[word].startswith(ABSENT)}
    if not absent or store.source(term) not in SAYS_MUCH:
        return True
    return any(sentence.words[place].text in absent for place in sentence.denied)


def _partly(at: tuple[int, ...], sentence: Sentence, place: range) -> bool:
    """Whether a term takes words of an abbreviation and others besides, and leaves some of the abbreviation's."""
    inside = [each for each in at if each in place]
    left = [sentence.words[each].text for each in place if each not in at]
    return 0 < len(inside) < len(at) and any(word not in LEFT for word in left)


def _broken(store: Store, text: str, sentence: Sentence, at: tuple[int, ...], phrase: str, source: str) -> bool:
    """Whether the words stand in different parts of a list, and the term is no list itself."""
    own = PARENTHESES.sub("", phrase)
    between = [text[sentence.words[one].end : sentence.words[two].start] for one, two in pairwise(at)]
    commas, joins = sum("," in part for part in between), sum(bool(JOINED.search(part)) for part in between)
    more_commas = commas > own.count(",")
    linked = any(WITH.search(part) for part in between)
    if commas and not linked and (source == "procedure" or LINKED.search(own)):
        return True
    if source in SAYS_MUCH and len(at) > PAIR and at[-1] - at[0] + 1 <= len(at) + 1 and not joins:
        return False  # “bipolar disorder, manic, moderate”
    if not more_commas and (linked or joins <= len(JOINED.findall(own))):
        return False
    if len(at) == PAIR and (more_commas or "with" not in own):
        return True
    parts = [place + 1 for place, part in enumerate(between) if "," in part or JOINED.search(part)]
    return any(_finding(store, sentence, at[:part]) and _finding(store, sentence, at[part:]) for part in parts)


def _finding(store: Store, sentence: Sentence, at: tuple[int, ...]) -> bool:
    """Whether some words hold one that is a finding by itself."""
    return any(store.number.get(sentence.words[place].text) in _alone(store) for place in at)


@lru_cache(maxsize=2)
def _alone(store: Store) -> frozenset[int]:
    """Return the words that are a disease or symptom by themselves."""
    needed = np.add.reduceat(store.term_levels <= LIGHT, store.term_start[:-1])
    found = set()
    for term in np.flatnonzero(needed == 1).tolist():
        words, levels = store.words_of(term)
        word = words[next(at for at, level in enumerate(levels) if level <= LIGHT)]
        if (
            store.words[word] not in NOT_ALONE
            and store.words[word] not in BODY
            and DISEASE.match(store.key(store.term_code[term]))
        ):
            found.add(word)
    return frozenset(found)


def _rank(store: Store, term: int, row: int, levels: list[int]) -> float:
    """Return how a term stands among others of the same words, low first."""
    source = store.source(term)
    other = source not in SAYS_MUCH and " other " in f" {store.title(row).lower()}"
    default = bool(store.term_mark[term] & DEFAULT)
    return SOURCE_RANK[source] + 2.5 * other - 0.5 * default + 0.05 * len(levels)


def _shorts(store: Store, number: int, sentence: Sentence, day: int) -> list[Match]:
    """Return the abbreviations that have codes of their own, and the look-alikes, which hide what they hold."""
    found = []
    for short in sentence.shorts:
        line = short.line
        row = store.row_on(line.codes[0], day) if line.codes else NOTHING
        if row is None:
            continue
        at = tuple(range(short.first, short.last + 1))
        known = [store.number.get(sentence.words[place].text) for place in at]
        weight = float(sum(store.weight[word] for word in known if word is not None))
        start, end = sentence.words[short.first].start, sentence.words[short.last].end
        phrase = f"{line.term} = {line.meaning}" if line.meaning else line.term
        found.append(Match(row, number, at, start, end, weight, SOURCE_RANK[line.table], line.table, phrase, -1))
    return found


def _chosen(store: Store, found: list[Match], sentence: Sentence) -> list[Match]:
    """Return the matches that say most; none takes a word of another, but for the part of the body that both are of."""
    taken: set[int] = set()
    kept: list[Match] = []
    body = {place for place, word in enumerate(sentence.words) if word.text in BODY}
    for match in sorted(found, key=lambda each: (-_size(each, sentence), -round(each.weight, 2), each.rank, each.row)):
        own = set(match.at) - body
        if match.row != NOTHING and taken & own and _companion(store, kept, match):
            kept.append(match)
            continue
        if not taken & own and (own or not taken & set(match.at)) and not (taken & set(match.at) and len(match.at) > 3):
            kept.append(match)
            taken |= set(match.at)
            for short in sentence.written_out:
                if set(match.at) & set(short) and not set(match.at) <= set(short):
                    taken |= set(short)
    return sorted(kept, key=lambda each: (each.start, each.end))


def _size(match: Match, sentence: Sentence) -> float:
    """Return how much a match says: its words, less those that stand between them and are no sides."""
    between = set(range(match.at[0], match.at[-1])) - set(match.at)
    whole = WORD_FOR_WORD * (match.term < 0 and len(match.at) > 1)
    return whole + len(match.at) - GAP_COST * sum(sentence.words[place].text not in SIDES for place in between)


COMPANIONS = (
    (re.compile(r"E(?:08|09|10|11|13)22|I12|I13"), re.compile(r"N18[1-6]")),
    (re.compile(r"J440"), re.compile(r"J1[2-8]|J2[02]")),
    (re.compile(r"J1282"), re.compile(r"U071")),
    (re.compile(r"U071"), re.compile(r"J1[28]")),
    (re.compile(r"N401"), re.compile(r"R3[359]")),
)
"""Codes that are given beside one that holds their words: “use additional code” says so."""


def _companion(store: Store, kept: list[Match], match: Match) -> bool:
    """Whether a match inside another one is given beside it."""
    held = [each for each in kept if each.row != NOTHING and set(match.at) & set(each.at)]
    mine = store.plain(match.row)
    return any(
        one.match(store.plain(each.row)) and two.match(mine) for each in held for one, two in COMPANIONS
    ) and not any(mine[:3] == store.plain(each.row)[:3] for each in kept if each.row != NOTHING)
