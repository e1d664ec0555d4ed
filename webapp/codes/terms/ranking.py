"""Ranks codes for a query: how much of the query a term covers, and how much of the term was asked for.

A term is worth cover² × (base + precision), by words weighted by how rare they are; a code is worth its best term, with
what its title and its family say of the rest of the query. Everything is arithmetic on the store's arrays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA

from webapp.codes.terms import phrases, spelling
from webapp.codes.terms.build import ABSENT, DEFAULT, LITTLE, SIDES, SOURCES, UNSAID, WITHOUT
from webapp.codes.terms.sounds import sound
from webapp.codes.terms.store import LEVEL_WEIGHT, Store
from webapp.codes.terms.wordlists import listed
from webapp.codes.terms.words import PREFIXES, SMALL, Word, spans

Floats = npt.NDArray[np.float32]
SHORTEST_HEARD = 3
LONGEST_SHORT = 5
SHORT_WORDS = tuple(sorted(word for word in listed("body") | {"left", "right"} if len(word) <= LONGEST_SHORT))
WITHOUT_SAID, SHORTEST_DENIAL = "without", 4
DENIALS = frozenset(("without", "no", "not", "denies", "w/o"))
LITTLE_WEIGHT = 0.3
ONE_SIDE = 0.85
"""What a hit is worth that leaves out all before, or all after, the “with” of a query."""
UNKNOWN = 0.7
"""What a word that nobody knows counts, against the rarest."""
GROUPED = 25
"""Hits whose seventh characters are looked at."""
LOOKED_AT = 160
"""Terms of one reading that are looked at one by one."""
MISSPELT = 0.85
"""How surely a word is another one, misspelt, that may as well be unfinished."""
EXPANDED = 0.985
"""What a reading with something put in the place of its words is worth against one as it stands."""
SOURCE_WORTH = {
    **dict.fromkeys(SOURCES, 1.0),
    "index": 0.985,
    "inclusion term": 0.98,
    "external cause index": 0.8,
    "table of neoplasms": 0.9,
    "table of drugs": 0.72,
    "procedure": 0.97,
}
_WORTH = np.array([SOURCE_WORTH[source] for source in SOURCES], np.float32)
CODE = re.compile(r"^[A-Za-z][0-9][0-9A-Za-z](?:\.?[0-9A-Za-z]{0,4})$")
TELLS = 1.0
"""The least that a word of a seventh character counts in choosing one."""
EPISODE = listed("episode")
"""Words of seventh characters, which stand in no term."""
VISIT, VISIT_WEIGHT = frozenset(("initial", "subsequent", "encounter")), 0.02
"""“Initial encounter” tells a seventh character; its words count little in finding what was injured."""
CHAPTERS = (
    ("O", 0.8, listed("asked_o")),
    ("P", 0.85, listed("asked_p")),
    ("Q", 0.93, listed("asked_q")),
    ("Z", 0.94, listed("asked_z")),
    ("V", 0.6, listed("asked_v")),
    ("W", 0.75, listed("asked_w")),
    ("X", 0.75, listed("asked_x")),
    ("Y", 0.75, listed("asked_y")),
    ("T3", 0.9, listed("asked_poisoning")),
    ("T4", 0.9, listed("asked_poisoning")),
    ("T5", 0.9, listed("asked_poisoning")),
)
"""Codes seldom meant unless a query says a word of theirs: how they begin, their worth without it, the words."""


@dataclass(slots=True)
class Hit:
    """A code that was found. `row` is the store's; `variants` are the rows of its seventh-character codes."""

    row: int
    score: float
    term: int
    expansions: tuple[tuple[str, str], ...] = ()
    by_code: bool = False
    variants: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Slot:
    """One word of a query: the store's words that it may be, with how surely each, and how much it counts."""

    text: str
    choices: list[tuple[int, float]]
    weight: float
    respelt: str = ""


@dataclass(slots=True)
class Asked:
    """What a search is limited to: the day (an ordinal) of each system, and the systems."""

    days: tuple[int, ...]
    systems: tuple[int, ...] = (0, 1, 2)


def search(store: Store, query: str, limit: int, asked: Asked) -> list[Hit]:
    """Return the best codes for a query, best first. Any text is a fit query."""
    numbered = by_code(store, query, limit, asked)
    if numbered:
        return numbered
    query = _denying(store, query)
    words = spans(query)
    absent = [match.span(1) for match in WITHOUT.finditer(query)]
    best: dict[int, Hit] = {}
    for reading in phrases.readings(words):
        worth = EXPANDED if reading.expansions else 1.0
        for hit in _ranked(store, reading, absent, asked):
            hit.score *= worth
            known = best.get(hit.row)
            if known is None or hit.score > known.score:
                best[hit.row] = hit
    return sorted(best.values(), key=lambda hit: (-round(hit.score, 4), len(store.plain(hit.row)), hit.row))[:limit]


