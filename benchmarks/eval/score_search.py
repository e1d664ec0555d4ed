"""How well a search answers queries: how often the first hit is right, or one of the first five, and the MRR.

A hit is right if it is one of the accepted codes, or begins as one with a star does; dots and case are ignored. A
header that is itself accepted counts. MRR, the mean reciprocal rank, is the mean of 1 / rank over the first ten hits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.eval.sets import Query

LOOKED_AT = 10
"""Hits of a query that count."""
HCPCS = "hcpcs"
"""The kind of queries that ask for HCPCS Level II."""


@dataclass(slots=True)
class Tally:
    """Shares of queries, 0 to 1, over `count` of them."""

    count: int = 0
    first: float = 0.0
    among_five: float = 0.0
    mrr: float = 0.0


@dataclass(slots=True)
class Score:
    """Figures of a set: of all queries, of those for ICD-10-CM, and by kind. `misses`: the places of wrong firsts."""

    total: Tally = field(default_factory=Tally)
    icd: Tally = field(default_factory=Tally)
    kinds: dict[str, Tally] = field(default_factory=dict)
    misses: list[int] = field(default_factory=list)


def score(queries: Sequence[Query], answers: Sequence[Sequence[str]]) -> Score:
    """Score the codes that were found for each query, best first."""
    made = Score()
    for place, (query, codes) in enumerate(zip(queries, answers, strict=True)):
        rank = rank_of(query, codes)
        if rank != 1:
            made.misses.append(place)
        kind = made.kinds.setdefault(query.kind, Tally())
        for tally in (made.total, kind) if query.kind == HCPCS else (made.total, made.icd, kind):
            tally.count += 1
            tally.first += rank == 1
            tally.among_five += 0 < rank <= 5
            tally.mrr += 1 / rank if rank else 0
    for tally in (made.total, made.icd, *made.kinds.values()):
        tally.first, tally.among_five, tally.mrr = (
            round(value / max(tally.count, 1), 3) for value in (tally.first, tally.among_five, tally.mrr)
        )
    return made


def rank_of(query: Query, codes: Sequence[str]) -> int:
    """Return the place of the first right code, from 1; 0 if none of the first ten is right."""
    for rank, code in enumerate(codes[:LOOKED_AT], 1):
        if any(is_right(code, accepted) for accepted in query.accept):
            return rank
    return 0


def is_right(code: str, accepted: str) -> bool:
    """Whether a code is the one accepted, or lies under it."""
    plain, sought = _plain(code), _plain(accepted)
    return plain.startswith(sought[:-1]) if sought.endswith("*") else plain == sought


def _plain(code: str) -> str:
    return code.replace(".", "").upper()
