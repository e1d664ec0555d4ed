"""The codes that a coding note names in brackets: `(E10.-)`, `(A04.0-A04.4, B08)`, `(V01-V09 with 5th character 9)`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from webapp.codes.listing import plain

CODE = r"\b[A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?(?![0-9A-Z])"
RANGE = re.compile(rf"({CODE})(?:[.-]*?\s*-\s*({CODE}))?")
BRACKETS = re.compile(r"\(([^()]*)\)")
ORDINALS = {"fourth": 4, "4th": 4, "fifth": 5, "5th": 5, "sixth": 6, "6th": 6, "seventh": 7, "7th": 7}
CHARACTER = re.compile(rf"({'|'.join(ORDINALS)})(?: to [a-z0-9]+)?[ -]characters? [.-]?([0-9A-Z]{{1,3}})")
"""“with 5th character 9”, “with fifth to sixth characters 51”."""
ENDING = re.compile(r"(?:final characters )?[.-]?([0-9A-Z]{1,4})-?(?:-[.]?([0-9A-Z]{1,4}))?")
"""“with .51-.52”: what follows the category; “with final characters -23”: what the code ends with."""
STEM = 3

Test = Callable[[str], bool]


@lru_cache(maxsize=4096)
def named_in(note: str) -> tuple[Test, ...]:
    """Return tests of plain codes, one for each bracket: whether the bracket names the code, or a part of it.

    A bracket with a condition that is not known here names none.
    """
    return tuple(test for bracket in BRACKETS.findall(note) if (test := _test(bracket)) is not None)


def names(note: str, code: str) -> bool:
    """Whether a note names a plain code in one of its brackets."""
    return any(test(code) for test in named_in(note))


def _test(bracket: str) -> Test | None:
    head, *conditions = re.split(r"\bwith\b", bracket, maxsplit=1)
    ranges = [(plain(low), plain(high or low)) for low, high in RANGE.findall(head)]
    further = _condition(conditions[0].strip()) if conditions else None
    if not ranges or (conditions and further is None):
        return None

    def named(code: str) -> bool:
        within = any(low <= code[: len(low)] and code[: len(high)] <= high for low, high in ranges)
        return within and (further is None or further(code))

    return named


def _condition(text: str) -> Test | None:
    if match := CHARACTER.fullmatch(text):
        place, characters = ORDINALS[match[1]], match[2]
        return lambda code: code.startswith(characters, place - 1)
    if match := ENDING.fullmatch(text):
        low, high = match[1], match[2] or match[1]
        if text.startswith("final"):
            return lambda code: code.endswith(low)
        return lambda code: low <= code[STEM : STEM + len(low)] and code[STEM : STEM + len(high)] <= high
    return None
