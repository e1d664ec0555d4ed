"""How surely a finding is one: from where its term is, its length, the chapter, how often and how early it is said.

The weights in `scoring.toml` are those of a logistic regression, fitted on the training part of CodiEsp
(Miranda-Escalada et al. 2020, doi 10.5281/zenodo.3837305, CC-BY 4.0) by `benchmarks/eval/weights.py`; what is known of
single phrases stands in the table `learned`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from math import exp, log
from pathlib import Path
from typing import Protocol

from webapp.codes.terms import reviewed
from webapp.codes.terms.store import Store
from webapp.codes.terms.words import SMALL

FILE = Path(__file__).with_suffix(".toml")
LONGEST, OFTENEST = 5, 4
"""Words of a phrase, and times that a code is found, beyond which more make no difference."""


class Found(Protocol):
    """What a score depends on."""

    @property
    def code(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def phrase(self) -> str: ...
    @property
    def start(self) -> int: ...


Places = Mapping[str, Sequence[int]]
"""Where codes are found, in code points from the beginning of the text."""


def places(findings: Iterable[Found]) -> Places:
    """Return where each code is found."""
    found: dict[str, list[int]] = {}
    for each in findings:
        found.setdefault(each.code, []).append(each.start)
    return found


def score(store: Store, finding: Found, found: Places, length: int) -> float:
    """Return how surely a finding among those of a text is one, from 0 to 1. `length`: the text's, in code points."""
    weights = _weights()
    told = sum(weights.get(name, 0.0) * value for name, value in features(store, finding, found, length).items())
    return round(1 / (1 + exp(-told)), 3)


def features(store: Store, finding: Found, found: Places, length: int) -> dict[str, float]:
    """Return what is known of a finding, by name: most of it is there (1) or not."""
    starts = found[finding.code]
    seen, right = _known(store).get(finding.phrase, (0, 0))
    return {
        "all": 1.0,
        f"source {finding.source}": 1.0,
        f"words {min(len(finding.phrase.split()), LONGEST)}": 1.0,
        f"chapter {finding.code[0]}": 1.0,
        f"times {min(len(starts), OFTENEST)}": 1.0,
        "late": min(starts) / max(length, 1),
        "confirmed": log((right + 1) / (seen - right + 1)),
    }


@cache
def _weights() -> dict[str, float]:
    weights: dict[str, float] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return weights


@lru_cache(maxsize=2)
def _known(store: Store) -> dict[str, tuple[int, int]]:
    """Return how often phrases were found and confirmed in training."""
    return {
        " ".join(word.text for word in store.reader.read(line.term) if word.text not in SMALL): (line.seen, line.right)
        for line in reviewed.learned()
    }
