"""A claim as it is checked, and what the check finds. Nothing here is ever stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Setting = Literal["practitioner", "hospital", "dme"]
"""Whose edits count: practitioners and ambulatory surgical centers, outpatient hospitals, or DME suppliers."""
Severity = Literal["error", "warning", "note", "resolved"]
"""`error`: will not be paid as it is; `warning`: look again; `resolved`: an edit that a modifier bypasses."""
Rule = Literal["code", "ptp", "mue", "add-on", "excludes1", "sex", "age", "records"]

SETTINGS: dict[Setting, str] = {
    "practitioner": "Practitioner",
    "hospital": "Outpatient hospital",
    "dme": "DME supplier",
}
RULES: dict[Rule, str] = {
    "code": "Valid code",
    "ptp": "NCCI procedure pair",
    "mue": "Medically unlikely units",
    "add-on": "Add-on code",
    "excludes1": "Excludes1 note",
    "sex": "Sex",
    "age": "Age",
    "records": "Maternal and newborn records",
}
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note", "resolved")
"""In the order in which findings are told."""


@dataclass(frozen=True, slots=True)
class Line:
    """One service line. `number` is what findings call it; the code is plain, modifiers are in capitals."""

    number: int
    code: str
    units: int
    modifiers: tuple[str, ...]
    day: date


@dataclass(frozen=True, slots=True)
class Claim:
    """The lines of one patient and one provider. Diagnoses are plain ICD-10-CM codes; age is in whole years.

    `day` is that of the diagnoses where there are no lines; else they are read as of the last day of service.
    """

    lines: tuple[Line, ...] = ()
    diagnoses: tuple[str, ...] = ()
    setting: Setting = "practitioner"
    age: int | None = None
    sex: Literal["female", "male"] | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A release that a finding rests on. `valid_to` is its last valid day, None while none is known."""

    dataset: str
    name: str
    release: str
    valid_from: date
    valid_to: date | None = None

    def __str__(self) -> str:
        return f"{self.name}, {self.release}"

    def has_ended(self, day: date) -> bool:
        return self.valid_to is not None and self.valid_to < day


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or was and is put right. `lines` are numbers of lines, `codes` what it is about."""

    rule: Rule
    severity: Severity
    lines: tuple[int, ...]
    codes: tuple[str, ...]
    sentence: str
    resolves: str = ""
    source: Source | None = None

    @property
    def rule_name(self) -> str:
        return RULES[self.rule]


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, the gravest first, and sentences on what could not be checked, or only by an ended release."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    """The releases that the claim was checked with."""

    @property
    def counts(self) -> dict[Severity, int]:
        """How many findings there are of each severity."""
        found = Counter(finding.severity for finding in self.findings)
        return {severity: found[severity] for severity in SEVERITIES}
