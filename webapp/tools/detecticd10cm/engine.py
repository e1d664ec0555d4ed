"""Finds ICD-10-CM codes in free text: text in, findings out. Nothing is kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from webapp.codes.terms.store import Store
from webapp.tools.detecticd10cm import around, combining, context, drugs, histories, matching, names, scoring, tree
from webapp.tools.detecticd10cm.cues import Status, pattern
from webapp.tools.detecticd10cm.drugs import Cause
from webapp.tools.detecticd10cm.episodes import Episodes
from webapp.tools.detecticd10cm.matching import Match
from webapp.tools.detecticd10cm.measures import Measure, measures, trimester
from webapp.tools.detecticd10cm.reading import Note, read

SYMPTOMS, GONE = ("R", "H53.14"), pattern("gone")
"""A symptom that has gone is none; a disease that has resolved is still what the visit is for."""
STAY = pattern("stay")
"""What tells of a stay in hospital."""
STROKES = ("I60", "I61", "I62", "I63")
AFTERWARDS, REACH = pattern("afterwards"), 30
HISTORIES = ("Z80", "Z81", "Z82", "Z83", "Z84", "Z85", "Z86", "Z87", "Z9")
"""Codes that say themselves that something is history, or a state after it."""
OTHER_PERSON = pattern("other_person")
RELATIVE = pattern("relative")
Setting = Literal["auto", "outpatient", "inpatient"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A code that a text speaks of, at [start, end) in code points. `score` is from 0 to 1."""

    code: str
    title: str
    start: int
    end: int
    score: float
    status: Status
    term: str
    source: str
    row: int
    alternatives: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    phrase: str = ""
    """The canonical words that it was found by."""


def detect(store: Store, text: str, day: int, setting: Setting = "auto") -> list[Finding]:
    """Return the findings of a text in its order. `day`: the ordinal of the day as of which codes are given.

    `setting` decides on uncertain diagnoses: coded as if they were so for a stay in hospital, left out for a visit
    (ICD-10-CM Official Guidelines, sections II.H and IV.H). “auto” looks whether the text tells of a stay.
    """
    note = read(store, text)
    if setting == "auto":
        setting = "inpatient" if STAY.search(text) else "outpatient"
    matches = matching.matches(store, note, day)
    weeks, episodes = trimester(text), Episodes(text)
    found = []
    for at, match in enumerate(matches):
        if match.row == matching.NOTHING or names.is_name(store, text, match.start, match.end):
            continue
        before = matches[at - 1] if at and matches[at - 1].sentence == match.sentence else None
        after = matches[at + 1] if at + 1 < len(matches) and matches[at + 1].sentence == match.sentence else None
        finding = _finding(store, note, match, (before, after), (episodes, weeks), day, setting)
        if finding:
            found += [(each, match.sentence) for each in _sided(store, note, match, finding, day)]
    for measure in measures(text):
        row = store.row_on(measure.code, day)
        if row is not None:
            found.append((_measured(store, row, measure), -1))
    found = _without_integral(text, found)
    for cause in drugs.causes(store, text):
        found += [(each, -1) for each in _caused(store, note, cause, episodes, day)]
    return sorted(
        _scored(store, _combined(store, found, text, day), len(text)),
        key=lambda finding: (finding.start, finding.end, finding.code),
    )


ADJECTIVE = pattern("adjective")
"""Symptoms said of a disease rather than beside it."""


def _without_integral(text: str, found: list[tuple[Finding, int]]) -> list[tuple[Finding, int]]:
    """Leave out symptoms that are only adjectives in a sentence that tells of a disease."""
    adjectives = [ADJECTIVE.fullmatch(text, each.start, each.end) is not None for each, _ in found]
    told = {
        sentence
        for (each, sentence), adjective in zip(found, adjectives, strict=True)
        if not adjective and each.status == "present"
    }
    return [one for one, adjective in zip(found, adjectives, strict=True) if not adjective or one[1] not in told]


def _scored(store: Store, findings: list[Finding], length: int) -> list[Finding]:
    places = scoring.places(findings)
    return [replace(each, score=scoring.score(store, each, places, length)) for each in findings]


def _sided(store: Store, note: Note, match: Match, finding: Finding, day: int) -> list[Finding]:
    """Return a finding, or one for each side where both are said and no code says both."""
    words = note.sentences[match.sentence].words
    near = words[max(0, match.at[0] - 2) : match.at[-1] + 4]
    both = tree.both_sides(store, finding.row, day) if any(word.text == "bilateral" for word in near) else ()
    missing = tuple(each for each in finding.missing if each != "side")
    return [
        replace(finding, code=store.key(row), title=store.title(row), row=row, alternatives=(), missing=missing)
        for row in both
    ] or [finding]


