"""The rules for diagnoses, on made-up evidence: codes in force, Excludes1 notes, sex, age, maternal records."""

from __future__ import annotations

import re
from datetime import date
from xml.etree import ElementTree

import pytest

from tests.codes import garbling
from webapp.codes.claims import check, excludes
from webapp.codes.claims.evidence import Diagnosis, Evidence, Place, Span
from webapp.codes.claims.model import Claim, Finding, Source

DAY = date(2026, 8, 3)
SOURCES = {"icd-10-cm": [Source("icd-10-cm", "ICD-10-CM", "April 2026", date(2026, 4, 1), date(2026, 9, 30))]}
VERSIONS = ((Span(date(2020, 10, 1)), True),)
CHAPTER_1 = Place("chapter-1", "Imagined fevers (A00-B99)")
MATERNAL = Place(
    "chapter-15", "Imagined births", (("notes", "FOR USE ONLY ON MATERNAL RECORDS, NEVER ON NEWBORN RECORDS"),)
)
NEWBORN = Place(
    "chapter-16", "Imagined infants", (("notes", "For use on newborn records only, never on maternal records"),)
)
WINGS = Place("chapter-17", "Imagined wings", (("notes", "Codes from here are not for use on maternal records"),))
WEIGHTS = Place(
    "Z68",
    "Imagined weights",
    (
        ("notes", "BMI adult codes are for use for persons 20 years of age or older"),
        ("notes", "BMI pediatric codes are for use for persons 2-19 years of age."),
    ),
)


def diagnosis(key: str, *above: Place, title: str = "Made-up title", excluded: str = "") -> Diagnosis:
    notes = (("excludes1", excluded),) if excluded else ()
    return Diagnosis(key, VERSIONS, (Place(key, title, notes), *above))


def findings(*known: Diagnosis, **claim: object) -> list[Finding]:
    codes = {each.key.replace(".", ""): each for each in known}
    given = Claim(diagnoses=tuple(codes), **claim)  # type: ignore[arg-type]  # the fields of Claim
    return check.check(given, DAY, Evidence(SOURCES, diagnoses=codes)).findings


def rules(*known: Diagnosis, **claim: object) -> list[tuple[str, str]]:
    return [(finding.rule, finding.severity) for finding in findings(*known, **claim)]


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        (VERSIONS, None),
        (((Span(date(2020, 10, 1)), False),), "A00.0 is a heading, not billable"),
        (((Span(date(2020, 10, 1), date(2025, 9, 30)), True),), "A00.0 ended on 2025-09-30"),
        (((Span(date(2026, 10, 1)), True),), "A00.0 begins on 2026-10-01"),
        (((Span(date(2020, 10, 1), DAY), True), (Span(date(2026, 8, 4)), False)), None),
    ],
)
def test_a_diagnosis_must_be_billable_on_the_day(versions: tuple[tuple[Span, bool], ...], words: str | None) -> None:
    found = findings(Diagnosis("A00.0", versions))
    assert [finding.rule for finding in found] == (["code"] if words else [])
    assert not words or words in found[0].sentence


def test_an_unknown_diagnosis_is_told() -> None:
    (finding,) = check.check(Claim(diagnoses=("A0009",)), DAY, Evidence(SOURCES)).findings
    assert finding.sentence == "A0009 is no code of ICD-10-CM in any release that is loaded."


def test_without_a_release_nothing_is_said_of_diagnoses() -> None:
    found = check.check(Claim(diagnoses=("A0009",)), DAY, Evidence())
    assert found.findings == []
    assert found.notes == ["ICD-10-CM tabular list: no release for 2026-08-03 is loaded, so this was not checked."]


def test_an_excludes1_note_of_either_code_is_an_error() -> None:
    pair = diagnosis("A00.0", CHAPTER_1, excluded="wyvern fever (B05.-)"), diagnosis("B05.1", CHAPTER_1)
    for known in (pair, pair[::-1]):
        (finding,) = findings(*known)
        assert (finding.rule, finding.severity, finding.codes) == ("excludes1", "error", ("A00.0", "B05.1"))
        assert finding.sentence == "A00.0 excludes B05.1 by its own Excludes1 note: wyvern fever (B05.-)."


def test_an_inherited_note_counts_and_is_named() -> None:
    above = Place("A00", "Dragon fever", (("excludes1", "wyvern fever (B05.-)"),))
    (finding,) = findings(diagnosis("A00.0", above, CHAPTER_1), diagnosis("B05.1", CHAPTER_1))
    assert "by A00’s Excludes1 note" in finding.sentence


def test_a_note_above_both_codes_sets_them_not_apart() -> None:
    above = Place("A00", "Dragon fever", (("excludes1", "some dragons (A00.1)"),))
    assert findings(diagnosis("A00.0", above), diagnosis("A00.1", above)) == []


def test_other_notes_set_nothing_apart() -> None:
    other = Diagnosis("A00.0", VERSIONS, (Place("A00.0", "Fever", (("excludes2", "wyvern fever (B05.-)"),)),))
    assert findings(other, diagnosis("B05.1")) == []


def test_two_notes_are_one_finding() -> None:
    found = findings(diagnosis("A00.0", excluded="one (B05.-)"), diagnosis("B05.1", excluded="other (A00.-)"))
    assert len(found) == 1


