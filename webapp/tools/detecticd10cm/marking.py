"""A note with its findings marked: cut where a finding begins or ends, so that overlapping ones can be told apart."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from webapp.tools.detecticd10cm.cues import Status
from webapp.tools.detecticd10cm.engine import Finding


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a note; `cards` are the numbers of the cards that speak of it, and `status` that of the narrowest."""

    text: str
    cards: tuple[int, ...] = ()
    status: Status | None = None


@dataclass(slots=True)
class Mark:
    """A run of a note: plain text if it has no cards, else findings that touch one another, as one link.

    `place` counts the links from 1.
    """

    pieces: list[Piece] = field(default_factory=list)
    place: int = 0
    cards: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def statuses(self) -> list[Status]:
        """What the link's findings are, each once."""
        return list(dict.fromkeys(piece.status for piece in self.pieces if piece.status))


def mark(text: str, findings: Sequence[Finding], card_of: dict[tuple[str, Status], int]) -> list[Mark]:
    """Return a note as runs, whose texts together are the note. `card_of`: the number of a finding's card."""
    marks: list[Mark] = []
    at = 0
    for start, end, together in _clusters(findings):
        if start > at:
            marks.append(Mark([Piece(text[at:start])]))
        cards = dict.fromkeys(card_of[each.code, each.status] for each in together)
        marks.append(Mark(_pieces(text, start, end, together, card_of), cards=tuple(cards)))
        at = end
    if at < len(text):
        marks.append(Mark([Piece(text[at:])]))
    for place, each in enumerate((each for each in marks if each.cards), 1):
        each.place = place
    return marks


def _clusters(findings: Iterable[Finding]) -> list[tuple[int, int, list[Finding]]]:
    """Return the findings that overlap one another together, with where they begin and end."""
    found: list[tuple[int, int, list[Finding]]] = []
    for finding in sorted(findings, key=lambda each: (each.start, -each.end)):
        if finding.end <= finding.start:
            continue
        if found and finding.start < found[-1][1]:
            start, end, together = found[-1]
            together.append(finding)
            found[-1] = start, max(end, finding.end), together
        else:
            found.append((finding.start, finding.end, [finding]))
    return found


def _pieces(
    text: str, start: int, end: int, findings: Sequence[Finding], card_of: dict[tuple[str, Status], int]
) -> list[Piece]:
    """Return a cluster in parts. One sweep over its cuts: a long list under one cue makes thousands of overlaps."""
    cuts = sorted({start, end, *(each.start for each in findings), *(each.end for each in findings)})
    begin, leave = _by_place(findings, "start"), _by_place(findings, "end")
    over: Counter[int] = Counter()
    narrow: list[tuple[int, int, Status]] = []
    pieces = []
    for first, last in pairwise(cuts):
        for each in leave.get(first, ()):
            over[card_of[each.code, each.status]] -= 1
        for each in begin.get(first, ()):
            over[card_of[each.code, each.status]] += 1
            heapq.heappush(narrow, (each.end - each.start, each.end, each.status))
        while narrow[0][1] <= first:
            heapq.heappop(narrow)
        pieces.append(Piece(text[first:last], tuple(sorted((+over).keys())), narrow[0][2]))
    return pieces


def _by_place(findings: Sequence[Finding], side: Literal["start", "end"]) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = {}
    for each in findings:
        found.setdefault(each.start if side == "start" else each.end, []).append(each)
    return found
