"""NCCI procedure-to-procedure edits: the quarterly table of CMS, in up to four parts, read row by row.

A part is text or a workbook, as it is or in the publisher's zip. All parts of a quarter are one table; they are parts
only because a spreadsheet has no more rows. Every release holds the whole history with the pairs' own dates.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import checks
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.ptp_parts import Part, parts_in
from webapp.codes.listing import FileRefused

SOURCE = "ptp"
DATASETS = {"p": "ptp-practitioner", "h": "ptp-hospital"}
"""Service -> dataset."""
FIRST_YEAR = 1994
"""NCCI's version 32 is of 2026: the version's number is added to this. Version 32.2 is the third quarter's."""
TITLE = "column1/column2edits"
CAPTIONS = (
    "Column 1",
    "Column 2",
    "*=in existence prior to 1996",
    "Effective Date",
    "Deletion Date *=no data",
    "Modifier 0=not allowed 1=allowed 9=not applicable",
    "PTP Edit Rationale",
)
"""The columns' names, each written over up to four lines."""
HEADING_LINES = 6
CODE = f"(?:{checks.PROCEDURE.pattern})"
ROW = re.compile(rf"({CODE})\t({CODE})\t\*?\t([0-9]{{8}})\t([0-9]{{8}}|\*)\t([019])\t([ -~\xa0-\xff]{{1,500}})\n?")
SHAPES = (CODE, CODE, r"\*?", r"[0-9]{8}", r"[0-9]{8}|\*", "[019]", r"[ -~\xa0-\xff]{1,500}")
BLANK = " \t\r\n\x1a"
"""What a blank line holds; DOS marked the end of a file with the last."""
MOST_REFUSED = 1000
MOST_RATIONALES = 500
"""CMS gives a few dozen; more are a sign that the last column is something else."""

Row = tuple[str, str, int, int, str, str]
"""Column 1, column 2, effective and deletion (yyyymmdd, 0 for none), modifier indicator, rationale."""


@dataclass(slots=True)
class Edition:
    """One release of one table, found but not read. `read` and `refused` grow while `rows` goes on."""

    dataset: str
    service: str
    release: str
    valid_from: date
    valid_to: date
    parts: list[Part]
    sha256: str
    read: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def file_name(self) -> str:
        return ", ".join(part.name for part in self.parts)

    @property
    def expected(self) -> int:
        """About how many rows there are."""
        return sum(part.size for part in self.parts) // 65

    def rows(self) -> Iterator[Row]:
        """Yield all rows, part by part. Errors: FileRefused at the first line that cannot be one, or at too many."""
        last = int(f"{self.valid_to:%Y%m%d}")
        rationales: set[str] = set()
        lettered = False
        for part in self.parts:
            for row in _Reader(part, self.valid_from.year, last, rationales, self.refused).rows():
                self.read += 1
                lettered = lettered or row[0] >= "A"
                yield row
        if not self.read:
            raise FileRefused(f"{self.file_name} holds no edit.")
        if not lettered:
            self.refused.append("No code of column 1 begins with a letter: parts after the last one may be missing.")


def find(paths: Sequence[Path], given: Given) -> Edition:
    """Find the parts of one table. What `given` says of the release counts more than the files' names.

    Errors: FileRefused if a file is none of this source, or the parts are not all of one release.
    """
    parts = sorted((part for path in paths for part in parts_in(path)), key=lambda part: part.number)
    if not parts:
        raise FileRefused("No file of edits is given.")
    first = parts[0]
    for part in parts[1:]:
        if (part.service, part.version, part.revision) != (first.service, first.version, first.revision):
            raise FileRefused(f"{part.name} and {first.name} are no parts of one table.")
    for number, part in enumerate(parts, 1):
        if part.number < number:
            raise FileRefused(f"{part.name}: part {part.number} of the table is given twice.")
        if part.number > number:
            raise FileRefused(f"{part.name} is given, and part {number} of the table is missing.")
    span = _named(first, given)
    digests = "".join(part.sha256() for part in parts)
    sha256 = digests if len(parts) == 1 else hashlib.sha256(digests.encode()).hexdigest()
    return Edition(DATASETS[first.service], first.service, span.name, span.first, span.last, parts, sha256)


def _named(part: Part, given: Given) -> checks.Span:
    """Return a release's name and its first and last valid day: those of its quarter."""
    named = None
    if part.version:
        year, quarter = FIRST_YEAR + int(part.version[:-1]), int(part.version[-1])
        if quarter > 3:
            raise FileRefused(f"{part.name}: version {year - FIRST_YEAR}.{quarter} is of no quarter.")
        named = checks.quarter(date(year, 1 + 3 * quarter, 1))
    span = checks.settle(SourceFile(part.name, b""), given, named, checks.quarter)
    if part.revision and not given.release:
        return replace(span, name=f"{span.name} r{part.revision}")
    return span


class _NoDay(ValueError):
    pass


class _Days(dict[str, int]):
    """Dates as numbers; each that a file holds is checked once."""

    def __missing__(self, text: str) -> int:
        try:
            date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            raise _NoDay(text) from None
        self[text] = int(text)
        return int(text)


