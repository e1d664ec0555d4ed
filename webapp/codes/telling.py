"""What readers are told about a hit: what it was found by, what their words were read as, and its variants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile

from webapp.access.visitor import Visitor
from webapp.codes.search import Hit, Variant

SOURCES = {
    "code": "its number",
    "title": "title",
    "article": "title of an article",
    "abbreviation": "abbreviation",
    "lay": "everyday words",
    "statement": "words for this in notes",
    "procedure": "words for this service",
    "lookalike": "words like these",
    "learned": "words like these",
}
"""How sources are called; the others, such as “inclusion term”, are called what they are."""
QUOTING = frozenset(("notes", "index_terms"))
"""Sections that a plan must show for its readers to be told the publisher's terms, which stand in them."""
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Told:
    """A hit in words. `read_as`: as in “diabetis read as diabetes”. `variants`: codes with what tells them apart."""

    found_by: str
    read_as: list[str]
    variants: list[Variant]


def shows_terms(visitor: Visitor) -> bool:
    """Whether a reader may be told inclusion terms and index entries that codes were found by."""
    return visitor.plan.sections >= QUOTING


def told(hit: Hit, *, show_terms: bool) -> Told:
    """Say all of a hit that stands below its title."""
    name, _, phrase = hit.why.partition(": ")
    found_by = SOURCES.get(name, name) + (f": {phrase}" if phrase else "")
    read = ((written, _whole(stem, hit, show_terms=show_terms)) for written, stem in hit.read_as)
    read_as = [f"{written} read as {word}" for written, word in read if word and word.casefold() != written.casefold()]
    return Told(found_by, read_as, _apart(hit))


def _whole(read: str, hit: Hit, *, show_terms: bool) -> str:
    """Return the word that a corrected one stands for, as the hit writes it: corrections are words' stems.

    One that stands in no text which the reader sees may be of a locked text, and is not told then.
    """
    if " " in read:
        return read
    seen = (word for word in WORD.findall(f"{hit.title} {hit.why}") if word.casefold().startswith(read.casefold()))
    return next(seen, read if show_terms else "").lower()


def _apart(hit: Hit) -> list[Variant]:
    """Return the seventh-character codes of a hit without what all of their titles begin with."""
    parts = [each.title.split(", ") for each in hit.variants]
    alike = takewhile(lambda some: len(set(some)) == 1, zip(*parts, strict=False))
    shared = len(list(alike)) if len(parts) > 1 else 0
    apart = (Variant(each.key, ", ".join(part[shared:])) for each, part in zip(hit.variants, parts, strict=True))
    return [each for each in apart if each.key != hit.key]
