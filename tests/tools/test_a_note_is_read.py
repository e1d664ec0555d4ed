"""A note as it is read: sentences, sections, abbreviations in their sense, words put right, names, and measures."""

from __future__ import annotations

import pytest

from webapp.codes.terms.store import Store
from webapp.tools.detecticd10cm import names, reading
from webapp.tools.detecticd10cm.measures import measures
from webapp.tools.detecticd10cm.reading import LONGEST_SENTENCE


def sentences(store: Store, text: str) -> list[str]:
    return [" ".join(word.text for word in sentence.words) for sentence in reading.read(store, text).sentences]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Fever. Cough", ["fever", "cough"]),
        ("Fever; cough", ["fever", "cough"]),
        ("Fever\ncough", ["fever", "cough"]),
        ("- fever - cough", ["fever", "cough"]),
        ("• fever • cough", ["fever", "cough"]),
        ("Fever! Cough", ["fever", "cough"]),
        ("Fever? Cough", ["fever", "cough"]),
        ("Seen by Dr. Smith", ["seen dr smith"]),
        ("gout vs. asthma", ["gout vs asthma"]),
        ("fever 1.5 hours", ["fever 1 5 hour"]),
        ("x-ray of chest", ["x ray chest"]),
        ("", []),
        ("...;\n", []),
    ],
)
def test_a_note_is_read_in_sentences(whole: Store, text: str, parts: list[str]) -> None:
    assert sentences(whole, text) == parts


def test_what_runs_on_without_a_stop_is_read_in_pieces(whole: Store) -> None:
    read = reading.read(whole, "gout " * (2 * LONGEST_SENTENCE + 1)).sentences
    assert [len(sentence.words) for sentence in read] == [LONGEST_SENTENCE, LONGEST_SENTENCE, 1]


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("Gout", ["none"]),
        ("Family history: gout", ["family"]),
        ("FH: gout", ["family"]),
        ("PMH: gout", ["past"]),
        ("Past surgical history: gout", ["past"]),
        ("Plan: gout", ["none"]),
        ("PMH:\ngout\nasthma", ["past", "past", "past"]),
        ("PMH:\ngout\n\nasthma", ["past", "past", "none"]),
        ("PMH: gout. Asthma today", ["past", "none"]),
        ("PMH: gout\nPlan: asthma", ["past", "none"]),
        ("PMH: gout\nFHx: asthma", ["past", "family"]),
    ],
)
def test_a_section_reaches_to_the_next_header_or_blank_line(whole: Store, text: str, sections: list[str]) -> None:
    assert [sentence.section for sentence in reading.read(whole, text).sentences] == sections


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("HTN", "hypertension"),
        ("htn", "hypertension"),
        ("CHF", "congestive heart failure"),
        ("LBP", "low back pain"),
        ("SOB", "shortness breath"),
        ("so sob", "so sob"),
        ("b/l knees", "bilateral knee"),
        ("SOB on exertion", "shortness breath exertion"),
    ],
)
def test_abbreviations_are_written_out(whole: Store, text: str, read_as: str) -> None:
    assert sentences(whole, text) == [read_as]


@pytest.mark.parametrize(
    ("text", "written_out"),
    [("RA with joint pain", True), ("RA 98%, room air", False), ("MS: normal", False), ("so it was SO", False)],
)
def test_an_abbreviation_has_the_sense_that_the_note_gives_it(whole: Store, text: str, written_out: bool) -> None:
    assert bool(reading.read(whole, text).sentences[0].written_out) is written_out


