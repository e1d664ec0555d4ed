"""Numbers that codes depend on: the body mass index, weeks of a pregnancy, how long consciousness was lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from webapp.tools.detecticd10cm.cues import pattern

BMI = pattern("bmi")
PERCENTILE = pattern("bmi_percentile")
WEEKS = pattern("weeks")
PREGNANT = pattern("pregnant")
SUBJECTS = 90
"""Code points around a number of weeks in which a word of pregnancy must stand."""
FIRST_WEEK, LAST_WEEK = 8, 42
SECOND, THIRD = 14, 28
"""Weeks in which the second and the third trimester begin (ICD-10-CM, chapter 15)."""
HEAVY = ((70, "Z68.45"), (60, "Z68.44"), (50, "Z68.43"), (45, "Z68.42"), (40, "Z68.41"))
CHILD = ((95, "Z68.54"), (85, "Z68.53"), (5, "Z68.52"), (0, "Z68.51"))
LEAST_BMI, MOST_BMI = 10, 90
UNCONSCIOUS = pattern("unconscious")
CONSCIOUS = pattern("conscious")
DURATION = pattern("duration")
MINUTES = {"s": 1 / 60, "m": 1.0, "h": 60.0, "d": 1440.0}
LOST = ((30, "1"), (59, "2"), (359, "3"), (1440, "4"))
"""Minutes up to which consciousness was lost, and the sixth character of S06 that says so."""
AROUND = 40
"""Code points around a loss of consciousness in which its duration stands."""


class Measure(NamedTuple):
    """A number with a code, and where it stands."""

    code: str
    start: int
    end: int
    term: str


def measures(text: str) -> Iterator[Measure]:
    """Yield the numbers of a text that have codes."""
    children = list(PERCENTILE.finditer(text))
    for match in children:
        code = next(code for least, code in CHILD if int(match[1]) >= least)
        yield Measure(code, match.start(), match.end(), "body mass index, percentile")
    for match in BMI.finditer(text):
        if LEAST_BMI <= float(match[1]) < MOST_BMI and not any(match.start() == each.start() for each in children):
            yield Measure(_adult(float(match[1])), match.start(), match.end(), "body mass index")
    for match in WEEKS.finditer(text):
        around = text[max(0, match.start() - SUBJECTS) : match.end() + SUBJECTS]
        week = int(match[1])
        if week <= LAST_WEEK and PREGNANT.search(around):
            code = f"Z3A.{week:02d}" if week >= FIRST_WEEK else "Z3A.01"
            yield Measure(code, match.start(), match.end(), "weeks of gestation")


def _adult(index: float) -> str:
    for least, code in HEAVY:
        if index >= least:
            return code
    return f"Z68.{int(index)}" if index >= 20 else "Z68.1"


def consciousness(text: str) -> str:
    """Return the sixth character of S06 for the loss of consciousness that a text tells, empty if it tells none."""
    lost = UNCONSCIOUS.search(text)
    if lost is None:
        return ""
    if CONSCIOUS.search(text):
        return "0"
    told = DURATION.search(text, max(0, lost.start() - AROUND), lost.end() + AROUND)
    if told is None:
        return "9"
    minutes = float(told["count"] or 1) * MINUTES[told["unit"][0].lower()] if told["unit"] else 1.0
    return next((character for most, character in LOST if minutes <= most), "5")


def trimester(text: str) -> frozenset[str]:
    """Return the words for the trimester that a note's weeks of pregnancy tell."""
    for measure in measures(text):
        if measure.code.startswith("Z3A."):
            week = int(measure.code[-2:])
            return frozenset(("trimester", "first" if week < SECOND else "second" if week < THIRD else "third"))
    return frozenset()