@pytest.mark.parametrize(
    ("note", "named", "others"),
    [
        ("fever (B05.-)", ["B050", "B05"], ["B06", "A05"]),
        ("fever (B05)", ["B051"], ["B06"]),
        ("fever (B05.1)", ["B051"], ["B050", "B05"]),
        ("fever (B05.1-)", ["B0519"], ["B050"]),
        ("fever (B05-B07)", ["B05", "B0699", "B0712"], ["B04", "B08"]),
        ("fever (B05.1-B05.3)", ["B0511", "B0539"], ["B050", "B054"]),
        ("fever (B05.1-B05.3-)", ["B0539"], ["B054"]),
        ("fever (B05.2--B05.7-)", ["B0530"], ["B051", "B058"]),
        ("fever (B05.0 -B05.9)", ["B054"], ["B06"]),
        ("fever (B05.0, B06.-, B08-B09)", ["B050", "B061", "B089"], ["B051", "B07"]),
        ("one (B05.0) or other (C06)", ["B050", "C061"], ["B051"]),
        ("fever (B05-B07 with 5th character 9)", ["B0619", "B05191"], ["B0618", "B0819"]),
        ("fever (B05.- with 7th character B)", ["B05123B"], ["B05123A", "B0512"]),
        ("fever (B05.-with 7th character B)", ["B05123B"], ["B05123A"]),
        ("fever (B05 with fifth-character 1)", ["B0521"], ["B0512"]),
        ("fever (E08-E13 with .51-.52)", ["E1151", "E0852", "E11511"], ["E1153", "E1451", "E11"]),
        ("fever (E08-E13 with .62-)", ["E11620"], ["E1163"]),
        ("fever (I69. with final characters -23)", ["I69123"], ["I69122"]),
        ("fever (F11-F19 with fifth to sixth characters 51)", ["F11151", "F19951"], ["F11150", "F1151"]),
        ("fever (B05 with something else)", [], ["B05", "B051"]),
        ("fever of the G6PD kind (G6PD)", [], ["D55"]),
        ("fever, see the index", [], ["B05"]),
    ],
)
def test_codes_in_the_brackets_of_a_note_are_understood(note: str, named: list[str], others: list[str]) -> None:
    assert [code for code in (*named, *others) if excludes.names(note, code)] == named


@pytest.mark.parametrize(
    ("title", "sex", "found"),
    [
        ("Fever of the female wing", "male", [("sex", "warning")]),
        ("Fever of the female wing", "female", []),
        ("Fever of the wing, male", "female", [("sex", "warning")]),
        ("Fever (female) (male)", "male", []),
        ("Fever after a female partner", "male", []),
        ("Fever of the wing", "male", []),
        ("Fever of the female wing", None, []),
    ],
)
def test_the_title_tells_the_sex(title: str, sex: str | None, found: list[tuple[str, str]]) -> None:
    assert rules(diagnosis("A00.0", title=title), sex=sex) == found


def test_the_title_of_a_heading_tells_the_sex_too() -> None:
    (finding,) = findings(diagnosis("N40.0", Place("N40-N53", "Diseases of male wings (N40-N53)")), sex="female")
    assert finding.sentence == "N40.0 stands under “Diseases of male wings (N40-N53)”; the patient is female."


def test_maternal_records_are_not_of_men_nor_of_the_newborn() -> None:
    birth = diagnosis("O80", MATERNAL)
    assert rules(birth, sex="male", age=30) == [("sex", "error")]
    assert rules(birth, sex="female", age=0) == [("age", "error")]
    assert rules(birth, sex="female", age=30) == []
    assert rules(birth) == []


def test_newborn_records_are_questioned_later() -> None:
    assert rules(diagnosis("P07.1", NEWBORN), age=0) == []
    (finding,) = findings(diagnosis("P07.1", NEWBORN), age=1)
    assert (finding.severity, finding.rule) == ("warning", "age")
    assert "as a note at chapter 16 says; the patient is 1." in finding.sentence


@pytest.mark.parametrize("child", [diagnosis("P07.1", NEWBORN), diagnosis("Q10", WINGS)])
def test_mother_and_child_have_records_of_their_own(child: Diagnosis) -> None:
    (finding,) = findings(diagnosis("O80", MATERNAL), child)
    assert (finding.rule, finding.severity, finding.codes) == ("records", "error", ("O80", child.key))


def test_two_codes_of_one_record_go_together() -> None:
    assert rules(diagnosis("O80", MATERNAL), diagnosis("O81", MATERNAL)) == []
    assert rules(diagnosis("P07.1", NEWBORN), diagnosis("Q10", WINGS)) == []


@pytest.mark.parametrize(
    ("title", "ages", "wrong"),
    [
        ("Weight 20, adult", (20, 99), (2, 19)),
        ("Weight, pediatric", (2, 19), (1, 20)),
        ("Donor under age 35", (0, 34), (35, 60)),
        ("Donor age 35 and over", (35, 60), (34,)),
        ("Look at a newborn under 8 days old", (0,), (1,)),
        ("Look at a newborn 8 to 28 days old", (0,), (1,)),
    ],
)
def test_notes_and_titles_tell_ages(title: str, ages: tuple[int, ...], wrong: tuple[int, ...]) -> None:
    known = diagnosis("Z68.1", WEIGHTS, title=title)
    assert [rules(known, age=age) for age in ages] == [[]] * len(ages)
    assert [rules(known, age=age) for age in wrong] == [[("age", "error")]] * len(wrong)


@pytest.mark.skipif(not garbling.SHARED.exists(), reason=garbling.ABSENT)
def test_nearly_every_note_of_the_tabular_list_is_understood() -> None:
    root = ElementTree.parse(garbling.SHARED / "icd10cm" / "icd10cm-tabular-April-1-2026.xml").getroot()
    notes = ["".join(note.itertext()) for element in root.iter("excludes1") for note in element]
    brackets = [each for note in notes for each in re.findall(r"\([^()]*[A-Z]\d[0-9A-Z][^()]*\)", note)]
    assert len(brackets) > 5000
    assert sorted(bracket for bracket in brackets if not excludes.named_in(bracket)) == [
        *["(G6PD)"] * 2,
        "(S52.- with open fracture 7th character)",
    ]
