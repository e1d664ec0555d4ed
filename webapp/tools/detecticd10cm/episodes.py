"""The episode of care that a note speaks of, and how long consciousness was lost: what codes of injuries end with."""

from __future__ import annotations

from webapp.codes.terms.store import Store
from webapp.tools.detecticd10cm.cues import pattern
from webapp.tools.detecticd10cm.measures import consciousness

SUBSEQUENT = pattern("subsequent")
"""What tells that the active treatment of an injury is over."""
UNHEALED = pattern("unhealed")
UNION = {"nonu": ("nonunion",), "unun": ("nonunion",), "malu": ("malunion",), "dela": ("delay", "healing")}
"""What titles call a fracture that does not heal as it should, by how notes begin to say so."""
SEQUELA = pattern("sequela")
COMPLICATION, SINCE = ("T3", "T4", "T50", "T8", "M96", "M97"), pattern("since")
"""A complication weeks after an operation is new; an injury weeks ago is not."""
HEAD_INJURY = "S06"
CHARACTERS = 7
"""Of a code with an episode."""


class Episodes:
    """What a text tells of episodes of care, read once for all its findings."""

    def __init__(self, text: str) -> None:
        self.sequela = SEQUELA.search(text) is not None
        unhealed = UNHEALED.search(text)
        self._unhealed = UNION[unhealed[0].lower().replace("-", "")[:4]] if unhealed else ()
        cues = [cue[0] for cue in SUBSEQUENT.finditer(text)]
        self._subsequent = bool(cues)
        self._later = any(not SINCE.match(cue) for cue in cues)
        self._lost = consciousness(text)

    def of(self, code: str) -> frozenset[str]:
        """Return the words of titles for the episode. `code`: the plain code of what is cared for."""
        if self.sequela:
            return frozenset(("sequela",))
        if self._unhealed:
            return frozenset(("subsequent", *self._unhealed))
        told = self._later if code.startswith(COMPLICATION) else self._subsequent
        return frozenset(("subsequent", "routine", "healing")) if told else frozenset()

    def conscious(self, store: Store, row: int, day: int) -> int:
        """Return the row of an injury of the brain, for as long as consciousness was lost; others as they are."""
        plain = store.plain(row)
        if not self._lost or not plain.startswith(HEAD_INJURY) or len(plain) < CHARACTERS:
            return row
        for each in (self._lost, "9"):
            told = store.row_on(f"{plain[:5]}{each}{plain[6:]}", day)
            if told is not None:
                return told
        return row
