"""Whether a finding is said to be so: negated, of the family, of the past, uncertain, or only a condition.

Each cue has a direction and a reach. Reach ends with the sentence, with a word that turns it, or with the list that the
cue began. The words and rules are our own.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from webapp.tools.detecticd10cm.cues import Status, cues, pattern

FARTHEST, NEAR = 240, 60
"""Code points before and after a finding in which a cue may stand."""
TURN = pattern("turn")
NEGATION_TURN = pattern("turn_of_negation")
HISTORY_TURN = pattern("turn_of_history")
FAMILY_TURN = pattern("turn_of_family")
RELATIVE, SAYS = pattern("relative"), pattern("relative_says")
TURNS = {"history": HISTORY_TURN, "negated": NEGATION_TURN}
DOUBLE = pattern("no_negation")
"""Words that look like a negation and are none."""
LIST_NEGATION = pattern("negation_of_a_list")
STANDS = pattern("stands")
"""What is said of a finding that is there, though it follows a list of what is not."""
ALONE, JOINS = re.compile(r"without|w/o", re.IGNORECASE), re.compile(r"\b(?:or|nor|and)\b|/", re.IGNORECASE)
"""“Without fever, chills or cough” is a list; “without aura, intractable, neck pain” is none."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a sentence says of a finding, and where the words that say it begin."""

    status: Status
    cue: int


def of(text: str, start: int, end: int, begins: int, ends: int, section: str) -> Context:
    """Return the context of the finding at [start, end) in the sentence at [begins, ends)."""
    begins = max(begins, start - FARTHEST)
    before, after = text[begins:start], text[end : min(ends, end + NEAR)]
    found: list[tuple[int, int, Status]] = []
    for status, side, cue in cues():
        if side == "after":
            match = cue.search(after)
            if match:
                found.append((_ORDER[status], end, status))
            continue
        last = deque(cue.finditer(before), maxlen=1)
        if last and last[0][0].strip() and _reaches(status, before, last[0], after):
            found.append((_ORDER[status], begins + last[0].start(), status))
    named = SECTIONS.get(section)
    if named and not any(status in {"negated", "family"} for _, _, status in found):
        found.append((_ORDER[named], start, named))
    if not found:
        return Context("present", start)
    _, cue_at, status = min(found)
    return Context(status, min(cue_at, start))


SECTIONS: dict[str, Status] = {"family": "family", "past": "history"}
_ORDER: dict[str, int] = {"negated": 0, "family": 1, "hypothetical": 2, "uncertain": 3, "history": 4}


def _reaches(status: str, before: str, cue: re.Match[str], after: str) -> bool:
    """Whether a cue reaches from its place to the end of `before`, where the finding begins, which `after` follows."""
    between = before[cue.end() :]
    if status == "negated" and DOUBLE.match(before, cue.start()):
        return False
    turn = FAMILY_TURN if status == "family" else TURN
    if turn.search(between) or (status in TURNS and TURNS[status].search(between)):
        return False
    if status == "family" and "," in between and RELATIVE.match(cue[0]) and not SAYS.search(cue[0]):
        return False
    words = len(between.split())
    if status in {"negated", "uncertain", "hypothetical", "history"}:
        comma = between.count(",")
        if status == "negated":
            if comma and (cue[0].lower().startswith("not") or STANDS.match(after)):
                return False
            if comma and ALONE.match(cue[0]) and not JOINS.search(between + after):
                return False
            listed = bool(LIST_NEGATION.match(cue[0]))
            return words <= 24 if listed else _bare(between)
        if status == "uncertain":
            return comma == 0 and between.lstrip().find(":") <= 0 and words <= 7
        if status == "history":
            return (comma == 0 and words <= 8) or (
                comma <= 4 and _bare(between) and cue[0].lower().startswith(("pmh", "past"))
            )
    return words <= 14


def _bare(between: str) -> bool:
    """Whether what stands between is a list of short names and nothing else."""
    parts = re.split(r",|\bor\b|\band\b|/", between)
    if len(parts) == 1:
        return len(parts[0].split()) <= 6
    return all(len(part.split()) <= 4 for part in parts) and not re.search(
        r"\b(?:with|has|have|is|was|are|right|left|on)\b", between, re.IGNORECASE
    )
