"""What the classification says with one code: diseases that belong together, and what a specific code leaves out."""

from __future__ import annotations

import pytest

from tests.tools.release import said
from webapp.codes.terms.store import Store
from webapp.tools.detecticd10cm import combining
from webapp.tools.detecticd10cm.combining import COMBINATIONS, Change


def combined(*codes: str, text: str = "", apart: bool = False) -> list[str]:
    """The codes that findings have in the end, in their order. `apart`: each stands in a sentence of its own."""
    given = [(code, number if apart else 0) for number, code in enumerate(codes)]
    result = list(codes)
    for change in combining.changes(given, text):
        result[change.number] = change.code
    return [code for code in result if code]


@pytest.mark.parametrize(
    ("first", "second", "combination"),
    [
        ("I10", "N18.30", ["I12.9", "N18.30"]),
        ("I10", "N18.6", ["I12.0", "N18.6"]),
        ("I10", "I50.9", ["I11.0", "I50.9"]),
        ("I11.9", "I50.22", ["I11.0", "I50.22"]),
        ("I12.9", "I50.9", ["I13.0", "I50.9"]),
        ("I11.9", "N18.5", ["I13.11", "N18.5"]),
        ("I11.9", "N18.4", ["I13.10", "N18.4"]),
    ],
)
def test_hypertension_goes_with_heart_and_kidney(first: str, second: str, combination: list[str]) -> None:
    assert combined(first, second) == combination
    assert combined(second, first, apart=True) == combination[::-1]


@pytest.mark.parametrize(
    ("kidney", "code"), [("N18.4", "I13.0"), ("N18.6", "I13.2"), ("N18.5", "I13.2"), ("N18.9", "I13.0")]
)
def test_hypertension_with_heart_failure_and_kidney_disease_is_one_code(kidney: str, code: str) -> None:
    assert combined("I10", "I50.9", kidney) == [code, "I50.9", kidney]
    assert combined(kidney, "I50.9", "I10") == [kidney, "I50.9", code]


@pytest.mark.parametrize("kind", ["E08", "E09", "E10", "E11", "E13"])
@pytest.mark.parametrize(
    ("other", "suffix", "stays"),
    [
        ("N18.30", "22", True),
        ("L97.511", "621", True),
        ("K31.84", "43", True),
        ("G62.9", "42", False),
        ("I73.9", "51", False),
        ("I96", "52", False),
        ("H35.00", "319", False),
        ("R73.9", "65", False),
        ("E16.2", "649", False),
    ],
)
def test_diabetes_takes_up_its_complications(kind: str, other: str, suffix: str, stays: bool) -> None:
    assert combined(f"{kind}.9", other) == [f"{kind}.{suffix}", *([other] if stays else [])]


def test_high_blood_sugar_becomes_that_of_a_diabetes_with_complications() -> None:
    assert combined("E11.42", "R73.9") == ["E11.42", "E11.65"]


@pytest.mark.parametrize(
    ("codes", "combination"),
    [
        (["J44.9", "J18.9"], ["J44.0", "J18.9"]),
        (["J44.9", "J20.9"], ["J44.0", "J20.9"]),
        (["J45.909", "J44.1"], ["J44.89", "J44.1"]),
        (["I25.10", "I20.0"], ["I25.110"]),
        (["I25.10", "I20.9"], ["I25.119"]),
        (["K80.20", "K81.0"], ["K80.00"]),
        (["K80.20", "K81.1"], ["K80.10"]),
        (["N40.0", "R35.0"], ["N40.1", "R35.0"]),
        (["N20.0", "N13.30"], ["N13.2"]),
        (["K70.30", "R18.8"], ["K70.31"]),
        (["A49.8", "N39.0"], ["B96.20", "N39.0"]),
        (["F03.B11", "G20"], ["F02.B11", "G20"]),
        (["F10.20", "F10.939"], ["F10.239"]),
    ],
    ids=" ".join,
)
def test_diseases_of_lungs_heart_gallbladder_and_others_go_together(codes: list[str], combination: list[str]) -> None:
    assert combined(*codes) == combination


