"""A HCPCS Level II file in the publisher's two layouts, with made-up content: five codes, two modifiers."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.codes import workbooks
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.hcpcs_layout import COLUMNS

TEXT_NAME = "HCPC2026_OCT_ANWEB.txt"
BOOK_NAME = "HCPC2026_OCT_ANWEB_v2.xlsx"
NOTICE = ["***Disclaimers\t\t\t", "\t\t\t", "*A made-up notice, with a brand\xae.\t\t", "", ""]
PLACES = {
    "PRICE1": (120, 2),
    "PRICE2": (122, 2),
    "MULT_PI": (128, 1),
    "CIM1": (129, 6),
    "MCM1": (147, 8),
    "MCM2": (155, 8),
    "STATUTE": (171, 10),
    "LABCERT1": (181, 3),
    "LABCERT2": (184, 3),
    "XREF1": (205, 5),
    "XREF2": (210, 5),
    "COV": (230, 1),
    "ASC_GRP": (231, 2),
    "ASC_DT": (233, 8),
    "PROCNOTE": (253, 4),
    "BETOS": (257, 3),
    "TOS1": (261, 1),
    "TOS2": (262, 1),
    "ANEST_BU": (266, 3),
    "ADD DT": (269, 8),
    "ACT EFF DT": (277, 8),
    "TERM DT": (285, 8),
    "ACTION CD": (293, 1),
}
"""First column (from 1) and width of the fields that the made-up codes fill."""


@dataclass(frozen=True)
class Code:
    code: str
    long: str
    short: str
    values: dict[str, str] = field(default_factory=dict)
    modifier: bool = False

    def but(self, **values: str) -> Code:
        return replace(self, values={**self.values, **{key.replace("_", " "): text for key, text in values.items()}})


def _dates(added: str, changed: str, ended: str = "", action: str = "N") -> dict[str, str]:
    return {"ADD DT": added, "ACT EFF DT": changed, "TERM DT": ended, "ACTION CD": action}


PRICED = {"PRICE1": "00", "MULT_PI": "9", "COV": "C", "BETOS": "Z2", "TOS1": "1", "TOS2": "P", "ANEST_BU": "0"}
MANUALS = {
    "CIM1": "60-9",
    "MCM1": "2130 A",
    "MCM2": "2049",
    "STATUTE": "1862 SSA",
    "LABCERT1": "140",
    "LABCERT2": "220",
}
LONG_TEXT = (
    "Made-up ride on a cart that a dragon draws, for a distance that nobody has measured, with or without a driver, "
    "per mile; the description is long enough to go on in two more records of the file"
)
CODES = [
    Code("A1", "Made-up wing, left", "Left wing", _dates("20020701", "20020701"), modifier=True),
    Code("ZZ", "Made-up wing, gone", "Gone wing", _dates("20020701", "20090101", "20081231"), modifier=True),
    Code("A0001", LONG_TEXT, "Dragon cart", {**PRICED, **MANUALS, **_dates("19860101", "20261001", action="A")}),
    Code("A0002", "Made-up saddle", "Saddle", {**PRICED, "XREF1": "A0001", **_dates("19860101", "20200101")}),
    Code("A0003", "Made-up saddle, gone", "Old saddle", {**PRICED, **_dates("19860101", "20260701", "20260930")}),
    Code("A0004", "Made-up saddle, going", "Saddle, going", {**PRICED, **_dates("19860101", "20260701", "20261031")}),
    Code(
        "V0001", "Made-up eye of a basilisk", "Basilisk eye", {**PRICED, **_dates("20261001", "20261001", action="A")}
    ),
]


def lines(codes: Sequence[Code] = CODES) -> list[str]:
    """The records of the text file, 320 wide."""
    found = []
    for code in codes:
        for number, piece in enumerate(textwrap.wrap(code.long, 80) or [""], 1):
            line = [" "] * 320
            kind = ("78" if code.modifier else "34")[number > 1]
            _put(line, 1, f"{code.code:>5}{number * 100:05}{kind}{piece}")
            if number == 1:
                _put(line, 92, code.short)
                for name, text in code.values.items():
                    first, width = PLACES[name]
                    _put(line, first, text.rjust(width) if name == "ANEST_BU" else text)
            found.append("".join(line))
    return found


def _put(line: list[str], first: int, text: str) -> None:
    line[first - 1 : first - 1 + len(text)] = text


def text_file(codes: Sequence[Code] = CODES, name: str = TEXT_NAME) -> SourceFile:
    return of_lines(lines(codes), name)


def of_lines(records: Sequence[str], name: str = TEXT_NAME) -> SourceFile:
    return SourceFile(name, "".join(f"{line}\r\n" for line in [*NOTICE, *records]).encode("latin-1"))


def rows(codes: Sequence[Code] = CODES, year: int = 2026) -> list[list[str]]:
    """The rows of the sheet: ten of notice, the heading, one for each code."""
    notice = [[f"Note regarding codes in the made-up {year} HCPCS Update"], *([""] for _ in range(9))]
    return [*notice, list(COLUMNS), *(row(code) for code in codes)]


def row(code: Code) -> list[str]:
    leading = [f"{code.code:>5}", "0010", "7" if code.modifier else "3", code.long, code.short]
    return leading + [code.values.get(name, "") for name in COLUMNS[5:]]


def book(codes: Sequence[Code] = CODES, name: str = BOOK_NAME, year: int = 2026) -> SourceFile:
    return workbooks.workbook(rows(codes, year), name)
