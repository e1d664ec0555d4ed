"""Words that nobody knows: unfinished, with an error or two, or written by ear. Known ones are never read as others."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.codes.small_store import code, hits, store
from webapp.codes.terms import spelling
from webapp.codes.terms.sounds import sound
from webapp.codes.terms.store import Store

WORDS = (
    *("pneumonia", "psychosis", "schizophrenia", "asthma", "gastritis", "migraine", "fever", "tonsillitis"),
    *("carditis", "cystitis", "cervicitis", "hypotension", "hypertension"),
)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store that knows these words and no others."""
    rows = [code(f"A{number:02}", word.title()) for number, word in enumerate(WORDS)]
    return store(tmp_path_factory.mktemp("words"), rows)


def meant(store: Store, word: str) -> list[str]:
    return [store.words[at] for at, _ in spelling.respelt(store, word)]


@pytest.mark.parametrize(
    ("by_ear", "written"),
    [
        ("skitzofrenia", "schizophrenia"),
        ("newmonia", "pneumonia"),
        ("sikosis", "psychosis"),
        ("fisical", "physical"),
        ("rumatoid", "rheumatoid"),
        ("sellulitis", "cellulitis"),
        ("neefrosis", "nephrosis"),
        ("terygium", "pterygium"),
        ("larinks", "larynx"),
        ("tyroid", "thyroid"),
        ("exzema", "eczema"),
        ("diareah", "diarrhoea"),
    ],
)
def test_words_written_by_ear_sound_as_they_should(by_ear: str, written: str) -> None:
    assert sound(by_ear) == sound(written)


@pytest.mark.parametrize(
    ("one", "other"), [("cold", "cord"), ("gastric", "gastritis"), ("asthma", "anemia"), ("liver", "lung")]
)
def test_other_words_sound_otherwise(one: str, other: str) -> None:
    assert sound(one) != sound(other)


@pytest.mark.parametrize("word", ["b12", "t2dm", "", "2"])
def test_what_has_numbers_sounds_like_nothing(word: str) -> None:
    assert sound(word) == ""


@given(st.text(max_size=30))
@settings(deadline=None, derandomize=True)
def test_any_text_has_a_sound(word: str) -> None:
    assert len(sound(word)) <= 2 * len(word)


@pytest.mark.parametrize("word", ["hypotension", "hypertension", "fever", "carditis"])
def test_a_known_word_is_never_read_as_another(known: Store, word: str) -> None:
    found = hits(known, word)
    assert known.title(found[0].row).lower() == word
    assert all(not hit.expansions for hit in found if known.title(hit.row).lower() == word)
    assert "A11" not in {known.key(hit.row) for hit in hits(known, "hypertension")}


@pytest.mark.parametrize(
    ("slip", "word"),
    [
        ("pneumona", "pneumonia"),
        ("pneumoniaa", "pneumonia"),
        ("pnuemonia", "pneumonia"),
        ("psycosis", "psychosis"),
        ("migrane", "migraine"),
        ("fevr", "fever"),
        ("tonsilitis", "tonsillitis"),
    ],
)
def test_one_error_is_put_right(known: Store, slip: str, word: str) -> None:
    assert meant(known, slip)[0] == word


@pytest.mark.parametrize(
    ("slip", "word"), [("pnumona", "pneumonia"), ("migrain", "migraine"), ("cistytis", "cystitis")]
)
def test_two_errors_are_put_right_in_longer_words(known: Store, slip: str, word: str) -> None:
    assert meant(known, slip)[0] == word


def test_two_errors_are_too_many_in_a_short_word(known: Store) -> None:
    assert meant(known, "fexx") == []


def test_a_word_with_more_errors_is_known_by_its_sound(known: Store) -> None:
    assert meant(known, "skitzofrenia") == ["schizophrenia"]


@pytest.mark.parametrize("word", ["abc", "fe", "12asthma", "zzzzzzz", ""])
def test_what_is_short_has_numbers_or_is_like_nothing_stays(known: Store, word: str) -> None:
    assert meant(known, word) == []


def test_the_fewer_the_errors_the_surer(known: Store) -> None:
    right, one, two = (spelling.respelt(known, word)[0][1] for word in ("pneumonia", "pneumona", "pnumona"))
    assert 1 > right > one > two > 0


def test_only_the_one_word_that_can_be_meant_is_sure(known: Store) -> None:
    assert spelling.surely(known, "pneumona") == "pneumonia"
    assert spelling.surely(known, "fevr") == ""
    assert spelling.surely(known, "hypatension") == "hypotension"


def test_a_word_between_two_others_is_not_sure(tmp_path: Path) -> None:
    made = store(tmp_path, [code("A01", "Striction"), code("A02", "Stricting")])
    assert spelling.surely(made, "stricti") == ""
    assert spelling.surely(made, "strictio") == "striction"


def test_a_beginning_is_read_as_the_words_that_begin_so(known: Store) -> None:
    assert {known.words[at] for at, _ in spelling.beginnings(known, "hyp")} == {"hypotension", "hypertension"}
    assert spelling.beginnings(known, "h") == []
    assert spelling.beginnings(known, "x") == []


def test_the_more_of_a_word_is_written_the_surer(known: Store) -> None:
    little, much = (spelling.beginnings(known, beginning)[0][1] for beginning in ("pne", "pneumoni"))
    assert little < much < 1


def test_the_word_that_stands_in_more_terms_is_taken_first(tmp_path: Path) -> None:
    rows = [code(f"A{number:02}", f"Gritty lump {'abcdefgh'[number]}") for number in range(8)]
    made = store(tmp_path, [*rows, code("B01", "Bitty thing")])
    assert meant(made, "ritty")[0] == "gritty"


def test_a_reader_is_told_what_was_read_as_what(known: Store) -> None:
    found = hits(known, "pnuemonia")
    assert known.title(found[0].row) == "Pneumonia"
    assert ("pnuemonia", "pneumonia") in found[0].expansions
