"""Words of texts and of terms become the same: accents, plurals, spellings, joined beginnings, and equivalents."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.codes.terms.vocabulary import Reader
from webapp.codes.terms.words import LONGEST_WORD, Word, normal, spans, words


def read(text: str, **forms: str) -> list[str]:
    return [word.text for word in Reader(forms).read(text)]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [("Sjögren", "sjogren"), ("Ménière", "meniere"), ("naïve", "naive"), ("CHARCÔT", "charcot"), ("GOUT", "gout")],
)
def test_accents_and_capitals_make_no_difference(written: str, read_as: str) -> None:
    assert normal(written) == read_as
    assert normal(unicodedata.normalize("NFD", written)) == read_as


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("ulcers", "ulcer"),
        ("diseases", "disease"),
        ("biopsies", "biopsy"),
        ("metastases", "metastasis"),
        ("abscesses", "abscess"),
        ("crutches", "crutch"),
        ("viruses", "virus"),
        ("phases", "phase"),
        ("eyes", "eye"),
    ],
)
def test_many_are_read_as_one(many: str, one: str) -> None:
    assert normal(many) == normal(one) == one


@pytest.mark.parametrize(
    "word", ["diabetes", "caries", "herpes", "rabies", "pus", "diagnosis", "abscess", "virus", "forceps", "gas", "lens"]
)
def test_a_word_that_only_ends_as_a_plural_stays(word: str) -> None:
    assert normal(word) == word


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("anaemia", "anemia"),
        ("haemorrhage", "hemorrhage"),
        ("oedema", "edema"),
        ("oesophagus", "esophagus"),
        ("oestrogen", "estrogen"),
        ("diarrhoea", "diarrhea"),
        ("paediatric", "pediatric"),
        ("gynaecological", "gynecological"),
        ("caecum", "cecum"),
        ("faeces", "feces"),
        ("anaesthesia", "anesthesia"),
        ("foetal", "fetal"),
        ("coeliac", "celiac"),
        ("dyspnoea", "dyspnea"),
        ("tumours", "tumors"),
        ("hospitalisation", "hospitalization"),
        ("hospitalised", "hospitalized"),
        ("behavioural", "behavioral"),
        ("labour", "labor"),
        ("sulphate", "sulfate"),
    ],
)
def test_british_spellings_are_read_as_american_ones(british: str, american: str) -> None:
    assert normal(british) == normal(american)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("non-union", "nonunion"),
        ("non union", "nonunion"),
        ("nonunion", "nonunion"),
        ("non–union", "nonunion"),
        ("Pre-eclampsia", "preeclampsia"),
        ("hyper tension", "hypertension"),
        ("post-operative", "postoperative"),
    ],
)
def test_a_beginning_is_joined_with_its_word(text: str, joined: str) -> None:
    assert spans(text) == [Word(joined, 0, len(text))]


@pytest.mark.parametrize("text", ["non\nunion", "non, union", "non"])
def test_a_beginning_stands_alone_where_no_word_follows_at_once(text: str) -> None:
    assert words(text)[0] == "non"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Crohn's", "crohn"),
        ("Crohn’s", "crohn"),
        ("patients'", "patient"),
        ("don't", "dont"),
        ("don’t", "dont"),
        ("can't", "cant"),
    ],
)
def test_a_possessive_goes_and_a_contraction_stays_a_word(written: str, read_as: str) -> None:
    assert words(written) == [read_as]


@pytest.mark.parametrize(
    ("written", "read_as"), [("II", "2"), ("iii", "3"), ("IV", "4"), ("1st", "first"), ("3rd", "third"), ("I", "i")]
)
def test_roman_numbers_and_ordinals_have_one_form(written: str, read_as: str) -> None:
    assert normal(written) == read_as


def test_a_word_of_endless_length_is_cut() -> None:
    assert normal("x" * 1_000) == "x" * LONGEST_WORD


def test_places_are_counted_in_code_points() -> None:
    assert spans("🦠 Fièvre 🦠, non-ménière") == [Word("fievre", 2, 8), Word("nonmeniere", 12, 23)]


@given(st.text(max_size=80))
@settings(deadline=None, derandomize=True)
def test_any_text_has_words_in_their_order_and_within_it(text: str) -> None:
    found = spans(text)
    assert all(0 <= word.start < word.end <= len(text) and word.text for word in found)
    assert all(one.end <= two.start for one, two in pairwise(found))


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("renal", ["kidney"]),
        ("tumors", ["neoplasm"]),
        ("malignant neoplasm", ["cancer"]),
        ("Carcinoma in situ", ["carcinomainsitu"]),
        ("both eyes", ["bilateral", "eye"]),
        ("left-sided weakness", ["left", "weakness"]),
        ("E. coli", ["escherichia", "coli"]),
        ("lower extremity", ["leg"]),
        ("lower back", ["lower", "back"]),
    ],
)
def test_what_means_the_same_is_read_as_one(text: str, read_as: list[str]) -> None:
    assert read(text) == read_as


def test_the_longest_equivalent_is_taken() -> None:
    assert read("tumor") == ["neoplasm"]
    assert read("malignant tumor") == ["cancer"]


def test_an_equivalent_keeps_the_place_of_all_that_it_was_read_from() -> None:
    assert Reader({}).read("a malignant neoplasm") == [Word("a", 0, 1), Word("cancer", 2, 20)]


def test_other_forms_of_a_main_term_are_read_as_it() -> None:
    assert read("ulcerated skin", ulcerated="ulcer") == ["ulcer", "skin"]


def test_a_form_of_a_word_that_has_an_equivalent_is_read_as_that() -> None:
    assert read("renals renalis", renalis="renal") == ["kidney", "kidney"]


def test_what_equivalents_lead_to_is_not_read_on_as_another_form() -> None:
    assert read("renal kidney", kidney="organ") == ["kidney", "kidney"]


def test_words_that_are_read_as_others_are_known() -> None:
    reader = Reader({"ulcerated": "ulcer"})
    assert {"renal", "ulcerated"} <= reader.known
    assert "gout" not in reader.known