def _denying(store: Store, query: str) -> str:
    """Return a query in which a misspelt “without” is put right: what follows it is absent."""
    for word in spans(query):
        unknown = len(word.text) > SHORTEST_DENIAL and word.text not in store.number and not store.beginning(word.text)
        if unknown and OSA.distance(word.text, WITHOUT_SAID, score_cutoff=2) <= 2:
            query = f"{query[: word.start]}{WITHOUT_SAID}{query[word.end :]}"
            break
    return query


def by_code(store: Store, query: str, limit: int, asked: Asked) -> list[Hit]:
    """Return the codes that begin as the query says, the code itself first; nothing if it is no beginning of a code."""
    text = query.strip().rstrip(".-")
    if not CODE.match(text):
        return []
    plain = text.replace(".", "").upper()
    found: list[Hit] = []
    for system in asked.systems:
        for row in store.rows(system, plain, below=True):
            if store.in_force(row, asked.days[system]):
                found.append(Hit(row, 1.0 if store.plain(row) == plain else 0.9, -1, by_code=True))
                if len(found) > 4 * limit:
                    break
    found.sort(key=lambda hit: (len(store.plain(hit.row)), hit.row))
    return found[:limit]


def _ranked(store: Store, reading: phrases.Reading, absent: list[tuple[int, int]], asked: Asked) -> list[Hit]:
    corrected: dict[str, str] = {}
    words = _words(store, list(_written(store, reading.words, corrected)), absent)
    if not words:
        return []
    reading = reading._replace(expansions=(*reading.expansions, *corrected.items()))
    slots = _slots(store, words)
    hits = _scored(store, slots, reading, asked)
    if not hits or hits[0].score < 0.75:
        loose = _slots(store, words, unfinished=True)
        hits += _scored(store, loose, reading, asked)
    return hits


def _words(store: Store, given: list[Word], absent: list[tuple[int, int]]) -> list[Word]:
    """Return the words to look for, each once; those that a query says are absent are other words."""
    words = store.reader.canonical(given)
    last = words[-2].start if len(words) > 1 and words[-1].text in DENIALS else -1  # “obstruction without”
    found: dict[str, Word] = {}
    for word in words:
        if word.text in DENIALS or word.text in SMALL:
            continue
        denied = word.start == last or any(start <= word.start < end for start, end in absent)
        text = ABSENT + word.text if denied and ABSENT + word.text in store.number else word.text
        found.setdefault(text, Word(text, word.start, word.end))
    return list(found.values())


def _written(store: Store, given: list[Word], corrected: dict[str, str]) -> Iterator[Word]:
    """Yield words, those that nobody knows put right where one other is surely meant; `corrected` is told."""
    for word in given:
        text = word.text
        known = any(text in words for words in (store.number, store.reader.known, SMALL, EPISODE, store.others))
        if known or store.beginning(text) or (len(text) < SHORTEST_HEARD and text.isdigit()):
            yield word
            continue
        better = spelling.written(store, text, EPISODE) or spelling.surely(store, text) or _shortly(text)
        parts = [] if better else _apart(store, text)
        if better:
            if not better.startswith(text):
                corrected[text] = better
            yield Word(better, word.start, word.end)
        elif parts:
            yield from (Word(part, word.start, word.end) for part in parts)
        else:
            yield word


def _shortly(text: str) -> str:
    """Return the side or part of the body that a short word was to be: “eft” and “ye” are left and eye."""
    if not 1 < len(text) < LONGEST_SHORT:
        return ""
    near = [word for word in SHORT_WORDS if OSA.distance(text, word, score_cutoff=1) <= 1]
    return near[0] if len(near) == 1 else ""


def _apart(store: Store, text: str) -> list[str]:
    """Return a word and its beginning apart, if they were joined and are not known so."""
    for length in range(len(text) - 2, 1, -1):
        if text[:length] in PREFIXES and store.beginning(text[length:]):
            return [text[:length], text[length:]]
    return []