@pytest.mark.parametrize(
    ("codes", "combination"),
    [
        (["K57.32", "L02.91"], ["K57.20"]),
        (["K50.90", "K62.5"], ["K50.911"]),
        (["K50.90", "K60.3"], ["K50.913"]),
        (["K51.90", "K92.1"], ["K51.911"]),
        (["K21.9", "K20.90"], ["K21.00"]),
        (["M81.0", "S32.010A"], ["M80.08XA"]),
        (["N30.90", "R31.9"], ["N30.91"]),
        (["E11.9", "M14.60"], ["E11.610"]),
        (["E11.9", "L97.909"], ["E11.622", "L97.909"]),
        (["R47.01", "Z86.73"], ["I69.320"]),
        (["R13.10", "Z86.73"], ["I69.391"]),
    ],
    ids=" ".join,
)
def test_some_go_together_only_within_a_sentence(codes: list[str], combination: list[str]) -> None:
    assert combined(*codes) == combination
    assert combined(*codes, apart=True) == codes


@pytest.mark.parametrize(("weakness", "code"), [("G81.91", "I69.351"), ("G81.94", "I69.354"), ("G81.90", "I69.359")])
def test_hemiplegia_after_a_stroke_keeps_its_side(weakness: str, code: str) -> None:
    assert combined(weakness, "Z86.73") == [code]


@pytest.mark.parametrize(
    ("unspecified", "specific"),
    [("J45.909", "J45.41"), ("I50.9", "I50.22"), ("N18.9", "N18.4"), ("I48.91", "I48.0"), ("G43.909", "G43.109")],
)
def test_an_unspecified_code_goes_beside_a_specific_one(unspecified: str, specific: str) -> None:
    assert combined(unspecified, specific, apart=True) == [specific]
    assert combined(specific, unspecified, apart=True) == [specific]


@pytest.mark.parametrize(
    "codes", [("I10", "E11.9"), ("J45.909", "J18.9"), ("M10.9", "M10.071"), ("I50.9",), ("N18.9", "N18.9")]
)
def test_what_does_not_belong_together_stays(codes: tuple[str, ...]) -> None:
    assert combined(*codes) == list(codes)


@pytest.mark.parametrize(
    "text",
    [
        "CKD unrelated to hypertension",
        "CKD not due to HTN",
        "not related to his diabetes",
        "Non-diabetic neuropathy",
        "not diabetic",
    ],
)
def test_what_a_note_calls_unrelated_stays_apart(text: str) -> None:
    assert combined("I10", "N18.4", text=text) == ["I10", "N18.4"]
    assert combined("E11.9", "G62.9", text=text) == ["E11.9", "G62.9"]


def test_a_change_names_its_partner() -> None:
    assert combining.changes([("E11.9", 0), ("G62.9", 1)], "") == [Change(0, "E11.42", 1), Change(1, "", 0)]


def test_every_finding_of_a_disease_changes() -> None:
    assert combined("I10", "I50.9", "I10", apart=True) == ["I11.0", "I50.9", "I11.0"]


def test_nothing_is_combined_of_nothing() -> None:
    assert combining.changes([], "") == []


EXAMPLES = {"F03*": "F03.B0", "G81.9*": "G81.90", "M84.4*": "M84.451A", "M48.5*": "M48.50XA"}
"""A code for each beginning that rules name."""


@pytest.mark.parametrize("rule", COMBINATIONS, ids=lambda rule: f"{rule.first[0]} {rule.second[0]}")
def test_every_combination_leads_to_a_billable_code_or_to_none(whole: Store, rule: combining.Combination) -> None:
    for first in rule.first:
        made = rule.into(EXAMPLES.get(first, first), rule.second[0])
        rows = whole.rows(0, made.replace(".", ""))
        assert not made or rows, made
        assert not made or whole.code_billable[rows[0]], made


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hypertension and chronic kidney disease stage 4.", ["I12.9", "N18.4"]),
        ("Hypertension. CKD 4, unrelated to hypertension.", ["I10", "N18.4"]),
        ("Hypertension. No heart failure.", ["I10", "I50.9"]),
        ("Hypertension. Possible heart failure.", ["I10", "I50.9"]),
    ],
)
def test_only_what_is_present_is_combined(whole: Store, text: str, found: list[str]) -> None:
    assert list(dict.fromkeys(code for code, _ in said(whole, text))) == found
