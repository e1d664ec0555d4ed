"""Prices of the published files against CMS's formula, worked out here from the files' bare cells."""

from __future__ import annotations

import csv
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from flask import Flask

from webapp.codes import importing
from webapp.codes.datasets.parsed import Given
from webapp.codes.prices import lines, service

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "mpfs"
FEES, INDICES = SHARED / "PPRRVU2025_Oct.nodesc.csv", SHARED / "GPCI2025.csv"
DAY = date(2025, 11, 3)
CODES = (
    *("99203", "99213", "99214", "99291", "10060", "11042", "12001", "20610", "27447", "29881"),
    *("36415", "43239", "45378", "45397", "49327", "64483", "66984", "90837", "92014", "97110"),
)
PLACES = ("1011200", "0210201", "0310200", "0111254", "0118218")
"""Contractor and locality."""
WORK, NON_FACILITY, FACILITY, MALPRACTICE, FACTOR = 5, 6, 8, 10, 24
NOT_DONE = {False: 7, True: 9}
"""The cells of PPRRVU 2025 that the formula takes, counted from nought."""


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="latin-1", newline="") as file:
        return list(csv.reader(file))


def by_formula(fee: list[str], index: list[str], facility: bool) -> Decimal | None:
    """(work × its index + practice expense × its index + malpractice × its index) × the conversion factor."""
    if fee[NOT_DONE[facility]].strip():
        return None
    work, practice, malpractice = (
        Decimal(fee[at]) for at in (WORK, FACILITY if facility else NON_FACILITY, MALPRACTICE)
    )
    units = work * Decimal(index[4]) + practice * Decimal(index[5]) + malpractice * Decimal(index[6])
    return (units * Decimal(fee[FACTOR])).quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.skipif(not SHARED.exists(), reason="the publishers' files are not beside this project")
def test_twenty_codes_in_five_localities(empty: Flask) -> None:
    importing.load("mpfs", [FEES], Given())
    importing.load("gpci", [INDICES], Given())
    fees = {row[0]: row for row in rows(FEES) if len(row) > FACTOR and not row[1].strip()}
    indices = {row[0].strip() + row[2].strip(): row for row in rows(INDICES) if len(row) > 6}
    found, wanted = {}, {}
    for code in CODES:
        (line,) = lines.read(code).lines
        (answer,) = service.prices([line], PLACES, DAY).answers
        for quote in answer.quotes:
            for facility, payment in ((False, quote.non_facility), (True, quote.facility)):
                found[code, quote.locality.key, facility] = payment.amount
        for place in PLACES:
            for facility in (False, True):
                wanted[code, place, facility] = by_formula(fees[code], indices[place], facility)
    assert found == {each: amount for each, amount in wanted.items() if each in found}
    assert sum(amount is not None for amount in found.values()) > 100