def _slots(store: Store, words: list[Word], *, unfinished: bool = False) -> list[_Slot]:
    found = []
    texts = {word.text for word in words}
    visit = VISIT if {"encounter"} < texts & VISIT else frozenset()
    for place, word in enumerate(words):
        number, last = store.number.get(word.text), place == len(words) - 1
        choices = [(number, 1.0)] if number is not None else []
        corrected = ""
        if (unfinished or last or number is None) and len(word.text) > 1:
            choices += [each for each in spelling.beginnings(store, word.text) if each[0] != number]
        if word.text in store.others:
            pass
        elif number is None and len(word.text) > SHORTEST_HEARD and store.sounds.get(sound(word.text)):
            surest = dict(choices)
            for at, sure in spelling.respelt(store, word.text):
                surest[at] = max(sure * (MISSPELT if choices and last else 1.0), surest.get(at, 0.0))
            choices = sorted(surest.items(), key=lambda each: -each[1])
            best = store.words[choices[0][0]] if choices else word.text
            corrected = "" if best.startswith(word.text) else best
        if not choices and word.text not in store.others:
            choices = spelling.respelt(store, word.text)
            corrected = store.words[choices[0][0]] if choices else ""
        heaviest = float(store.weight[choices[0][0]]) if choices else UNKNOWN * store.rarest
        said = store.words[choices[0][0]] if choices else word.text
        weight = heaviest * (LITTLE_WEIGHT if said in LITTLE or said in UNSAID else 1.0)
        weight *= VISIT_WEIGHT if word.text in visit else 1.0
        found.append(_Slot(word.text, choices, weight, corrected))
    return found


def _scored(store: Store, slots: list[_Slot], reading: phrases.Reading, asked: Asked) -> list[Hit]:
    count = len(store.term_code)
    cover, said = np.zeros(count, np.float32), np.zeros(count, np.float32)
    total = sum(slot.weight for slot in slots)
    for slot in slots:
        if len(slot.choices) == 1:
            number, sure = slot.choices[0]
            terms = store.terms_with(number)
            cover[terms] += slot.weight * sure
            said[terms] += store.weight[number] * LEVEL_WEIGHT[_levels(store, number)]
        elif slot.choices:
            gained, told = np.zeros(count, np.float32), np.zeros(count, np.float32)
            for number, sure in reversed(slot.choices):
                terms = store.terms_with(number)
                gained[terms] = np.maximum(gained[terms], slot.weight * sure)
                told[terms] = np.maximum(
                    told[terms], store.weight[number] * LEVEL_WEIGHT[_levels(store, number)] * sure
                )
            cover += gained
            said += told
    candidates = np.flatnonzero(cover > 0)  # a comparison first: counting floats is slow
    if not len(candidates):
        return []
    covered = cover[candidates] / total
    precise = np.minimum(said[candidates] / store.length[candidates], 1.0)
    worth = covered**2 * (0.4 + 0.6 * precise) * _WORTH[store.term_source[candidates]]
    worth += 0.012 * ((store.term_mark[candidates] & DEFAULT) > 0)
    if len(candidates) > LOOKED_AT:
        top = np.argpartition(worth, -LOOKED_AT)[-LOOKED_AT:]
        candidates, worth = candidates[top], worth[top]
    return _hits(store, slots, candidates, worth, reading, asked, total)


def _levels(store: Store, word: int) -> npt.NDArray[np.uint8]:
    return store.posting_levels[store.posting_start[word] : store.posting_start[word + 1]]


def _hits(
    store: Store,
    slots: list[_Slot],
    candidates: npt.NDArray[np.int64],
    worth: Floats,
    reading: phrases.Reading,
    asked: Asked,
    total: float,
) -> list[Hit]:
    split = _split(store, slots, reading)
    spoken = {slot.text for slot in slots} | {store.words[slot.choices[0][0]] for slot in slots if slot.choices}
    best: dict[int, Hit] = {}
    respelt = tuple((slot.text, slot.respelt) for slot in slots if slot.respelt)
    for at in np.argsort(-worth, kind="stable").tolist():
        term = int(candidates[at])
        row = int(store.term_code[term])
        system = store.system(row)
        if row in best or system not in asked.systems or not store.in_force(row, asked.days[system]):
            continue
        score = _completed(store, row, term, slots, float(worth[at]), total)
        if split and not _both_sides(store, row, term, slots, split):
            score *= ONE_SIDE
        score += 0.01 * bool(store.code_billable[row])
        score *= _chapter(store.plain(row), system, spoken)
        best[row] = Hit(row, score, term, (*reading.expansions, *respelt))
    ranked = sorted(best.values(), key=lambda hit: -hit.score)
    denied = any(word.text in DENIALS for word in reading.words)
    return [
        _episode(store, _sided(store, hit, slots, asked), slots, denied=denied) if place < GROUPED else hit
        for place, hit in enumerate(ranked)
    ]


