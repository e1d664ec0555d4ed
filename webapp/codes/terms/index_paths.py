"""The Alphabetic Index as terms: main terms with their forms, subterms below them, “see” resolved."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rapidfuzz.distance import Prefix

from webapp.codes.terms.words import normal, words

LEVEL = " > "
SHORTEST_ALIKE = 4
FORMS = re.compile(r",\s*")
DEEPEST = 4
"""How many times one “see” may lead to another."""


class Indexed(NamedTuple):
    """An entry of an index: its levels, and the code that it leads to. `see`: where it sends to instead."""

    path: str
    kind: str
    code: str
    nonessential: str
    see: str


class Found(NamedTuple):
    """A way by which an index leads to a code. `words`: what a text must say; `optional`: what it may say."""

    phrase: str
    words: str
    optional: str
    code: str
    default: bool
    """Whether it is a main term's own code, without a subterm."""


def alike(forms: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the single-word forms of a main term that are the same word in another shape, with the first form."""
    first, *others = forms
    if " " in first:
        return
    for other in others:
        same = Prefix.similarity(first, other)
        if " " not in other and same >= SHORTEST_ALIKE and same >= 0.6 * min(len(first), len(other)):
            yield other, first


def forms_of(entries: Iterable[Indexed]) -> dict[str, str]:
    """Return the words that are other shapes of a main term, each with the word that it is read as."""
    found: dict[str, str] = {}
    for main in dict.fromkeys(entry.path.split(LEVEL)[0] for entry in entries):
        forms = [" ".join(words(form)) for form in FORMS.split(main)]
        for other, first in alike([form for form in forms if form]):
            if first not in found and other != first:
                found.setdefault(other, found.get(first, first))
    return {other: _root(found, first) for other, first in found.items() if other != _root(found, first)}


def _root(found: dict[str, str], word: str) -> str:
    for _ in range(DEEPEST):
        word = found.get(word, word)
    return word


def found(entries: list[Indexed]) -> Iterator[Found]:
    """Yield all ways of an index to its codes."""
    tree = _Tree(entries)
    for entry in entries:
        if entry.kind in {"code", "manifestation"}:
            yield from _ways(entry.path, entry.path, entry.nonessential, entry.code)
        elif entry.kind == "see":
            for code in tree.codes(entry.see):
                yield from _ways(entry.path, f"{entry.path}, see {entry.see}", entry.nonessential, code)


def _ways(path: str, phrase: str, nonessential: str, code: str) -> Iterator[Found]:
    main, *levels = path.split(LEVEL)
    rest, shown = " ".join(levels), phrase.replace(LEVEL, ", ")
    yield Found(shown, f"{_spoken(main)} {rest}".strip(), nonessential, code, default=not levels)


def _spoken(main: str) -> str:
    """Return what is said of a main term: other shapes of its first word are left out, qualifiers after it are not."""
    forms = [" ".join(words(form)) for form in FORMS.split(main) if form]
    dropped = {other for other, _ in alike(forms)} if len(forms) > 1 else set()
    spoken = " ".join(form for form in forms if form not in dropped)
    return "fracture" if spoken == "fracture traumatic" else spoken


class _Tree:
    """Index entries by their levels, for resolving what a “see” points to."""

    def __init__(self, entries: Iterable[Indexed]) -> None:
        self._codes: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self._see: dict[tuple[str, ...], str] = {}
        for entry in entries:
            main, *levels = entry.path.split(LEVEL)
            rest = tuple(_key(level) for level in levels)
            for form in {main, *FORMS.split(main)}:
                key = (_key(form), *rest)
                if entry.kind == "code":
                    self._codes[key].append(entry.code)
                elif entry.kind == "see":
                    self._see.setdefault(key, entry.see)

    def codes(self, see: str, depth: int = 0) -> list[str]:
        """Return the codes that a “see” leads to, none if it leads to no single entry."""
        key = tuple(_key(part) for part in FORMS.split(see) if _key(part) and not part.startswith("by "))
        if key in self._codes:
            return self._codes[key][:1]
        return self.codes(self._see[key], depth + 1) if key in self._see and depth < DEEPEST else []


def _key(text: str) -> str:
    return " ".join(word for each in re.findall(r"[^\W_]+", text) if (word := normal(each)) not in {"nec", "nos"})
