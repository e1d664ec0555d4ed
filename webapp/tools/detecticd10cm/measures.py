"""Numbers that have codes: the body mass index, and the weeks of a pregnancy."""

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


def trimester(text: str) -> frozenset[str]:
    """Return the words for the trimester that a note's weeks of pregnancy tell."""
    for measure in measures(text):
        if measure.code.startswith("Z3A."):
            week = int(measure.code[-2:])
            return frozenset(("trimester", "first" if week < SECOND else "second" if week < THIRD else "third"))
    return frozenset()