class _Reader:
    """Reads one part. `last` is the release's last valid day; `rationales` are those seen in all parts."""

    def __init__(self, part: Part, year: int, last: int, rationales: set[str], refused: list[str]) -> None:
        self._part, self._year, self._last = part, year, last
        self._rationales, self._refused = rationales, refused
        self._number = 0
        self._days = _Days({"*": 0})

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the heading."""
        with self._part.lines() as lines:
            below = self._heading(lines)
            try:
                yield from self._rows(below)
            except _NoDay as error:
                raise self._refusal(f"{error} is no date") from None

    def _rows(self, lines: Iterator[str]) -> Iterator[Row]:
        days, last, known = self._days, self._last, self._rationales
        for line in lines:
            self._number += 1
            match = ROW.fullmatch(line) or self._stripped(line)
            if match is None:
                continue
            column1, column2, effective, deletion, modifier, rationale = match.groups()
            row = column1, column2, days[effective], days[deletion], modifier, rationale.rstrip()
            if rationale not in known:
                self._new_rationale(rationale.rstrip(), whole=line.endswith("\n"))
            if row[2] > last:
                raise self._refusal(f"the edit begins on {effective}, after the release's last day")
            if row[3] and row[3] < row[2]:
                self._leave_out(f"the edit ends on {deletion}, before it begins")
                continue
            yield row

    def _heading(self, lines: Iterator[str]) -> Iterator[str]:
        """Check the licence's line, the title, and the captions, joined over four lines; return the lines below."""
        heading, rest = self._heading_of(lines)
        if len(heading) < 3:
            raise FileRefused(f"{self._part.name} is empty or breaks off within its {HEADING_LINES} heading lines.")
        years = [int(year) for year in re.findall(r"copyright.{0,5}?([0-9]{4})", heading[0][0], re.IGNORECASE)]
        if not years:
            raise FileRefused(f"{self._part.name}, line 1: the copyright line of CPT is wanted there.")
        if not self._year - 2 <= years[0] <= self._year:
            raise FileRefused(f"{self._part.name}, line 1: of {years[0]}, and the file is of {self._year}.")
        if heading[1][0].replace(" ", "").casefold() != TITLE:
            raise FileRefused(f"{self._part.name}, line 2: {heading[1][0][:40]!r} is no title of this table.")
        for at, wanted in enumerate(CAPTIONS):
            found = " ".join(" ".join(row[at] for row in heading[2:] if at < len(row)).split())
            if found.casefold() != wanted.casefold():
                raise FileRefused(
                    f"{self._part.name}, lines 3 to 6: column {at + 1} is {found[:60]!r}, and {wanted!r} is wanted."
                )
        return rest

    def _heading_of(self, lines: Iterator[str]) -> tuple[list[list[str]], Iterator[str]]:
        """Return the cells of the lines before the first row, and the lines from there on."""
        heading: list[list[str]] = []
        while len(heading) < HEADING_LINES and (line := next(lines, "")):
            cells = [cell.strip() for cell in line.split("\t")]
            if re.fullmatch(CODE, cells[0]):  # workbooks may hold a caption's lines in one cell
                lines = itertools.chain([line], lines)
                break
            heading.append(cells)
        self._number = len(heading)
        return heading, lines

    def _stripped(self, line: str) -> re.Match[str] | None:
        """Match a row with blanks around its cells; None for a blank line. Errors: FileRefused, naming the column."""
        if not line.strip(BLANK):
            return None
        cells = [cell.strip() for cell in line.rstrip("\n").split("\t")]
        if len(cells) < len(SHAPES) or any(cells[len(SHAPES) :]):
            raise self._refusal(f"{len(cells)} columns, and not {len(SHAPES)}")
        for name, shape, cell in zip(CAPTIONS, SHAPES, cells, strict=False):
            if not re.fullmatch(shape, cell):
                raise self._refusal(f"column {name.split(' *')[0].split(' 0=')[0]} is {cell[:40]!r}")
        return ROW.fullmatch("\t".join(cells[: len(SHAPES)]))

    def _new_rationale(self, text: str, *, whole: bool) -> None:
        """Note a rationale that no row before had. The last line of a file that breaks off would bring one."""
        if text in self._rationales:
            return
        if not whole:
            raise self._refusal(f"the file breaks off in {text[:40]!r}")
        self._rationales.add(text)
        if len(self._rationales) > MOST_RATIONALES:
            raise self._refusal(f"more than {MOST_RATIONALES} different rationales, which are none then")

    def _leave_out(self, why: str) -> None:
        self._refused.append(f"{self._part.name}, line {self._number}: {why}, left out")
        if len(self._refused) > MOST_REFUSED:
            raise FileRefused(f"{self._part.name}: more than {MOST_REFUSED} rows cannot be: {self._refused[0]}.")

    def _refusal(self, why: str) -> FileRefused:
        return FileRefused(f"{self._part.name}, line {self._number}: {why}.")
