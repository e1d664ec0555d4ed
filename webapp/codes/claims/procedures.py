"""Rules for the service lines: codes in force, NCCI pairs, medically unlikely units, add-on codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from webapp.codes.claims import modifiers
from webapp.codes.claims.evidence import AddOn, Evidence
from webapp.codes.claims.model import Claim, Finding, Line, Setting, Severity
from webapp.codes.datasets.ptp_edits import Edit

PTP: dict[Setting, str] = {"practitioner": "ptp-practitioner", "hospital": "ptp-hospital"}
"""There are no pairs for DME suppliers."""
MUE: dict[Setting, str] = {"practitioner": "mue-practitioner", "hospital": "mue-hospital", "dme": "mue-dme"}
ADDONS = "aoc"
LEVEL_TWO = "hcpcs"
LISTS = (LEVEL_TWO, "mpfs", "opps", "cpt-long")
"""Datasets that tell which procedure codes there are; HCPCS Level II is whole in the first."""
CODE = re.compile(r"[0-9]{4}[0-9FTUMA]|[A-Z][0-9]{4}")
PRIMARIES_SHOWN = 8

Days = dict[date, dict[str, list[Line]]]
"""Lines by their day and code."""


def by_day(claim: Claim) -> Days:
    """Sort the lines by day and code."""
    days: Days = {}
    for line in claim.lines:
        days.setdefault(line.day, {}).setdefault(line.code, []).append(line)
    return dict(sorted(days.items()))


def lists_for(code: str, day: date, evidence: Evidence) -> list[str]:
    """Return the datasets that can tell whether there is a code on a day."""
    level_two = code[0].isalpha() and code[0] != "D" and evidence.source(LEVEL_TWO, day) is not None
    names = (LEVEL_TWO,) if level_two else LISTS[1:]
    return [name for name in names if evidence.source(name, day) is not None]


def codes(days: Days, evidence: Evidence) -> Iterator[Finding]:
    """Find codes that are none, or not in force on their day."""
    for day, lines in days.items():
        for code, own in lines.items():
            where = tuple(line.number for line in own)
            if not CODE.fullmatch(code):
                sentence = f"{code} has not the shape of a CPT or HCPCS code."
                yield Finding("code", "error", where, (code,), sentence, "Put the code right.")
            elif lists := lists_for(code, day, evidence):
                known = [each.span for each in evidence.known.get(code, ())]
                if not any(span.covers(day) for span in known):
                    past = max((span.last for span in known if span.last and span.last < day), default=None)
                    future = min((span.first for span in known if span.first > day), default=None)
                    sentence = f"{code} {_absence(past, future)} and is not in force on {day}."
                    source = evidence.source(lists[0], day)
                    yield Finding("code", "error", where, (code,), sentence, f"Use a code of {day}.", source)


def _absence(past: date | None, future: date | None) -> str:
    if past is not None:
        return f"ended on {past}"
    return "is unknown" if future is None else f"begins on {future}"


def pairs(days: Days, claim: Claim, evidence: Evidence) -> Iterator[Finding]:
    """Find pairs of which NCCI pays column 1 only, and those that a modifier keeps apart."""
    for day, lines in days.items():
        for edit in evidence.edits:
            if edit.modifier != "9" and edit.holds(day) and edit.column1 in lines and edit.column2 in lines:
                for second in lines[edit.column2]:
                    firsts = [first for first in lines[edit.column1] if first is not second]
                    if firsts:
                        yield _pair(edit, firsts, second, claim.setting, evidence)


def _pair(edit: Edit, firsts: list[Line], second: Line, setting: Setting, evidence: Evidence) -> Finding:
    allowed = edit.modifier == "1"
    open_ = [first for first in firsts if not (allowed and modifiers.bypassing(first, second))]
    alike = [first for first in firsts if allowed and first not in open_ and modifiers.same_site(first, second)]
    severity: Severity = "error" if open_ else "warning" if alike else "resolved"
    lines = tuple(sorted({first.number for first in open_ or alike or firsts} | {second.number}))
    told = f"{edit.column2} is part of {edit.column1} on {second.day} ({edit.rationale})"
    resolves = ""
    if not allowed:
        told += ", and no modifier changes that."
        resolves = f"Leave out {edit.column2}."
    elif open_:
        told += ", and no modifier says that the two were separate."
        resolves = (
            f"Leave out {edit.column2}, or, if the record shows a separate service, add an NCCI modifier:"
            f" {modifiers.ALL_NAMED}."
        )
    elif alike:
        told += ": both lines name the same site."
        resolves = "A site keeps services apart only where it differs: check the record."
    else:
        used = dict.fromkeys(f"{name} on line {line.number}" for each in firsts for name, line in _used(each, second))
        told += f", bypassed by modifier {', '.join(used)}."
    source = evidence.source(PTP[setting], second.day)
    return Finding("ptp", severity, lines, (edit.column1, edit.column2), told, resolves, source)


def _used(first: Line, second: Line) -> list[tuple[str, Line]]:
    return modifiers.bypassing(first, second)


def units(days: Days, claim: Claim, evidence: Evidence) -> Iterator[Finding]:
    """Find units above what is medically likely, by line or by day as the edit's indicator says."""
    for day, lines in days.items():
        for code, own in lines.items():
            limit = next((each for each in evidence.limits.get(code, ()) if each.span.covers(day)), None)
            if limit is None:
                continue
            groups = [[line] for line in own] if limit.indicator == "1" else [own]
            for group in groups:
                total = sum(line.units for line in group)
                if total > limit.value:
                    sentence = (
                        f"{total} units of {code} {'on one line' if limit.indicator == '1' else f'on {day}'},"
                        f" and at most {limit.value} are paid ({limit.rationale})."
                    )
                    where = tuple(line.number for line in group)
                    source = evidence.source(MUE[claim.setting], day)
                    yield Finding("mue", "error", where, (code,), sentence, _fewer(limit.indicator), source)


