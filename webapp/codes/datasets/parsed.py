"""What an importer makes of a file: rows of datasets, licensed texts, a listing of codes, and what it left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused, Listing

Rows = dict[tuple[str, str], tuple[str, ...]]
"""A release's rows of one dataset: (code, part) and the values in the order of the dataset's columns."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the operator says of a file: the release's name and first valid day, where the file itself does not.

    `codes` is a list of the codes that exist, beside an ICD-10-CM tabular list, which is not complete.
    """

    release: str | None = None
    effective: date | None = None
    codes: SourceFile | None = None


@dataclass(slots=True)
class Table:
    """All rows that a release has in one dataset. `licensed`: they go into the licensed table, and nowhere else."""

    dataset: str
    rows: Rows = field(default_factory=dict)
    licensed: bool = False

    def add(self, code: str, part: str, values: tuple[str, ...], where: str) -> None:
        """Take a row. Errors: FileRefused if the same one stands in the file already; `where` names the line."""
        if (code, part) in self.rows:
            raise FileRefused(f"{where}: {' '.join(filter(None, (code, part)))} stands in the file twice.")
        self.rows[code, part] = values


@dataclass(slots=True)
class Parsed:
    """One file, read and checked. `read` counts the publisher's rows; `refused` tells rows left out, and why."""

    release: str
    valid_from: date
    valid_to: date | None
    tables: list[Table] = field(default_factory=list)
    listing: Listing | None = None
    read: int = 0
    refused: list[str] = field(default_factory=list)
