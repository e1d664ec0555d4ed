"""From a disease to the billable code that a note allows: side, stage, episode of care, what is absent or open."""

from __future__ import annotations

import pytest

from tests.tools.release import DAY, detect, said
from webapp.codes.terms.store import Store
from webapp.tools.detecticd10cm import tree
from webapp.tools.detecticd10cm.engine import Finding


def row(store: Store, code: str) -> int:
    return store.rows(0, code.replace(".", ""))[0]


def only(store: Store, text: str) -> Finding:
    """The one present finding of a text."""
    (found,) = (finding for finding in detect(store, text) if finding.status == "present")
    return found


def walked(store: Store, code: str, said: str = "", denied: str = "") -> str:
    """The code that is chosen for a code and some words."""
    return store.key(tree.walk(store, row(store, code), frozenset(said.split()), frozenset(denied.split()), DAY).row)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Osteoarthritis of the right knee.", "M17.11"),
        ("Osteoarthritis of the left knee.", "M17.12"),
        ("Carpal tunnel syndrome, left wrist.", "G56.02"),
        ("Right shoulder pain.", "M25.511"),
        ("Cellulitis of left leg.", "L03.116"),
        ("Hearing loss, left ear.", "H91.92"),
        ("Malignant neoplasm of left breast.", "C50.912"),
        ("Stye left upper eyelid.", "H00.014"),
        ("Acute deep vein thrombosis of right femoral vein.", "I82.411"),
    ],
)
def test_the_side_is_taken_from_the_note(whole: Store, text: str, code: str) -> None:
    assert only(whole, text).code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Osteoarthritis of both knees.", "M17.0"),
        ("Bilateral carpal tunnel syndrome.", "G56.03"),
        ("Age-related nuclear cataract, bilateral.", "H25.13"),
        ("Bilateral hearing loss.", "H91.93"),
        ("Tinnitus, bilateral.", "H93.13"),
        ("Bilateral inguinal hernia.", "K40.20"),
    ],
)
def test_one_code_for_both_sides_is_taken_where_there_is_one(whole: Store, text: str, code: str) -> None:
    assert only(whole, text).code == code


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Pain in both shoulders.", ["M25.511", "M25.512"]),
        ("Pain in both knees.", ["M25.561", "M25.562"]),
        ("Bunion both feet.", ["M21.611", "M21.612"]),
    ],
)
def test_where_there_is_none_each_side_has_its_own(whole: Store, text: str, codes: list[str]) -> None:
    assert [finding.code for finding in detect(whole, text)] == codes


def test_a_code_of_a_side_is_not_doubled(whole: Store) -> None:
    assert tree.both_sides(whole, row(whole, "M25.511"), DAY) == ()
    assert tree.both_sides(whole, row(whole, "I10"), DAY) == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Chronic kidney disease, stage 1.", "N18.1"),
        ("Chronic kidney disease stage 3b.", "N18.32"),
        ("CKD 5.", "N18.5"),
        ("Pressure ulcer of right heel, stage 3.", "L89.613"),
        ("Pressure ulcer of sacral region, stage 4.", "L89.154"),
        ("Mild persistent asthma.", "J45.30"),
        ("Severe persistent asthma with status asthmaticus.", "J45.52"),
        ("Chronic diastolic heart failure.", "I50.32"),
        ("Acute on chronic systolic heart failure.", "I50.23"),
        ("Major depressive disorder, single episode, moderate.", "F32.1"),
        ("Second degree burn of right hand.", "T23.201A"),
        ("Severe pre-eclampsia, third trimester.", "O14.13"),
        ("Alcohol dependence, in remission.", "F10.21"),
    ],
)
def test_stage_severity_and_course_are_taken_from_the_note(whole: Store, text: str, code: str) -> None:
    assert only(whole, text).code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Sprain of right ankle.", "S93.401A"),
        ("Sprain of right ankle, subsequent encounter.", "S93.401D"),
        ("Sprain of right ankle, follow-up visit.", "S93.401D"),
        ("Fracture of the left femur.", "S72.92XA"),
        ("Closed fracture of left femur.", "S72.92XA"),
        ("Fracture of the left femur, healing, follow-up.", "S72.92XD"),
        ("Fracture of the left femur, nonunion.", "S72.92XK"),
        ("Fracture of the left femur, malunion.", "S72.92XP"),
        ("Sequela of fracture of right femur.", "S72.91XS"),
        ("Dislocation of right shoulder, subsequent encounter.", "S43.004D"),
    ],
)
def test_the_episode_of_care_is_taken_from_the_note(whole: Store, text: str, code: str) -> None:
    assert only(whole, text).code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Umbilical hernia.", "K42.9"),
        ("Umbilical hernia without obstruction.", "K42.9"),
        ("Umbilical hernia with obstruction.", "K42.0"),
        ("Acute gastric ulcer with hemorrhage.", "K25.0"),
        ("Gastric ulcer without bleeding.", "K25.9"),
        ("Puncture wound of right foot.", "S91.331A"),
        ("Puncture wound of right foot with foreign body.", "S91.341A"),
        ("Type 2 diabetes mellitus.", "E11.9"),
        ("Type 2 diabetes mellitus with hyperglycemia.", "E11.65"),
        ("Migraine without aura, not intractable.", "G43.009"),
        ("Migraine with aura.", "G43.109"),
        ("Concussion without loss of consciousness.", "S06.0X0A"),
        ("COPD with acute exacerbation.", "J44.1"),
    ],
)
def test_what_is_there_and_what_is_not_decide(whole: Store, text: str, code: str) -> None:
    assert only(whole, text).code == code