def _measured(store: Store, row: int, measure: Measure) -> Finding:
    return Finding(
        store.key(row),
        store.title(row),
        measure.start,
        measure.end,
        0.0,
        "present",
        measure.term,
        "measure",
        row,
        phrase=measure.term,
    )


def _caused(store: Store, note: Note, cause: Cause, episodes: Episodes, day: int) -> Iterator[Finding]:
    """Yield the adverse effect of a drug."""
    at = bisect_right(note.sentences, cause.start, key=lambda each: each.start) - 1
    if at < 0 or cause.start >= note.sentences[at].end:
        return
    sentence = note.sentences[at]
    where = context.of(note.text, cause.start, cause.end, sentence.start, sentence.end, sentence.section)
    row = tree.walk(store, cause.row, episodes.of(store.plain(cause.row)), frozenset(), day).row
    term = f"{note.text[cause.start : cause.end]}, adverse effect"
    yield Finding(
        store.key(row),
        store.title(row),
        cause.start,
        cause.end,
        0.0,
        where.status,
        term,
        "table of drugs",
        row,
        phrase=term,
    )


def _combined(store: Store, found: list[tuple[Finding, int]], text: str, day: int) -> list[Finding]:
    """Return findings with what belongs together said by one code."""
    present = [number for number, (finding, _) in enumerate(found) if finding.status == "present"]
    result: list[Finding | None] = [finding for finding, _ in found]
    for change in combining.changes([(found[number][0].code, found[number][1]) for number in present], text):
        at, partner = present[change.number], found[present[change.partner]][0]
        before = result[at]
        row = store.row_on(change.code, day) if change.code else None
        if row is not None and before is not None:
            term = f"{before.term}, with {text[partner.start : partner.end]}"
            result[at] = replace(before, code=change.code, title=store.title(row), row=row, term=term)
        elif not change.code:
            result[at] = None
    return [finding for finding in result if finding is not None]


def _finding(
    store: Store,
    note: Note,
    match: Match,
    beside: tuple[Match | None, Match | None],
    when: tuple[Episodes, frozenset[str]],
    day: int,
    setting: Setting,
) -> Finding | None:
    sentence = note.sentences[match.sentence]
    where = context.of(note.text, match.start, match.end, sentence.start, sentence.end, sentence.section)
    said, denied = around.said(note, match, *beside)
    episodes, weeks = when
    said |= episodes.of(store.plain(match.row)) | weeks
    choice = tree.walk(store, match.row, said, denied, day, around.term(store, note, match))
    status = where.status
    if (
        status == "present"
        and store.key(choice.row).startswith(STROKES)
        and AFTERWARDS.search(note.text, max(0, match.start - REACH), match.start)
    ):
        status = "history"
    row, start = episodes.conscious(store, choice.row, day), match.start
    if status == "present" and store.key(row).startswith(SYMPTOMS) and GONE.match(note.text, match.end, sentence.end):
        status = "negated"
    if match.source == "procedure":
        if where.status == "present" and not histories.is_state(note, match):
            return None
        status = "present" if where.status == "history" else where.status
        start = min(where.cue, start)
    elif status == "history" and histories.lasts(store.key(row), note, match, where, sequela=episodes.sequela):
        status = "present"
    elif status in {"history", "family"} and store.key(row).startswith(HISTORIES):
        start, status = min(where.cue, start), "present"
    elif status == "family" and OTHER_PERSON.match(note.text[where.cue : match.start]):
        pass
    elif status in {"history", "family"}:
        coded = histories.history_of(
            store, row, status, day, any_other=not RELATIVE.match(note.text[where.cue : match.start])
        )
        if coded is not None:
            row, start, status = coded, min(where.cue, match.start), "present"
        elif status == "history":
            status = "present"
    if status == "uncertain" and setting == "inpatient":
        status = "present"
    if not store.code_billable[row]:
        return None
    return Finding(
        store.key(row), store.title(row), start, match.end, 0.0, status, match.phrase, match.source, row,
        tuple(store.key(other) for other in choice.others) if row == choice.row else (),
        choice.missing if row == choice.row else (), around.phrase(note, match),
    )  # fmt: skip
