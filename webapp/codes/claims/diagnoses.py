"""Rules for the diagnoses: codes in force and billable, Excludes1 notes, and what titles and notes say of patients.

Only what the tabular list itself says counts: notes on maternal and newborn records, ages in notes and titles, and
“male” or “female” in the title of a code or of what it stands under. The list says nothing of most other codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import combinations

from webapp.codes.claims import excludes
from webapp.codes.claims.evidence import Diagnosis, Evidence
from webapp.codes.claims.model import Claim, Finding, Source

SYSTEM = "icd-10-cm"
SEX = re.compile(r"\b(female|male)\b", re.IGNORECASE)
SOMEONE_ELSE = re.compile(r"\b(partner|perpetrator|friend|cousin)\b", re.IGNORECASE)
MATERNAL_ONLY = re.compile(r"\bonly,? on (the )?maternal record", re.IGNORECASE)
NEWBORN_ONLY = re.compile(r"\bon newborn records? only", re.IGNORECASE)
NEVER_MATERNAL = re.compile(r"\b(never|not for use) on maternal record", re.IGNORECASE)
PERSONS = re.compile(
    r"\b(\w+) codes are for use for persons (\d+)(?:-(\d+) years of age| years of age or older)", re.IGNORECASE
)
"""The word that the note's codes have in their titles, and the ages that they are for."""
AGE_AND_OVER, UNDER_AGE = re.compile(r"\bage (\d+) and over"), re.compile(r"\bunder age (\d+)")
DAYS_OLD = re.compile(r"\d+ days old\b")


@dataclass(frozen=True)
class Coded:
    """A diagnosis of the claim with what is known of it."""

    plain: str
    known: Diagnosis

    @property
    def key(self) -> str:
        return self.known.key

    def notes(self, kind: str) -> Iterator[tuple[str, str]]:
        """Yield notes of a kind, its own and inherited, each with the key of where it stands."""
        for place in self.known.path:
            yield from ((place.key, text) for each, text in place.notes if each == kind)

    @cached_property
    def maternal(self) -> str | None:
        """Where a note stands that the code is for maternal records only, None if none does."""
        return self._says(MATERNAL_ONLY)

    @cached_property
    def newborn(self) -> str | None:
        """Where a note stands that the code is for newborn records only."""
        return self._says(NEWBORN_ONLY)

    @cached_property
    def never_maternal(self) -> str | None:
        """Where a note stands that the code is never for maternal records."""
        return self._says(NEVER_MATERNAL)

    def _says(self, pattern: re.Pattern[str]) -> str | None:
        return next((key for key, text in self.notes("notes") if pattern.search(text)), None)


def check(claim: Claim, day: date, evidence: Evidence) -> Iterator[Finding]:
    """Find what is wrong with the diagnoses as of a day."""
    source = evidence.source(SYSTEM, day)
    if source is None:
        return
    coded = []
    for code in dict.fromkeys(claim.diagnoses):
        known = evidence.diagnoses.get(code)
        yield from _in_force(code, known, day, source)
        if known is not None and known.path:
            coded.append(Coded(code, known))
    for one, other in combinations(coded, 2):
        yield from _excluded(one, other, source)
        yield from _records(one, other, source)
    for each in coded:
        yield from _sex(each, claim, source)
        yield from _age(each, claim, source)


def _in_force(code: str, known: Diagnosis | None, day: date, source: Source) -> Iterator[Finding]:
    if known is None:
        sentence = f"{code} is no code of ICD-10-CM in any release that is loaded."
        yield Finding("code", "error", (), (code,), sentence, "Put the code right.", source)
        return
    billable = next((billable for span, billable in known.versions if span.covers(day)), None)
    if billable:
        return
    if billable is not None:
        sentence = f"{known.key} is a heading, not billable by itself on {day}."
        yield Finding("code", "error", (), (known.key,), sentence, "Code to the last character.", source)
        return
    past = max((span.last for span, _ in known.versions if span.last and span.last < day), default=None)
    first = min(span.first for span, _ in known.versions)
    sentence = f"{known.key} {f'ended on {past}' if past else f'begins on {first}'} and is not in force on {day}."
    yield Finding("code", "error", (), (known.key,), sentence, f"Use a code of {day}.", source)


