"""How well a detector finds the codes of long texts that have codes as a whole, and the counts that notes share.

Codes found are compared with the codes given: as they are, with a code that is billable no more matched by any code
below it; by their first three characters; and by MAP, the mean average precision of the list by score.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.eval.sets import Document

CATEGORY = 3
"""Characters of a category."""


class Found(NamedTuple):
    """A present finding at [start, end) with its score from 0 to 1."""

    code: str
    start: int
    end: int
    score: float


class Miss(NamedTuple):
    """The errors of one text: its place in the set, the codes that are wrong, and the items that were missed."""

    place: int
    wrong: list[str]
    missed: list[tuple[str, ...]]


@dataclass(slots=True)
class Counts:
    """Items found, findings that are none, and items missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, right: int, wrong: int, missed: int) -> None:
        """Add the counts of one text."""
        self.right, self.wrong, self.missed = self.right + right, self.wrong + wrong, self.missed + missed

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(slots=True)
class DocumentsScore:
    """Figures of a set of documents; `average_precision` is their MAP."""

    codes: Counts = field(default_factory=Counts)
    categories: Counts = field(default_factory=Counts)
    average_precision: float = 0.0
    misses: list[Miss] = field(default_factory=list)


def matches(code: str, given: str, billable: Set[str]) -> bool:
    """Whether a code found is the one given, or lies under it if that is a beginning or billable no more."""
    if given.endswith("*"):
        return code.startswith(given[:-1])
    return code == given or (given not in billable and code.startswith(given))


def by_score(findings: Sequence[Found]) -> list[str]:
    """Return the codes found, each once, the surest first."""
    best: dict[str, float] = {}
    for finding in findings:
        best[finding.code] = max(finding.score, best.get(finding.code, finding.score))
    return sorted(best, key=lambda code: -best[code])


def score_documents(
    documents: Sequence[Document], answers: Sequence[Sequence[Found]], billable: Set[str]
) -> DocumentsScore:
    """Score the present findings of each document."""
    made = DocumentsScore()
    for place, (document, findings) in enumerate(zip(documents, answers, strict=True)):
        codes = by_score(findings)
        left, wrong, precision = list(document.gold), [], 0.0
        for rank, code in enumerate(codes, 1):
            given = next((each for each in left if matches(code, each, billable)), None)
            if given is None:
                wrong.append(code)
            else:
                left.remove(given)
                precision += (len(document.gold) - len(left)) / rank
        made.average_precision += precision / len(document.gold) / len(documents)
        made.codes.add(len(document.gold) - len(left), len(wrong), len(left))
        made.misses.append(Miss(place, wrong, [(each,) for each in left]))
        ours, theirs = {code[:CATEGORY] for code in codes}, {code[:CATEGORY] for code in document.gold}
        made.categories.add(len(ours & theirs), len(ours - theirs), len(theirs - ours))
    return made
