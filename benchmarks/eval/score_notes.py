"""How well a detector finds the codes of short notes in which every mention is marked.

Each set of codes of a “pos” mention is one item to find in its note, by any of its codes. A code found again, or
one that an “opt” mention allows, is neither right nor wrong. For spans each mention is an item: its code must be right
and overlap it. Suppressed is the share of “neg”, “fam”, “unc” and “look” mentions on which no present finding stands
(one that is right for a mention it overlaps as well does no harm).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from benchmarks.eval.score_detect import Counts, Found, Miss, by_score, matches
from benchmarks.eval.sets import Mention, Note

CODED = ("pos", "opt")


@dataclass(slots=True)
class KindCounts(Counts):
    """Counts of one kind of notes; `whole` are notes without any error."""

    notes: int = 0
    whole: int = 0


@dataclass(slots=True)
class NotesScore:
    """Figures of a set of notes. `suppressed`: by status, how many mentions were let alone, of how many."""

    codes: Counts = field(default_factory=Counts)
    spans: Counts = field(default_factory=Counts)
    suppressed: dict[str, tuple[int, int]] = field(default_factory=dict)
    kinds: dict[str, KindCounts] = field(default_factory=dict)
    misses: list[Miss] = field(default_factory=list)
    """Notes with errors: the place, wrong codes, and missed items."""

    @property
    def let_alone(self) -> float:
        """The share of all mentions that are not to be coded and were not."""
        return sum(kept for kept, _ in self.suppressed.values()) / max(sum(n for _, n in self.suppressed.values()), 1)


def score_notes(notes: Sequence[Note], answers: Sequence[Sequence[Found]], billable: Set[str]) -> NotesScore:
    """Score the present findings of each note."""
    made = NotesScore()
    for place, (note, findings) in enumerate(zip(notes, answers, strict=True)):
        right, wrong, missed = _codes(note, by_score(findings), billable)
        kind = made.kinds.setdefault(note.kind, KindCounts())
        for counts in (made.codes, kind):
            counts.add(right, len(wrong), len(missed))
        kind.notes += 1
        kind.whole += not wrong and not missed
        if wrong or missed:
            made.misses.append(Miss(place, wrong, missed))
        made.spans.add(*_spans(note, findings, billable))
        for mention in note.mentions:
            if mention.status not in CODED:
                kept, count = made.suppressed.get(mention.status, (0, 0))
                coded = any(_harms(note, mention, finding, billable) for finding in findings)
                made.suppressed[mention.status] = (kept + (not coded), count + 1)
    return made


def _codes(note: Note, codes: Sequence[str], billable: Set[str]) -> tuple[int, list[str], list[tuple[str, ...]]]:
    """Return how many items of a note were found, which codes are wrong, and which items were missed."""
    items = list(dict.fromkeys(mention.codes for mention in note.mentions if mention.status == "pos"))
    allowed = [given for mention in note.mentions if mention.status in CODED for given in mention.codes]
    left, wrong = list(items), []
    for code in codes:
        item = next((each for each in left if any(matches(code, given, billable) for given in each)), None)
        if item is not None:
            left.remove(item)
        elif not any(matches(code, given, billable) for given in allowed):
            wrong.append(code)
    return len(items) - len(left), wrong, left


def _spans(note: Note, findings: Sequence[Found], billable: Set[str]) -> tuple[int, int, int]:
    wanted = [mention for mention in note.mentions if mention.status in CODED]
    met: set[int] = set()
    wrong = 0
    for finding in findings:
        on = {place for place, mention in enumerate(wanted) if _right_on(finding, mention, billable)}
        wrong += not on
        met |= on
    needed = {place for place, mention in enumerate(wanted) if mention.status == "pos"}
    return len(met & needed), wrong, len(needed - met)


def _right_on(finding: Found, mention: Mention, billable: Set[str]) -> bool:
    return _overlap(finding, mention) and any(matches(finding.code, given, billable) for given in mention.codes)


def _overlap(finding: Found, mention: Mention) -> bool:
    return finding.start < mention.end and mention.start < finding.end


def _harms(note: Note, mention: Mention, finding: Found, billable: Set[str]) -> bool:
    """Whether a finding codes a mention that is not to be coded, and no other that is."""
    return _overlap(finding, mention) and not any(
        _right_on(finding, other, billable) for other in note.mentions if other.status in CODED
    )
