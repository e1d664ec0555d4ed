"""Finds ICD-10-CM codes in free text: text in, findings out. Nothing is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from webapp.codes.listing import plain
from webapp.codes.terms import reviewed
from webapp.codes.terms.build import SIDES
from webapp.codes.terms.store import Store
from webapp.codes.terms.wordlists import listed
from webapp.codes.terms.words import Word
from webapp.tools.detecticd10cm import combining, context, drugs, matching, names, scoring, tree
from webapp.tools.detecticd10cm.body import BODY
from webapp.tools.detecticd10cm.context import Context
from webapp.tools.detecticd10cm.cues import Status, pattern
from webapp.tools.detecticd10cm.drugs import Cause
from webapp.tools.detecticd10cm.matching import Match
from webapp.tools.detecticd10cm.measures import Measure, consciousness, measures, trimester
from webapp.tools.detecticd10cm.reading import Note, read

SUBSEQUENT = pattern("subsequent")
"""What tells that the active treatment of an injury is over."""
UNHEALED = pattern("unhealed")
UNION = {"nonu": ("nonunion",), "unun": ("nonunion",), "malu": ("malunion",), "dela": ("delay", "healing")}
"""What titles call a fracture that does not heal as it should, by how notes begin to say so."""
SEQUELA = pattern("sequela")
COMPLICATION, SINCE = ("T3", "T4", "T50", "T8", "M96", "M97"), pattern("since")
"""A complication weeks after an operation is new; an injury weeks ago is not."""
RIBS = pattern("several_ribs")
SYMPTOMS, GONE = ("R", "H53.14"), pattern("gone")
"""A symptom that has gone is none; a disease that has resolved is still what the visit is for."""
NUMBERED = frozenset(("stage", "type", "grade", "category", "class", "level", "degree"))
"""Words before a number that tells more of a finding; others are measures."""
HEAD_INJURY = "S06"
STAY = pattern("stay")
"""What tells of a stay in hospital."""
ATTEMPT = "T14.91"
"""A suicide attempt, the history of which counts."""
DONE = pattern("done")
"""What tells of an operation as of a plan, or as of something that happens."""
YEAR, SOON = re.compile(r"\b(?:19|20)\d\d\b"), 25
AFTER = 12
"""Code points after a finding in which a year may stand."""
STROKES = ("I60", "I61", "I62", "I63")
AFTERWARDS, REACH = pattern("afterwards"), 30
HISTORIES = ("Z80", "Z81", "Z82", "Z83", "Z84", "Z85", "Z86", "Z87", "Z9")
"""Codes that say themselves that something is history, or a state after it."""
STATE = pattern("state")
"""What is done once: only said of the past does it leave a state."""
OTHER_PERSON = pattern("other_person")
RELATIVE = pattern("relative")
CHRONIC = tuple(sorted(listed("chronic")))
"""What stays when it is told as history: “history of hypertension” is hypertension."""
OVER = pattern("over")
"""What tells that a disease is over."""
LONG_AGO = pattern("long_ago")
"""What tells that an injury is one of the past."""
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
    weeks = trimester(text)
    found = []
    for at, match in enumerate(matches):
        if match.row == matching.NOTHING or names.is_name(store, text, match.start, match.end):
            continue
        before = matches[at - 1] if at and matches[at - 1].sentence == match.sentence else None
        after = matches[at + 1] if at + 1 < len(matches) and matches[at + 1].sentence == match.sentence else None
        episode = _episode(note, store.plain(match.row)) | weeks
        finding = _finding(store, note, match, (before, after), episode, day, setting)
        if finding:
            found += [(each, match.sentence) for each in _sided(store, note, match, finding, day)]
    for measure in measures(text):
        row = store.row_on(measure.code, day)
        if row is not None:
            found.append((_measured(store, row, measure), -1))
    found = _without_integral(text, found)
    for cause in drugs.causes(store, text):
        found += [(each, -1) for each in _caused(store, note, cause, day)]
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


def _caused(store: Store, note: Note, cause: Cause, day: int) -> Iterator[Finding]:
    """Yield the adverse effect of a drug."""
    sentence = next((each for each in note.sentences if each.start <= cause.start < each.end), None)
    if sentence is None:
        return
    where = context.of(note.text, cause.start, cause.end, sentence.start, sentence.end, sentence.section)
    row = tree.walk(store, cause.row, _episode(note, store.plain(cause.row)), frozenset(), day).row
    term = f"{note.text[cause.start : cause.end]}, adverse effect"
    status = where.status
    yield Finding(
        store.key(row), store.title(row), cause.start, cause.end, 0.0, status, term, "table of drugs", row, phrase=term
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
    episode: frozenset[str],
    day: int,
    setting: Setting,
) -> Finding | None:
    sentence = note.sentences[match.sentence]
    where = context.of(note.text, match.start, match.end, sentence.start, sentence.end, sentence.section)
    said, denied = _said(note, match, *beside)
    choice = tree.walk(store, match.row, said | episode, denied, day, _term(store, note, match))
    status = where.status
    if (
        status == "present"
        and store.key(choice.row).startswith(STROKES)
        and AFTERWARDS.search(note.text, max(0, match.start - REACH), match.start)
    ):
        status = "history"
    row, start = _conscious(store, choice.row, note.text, day), match.start
    if status == "present" and store.key(row).startswith(SYMPTOMS) and GONE.match(note.text, match.end, sentence.end):
        status = "negated"
    if match.source == "procedure":
        if where.status == "present" and not _is_state(note, match):
            return None
        status = "present" if where.status == "history" else where.status
        start = min(where.cue, start)
    elif status == "history" and _lasts(store.key(row), note, match, where):
        status = "present"
    elif status in {"history", "family"} and store.key(row).startswith(HISTORIES):
        start, status = min(where.cue, start), "present"
    elif status == "family" and OTHER_PERSON.match(note.text[where.cue : match.start]):
        pass
    elif status in {"history", "family"}:
        coded = _history(store, row, status, day, any_other=not RELATIVE.match(note.text[where.cue : match.start]))
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
        choice.missing if row == choice.row else (), _phrase(note, match),
    )  # fmt: skip


def _is_state(note: Note, match: Match) -> bool:
    """Whether what was done is told as a state: a device in place, with its year, or as an entry of a list."""
    if STATE.search(match.phrase) or YEAR.search(note.text, match.end, match.end + SOON):
        return True
    sentence = note.sentences[match.sentence]
    begins = all(word.text in SIDES for word in sentence.words if word.start < match.start)
    return begins and not DONE.search(note.text, sentence.start, sentence.end)


def _conscious(store: Store, row: int, text: str, day: int) -> int:
    """Return the row of an injury of the brain, for as long as consciousness was lost."""
    plain = store.plain(row)
    if not plain.startswith(HEAD_INJURY) or len(plain) < 7:
        return row
    lost = consciousness(text)
    for each in (lost, "9") if lost else ():
        told = store.row_on(f"{plain[:5]}{each}{plain[6:]}", day)
        if told is not None:
            return told
    return row


def _lasts(code: str, note: Note, match: Match, where: Context) -> bool:
    """Whether what is told as history is still there: a chronic disease, a symptom, an injury not of long ago."""
    if code.startswith((*CHRONIC, "R")):
        return not OVER.search(note.text[where.cue : match.end + 20])
    if SEQUELA.search(note.text):
        return code[0] in "ST"
    return code[0] in "ST" and not code.startswith(ATTEMPT) and not _long_ago(note, match, where)


def _long_ago(note: Note, match: Match, where: Context) -> bool:
    """Whether an injury is told as one of long ago."""
    return LONG_AGO.search(note.text, min(where.cue, match.start), match.end + AFTER) is not None


def _term(store: Store, note: Note, match: Match) -> frozenset[str]:
    """Return the words of a match that its code says already; a header says too little to tell."""
    if not store.code_billable[match.row]:
        return frozenset()
    words = note.sentences[match.sentence].words
    return frozenset(words[place].text for place in match.at)


def _phrase(note: Note, match: Match) -> str:
    """Return the canonical words from a match's first to its last."""
    words = note.sentences[match.sentence].words
    return " ".join(words[place].text for place in range(match.at[0], match.at[-1] + 1))


