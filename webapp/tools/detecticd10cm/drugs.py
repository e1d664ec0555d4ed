"""Drugs that a text names as the cause of something: “rash from amoxicillin” has an adverse effect of penicillin."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from webapp.codes.terms.build import SOURCES
from webapp.codes.terms.store import Store
from webapp.codes.terms.words import normal
from webapp.tools.detecticd10cm.cues import pattern

CAUSED = pattern("caused_by")
TABLE = SOURCES.index("table of drugs")
SAID = frozenset(("adverse", "effect", "accidental"))
"""Words of an entry of the table that are no drug's."""


class Cause(NamedTuple):
    """A drug named as a cause: the row of its adverse effect, and where it stands."""

    row: int
    start: int
    end: int


def causes(store: Store, text: str) -> Iterator[Cause]:
    """Yield the drugs that a text names as causes."""
    for match in CAUSED.finditer(text):
        group = "drug" if match["drug"] else "inducer"
        row = _adverse(store).get(normal(match[group]))
        if row is not None:
            yield Cause(row, match.start(group), match.end(group))


@lru_cache(maxsize=2)
def _adverse(store: Store) -> dict[str, int]:
    """Return the rows of adverse effects by the drugs that have one word."""
    number = store.number.get("adverse")
    found = {}
    for term in store.terms_with(number).tolist() if number is not None else ():
        if store.term_source[term] == TABLE:
            drug = {store.words[word] for word in store.words_of(term)[0]} - SAID
            if len(drug) == 1:
                found[next(iter(drug))] = int(store.term_code[term])
    return found
