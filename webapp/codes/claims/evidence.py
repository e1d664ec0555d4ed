"""What the catalogue says of a claim's codes: all that the rules need to know, read beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from webapp.codes.claims.model import Source
from webapp.codes.datasets.ptp_edits import Edit


@dataclass(frozen=True, slots=True)
class Span:
    """Days on which something holds, both included; `last` is None while no end is known."""

    first: date
    last: date | None = None

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Known:
    """Days on which a dataset has a procedure code."""

    dataset: str
    span: Span


@dataclass(frozen=True, slots=True)
class Limit:
    """A medically unlikely edit: `indicator` 1 counts a line's units, 2 (policy) and 3 (clinical) a day's."""

    span: Span
    value: int
    indicator: str
    rationale: str


@dataclass(frozen=True, slots=True)
class AddOn:
    """An add-on code's edit. `kind` 1: all primaries are named, 2: none, 3: some; `primary` is None for none."""

    spans: tuple[Span, ...]
    """The days of the release's row, and of the edit itself: both must cover a day."""
    kind: str
    primary: str | None

    def holds(self, day: date) -> bool:
        return all(span.covers(day) for span in self.spans)


@dataclass(frozen=True, slots=True)
class Place:
    """A diagnosis code or one of the headings that it stands under, with the notes of its own."""

    key: str
    title: str
    notes: tuple[tuple[str, str], ...] = ()
    """Kind and text."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """An ICD-10-CM code: when it was billable or not, and where it stood on the day, itself first."""

    key: str
    versions: tuple[tuple[Span, bool], ...]
    path: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known of a claim's codes. Codes are plain; a code of which nothing is known is missing."""

    sources: Mapping[str, Sequence[Source]] = field(default_factory=dict)
    """By dataset (`icd-10-cm` for the tabular list), the earliest first."""
    known: Mapping[str, Sequence[Known]] = field(default_factory=dict)
    edits: Sequence[Edit] = ()
    limits: Mapping[str, Sequence[Limit]] = field(default_factory=dict)
    addons: Mapping[str, Sequence[AddOn]] = field(default_factory=dict)
    diagnoses: Mapping[str, Diagnosis] = field(default_factory=dict)

    def source(self, dataset: str, day: date) -> Source | None:
        """Return the release of a dataset for a day: the latest that has begun, even if it has ended since."""
        begun = [source for source in self.sources.get(dataset, ()) if source.valid_from <= day]
        return begun[-1] if begun else None
