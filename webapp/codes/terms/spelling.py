"""Words that nobody knows: unfinished ones, and misspelt ones. Only they are ever read as others."""

from __future__ import annotations

from bisect import bisect_left

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract, extractOne

from webapp.codes.terms.sounds import sound
from webapp.codes.terms.store import Store

SHORTEST_BEGINNING = 2
MOST_BEGINNINGS = 60
SHORTEST_MISSPELT = 4
TWO_ERRORS_FROM = 6
MOST_SPELLINGS = 4
HEARD = 0.9
"""What a word gains that sounds alike."""
COMMON = 6.0
"""How much a word that stands in many terms gains against one that stands in few."""


def beginnings(store: Store, word: str) -> list[tuple[int, float]]:
    """Return the words that begin so, with how surely each is meant."""
    if len(word) < SHORTEST_BEGINNING:
        return []
    numbers = sorted(store.beginning(word), key=lambda at: -int(store.word_count[at]))[:MOST_BEGINNINGS]
    return [(at, 0.75 + 0.2 * len(word) / max(len(store.words[at]), 1)) for at in numbers]


def respelt(store: Store, word: str, errors: int = 2, *, first: bool = False) -> list[tuple[int, float]]:
    """Return the known words that differ by a letter or two (or two letters changed places), best first.

    `first`: the first letter is taken to be right.
    """
    if len(word) < SHORTEST_MISSPELT or any(letter.isdigit() for letter in word):
        return []
    allowed = min(errors, 2 if len(word) >= TWO_ERRORS_FROM else 1)
    found = []
    for size in range(len(word) - allowed, len(word) + allowed + 1):
        words, numbers = store.alike(size, word[0] if first else "")
        for spelling, wrong, place in extract(word, words, scorer=OSA.distance, score_cutoff=allowed, limit=20):
            at = numbers[place]
            alike = (spelling[0] == word[0]) + (spelling[-1] == word[-1])
            found.append((wrong - 0.35 * alike - float(store.word_count[at]) ** 0.25 / COMMON, at, wrong))
    heard = set(store.sounds.get(sound(word), ()))
    found = [(rank - HEARD * (at in heard), at, wrong) for rank, at, wrong in found]
    known = {at for _, at, _ in found}
    found += [(_unlike(store, word, at) - HEARD, at, errors + 1) for at in heard - known if _near(store, word, at)]
    best = sorted(found)[:MOST_SPELLINGS]
    return [(at, 0.93 - 0.05 * wrong - 0.04 * place) for place, (_, at, wrong) in enumerate(best)]


def _unlike(store: Store, word: str, at: int) -> float:
    distance: int = OSA.distance(word, store.words[at])
    return float(distance - float(store.word_count[at]) ** 0.25 / COMMON)


def _near(store: Store, word: str, at: int) -> bool:
    """Whether a word that sounds alike is also written somewhat alike."""
    return 2 * OSA.distance(word, store.words[at]) <= max(len(word), len(store.words[at]))


def surely(store: Store, word: str) -> str:
    """Return the word that is surely meant by one with a single error, empty if there is a choice."""
    if len(word) < TWO_ERRORS_FROM:
        return ""
    near = [at for at, _ in respelt(store, word, errors=1)]
    return store.words[near[0]] if len(near) == 1 else ""


def written(store: Store, word: str, others: frozenset[str]) -> str:
    """Return the word, of those read as others and of some more, that begins so or is misspelt so, empty if none is."""
    known = store.reader.written
    first = bisect_left(known, word)
    if len(word) > SHORTEST_MISSPELT and first < len(known) and known[first].startswith(word):
        return known[first]
    if len(word) < TWO_ERRORS_FROM:
        return ""
    best = extractOne(word, [*known, *others], scorer=OSA.distance, score_cutoff=2)
    return best[0] if best and best[0][0] == word[0] else ""
