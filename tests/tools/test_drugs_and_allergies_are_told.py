"""Drugs in notes: taken for long, the cause of something, or what a patient is allergic to."""

from __future__ import annotations

import pytest

from tests.tools.release import said
from webapp.codes.terms.store import Store


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("On warfarin.", "Z79.01"),
        ("Takes warfarin long term.", "Z79.01"),
        ("Daily aspirin.", "Z79.82"),
        ("Long-term insulin.", "Z79.4"),
        ("Tacrolimus lifelong.", "Z79.621"),
        ("Chronic prednisone.", "Z79.52"),
    ],
)
def test_what_is_taken_for_long_is_a_state(whole: Store, text: str, code: str) -> None:
    assert said(whole, text) == [(code, "present")]


@pytest.mark.parametrize("text", ["On metformin.", "On prednisone for five days.", "Prednisone taper started."])
def test_a_drug_alone_is_none(whole: Store, text: str) -> None:
    assert said(whole, text) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Allergic to penicillin and latex.", ["Z88.0", "Z91.040"]),
        ("Allergies: latex, peanuts, sulfa.", ["Z91.040", "Z91.010", "Z88.2"]),
    ],
)
def test_allergies_are_told_one_by_one(whole: Store, text: str, codes: list[str]) -> None:
    assert [code for code, _ in said(whole, text)] == codes
