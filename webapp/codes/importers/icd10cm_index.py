"""The ICD-10-CM indexes and tables: the XML files that CDC/NCHS publish beside the tabular list.

Four files have one layout: the index to diseases and injuries, the external cause index, the table of neoplasms, and
the table of drugs and chemicals. What a file says of itself tells which it is, and not its name: the indexes have a
title, the tables the headings of their columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.icd10cm_index_entries import Entries
from webapp.codes.importers.icd10cm_names import IN_FILE_NAME, ReleaseName, release_of
from webapp.codes.importers.icd10cm_xml import children, text_of
from webapp.codes.listing import FileRefused

ROOT = "ICD10CM.index"
INDEXES = {"external cause": "icd10cm-eindex", "index to diseases": "icd10cm-index"}
"""Words of a title, in small letters, and the index that it names."""
TABLES = {
    "icd10cm-neoplasm": (
        *("Neoplasm", "Malignant Primary", "Malignant Secondary", "Ca in situ", "Benign"),
        *("Uncertain Behavior", "Unspecified Behavior"),
    ),
    "icd10cm-drug": (
        *("Substance", "Poisoning Accidental (unintentional)", "Poisoning Intentional self-harm"),
        *("Poisoning Assault", "Poisoning Undetermined", "Adverse effect", "Underdosing"),
    ),
}
"""The headings of a table's columns; the first is that of the entries."""
YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
Headings = Mapping[str, str]
"""Of the columns of a table that hold codes: number and heading."""


def read(file: SourceFile, given: Given) -> Parsed:
    """Read an index or a table. `read` counts its entries: main terms, and the terms at all levels below them.

    Errors: FileRefused, naming what is wrong, when the file is not whole or no such file.
    """
    beginning = _Beginning(file.name)
    entries: Entries | None = None
    for element in children(file, ROOT):
        if element.tag != "letter":
            beginning.take(element)
            continue
        if entries is None:
            entries = Entries(file.name, *beginning.table())
        entries.letter(element)
    if entries is None or not entries.table.rows:
        raise FileRefused(f"{file.name} holds no entry.")
    found = _release(file.name, beginning.version, given)
    refused = beginning.refused + entries.refused
    return Parsed(found.name, found.valid_from, found.valid_to, [entries.table], read=entries.read, refused=refused)


@dataclass(slots=True)
class _Beginning:
    """What a file says of itself before its first letter."""

    file_name: str
    version: str = ""
    title: str = ""
    heads: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def take(self, element: ElementTree.Element) -> None:
        if element.tag == "version":
            self.version = text_of(element)
        elif element.tag == "title":
            self.title = text_of(element)
        elif element.tag == "indexHeading":
            self.heads = {head.get("col", ""): text_of(head) for head in element.findall("head")}
        else:
            self.refused.append(f"<{element.tag[:40]}> is no element known here, left out")

    def table(self) -> tuple[Table, Headings]:
        """Tell which index or table it is. Errors: FileRefused, naming the column found and the one wanted."""
        if self.heads:
            return self._with_headings()
        for words, dataset in INDEXES.items():
            if words in self.title.lower():
                return Table(dataset), {}
        raise FileRefused(
            f"{self.file_name} has the title {self.title[:60]!r}, and no columns: it is neither an index nor a table."
        )

    def _with_headings(self) -> tuple[Table, Headings]:
        first = self.heads.get("1", "")
        dataset = next((key for key, wanted in TABLES.items() if _same(first, wanted[0])), None)
        if dataset is None:
            raise self._wrong("1", " or ".join(wanted[0] for wanted in TABLES.values()))
        wanted = {str(number): heading for number, heading in enumerate(TABLES[dataset], 1)}
        for column, heading in wanted.items():
            if not _same(self.heads.get(column, ""), heading):
                raise self._wrong(column, heading)
        if len(self.heads) > len(wanted):
            raise FileRefused(f"{self.file_name}, <indexHeading>: {len(self.heads)} columns, and not {len(wanted)}.")
        del wanted["1"]
        return Table(dataset), wanted

    def _wrong(self, column: str, wanted: str) -> FileRefused:
        found = self.heads.get(column, "")[:60]
        return FileRefused(f"{self.file_name}, <indexHeading>: column {column} is {found!r}, and {wanted!r} is wanted.")


def _same(found: str, wanted: str) -> bool:
    """Compare headings by their words, whatever stands between them."""
    return re.findall(r"\w+", found.lower()) == re.findall(r"\w+", wanted.lower())


def _release(file_name: str, version: str, given: Given) -> ReleaseName:
    """Tell a release's name and days. Errors: FileRefused, also for a name with another year than the file has."""
    found = release_of(file_name, version, given.release, given.effective)
    years = YEAR.findall(file_name)
    if given.effective is None and years and version not in years and not IN_FILE_NAME.search(file_name):
        raise FileRefused(
            f"{file_name} is of fiscal year {version}, which its name does not say: give its first day with "
            "--effective if it is right."
        )
    return found
