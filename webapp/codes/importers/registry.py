"""The sources that can be imported, by the name that `flask codes import` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from webapp.codes.importers import icd10cm
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import Listing

Reader = Callable[[SourceFile, SourceFile | None, str | None, date | None], Listing]
"""Reads a file (and a code list beside it) under a given or found release name and first valid day."""


@dataclass(frozen=True, slots=True)
class Importer:
    """A publisher's file: what it is, which member of the publisher's zip holds it, and who reads it."""

    summary: str
    member: str
    read: Reader


IMPORTERS: Mapping[str, Importer] = {
    "icd10cm-tabular": Importer("ICD-10-CM tabular list (XML)", "*tabular*.xml", icd10cm.read),
}
