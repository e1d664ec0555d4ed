"""The lines that readers want priced, one a line of text: `45385, 2, 51 59`, code, units, modifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

CODE = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]")
MODIFIER = re.compile(r"[0-9A-Z]{2}")
UNITS = re.compile(r"[0-9]{1,4}(\.[0-9])?")
MOST_LINES = 100
MOST_MODIFIERS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a claim. `units` is None where none are given: 1, but for anesthesia, where they are base and time
    units together.
    """

    number: int
    code: str
    units: Decimal | None = None
    modifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """The lines of a text, and what is wrong with the others."""

    lines: list[Line]
    problems: list[str]


def read(text: str) -> Read:
    """Read lines of code, units and modifiers, parted by commas; units and modifiers may be left out.

    What stands second is units: a modifier without units follows its code after a hyphen or a blank, or two commas.
    Lines that cannot be read are told in `problems`, by number.
    """
    found = Read([], [])
    written = [(number, line.strip().upper()) for number, line in enumerate(text.splitlines(), start=1)]
    for number, line in written:
        if not line:
            continue
        if len(found.lines) == MOST_LINES:
            found.problems.append(f"Line {number} and those after it are left out: at most {MOST_LINES} are priced.")
            break
        result = _read_line(number, line)
        if isinstance(result, Line):
            found.lines.append(result)
        else:
            found.problems.append(f"Line {number}: {result}")
    return found


def _read_line(number: int, text: str) -> Line | str:
    first, *rest = (part.strip() for part in text.split(","))
    code, *attached = re.split(r"[-\s]+", first)
    if not CODE.fullmatch(code):
        return f"{code[:20]!r} is no CPT or HCPCS code."
    units = None
    if rest and (not rest[0] or UNITS.fullmatch(rest[0])):
        units = Decimal(rest[0]) if rest[0] else None
        rest = rest[1:]
    if units is not None and units < 1:
        return "units must be 1 or more."
    modifiers = tuple(dict.fromkeys([*attached, *" ".join(rest).split()]))
    wrong = next((modifier for modifier in modifiers if not MODIFIER.fullmatch(modifier)), None)
    if wrong is not None:
        return f"{wrong[:20]!r} is neither units nor a modifier."
    if len(modifiers) > MOST_MODIFIERS:
        return f"a line has at most {MOST_MODIFIERS} modifiers."
    return Line(number, code, units, modifiers)
