"""Walks from a code to the most specific billable one that the note's words allow: side, stage, episode, trimester.

Of all codes of the category that say at least as much as the code found, the one is taken whose title says most that
the note says too, and least that it does not. What coders assume when nothing is said (initial encounter, closed,
displaced, primary) costs little.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Prefix

from webapp.codes.terms.build import SIDES, UNSAID
from webapp.codes.terms.store import Store
from webapp.codes.terms.wordlists import listed
from webapp.codes.terms.words import SMALL
from webapp.tools.detecticd10cm.body import BODY

ASSUMED = listed("assumed")
ASSUMED_COST, UNSAID_COST, LEFT_OUT_COST, DROPPED_COST = -0.15, -6.0, -3.0, -1.0
INCLUDING = re.compile(r",? including [^,;]*|\bboth (?=ulcer)| type (?:I or II|IIIA, IIIB,? or IIIC)\b")
VAGUELY = re.compile(r"(?<!^)\bunspecified (?:[a-z/-]+ ?)*", re.IGNORECASE)
"""What a title says to be unknown: from an “unspecified” after its beginning to the next mark."""
FREE = listed("free")
FREE_COST = -0.05
WHOLES = dict(each.split("=") for each in listed("wholes"))
"""Parts of the body, and the larger ones that titles name instead."""
LIST = re.compile(
    r"(?:[a-z]+ )?[a-z]+(?:, (?:[a-z]+ )?[a-z]+)*,? (?:and|or|including) (?:[a-z]+ )?[a-z]+", re.IGNORECASE
)
JOINS = re.compile(r" and | or | including ")
"""What a title names together: who says one part of the body of them need not say the others."""
TOGETHER, WHOLE, ONE_SIDE = 2.0, 1.0, 1.5
"""What a title gains that names what is said among others, only the larger part of the body, or “unilateral”."""
ABSENT = re.compile(
    r"\b(?:without|not|whether with) ((?:(?:loss|mention|evidence|spontaneous rupture) of )?[^,;]*?)"
    r"(?= of | in | on | at |[,;]|$)"
)
NOTHING_MORE = UNSAID | frozenset(("unspecified", "mellitus"))
EPISODES = frozenset(("subsequent", "sequela"))
CLOSE = 3.0
DIGITS = 6
"""Of a score: sets are summed in an order that changes from process to process, and with it the last digits."""
MOST_OTHERS = 3
DETAILS = (
    ("side", SIDES - {"unilateral"}),
    ("severity", frozenset(("mild", "moderate", "severe"))),
    ("stage", frozenset(("1", "2", "3", "4", "5"))),
    ("trimester", frozenset(("trimester",))),
    ("acute or chronic", frozenset(("acute", "chronic", "subacute"))),
    ("remission or relapse", frozenset(("remission", "relapse"))),
    (
        "with or without complication",
        frozenset(("hemorrhage", "perforation", "obstruction", "gangrene", "exacerbation")),
    ),
)
"""What a note may leave out, and the words of titles by which codes are told apart."""


@dataclass(frozen=True, slots=True)
class Title:
    """A title's words: all that count, those said to be unknown, and absent; whether it says “unspecified”, “other”.

    `together`: the parts of the body that it names in one breath.
    """

    words: frozenset[str]
    unknown: frozenset[str]
    absent: frozenset[str]
    vague: bool
    other: bool
    together: frozenset[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """A billable code, others that come close, and what the note does not say that codes of the family tell apart."""

    row: int
    others: tuple[int, ...]
    missing: tuple[str, ...]


@lru_cache(maxsize=40_000)
def title(store: Store, row: int) -> Title:
    """Return a title's words."""
    whole = store.title(row)
    text = INCLUDING.sub("", whole)
    unknown = frozenset(word for part in VAGUELY.findall(text) for word in _words(store, part))
    absent = frozenset(word for part in ABSENT.findall(text) for word in _words(store, part)) - SMALL
    said = [word for part in ABSENT.sub(" ", text).split(",") for word in _words(store, part)]
    counted = frozenset(word for word in said if word not in SMALL and word not in NOTHING_MORE)
    joined = LIST.findall(whole) if JOINS.search(whole) else ()
    listed_words = [word for part in joined for word in _words(store, part)]
    return Title(
        counted,
        unknown,
        absent - NOTHING_MORE,
        "unspecified" in said or "nos" in said,
        "other" in said,
        BODY & frozenset(listed_words),
    )


@lru_cache(maxsize=20_000)
def _words(store: Store, text: str) -> tuple[str, ...]:
    """Return the canonical words of a part of a title: titles of a category have most parts in common."""
    return tuple(word.text for word in store.reader.read(text))


@lru_cache(maxsize=4_000)
def family(store: Store, category: str, day: int) -> tuple[int, ...]:
    """Return the billable codes of a category that hold on a day."""
    return tuple(
        row for row in store.rows(0, category, below=True) if store.code_billable[row] and store.in_force(row, day)
    )


