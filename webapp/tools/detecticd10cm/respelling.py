"""Words of a note that nobody knows, and the known ones that are surely meant."""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz.distance import OSA

from webapp.codes.terms import spelling
from webapp.codes.terms.sounds import sound
from webapp.codes.terms.store import Store
from webapp.codes.terms.words import SINGULAR, Word

SHORTEST_RESPELT = 6
LIKE_PLURALS = tuple(sorted(word for word in SINGULAR if len(word) >= SHORTEST_RESPELT))
KEPT_SPELLINGS = 50_000
SELDOM = 3
MOST_ERRORS, MOST_ALIKE = 2, 3
"""Letters that may be wrong; one more in long words of the same letters or sound."""
LONG = 9


def respelt(store: Store, words: list[Word], *, surely: bool = False) -> Iterator[Word]:
    """Yield words, and in the place of one that nobody knows the known word that is close to it.

    `surely`: only where a single letter is wrong, or the letters are the same.
    """
    for word in words:
        text = word.text
        unknown = (
            len(text) >= SHORTEST_RESPELT
            and text not in store.number
            and text not in store.reader.known
            and text not in store.others
        )
        best = _close(store, text) if unknown else ""
        if surely and best and OSA.distance(text, best) > 1 and sorted(text) != sorted(best):
            best = ""
        yield Word(best, word.start, word.end) if best else word


def _likely(text: str, spelling: str, count: int) -> bool:
    """Whether a known word is meant by an unknown one: two errors only in long words, of the same letters or sound."""
    if text.endswith(("ed", "ing")) and not spelling.endswith(("ed", "ing")):
        return False
    errors = OSA.distance(text, spelling)
    alike = sorted(text) == sorted(spelling) or sound(text) == sound(spelling)
    most = MOST_ALIKE if alike and len(text) >= LONG else MOST_ERRORS
    return count >= SELDOM and errors <= most and (errors == 1 or len(text) >= LONG or alike)


def _close(store: Store, text: str) -> str:
    kept = store.spellings.get(text)
    if kept is None:
        kept = _known(store, text) or next((word for word in LIKE_PLURALS if _slip(text, word)), "")
        if len(store.spellings) > KEPT_SPELLINGS:
            store.spellings.clear()
        store.spellings[text] = kept
    return kept


def _slip(text: str, word: str) -> bool:
    """Whether an unknown word is one that ends like a plural, with one error: “shingel” was “shingels”."""
    return OSA.distance(f"{text}s", word, score_cutoff=1) <= 1


def _known(store: Store, text: str) -> str:
    """Return the word that is meant by one that nobody knows, empty if none surely is."""
    choices = [store.words[at] for at, _ in spelling.respelt(store, text, first=True)[:1]]
    choices += [word for word in (spelling.written(store, text, frozenset()),) if word and len(word) <= len(text) + 2]
    best = min(choices, key=lambda word: OSA.distance(text, word), default="")
    count = int(store.word_count[store.number[best]]) if best in store.number else SELDOM
    return best if best and _likely(text, best, count) else ""