def _fewer(indicator: str) -> str:
    if indicator == "1":
        return "Report units that were separate services on a line of their own, with a modifier that says so."
    if indicator == "2":
        return "Report fewer units: this limit is policy, which no modifier and no appeal changes."
    return "Report fewer units, or be ready to show on review that more were necessary."


def addons(days: Days, evidence: Evidence) -> Iterator[Finding]:
    """Find add-on codes without a primary code on the same day."""
    for day, lines in days.items():
        for code, own in lines.items():
            edits = [edit for edit in evidence.addons.get(code, ()) if edit.holds(day)]
            primaries = sorted({edit.primary for edit in edits if edit.primary})
            if edits and not any(primary in lines for primary in primaries):
                severity, sentence, resolves = _alone(code, day, edits, primaries, others=len(lines) > 1)
                where = tuple(line.number for line in own)
                yield Finding("add-on", severity, where, (code,), sentence, resolves, evidence.source(ADDONS, day))


def _alone(
    code: str, day: date, edits: list[AddOn], primaries: list[str], *, others: bool
) -> tuple[Severity, str, str]:
    """Tell what is wrong with an add-on code, by the type of its edits."""
    named = ", ".join(primaries[:PRIMARIES_SHOWN])
    if len(primaries) > PRIMARIES_SHOWN:
        named += f" and {len(primaries) - PRIMARIES_SHOWN} more"
    told = f"{code} is an add-on code"
    if {edit.kind for edit in edits} == {"1"}:
        sentence = f"{told}, and none of its primary codes is on the claim for {day}."
        return "error", sentence, f"Report it with a primary code: {named}."
    if not others:
        sentence = f"{told}, which is never paid alone, and nothing else is on the claim for {day}."
        return "error", sentence, f"Report it with a primary code{f': {named}' if named else ''}."
    if primaries:
        sentence = f"{told}, and none of the primary codes that CMS name is on the claim for {day}."
        return "warning", sentence, f"Report it with {named}, or ask the contractor which others are accepted."
    sentence = f"{told} whose primary codes CMS do not name: the contractor decides."
    return "note", sentence, "Ask the contractor which primary codes are accepted."
