"""Detection for pages, commands and the REST API: text in, findings out. Nothing of a text is kept, logged or sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from webapp.codes.terms import keeping
from webapp.core.errors import BadInput
from webapp.tools.detecticd10cm import conventions, engine
from webapp.tools.detecticd10cm.conventions import Advice
from webapp.tools.detecticd10cm.engine import Finding, Setting
from webapp.tools.detecticd10cm.reading import LONGEST_TEXT

SETTINGS: tuple[Setting, ...] = ("auto", "outpatient", "inpatient")
MESSAGE = f"A text has at most {LONGEST_TEXT:,} characters."


@dataclass(frozen=True, slots=True)
class Detection:
    """What a text speaks of. `on` is the day as of which codes are given; `advice` is on the codes that are present."""

    findings: list[Finding]
    advice: list[Advice]
    on: date

    @property
    def codes(self) -> list[Finding]:
        """The present findings, each code once, the surest first."""
        best: dict[str, Finding] = {}
        for finding in self.findings:
            known = best.get(finding.code)
            if finding.status == "present" and (known is None or finding.score > known.score):
                best[finding.code] = finding
        return sorted(best.values(), key=lambda finding: (-finding.score, finding.start))


def detect(text: str, *, on: date | None = None, setting: Setting = "auto") -> Detection:
    """Return the findings of a text, in its order. Errors: BadInput for a text that is too long; NotBuilt."""
    if len(text) > LONGEST_TEXT:
        raise BadInput(MESSAGE)
    store = keeping.current()
    day = keeping.days(store, on)[0]
    findings = engine.detect(store, text, day, setting)
    return Detection(findings, conventions.check(findings, day), date.fromordinal(day))
