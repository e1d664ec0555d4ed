"""How surely a finding is one: from where its term is, how many words were said, the chapter, and how often it is said.

The figures are shares of findings that coders confirmed, counted on the training part of CodiEsp (Miranda-Escalada et
al. 2020, doi 10.5281/zenodo.3837305, CC-BY 4.0); what is known of single phrases stands in the table `learned`.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, log

from webapp.codes.terms import reviewed
from webapp.codes.terms.store import Store
from webapp.codes.terms.words import SMALL

MEAN = 0.6
SOURCES = {
    "learned": (0.81, 0.88, 0.8, 0.8),
    "statement": (0.6, 0.6, 0.62, 0.5),
    "lay": (0.59, 0.62, 0.65, 0.5),
    "abbreviation": (0.41, 0.6, 0.6, 0.5),
    "index": (0.69, 0.57, 0.48, 0.35),
    "inclusion term": (0.52, 0.56, 0.54, 0.68),
    "title": (0.55, 0.54, 0.65, 0.58),
    "article": (0.55, 0.54, 0.65, 0.58),
    "table of drugs": (0.5, 0.5, 0.5, 0.5),
    "table of neoplasms": (0.4, 0.46, 0.35, 0.25),
    "procedure": (0.2, 0.2, 0.25, 0.15),
    "lookalike": (0.5, 0.5, 0.5, 0.5),
    "measure": (0.6, 0.6, 0.6, 0.6),
}
"""The share of findings that are right, by source, for terms of one, two, three, and four or more words."""
CHAPTERS = {
    "A": 0.73,
    "B": 0.75,
    "C": 0.71,
    "D": 0.57,
    "E": 0.73,
    "F": 0.5,
    "G": 0.61,
    "H": 0.53,
    "I": 0.66,
    "J": 0.66,
    "K": 0.62,
    "L": 0.57,
    "M": 0.57,
    "N": 0.68,
    "O": 0.58,
    "P": 0.5,
    "Q": 0.4,
    "R": 0.71,
    "S": 0.4,
    "T": 0.48,
    "U": 0.6,
    "V": 0.5,
    "W": 0.6,
    "X": 0.6,
    "Y": 0.5,
    "Z": 0.4,
}
"""The same by the first letter of a code."""
REPEATED = (0.58, 0.75, 0.84)
"""The same by how often a text speaks of a code: once, twice, more often."""
PRIOR_WEIGHT = 2.0
"""How many cases of a phrase weigh as much as all else that is known."""


def score(store: Store, phrase: str, source: str, code: str, times: int) -> float:
    """Return how surely a finding is one, from 0 to 1. `phrase`: its canonical words; `times`: how often it is said."""
    by_source = SOURCES[source][min(len(phrase.split()), len(SOURCES[source])) - 1]
    odds = _odds(by_source) + _odds(CHAPTERS.get(code[0], MEAN)) + _odds(REPEATED[min(times, 3) - 1]) - 2 * _odds(MEAN)
    prior = 1 / (1 + exp(-odds))
    seen, right = _known(store).get(phrase, (0, 0))
    return round((right + PRIOR_WEIGHT * prior) / (seen + PRIOR_WEIGHT), 3)


def _odds(share: float) -> float:
    return log(share / (1 - share))


@lru_cache(maxsize=2)
def _known(store: Store) -> dict[str, tuple[int, int]]:
    """Return how often phrases were found and confirmed in training."""
    return {
        " ".join(word.text for word in store.reader.read(line.term) if word.text not in SMALL): (line.seen, line.right)
        for line in reviewed.learned()
    }