def _said(note: Note, match: Match, before: Match | None, after: Match | None) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that may tell more of a finding, up to the findings beside it, and those denied."""
    words = note.sentences[match.sentence].words
    first = before.at[-1] + 1 if before and before.at[-1] < match.at[0] else 0
    last = after.at[0] if after and after.at[0] > match.at[-1] else len(words)
    text = note.text
    if last < len(words) and after and after.row != matching.NOTHING:
        comma = text.rfind(",", match.end, words[last].start)
        last = next((place for place in range(match.at[-1] + 1, last) if words[place].start > comma >= 0), last)
    own = {words[place].text for place in range(match.at[0], match.at[-1] + 1)}
    if RIBS.search(text, match.start, match.end + 1):
        own.add("multiple")
    side = _side(words, match, first, last, text)
    near = [
        place
        for place in range(max(first, match.at[0] - 6), min(last, match.at[-1] + 8))
        if not words[place].text.isdigit() or (place and words[place - 1].text in NUMBERED)
    ]
    denied = note.sentences[match.sentence].denied
    around = {words[place].text for place in near if place not in denied or match.at[0] in denied}
    if (own | around) & BODY:
        around.add("localized")
    absent = {words[place].text for place in near if place in denied}
    return frozenset((own | around) - SIDES | side), frozenset(absent)


def _episode(note: Note, code: str) -> frozenset[str]:
    """Return the words for the episode of care that a note speaks of. `code`: the plain code of what is cared for."""
    if SEQUELA.search(note.text):
        return frozenset(("sequela",))
    unhealed = UNHEALED.search(note.text)
    if unhealed:
        return frozenset(("subsequent", *UNION[unhealed[0].lower().replace("-", "")[:4]]))
    told = any(not code.startswith(COMPLICATION) or not SINCE.match(cue[0]) for cue in SUBSEQUENT.finditer(note.text))
    return frozenset(("subsequent", "routine", "healing")) if told else frozenset()


def _side(words: list[Word], match: Match, first: int, last: int, text: str) -> set[str]:
    """Return the side that is said of a finding: within it, just before it, or after it."""
    inside = [words[place].text for place in range(match.at[0], match.at[-1] + 1) if words[place].text in SIDES]
    if inside:
        return set(inside[:1])
    for place in range(match.at[0] - 1, max(first, match.at[0] - 3) - 1, -1):
        if words[place].text in SIDES:
            if first and "," in text[words[place].end : match.start]:
                break  # of the finding before: “cataract left, glaucoma right”
            return {words[place].text}
    for place in range(match.at[-1] + 1, min(last, match.at[-1] + 6)):
        if words[place].text in SIDES:
            if " and " in text[words[match.at[-1]].end : words[place].start]:
                break
            return {words[place].text}
    return set()


@lru_cache(maxsize=4_000)
def _history(store: Store, row: int, status: Status, day: int, *, any_other: bool) -> int | None:
    """Return the Z code of a history, None if there is none. `any_other`: one for “other” diseases will do."""
    name = store.plain(row)
    best: tuple[int, str] = (0, "")
    for line in reviewed.histories():
        wanted = line.personal if status == "history" else line.family
        for disease in line.diseases:
            if wanted and name.startswith(plain(disease)) and len(disease) > best[0]:
                best = (len(disease), wanted)
    if not best[1]:
        return None
    found = store.row_on(best[1], day)
    if found is not None and status == "family" and not any_other:
        return None if store.title(found).startswith("Family history of other") else found
    return found