@pytest.mark.parametrize(
    ("text", "code", "missing"),
    [
        ("Carpal tunnel syndrome.", "G56.00", ("side",)),
        ("Otitis media.", "H66.90", ("side",)),
        ("Breast cancer.", "C50.919", ("side",)),
        ("Pressure ulcer of right heel.", "L89.619", ("stage",)),
        ("Contusion of left knee.", "S80.02XA", ("episode of care",)),
        ("Contusion of knee.", "S80.00XA", ("episode of care", "side")),
        ("Ankle sprain, sequela.", "S93.409S", ("side",)),
        ("Chronic kidney disease, stage 1.", "N18.1", ()),
        ("Osteoarthritis of the right knee.", "M17.11", ()),
        ("Sprain of right ankle, subsequent encounter.", "S93.401D", ()),
        ("Gout.", "M10.9", ()),
    ],
)
def test_an_unspecified_code_says_what_is_missing(whole: Store, text: str, code: str, missing: tuple[str, ...]) -> None:
    found = only(whole, text)
    assert (found.code, found.missing) == (code, missing)


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("Carpal tunnel syndrome.", ("G56.01", "G56.02", "G56.03")),
        ("Carpal tunnel syndrome, left wrist.", ()),
        ("Puncture wound of right foot.", ("S91.339A",)),
        ("Chronic kidney disease stage 4.", ()),
    ],
)
def test_codes_that_come_close_are_alternatives(whole: Store, text: str, others: tuple[str, ...]) -> None:
    assert only(whole, text).alternatives == others


@pytest.mark.parametrize("text", ["Tinnitus.", "Gastric ulcer.", "Glaucoma, left eye.", "Sprain of right ankle."])
def test_alternatives_are_few_billable_and_of_the_same_category(whole: Store, text: str) -> None:
    found = only(whole, text)
    assert 0 < len(found.alternatives) <= tree.MOST_OTHERS
    assert found.code not in found.alternatives
    assert all(whole.code_billable[row(whole, code)] for code in found.alternatives)
    assert {code[:3] for code in found.alternatives} == {found.code[:3]}


@pytest.mark.parametrize(
    ("code", "said", "denied", "chosen"),
    [
        ("G56.0", "", "", "G56.00"),
        ("G56.0", "left", "", "G56.02"),
        ("G56.0", "bilateral", "", "G56.03"),
        ("G56.01", "left", "", "G56.02"),
        ("S52.5", "right", "", "S52.501A"),
        ("S52.5", "right subsequent routine healing", "", "S52.501D"),
        ("S52.5", "left sequela", "", "S52.502S"),
        ("K42", "", "", "K42.9"),
        ("K42", "gangrene", "", "K42.1"),
        ("K42", "", "obstruction gangrene", "K42.9"),
        ("I10", "left acute", "", "I10"),
    ],
)
def test_a_header_leads_to_the_code_that_fits_the_words(
    whole: Store, code: str, said: str, denied: str, chosen: str
) -> None:
    assert walked(whole, code, said, denied) == chosen


@pytest.mark.parametrize("code", ["A00", "E11", "H40", "M84", "O24", "S72", "T40", "V43", "Z3A"])
def test_every_header_leads_to_a_billable_code_below_it(whole: Store, code: str) -> None:
    chosen = walked(whole, code)
    assert chosen.startswith(code)
    assert whole.code_billable[row(whole, chosen)]


def test_without_codes_of_the_day_the_code_stays(whole: Store) -> None:
    choice = tree.walk(whole, row(whole, "G56.0"), frozenset(), frozenset(), 0)
    assert (whole.key(choice.row), choice.others, choice.missing) == ("G56.0", (), ())


def test_a_title_says_what_is_unknown_and_what_is_absent(whole: Store) -> None:
    unknown = tree.title(whole, row(whole, "G56.00"))
    assert unknown.vague
    assert {"arm"} <= unknown.unknown
    absent = tree.title(whole, row(whole, "K42.9"))
    assert absent.absent == {"obstruction", "gangrene"}
    assert not absent.words & absent.absent


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Concussion with loss of consciousness of 10 minutes.", "S06.0X1A"),
        ("Concussion with brief LOC.", "S06.0X1A"),
        ("Subdural hematoma after a fall, unconscious for 2 hours.", "S06.5X3A"),
        ("Concussion with loss of consciousness.", "S06.0X9A"),
        ("Concussion without loss of consciousness.", "S06.0X0A"),
    ],
)
def test_an_injury_of_the_brain_says_how_long_consciousness_was_lost(whole: Store, text: str, code: str) -> None:
    assert [each for each, status in said(whole, text) if status == "present"] == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Lipoma of the right upper arm.", "D17.21"),
        ("Malignant melanoma of left shoulder.", "C43.62"),
        ("Undescended left testicle.", "Q53.10"),
        ("Displaced fracture of the left fifth metatarsal.", "S92.352A"),
        ("Mass in left breast.", "N63.20"),
        ("Edema of both ankles.", "R60.0"),
    ],
)
def test_a_part_of_the_body_is_found_in_larger_ones(whole: Store, text: str, code: str) -> None:
    assert [each for each, _ in said(whole, text)] == [code]
