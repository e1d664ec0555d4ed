"""The claim check: rules over a claim and what the catalogue says of its codes. No database, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from webapp.codes.claims import diagnoses, procedures
from webapp.codes.claims.evidence import Evidence
from webapp.codes.claims.model import SEVERITIES, Claim, Report, Source
from webapp.codes.datasets.catalogue import DATASETS

ORDER = {severity: place for place, severity in enumerate(SEVERITIES)}
ICD = "ICD-10-CM tabular list"


def check(claim: Claim, day: date, evidence: Evidence) -> Report:
    """Return all findings, the gravest first. `day` is the one as of which diagnoses are read."""
    days = procedures.by_day(claim)
    findings = [
        *procedures.codes(days, evidence),
        *procedures.pairs(days, claim, evidence),
        *procedures.units(days, claim, evidence),
        *procedures.addons(days, evidence),
        *diagnoses.check(claim, day, evidence),
    ]
    findings.sort(key=lambda finding: (ORDER[finding.severity], not finding.lines, finding.lines, finding.codes))
    used = dict.fromkeys(_used(claim, day, evidence))
    return Report(findings, list(dict.fromkeys(_notes(claim, day, evidence))), list(used))


def datasets_for(claim: Claim) -> list[str]:
    """Return the datasets that the lines of a claim are checked with, apart from the lists of codes."""
    pairs = procedures.PTP.get(claim.setting)
    return [*([pairs] if pairs else []), procedures.MUE[claim.setting], procedures.ADDONS]


def _days(claim: Claim) -> list[date]:
    return sorted({line.day for line in claim.lines})


def _used(claim: Claim, day: date, evidence: Evidence) -> Iterator[Source]:
    needed = [(dataset, each) for dataset in datasets_for(claim) for each in _days(claim)]
    needed += [(name, line.day) for line in claim.lines for name in procedures.lists_for(line.code, line.day, evidence)]
    needed += [(diagnoses.SYSTEM, day)] if claim.diagnoses else []
    for dataset, each in needed:
        source = evidence.source(dataset, each)
        if source is not None:
            yield source


def _notes(claim: Claim, day: date, evidence: Evidence) -> Iterator[str]:
    """Tell what could not be checked, and what was checked with a release that had ended."""
    if claim.lines and claim.setting not in procedures.PTP:
        yield "NCCI has no procedure pairs for DME suppliers: pairs were not checked."
    needed = [(dataset, each) for dataset in datasets_for(claim) for each in _days(claim)]
    needed += [(diagnoses.SYSTEM, day)] if claim.diagnoses else []
    for dataset, each in needed:
        source = evidence.source(dataset, each)
        name = DATASETS[dataset].name if dataset in DATASETS else ICD
        if source is None:
            yield f"{name}: no release for {each} is loaded, so this was not checked."
        elif source.has_ended(each):
            yield f"{source} ended on {source.valid_to}, before {each}: a later release may say otherwise."
    for line in claim.lines:
        if procedures.CODE.fullmatch(line.code) and not procedures.lists_for(line.code, line.day, evidence):
            yield f"No list of codes for {line.day} is loaded: whether {line.code} is in force was not checked."