def _excluded(one: Coded, other: Coded, source: Source) -> Iterator[Finding]:
    """Tell of the first Excludes1 note of either code that names the other."""
    for having, named in ((one, other), (other, one)):
        above = {place.key for place in named.known.path}
        for origin, text in having.notes("excludes1"):
            if origin not in above and excludes.names(text, named.plain):
                where = "its own" if origin == having.key else f"{origin.replace('chapter-', 'chapter ')}’s"
                sentence = f"{having.key} excludes {named.key} by {where} Excludes1 note: {text}."
                resolves = "Keep the one that the record supports; both stand only if the two are unrelated."
                yield Finding("excludes1", "error", (), (having.key, named.key), sentence, resolves, source)
                return


def _records(one: Coded, other: Coded, source: Source) -> Iterator[Finding]:
    """Tell of a code for maternal records beside one that never is on them."""
    for mother, child in ((one, other), (other, one)):
        if mother.maternal and child.never_maternal and not child.maternal:
            sentence = f"{mother.key} is for maternal records only, and {child.key} is not for them."
            resolves = "Mother and child have records, and claims, of their own."
            yield Finding("records", "error", (), (mother.key, child.key), sentence, resolves, source)
            return


def _sex(coded: Coded, claim: Claim, source: Source) -> Iterator[Finding]:
    if claim.sex is None:
        return
    if claim.sex == "male" and (at := coded.maternal):
        sentence = f"{coded.key} is for maternal records only, as a note at {_named(at)} says; the patient is male."
        yield Finding("sex", "error", (), (coded.key,), sentence, "Check the code and the patient’s sex.", source)
        return
    for place in coded.known.path:
        said = {word.lower() for word in SEX.findall(place.title)}
        if len(said) == 1 and claim.sex not in said and not SOMEONE_ELSE.search(place.title):
            sentence = f"{coded.key} stands under “{place.title}”; the patient is {claim.sex}."
            if place.key == coded.key:
                sentence = f"{coded.key} is “{place.title}”; the patient is {claim.sex}."
            resolves = "Check the code and the patient’s sex."
            yield Finding("sex", "warning", (), (coded.key,), sentence, resolves, source)
            return


def _age(coded: Coded, claim: Claim, source: Source) -> Iterator[Finding]:
    if claim.age is None:
        return
    resolves = "Check the code and the patient’s age."
    if claim.age == 0 and (place := coded.maternal):
        sentence = f"{coded.key} is for maternal records only, as a note at {_named(place)} says; the patient is 0."
        yield Finding("age", "error", (), (coded.key,), sentence, resolves, source)
    if claim.age > 0 and (place := coded.newborn):
        sentence = f"{coded.key} is for newborn records, as a note at {_named(place)} says; the patient is {claim.age}."
        told = "It stands if the condition began before birth or in the first 28 days and still is there."
        yield Finding("age", "warning", (), (coded.key,), sentence, told, source)
    for why, low, high in _ages(coded):
        if not low <= claim.age <= high:
            sentence = f"{coded.key}: “{why}”; the patient is {claim.age}."
            yield Finding("age", "error", (), (coded.key,), sentence, resolves, source)
            return


def _ages(coded: Coded) -> Iterator[tuple[str, int, float]]:
    """Yield what the title and the notes say of ages in years: the words, the lowest and the highest."""
    titles = " ".join(place.title for place in coded.known.path[:2]).lower()
    for _, text in coded.notes("notes"):
        for match in PERSONS.finditer(text):
            if match[1].lower() in titles:
                yield match[0], int(match[2]), int(match[3]) if match[3] else float("inf")
    title = coded.known.path[0].title
    if over := AGE_AND_OVER.search(title):
        yield title, int(over[1]), float("inf")
    if under := UNDER_AGE.search(title):
        yield title, 0, int(under[1]) - 1
    if DAYS_OLD.search(title):
        yield title, 0, 0


def _named(key: str) -> str:
    return key.replace("chapter-", "chapter ")