@lru_cache(maxsize=4_000)
def walk(
    store: Store, row: int, said: frozenset[str], denied: frozenset[str], day: int, term: frozenset[str] = frozenset()
) -> Choice:
    """Return the billable code for a code found. `said`: the words around it; `denied`: those negated; `term`: those
    by which it was found, which tell nothing more.
    """
    plain = store.plain(row)
    whole = title(store, row)
    usual = implied(store, plain[:3], day)
    parts = {word for word in said if word in WHOLES} - spoken_of(store, plain[:3], day)
    wholes = frozenset(WHOLES[word] for word in parts)
    scores = {
        candidate: round(
            _score(named, whole, said, usual, term, wholes) + _absent(named, denied) + _near(store, candidate, row),
            DIGITS,
        )
        for candidate in family(store, plain[:3], day)
        for named in (title(store, candidate),)
    }
    ranked = sorted(scores, key=lambda candidate: -scores[candidate])
    if not ranked:
        return Choice(row, (), ())
    best = ranked[0]
    close = [other for other in ranked[1:] if scores[other] > scores[best] - CLOSE]
    return Choice(best, tuple(close[:MOST_OTHERS]), _missing(store, best, ranked, said))


def both_sides(store: Store, row: int, day: int) -> tuple[int, ...]:
    """Return the codes of the left and of the right side, where a code says no side and there is none for both."""
    own = title(store, row)
    if own.words & SIDES:
        return ()
    found = {}
    for other in family(store, store.plain(row)[:3], day):
        named = title(store, other)
        sides = named.words & SIDES
        if named.words - SIDES in {own.words, own.words - own.unknown} and len(sides) == 1:
            found[next(iter(sides))] = other
    if "bilateral" in found:
        return (found["bilateral"],)
    return (found["right"], found["left"]) if {"left", "right"} <= set(found) else ()


def _missing(store: Store, best: int, rows: list[int], said: frozenset[str]) -> tuple[str, ...]:
    """Return what would lead to a more specific code: of the codes that say all that this one says, what they add."""
    mine = title(store, best)
    core = mine.words - mine.unknown - SIDES - FREE
    near = store.plain(best)[: max(4, len(store.plain(best).rstrip("ADSX")) - 1)]
    added = frozenset(
        word
        for row in rows
        if store.plain(row).startswith(near)
        for named in (title(store, row),)
        if core <= named.words
        for word in named.words - mine.words
    )
    episodes = store.code_stem[best] >= 0 and not said & (EPISODES | frozenset(("initial",)))
    found = [
        name
        for name, words in DETAILS
        if added & words and not mine.words & words and (name != "side" or not mine.words & SIDES)
    ]
    return tuple(["episode of care", *found] if episodes else found)


@lru_cache(maxsize=4_000)
def spoken_of(store: Store, category: str, day: int) -> frozenset[str]:
    """Return all words of the titles of a category."""
    return frozenset().union(*(title(store, row).words for row in family(store, category, day)))


@lru_cache(maxsize=8_000)
def implied(store: Store, category: str, day: int) -> frozenset[str]:
    """Return the parts of the body that most titles of a category name, so that a note need not name them."""
    rows = family(store, category, day)
    counts = Counter(word for row in rows for word in title(store, row).words)
    return frozenset(word for word, count in counts.items() if 2 * count > len(rows) and word in BODY)


def _score(
    named: Title,
    whole: Title,
    said: frozenset[str],
    usual: frozenset[str],
    term: frozenset[str],
    wholes: frozenset[str],
) -> float:
    """Return how well a title fits: what it says that the note says too, less what it adds, and what it leaves out."""
    score = 0.0
    if not whole.other:
        score += 0.1 * named.vague + (0.8 if "other" in said else -0.8) * named.other
    beside = named.together if named.together & said else frozenset()
    score += TOGETHER * bool(beside and not beside & named.words & said)
    for word in named.words - whole.words - SIDES:
        if word in said:
            score += 2.0 * (word not in term or word in whole.unknown)
        elif word in wholes:
            score += WHOLE
        elif word in FREE or word in beside:
            score += FREE_COST
        else:
            score += ASSUMED_COST if word in ASSUMED or word in usual else UNSAID_COST
    left = whole.words - whole.unknown - named.words - SIDES - FREE
    score += LEFT_OUT_COST * len(left & said) + DROPPED_COST * len(left - said - ASSUMED)
    sides, wanted = (named.words & SIDES) - {"unilateral"}, (said & SIDES) - {"unilateral"}
    score += ONE_SIDE * ("unilateral" in named.words and len(wanted - {"bilateral"}) == 1)
    return score + 2.0 * len(sides & wanted) - 2.5 * len(sides - wanted) - 1.0 * len(wanted - sides)


def _near(store: Store, candidate: int, row: int) -> float:
    """Return what a code gains for being the one found, or close to it."""
    plain, found = store.plain(candidate), store.plain(row)
    return 0.3 * (candidate == row) + 0.5 * plain.startswith(found) + 0.06 * Prefix.similarity(plain, found)


def _absent(named: Title, denied: frozenset[str]) -> float:
    """Return what a title gains that says to be absent what the note denies."""
    return 1.5 * min(2, len(named.absent & denied))
