"""Which days a release holds, from file names, title lines and the operator."""

from __future__ import annotations

from datetime import date
from typing import Literal

import pytest

from webapp.codes.datasets.parsed import Given
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.periods import Period, Told, settle, told_in
from webapp.codes.listing import FileRefused

FILE = SourceFile("file.csv", b"")
NOTHING = Told("a place", None, None)


def settled(
    *told: Told,
    effective: date | None = None,
    release: str | None = None,
    cadence: Literal["quarter", "year"] = "quarter",
) -> Period:
    return settle(FILE, Given(release, effective), told, cadence)


@pytest.mark.parametrize(
    ("text", "year", "month"),
    [
        ("2026 July Web Addendum B.06.30.26.csv", 2026, 7),
        ("October 2025 Web Addendum B.09.26.25.xlsx", 2025, 10),
        ("2020_april_web_addendum_b.05042020.xlsx", 2020, 4),
        ("January 2020 Addendum B CORRECTION.02042020.xlsx", 2020, 1),
        ("july_2026_asc_addenda.06.29.2025.xlsx", 2026, 7),
        ("addendum_b_2026-04.csv", 2026, 4),
        ("July CY 2020 Payment Rate", 2020, 7),
        ("2025 Relative Value File October Release", 2025, 10),
        ("Final OPPS Payment for CY 2026", 2026, None),
        ("OPPSCAP_Oct.csv", None, 10),
        ("addendum.12.31.2025.csv", None, None),
        ("National CF of 20.3178, Decimals, marching", None, None),
        ("2025 and 2026", None, None),
    ],
)
def test_year_and_month_are_found(text: str, year: int | None, month: int | None) -> None:
    assert told_in("here", text) == Told("here", year, month)


def test_a_quarter_ends_with_its_third_month() -> None:
    assert settled(Told("a", 2025, 10)) == Period("October 2025", date(2025, 10, 1), date(2025, 12, 31))
    assert settled(Told("a", 2024, 1)) == Period("January 2024", date(2024, 1, 1), date(2024, 3, 31))


def test_a_year_ends_in_december() -> None:
    assert settled(Told("a", 2025, 3), cadence="year") == Period("2025", date(2025, 1, 1), date(2025, 12, 31))


def test_places_complete_each_other() -> None:
    assert settled(Told("a", 2020, None), NOTHING, Told("b", None, 7)).valid_from == date(2020, 7, 1)


def test_the_operator_names_release_and_first_day() -> None:
    period = settled(Told("a", 2025, 10), effective=date(2025, 11, 15), release="Corrected")
    assert period == Period("Corrected", date(2025, 11, 15), date(2025, 12, 31))
    assert settled(effective=date(2025, 5, 1)).name == "May 2025"
    assert settled(effective=date(2025, 5, 1), cadence="year").valid_to == date(2025, 12, 31)


@pytest.mark.parametrize("cadence", ["quarter", "year"])
def test_without_a_day_the_operator_is_asked(cadence: Literal["quarter", "year"]) -> None:
    with pytest.raises(FileRefused, match=f"does not tell its {cadence}: .*--effective"):
        settled(NOTHING, cadence=cadence)


def test_a_month_without_a_year_is_not_enough() -> None:
    with pytest.raises(FileRefused, match="--effective"):
        settled(Told("a", None, 10))


def test_contradictions_are_refused() -> None:
    with pytest.raises(FileRefused, match="the name says 2025, and the title says 2026"):
        settled(Told("the name", 2025, 10), Told("the title", 2026, None))
    with pytest.raises(FileRefused, match="the name says October, and the title says July"):
        settled(Told("the name", 2025, 10), Told("the title", 2025, 7))
    with pytest.raises(FileRefused, match="the name says 2025, and --effective says 2026"):
        settled(Told("the name", 2025, None), effective=date(2026, 1, 1), cadence="year")
    with pytest.raises(FileRefused, match="the name says October, and --effective says July"):
        settled(Told("the name", None, 10), effective=date(2025, 7, 1))