def _split(store: Store, slots: list[_Slot], reading: phrases.Reading) -> int:
    """Return how many slots stand before the first “with” of a query, 0 if there is none."""
    cut = next((at for at, word in enumerate(reading.words) if word.text in {"with", "w"} and at), 0)
    before = {word.text for word in store.reader.canonical(reading.words[:cut])}
    count = sum(slot.text in before for slot in slots)
    return count if 0 < count < len(slots) else 0


def _both_sides(store: Store, row: int, term: int, slots: list[_Slot], split: int) -> bool:
    """Whether a term, or its code's title, speaks of what stands before the “with” and of what stands after it."""
    having = {*store.words_of(term)[0], *store.title_of(row)}
    return all(
        any(number in having for slot in side for number, _ in slot.choices) for side in (slots[:split], slots[split:])
    )


def _completed(store: Store, row: int, term: int, slots: list[_Slot], score: float, total: float) -> float:
    """Return a score with what the code's own title and its headers say of words that the term does not have."""
    having = set(store.words_of(term)[0])
    missing = [slot for slot in slots if not any(number in having for number, _ in slot.choices)]
    if not missing:
        return score
    family = _family(store, row)
    gained = sum(slot.weight for slot in missing if any(number in family for number, _ in slot.choices))
    return score + (1 - score) * 0.5 * gained / total if gained else score


@lru_cache(maxsize=20_000)
def _family(store: Store, row: int) -> frozenset[int]:
    """Return the numbers of the words of the titles of a diagnosis and of the headers above it."""
    plain = store.plain(row)
    if store.system(row):
        return frozenset(store.title_of(row))
    above = (each for length in range(3, len(plain) + 1) for each in store.rows(0, plain[:length]))
    return frozenset(word for each in above for word in store.title_of(each))


def _chapter(plain: str, system: int, spoken: set[str]) -> float:
    if system:
        return 0.99
    for begins, worth, wanted in CHAPTERS:
        if plain.startswith(begins):
            return 1.0 if spoken & wanted else worth
    return 1.0


def _sided(store: Store, hit: Hit, slots: list[_Slot], asked: Asked) -> Hit:
    """Take the code of the side that the query speaks of, if the code found leaves the side open."""
    spoken = [text for slot in slots for text in (slot.text, slot.respelt) if text in SIDES]
    sides = [store.number[text] for text in spoken if text in store.number]
    if len(sides) != 1 or store.system(hit.row):
        return hit
    row = _on_side(store, hit.row, sides[0], asked.days[0])
    return hit if row < 0 else replace(hit, row=row)


@lru_cache(maxsize=4_000)
def _on_side(store: Store, row: int, side: int, day: int) -> int:
    """Return the row of the code that says of one side what a code says of none, -1 if there is none."""
    open_words = {store.number[word] for word in (*SIDES, *UNSAID) if word in store.number}
    mine = set(store.title_of(row))
    if mine & {store.number[word] for word in SIDES if word in store.number}:
        return -1
    for other in store.rows(0, store.plain(row)[:3], below=True):
        if store.code_stem[other] < 0 and store.in_force(other, day):
            title = set(store.title_of(other))
            if side in title and title - open_words == mine - open_words:
                return other
    return -1


def _episode(store: Store, hit: Hit, slots: list[_Slot], *, denied: bool) -> Hit:
    """Take the seventh-character variant that the query speaks of, if it speaks of one."""
    below = store.rows(store.system(hit.row), store.plain(hit.row), below=True)
    variants = [row for row in below if store.code_stem[row] == hit.row]
    if not variants:
        return hit
    hit.variants = variants
    own = set(store.title_of(hit.row))
    asked = {
        text: max(slot.weight, TELLS) if text in EPISODE else slot.weight
        for slot in slots
        if not any(number in own for number, _ in slot.choices)
        for text in {slot.text, slot.respelt, *(store.words[number] for number, _ in slot.choices[:1])}
        if text
    }
    best, chosen = 0.0, -1
    for variant in variants if asked else ():
        title = store.title(variant)[len(store.title(hit.row)) :] or store.title(variant)
        extra = {word.text for word in store.reader.read(title)}
        matched = sum(weight for text, weight in asked.items() if text in extra)
        value = matched - 0.05 * len(extra) - (not extra & DENIALS if denied else bool(extra & DENIALS))
        if matched and value > best:
            best, chosen = value, variant
    if chosen >= 0:
        return replace(hit, row=chosen, score=min(1.0, hit.score * 1.05))
    return hit
