"""The sources that can be imported, by the name that `flask codes import` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import (
    aoc,
    asc,
    ccsr,
    cpt,
    gem,
    groups,
    hcc,
    hcpcs,
    icd10cm,
    icd10cm_index,
    icd10cm_order,
    mpfs,
    mpfs_places,
    mue,
    opps,
    oppscap,
    pos,
)
from webapp.codes.importers.files import SourceFile, open_all, open_source

Reader = Callable[[SourceFile, Given], Parsed]
"""Reads and checks one file. Errors: FileRefused, naming what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Importer:
    """A publisher's file: what it is, which member of the publisher's zip holds it, and who reads it.

    `members` are patterns of names in lower case; the first that one member matches decides, or, for a source of
    `several` files, all that any pattern matches are loaded. `takes_codes`: a list of codes may lie beside it.
    """

    summary: str
    members: tuple[str, ...]
    read: Reader
    takes_codes: bool = False
    several: bool = False

    def open(self, path: Path) -> list[SourceFile]:
        """Read the files of this source at a path. Errors: FileRefused."""
        return open_all(path, self.members) if self.several else [open_source(path, self.members)]


def _icd10cm_names(kind: str) -> tuple[str, ...]:
    """Names of a list in the publisher's zip. The addenda, which list changes only, lie beside it."""
    return tuple(f"icd10cm[-_]{kind}[-_]{part}*.txt" for part in ("20", "apr", "jan", "oct"))


PTP = "ptp"
"""NCCI's procedure-to-procedure edits: their size asks for a loader of their own, see `datasets.ptp`."""

IMPORTERS: Mapping[str, Importer] = {
    "icd10cm-tabular": Importer("ICD-10-CM tabular list (XML)", ("*tabular*.xml",), icd10cm.read, takes_codes=True),
    "icd10cm-order": Importer("ICD-10-CM order file", _icd10cm_names("order"), icd10cm_order.read_order),
    "icd10cm-codes": Importer("ICD-10-CM list of billable codes", _icd10cm_names("codes"), icd10cm_order.read_codes),
    "icd10cm-index": Importer(
        "ICD-10-CM indexes and tables (XML)",
        tuple(
            f"icd10cm[-_]{kind}[-_]{part}*.xml"
            for kind in ("index", "eindex", "neoplasm", "drug")
            for part in ("20", "apr", "jan", "oct")
        ),
        icd10cm_index.read,
        several=True,
    ),
    "hcpcs": Importer(
        "HCPCS Level II, codes and modifiers",
        ("hcpc*_anweb.txt", "hcpc*anweb*.txt", "hcpc*_anweb.xlsx", "hcpc*anweb*.xlsx", "*hcpcs*.csv"),
        hcpcs.read,
    ),
    "mpfs": Importer(
        "Medicare Physician Fee Schedule, relative values (PPRRVU)",
        ("pprrvu*_nonqpp*.csv", "pprrvu*_nonqpp*.txt", "pprrvu*.csv", "pprrvu*.txt"),
        mpfs.read,
    ),
    "gpci": Importer("geographic practice cost indices", ("gpci*.csv", "gpci*.xlsx"), mpfs_places.read_gpci),
    "locality": Importer(
        "counties of the payment localities", ("*locco*.csv", "*locco*.xlsx"), mpfs_places.read_locality
    ),
    "anesthesia": Importer("anesthesia conversion factors", ("anes*.csv", "anes*.xlsx"), mpfs_places.read_anesthesia),
    "oppscap": Importer("OPPS payment caps of imaging", ("oppscap*.csv", "oppscap*.xlsx"), oppscap.read),
    "opps": Importer("OPPS Addendum B", ("*addendum*b*.xlsx", "*addendum*b*.csv", "*addendum*b*.txt"), opps.read),
    "asc": Importer("ASC addenda AA, BB and EE", ("*asc*addenda*.xlsx", "*addendum*aa*", "*asc*"), asc.read),
    "aoc": Importer("NCCI add-on code edits", ("aoc_v*mcr*.xlsx", "aoc*.xlsx", "aoc*.txt"), aoc.read),
    "mue": Importer("NCCI medically unlikely edits", ("*mue*.csv", "*mue*.xlsx"), mue.read, several=True),
    "rbcs": Importer("Restructured BETOS classification", ("*rbcs*.csv",), groups.read_rbcs),
    "ccs": Importer("CCS for services and procedures", ("ccs_services*.csv", "*ccs*.csv"), groups.read_ccs),
    "tos": Importer("type of service of procedures", ("*tos*.csv", "*tos*.xlsx"), groups.read_tos),
    "gem": Importer(
        "general equivalence mappings, ICD-9-CM titles",
        ("*gem*.txt", "*gem*.csv", "cms*_desc_long_dx.txt"),
        gem.read,
        several=True,
    ),
    "hcc": Importer(
        "HCC mappings, names, hierarchies and factors", ("f[0-9]*.txt", "ra_*.csv", "*.csv"), hcc.read, several=True
    ),
    "ccsr": Importer(
        "CCSR, its categories, chronic condition indicators",
        ("dxccsr*.csv", "ccir*.csv", "ccsr_dx_categories*.csv"),
        ccsr.read,
        several=True,
    ),
    "cpt": Importer(
        "CPT files of the AMA, for licensees",
        (
            *("longult*.txt", "longut*.txt", "longulf*.txt", "longuf*.txt", "medu*.txt", "shortu*.txt", "modul*.txt"),
            *("consumerdescriptor*", "cliniciandescriptor*"),
        ),
        cpt.read,
        several=True,
    ),
    "pos": Importer("place of service codes", ("*place*service*", "*pos*.csv", "*pos*.xlsx"), pos.read),
}
