"""What is told as history: whether it is still there, has left a state, or has a code of its own."""

from __future__ import annotations

import re
from functools import lru_cache

from webapp.codes.listing import plain
from webapp.codes.terms import reviewed
from webapp.codes.terms.build import SIDES
from webapp.codes.terms.store import Store
from webapp.codes.terms.wordlists import listed
from webapp.tools.detecticd10cm.context import Context
from webapp.tools.detecticd10cm.cues import Status, pattern
from webapp.tools.detecticd10cm.matching import Match
from webapp.tools.detecticd10cm.reading import Note

ATTEMPT = "T14.91"
"""A suicide attempt, the history of which counts."""
DONE = pattern("done")
"""What tells of an operation as of a plan, or as of something that happens."""
YEAR, SOON = re.compile(r"\b(?:19|20)\d\d\b"), 25
AFTER = 12
"""Code points after a finding in which a year may stand."""
STATE = pattern("state")
"""What is done once: only said of the past does it leave a state."""
CHRONIC = tuple(sorted(listed("chronic")))
"""What stays when it is told as history: “history of hypertension” is hypertension."""
OVER = pattern("over")
"""What tells that a disease is over."""
LONG_AGO = pattern("long_ago")
"""What tells that an injury is one of the past."""


def is_state(note: Note, match: Match) -> bool:
    """Whether what was done is told as a state: a device in place, with its year, or as an entry of a list."""
    if STATE.search(match.phrase) or YEAR.search(note.text, match.end, match.end + SOON):
        return True
    sentence = note.sentences[match.sentence]
    begins = all(word.text in SIDES for word in sentence.words if word.start < match.start)
    return begins and not DONE.search(note.text, sentence.start, sentence.end)


def lasts(code: str, note: Note, match: Match, where: Context, *, sequela: bool) -> bool:
    """Whether what is told as history is still there: a chronic disease, a symptom, an injury not of long ago."""
    if code.startswith((*CHRONIC, "R")):
        return not OVER.search(note.text[where.cue : match.end + 20])
    if sequela:
        return code[0] in "ST"
    return code[0] in "ST" and not code.startswith(ATTEMPT) and not _long_ago(note, match, where)


def _long_ago(note: Note, match: Match, where: Context) -> bool:
    """Whether an injury is told as one of long ago."""
    return LONG_AGO.search(note.text, min(where.cue, match.start), match.end + AFTER) is not None


@lru_cache(maxsize=4_000)
def history_of(store: Store, row: int, status: Status, day: int, *, any_other: bool) -> int | None:
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
