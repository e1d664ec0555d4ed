"""What other ways of searching and detecting reach on held-out texts of the same kinds, as measured once with them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SearchPeer:
    """Shares from 0 to 1, milliseconds."""

    name: str
    first: float
    among_five: float
    mrr: float
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class DetectionPeer:
    """F1 on notes, the share of mentions left alone; F1, F1 of categories and MAP on CodiEsp; milliseconds."""

    name: str
    notes_f1: float
    suppressed: float
    codiesp_f1: float
    codiesp_category_f1: float
    codiesp_map: float
    p50_ms: float


SEARCH = (
    SearchPeer(
        "PostgreSQL: tsvector and trigrams over titles, inclusion terms and the Index", 0.608, 0.711, 0.651, 11, 190
    ),
    SearchPeer("SQLite: FTS5 with Porter stems over the same", 0.595, 0.659, 0.625, 0.6, 117),
    SearchPeer("tantivy: fuzzy search over titles", 0.556, 0.659, 0.603, 0.3, 3.0),
)
DETECTION = (
    DetectionPeer(
        "Aho-Corasick over titles, inclusion terms and the Index, with medspaCy’s ConText",
        *(0.473, 0.794, 0.281, 0.355, 0.155, 102),
    ),
    DetectionPeer("The same without context", 0.446, 0.206, 0.342, 0.421, 0.215, 0.5),
    DetectionPeer("TF-IDF over windows of words", 0.236, 0.147, 0.092, 0.191, 0.061, 191),
)
