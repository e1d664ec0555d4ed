"""Claims as text: service lines such as `45378, 1, 59, 2026-03-01`, one a line, and diagnoses; findings as CSV rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from webapp.codes.claims.model import Line, Report
from webapp.codes.listing import plain

MOST_LINES = 200
MOST_DIAGNOSES = 50
MOST_UNITS = 99_999
MOST_MODIFIERS = 4
CODE = re.compile(r"[0-9A-Z]{5}")
DIAGNOSIS = re.compile(r"[A-Z][0-9][0-9A-Z]{1,5}")
MODIFIER = re.compile(r"[0-9A-Z]{2}")
ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
AMERICAN = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
EARLIEST, LATEST = date(1996, 1, 1), date(2099, 12, 31)
"""NCCI's first day, and an end that tells a slip of the pen."""
COLUMNS = ("Severity", "Rule", "Lines", "Codes", "Finding", "What resolves it", "Source", "Release")


@dataclass(frozen=True, slots=True)
class LineError:
    """A line that cannot be read: its number in the text, what it says, and what is wrong."""

    number: int
    text: str
    message: str


@dataclass(frozen=True, slots=True)
class Lines:
    """What a text holds: the lines that can be read, numbered as in the text, and those that cannot."""

    lines: tuple[Line, ...]
    errors: tuple[LineError, ...]


class _Unreadable(ValueError):
    pass


def parse(text: str, day: date | None = None) -> Lines:
    """Read service lines: code, units, modifiers, date of service, parted by commas or tabs.

    Units may be left out (1), modifiers too; several stand side by side, or in cells of their own. `day` is the date
    of lines without one. Blank lines and a line of column names at the top are left out.
    """
    lines: list[Line] = []
    errors: list[LineError] = []
    for number, row in enumerate(text.replace("\ufeff", "").splitlines(), 1):
        cells = _cells(row)
        if not any(cells) or (not lines and not errors and cells[0].lower() in {"code", "cpt", "hcpcs", "procedure"}):
            continue
        if len(lines) + len(errors) >= MOST_LINES:
            errors.append(LineError(number, row.strip()[:80], f"At most {MOST_LINES} lines are checked at once."))
            break
        try:
            lines.append(_line(number, cells, day))
        except _Unreadable as error:
            errors.append(LineError(number, row.strip()[:80], str(error)))
    return Lines(tuple(lines), tuple(errors))


def parse_diagnoses(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read ICD-10-CM codes parted by blanks, commas or lines; return plain codes, and messages on what is none."""
    words = [plain(word) for word in re.split(r"[\s,;]+", text) if word.strip(".")]
    codes = tuple(dict.fromkeys(word for word in words if DIAGNOSIS.fullmatch(word)))
    wrong = dict.fromkeys(word for word in words if not DIAGNOSIS.fullmatch(word))
    errors = [f"{word[:20]} has not the shape of an ICD-10-CM code." for word in wrong]
    if len(codes) > MOST_DIAGNOSES:
        errors.append(f"At most {MOST_DIAGNOSES} diagnoses are checked at once.")
    return codes[:MOST_DIAGNOSES], tuple(errors)


def csv_rows(report: Report) -> Iterator[list[str]]:
    """Yield the heading and then the findings as rows of text."""
    yield list(COLUMNS)
    for finding in report.findings:
        source = finding.source
        yield [
            finding.severity,
            finding.rule_name,
            " ".join(map(str, finding.lines)),
            " ".join(finding.codes),
            finding.sentence,
            finding.resolves,
            source.name if source else "",
            source.release if source else "",
        ]


def _cells(row: str) -> list[str]:
    cells = row.split("\t") if "\t" in row else next(csv.reader([row]), [])
    return [cell.strip() for cell in cells]


def _line(number: int, cells: list[str], day: date | None) -> Line:
    code = plain(cells[0])
    if not CODE.fullmatch(code):
        raise _Unreadable(f"{cells[0][:20]!r} is no procedure code: five digits or letters.")
    units = _units(cells[1] if len(cells) > 1 else "")
    modifiers: list[str] = []
    given = None
    for cell in cells[2:]:
        found = _day(cell)
        if found is not None and given is not None:
            raise _Unreadable("Two dates of service are given.")
        given = given or found
        if found is None:
            modifiers += [modifier for modifier in re.split(r"[\s:;,-]+", cell.upper()) if modifier]
    wrong = next((modifier for modifier in modifiers if not MODIFIER.fullmatch(modifier)), None)
    if wrong is not None:
        raise _Unreadable(f"{wrong[:20]!r} is no modifier (two digits or letters) and no date (2026-03-01).")
    if len(modifiers) > MOST_MODIFIERS:
        raise _Unreadable(f"{len(modifiers)} modifiers are given, and a line has {MOST_MODIFIERS} at most.")
    if (given := given or day) is None:
        raise _Unreadable("The date of service is missing, such as 2026-03-01.")
    return Line(number, code, units, tuple(dict.fromkeys(modifiers)), given)


def _units(cell: str) -> int:
    if not cell:
        return 1
    if not re.fullmatch(r"[0-9]{1,5}", cell) or not 1 <= int(cell) <= MOST_UNITS:
        raise _Unreadable(f"{cell[:20]!r} is no number of units: 1 to {MOST_UNITS}.")
    return int(cell)


def _day(cell: str) -> date | None:
    if match := ISO.fullmatch(cell):
        year, month, number = match.groups()
    elif match := AMERICAN.fullmatch(cell):
        month, number, year = match.groups()
    else:
        return None
    try:
        found = date(int(year), int(month), int(number))
    except ValueError:
        raise _Unreadable(f"{cell} is no date.") from None
    if not EARLIEST <= found <= LATEST:
        raise _Unreadable(f"{cell} lies before {EARLIEST} or after {LATEST}.")
    return found