def test_what_is_written_out_stands_where_the_abbreviation_does(whole: Store) -> None:
    text = "Has CHF now"
    words = reading.read(whole, text).sentences[0].words
    assert {text[word.start : word.end] for word in words if word.text in {"congestive", "heart", "failure"}} == {"CHF"}


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("pneumonai", "pneumonia"),
        ("pneumnia", "pneumonia"),
        ("hypertensoin", "hypertension"),
        ("pneumonia", "pneumonia"),
        ("hypotension", "hypotension"),
        ("gouts", "gout"),
        ("goat", "goat"),
        ("zqxwvut", "zqxwvut"),
    ],
)
def test_a_slip_is_put_right_and_a_known_or_short_word_stays(whole: Store, written: str, read_as: str) -> None:
    assert sentences(whole, written) == [read_as]


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("No fever", ["fever"]),
        ("No fever or rash", ["fever", "rash"]),
        ("No fever but rash", ["fever"]),
        ("No fever, rash", ["fever"]),
        ("Rash", []),
        ("Rash without fever", ["fever"]),
        ("Not only fever", []),
        ("No change in fever", []),
    ],
)
def test_words_after_a_negation_are_denied_up_to_a_turn(whole: Store, text: str, denied: list[str]) -> None:
    sentence = reading.read(whole, text).sentences[0]
    assert [sentence.words[place].text for place in sorted(sentence.denied)] == denied


@pytest.mark.parametrize(
    ("text", "said"), [("He is out of it", ["out of it"]), ("He is out with it", []), ("It is out of order", [])]
)
def test_what_patients_say_is_found_word_for_word(whole: Store, text: str, said: list[str]) -> None:
    assert [short.line.term for short in reading.read(whole, text).sentences[0].shorts] == said


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("the Asthma Clinic", "Asthma"),
        ("Asthma & Allergy Center", "Asthma"),
        ("the Stroke Foundation", "Stroke"),
        ("Breast Cancer Walk", "Breast Cancer"),
        ("Seen at Mercy Diabetes.", "Diabetes"),
    ],
)
def test_a_name_is_no_disease(whole: Store, text: str, what: str) -> None:
    start = text.index(what)
    assert names.is_name(whole, text, start, start + len(what))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Asthma", "Asthma"),
        ("Asthma, stable", "Asthma"),
        ("Patient has Asthma", "Asthma"),
        ("ASTHMA CLINIC", "ASTHMA"),
        ("the asthma clinic", "asthma"),
        ("Type 2 Diabetes", "Diabetes"),
        ("Has Gout Attacks", "Gout"),
        ("Stable. Gout", "Gout"),
    ],
)
def test_a_disease_in_capitals_is_no_name_by_that_alone(whole: Store, text: str, what: str) -> None:
    start = text.index(what)
    assert not names.is_name(whole, text, start, start + len(what))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("BMI 17.5", "Z68.1"),
        ("BMI 19.9", "Z68.1"),
        ("BMI 20", "Z68.20"),
        ("BMI: 24.9", "Z68.24"),
        ("BMI=31", "Z68.31"),
        ("BMI is 39.9", "Z68.39"),
        ("BMI of 40.0", "Z68.41"),
        ("BMI 45", "Z68.42"),
        ("BMI 59.9", "Z68.43"),
        ("BMI 60", "Z68.44"),
        ("body mass index of 70", "Z68.45"),
        ("BMI at the 3rd percentile", "Z68.51"),
        ("BMI 84th percentile", "Z68.52"),
        ("BMI 90th %ile", "Z68.53"),
        ("BMI 97th percentile", "Z68.54"),
        ("32 weeks pregnant", "Z3A.32"),
        ("IUP at 20wks", "Z3A.20"),
        ("G2P1 at 39w4d", "Z3A.39"),
        ("pregnancy, 32+2 weeks", "Z3A.32"),
        ("8 weeks gestation", "Z3A.08"),
        ("pregnant 7 weeks", "Z3A.01"),
        ("42 weeks of gestation", "Z3A.42"),
    ],
)
def test_numbers_have_codes(whole: Store, text: str, code: str) -> None:
    assert [measure.code for measure in measures(text)] == [code]
    assert whole.rows(0, code.replace(".", "")), code


@pytest.mark.parametrize(
    "text",
    [
        "BMI 9",
        "BMI 95",
        "BMI 305",
        "BMI unknown",
        "Pain for 32 weeks",
        "pregnant, fell 3 weeks ago",
        "pregnant 43 weeks",
    ],
)
def test_other_numbers_have_none(text: str) -> None:
    assert list(measures(text)) == []


def test_a_measure_says_where_it_stands() -> None:
    text = "Obese, BMI 42.3, 32 weeks pregnant"
    assert [text[measure.start : measure.end] for measure in measures(text)] == ["BMI 42.3", "32 weeks"]
