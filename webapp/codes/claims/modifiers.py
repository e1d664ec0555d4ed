"""NCCI's modifiers: which ones bypass an edit that allows it, and on which line.

Source: NCCI Policy Manual for Medicare Services, chapter I, section E, and CMS change request 11168.
"""

from __future__ import annotations

from datetime import date

from webapp.codes.claims.model import Line

VISIT = frozenset({"24", "25", "57"})
"""Say that a visit is separate from a procedure, and belong on the visit's line."""
SURGERY = frozenset({"58", "78", "79"})
DISTINCT = frozenset({"59", "XE", "XS", "XP", "XU"})
OTHERS = frozenset({"27", "91"})
SITES = frozenset(
    {
        *("LT", "RT", "E1", "E2", "E3", "E4", "FA", *(f"F{number}" for number in range(1, 10))),
        *("TA", *(f"T{number}" for number in range(1, 10)), "LC", "LD", "LM", "RC", "RI"),
    }
)
NCCI = VISIT | SURGERY | DISTINCT | OTHERS | SITES
EITHER_COLUMN_SINCE = date(2019, 7, 1)
"""Before, 59 and its subsets counted on the line of column 2 only."""
ALL_NAMED = "24, 25, 27, 57, 58, 59, 78, 79, 91, XE, XS, XP, XU, or one that names the site such as LT, RT, E1 or F1"


def bypassing(first: Line, second: Line) -> list[tuple[str, Line]]:
    """Return the modifiers that bypass an edit between a line of column 1 and one of column 2, each with its line."""
    everywhere = second.day >= EITHER_COLUMN_SINCE
    return [
        *((modifier, second) for modifier in second.modifiers if modifier in NCCI),
        *((each, first) for each in first.modifiers if each in NCCI and (everywhere or each not in DISTINCT)),
    ]


def same_site(first: Line, second: Line) -> bool:
    """Whether nothing but the same site on both lines speaks for two separate services."""
    used = {modifier for modifier, _ in bypassing(first, second)}
    return used <= SITES and SITES & set(first.modifiers) == SITES & set(second.modifiers)
