"""What a query finds first: by how much of it a term covers, how much of the term was asked for, and some habits."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.codes.small_store import TODAY, code, hits, keys, store, term
from webapp.codes.terms import ranking
from webapp.codes.terms.ranking import Asked
from webapp.codes.terms.store import Store

STEM = "S52.1"
CODES = [
    code("D10", "Dragon ague", billable=False),
    code("D10.0", "Dragon ague with smoke"),
    code("D10.1", "Dragon ague with sparks and smoke"),
    code("D10.8", "Dragon ague without smoke"),
    code("D10.9", "Dragon ague, unspecified"),
    code("D11", "Drake wheeze", until=date(2026, 9, 30)),
    code("D12", "Drake wheeze, renewed", since=date(2026, 10, 1)),
    code("S52", "Torn wing", billable=False),
    code(STEM, "Torn wing of drake", billable=False),
    code("S52.1XXA", "Torn wing of drake, initial encounter", stem=STEM),
    code("S52.1XXD", "Torn wing of drake, subsequent encounter with routine healing", stem=STEM),
    code("S52.1XXS", "Torn wing of drake, sequela", stem=STEM),
    code("L50", "Scale rot"),
    code("O24.9", "Scale rot in pregnancy"),
    code("L51", "Tail lash"),
    code("W55", "Tail lash"),
    code("L61", "Hoard murrain"),
    code("L62", "Hoard murrain, lingering, of old wyverns, hoarse"),
    code("J1000", "Injection, wyvern extract, 1 mg"),
    code("K71", "Gilded gizzard"),
    code("K72", "Sooted gizzard"),
    code("M01", "Amber warp of feather"),
    code("M02", "Amber clump of feather"),
    code("M03", "Ochre feather"),
]
TERMS = [
    term("K71", "gizzard of wyrm"),
    term("K72", "gizzard of wyrm", default=True),
    term("D10.9", "flame shakes", default=True),
    term("L61", "ash lung", "inclusion term"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return store(tmp_path_factory.mktemp("ranked"), CODES, TERMS)


@pytest.mark.parametrize(
    "query", ["dragon ague smoke", "smoke ague dragon", "Ague, with SMOKE: dragon's", "smoke dragon ague"]
)
def test_words_may_come_in_any_order(made: Store, query: str) -> None:
    assert keys(made, query)[0] == "D10.0"


def test_a_code_is_found_by_its_terms(made: Store) -> None:
    assert keys(made, "flame shakes") == ["D10.9"]
    best = hits(made, "ash lung")[0]
    assert (made.key(best.row), made.source(best.term), made.phrase(best.term)) == ("L61", "inclusion term", "ash lung")


def test_a_term_that_covers_more_of_the_query_comes_before_one_that_says_nothing_else(made: Store) -> None:
    assert keys(made, "hoard murrain")[:2] == ["L61", "L62"]
    assert keys(made, "hoard murrain hoarse")[:2] == ["L62", "L61"]


def test_of_two_terms_that_cover_the_same_the_shorter_comes_first(made: Store) -> None:
    assert keys(made, "dragon ague smoke")[:2] == ["D10.0", "D10.1"]


def test_the_default_of_the_index_comes_first(made: Store) -> None:
    assert keys(made, "wyrm gizzard")[:2] == ["K72", "K71"]


def test_seventh_characters_are_one_hit(made: Store) -> None:
    best = hits(made, "torn wing drake")[0]
    assert made.key(best.row) == STEM
    assert [made.key(row) for row in best.variants] == ["S52.1XXA", "S52.1XXD", "S52.1XXS"]


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("initial encounter", "S52.1XXA"),
        ("subsequent", "S52.1XXD"),
        ("routine healing", "S52.1XXD"),
        ("sequela", "S52.1XXS"),
    ],
)
def test_words_of_an_episode_choose_the_seventh_character(made: Store, said: str, key: str) -> None:
    best = hits(made, f"torn wing drake {said}")[0]
    assert made.key(best.row) == key
    assert len(best.variants) == 3


def test_both_sides_of_a_with_count(made: Store) -> None:
    assert keys(made, "amber warp ochre clump")[:2] == ["M01", "M02"]
    assert keys(made, "amber warp with ochre clump")[:2] == ["M02", "M01"]


@pytest.mark.parametrize("denial", ["without", "no", "w/o", "not"])
def test_what_is_denied_is_another_word(made: Store, denial: str) -> None:
    assert keys(made, f"dragon ague {denial} smoke")[0] == "D10.8"
    assert keys(made, "dragon ague smoke")[0] == "D10.0"


def test_pregnancy_is_meant_only_where_it_is_said(made: Store) -> None:
    assert keys(made, "scale rot") == ["L50", "O24.9"]
    assert keys(made, "scale rot pregnancy") == ["O24.9", "L50"]


def test_an_external_cause_is_meant_only_where_it_is_said(made: Store) -> None:
    plain, asked = ({made.key(hit.row): hit.score for hit in hits(made, q)} for q in ("tail lash", "tail lash struck"))
    assert plain["W55"] < plain["L51"]
    assert asked["W55"] == pytest.approx(asked["L51"])


@pytest.mark.parametrize("number", ["D10", "d10", "D10.", " d10 ", "D10-", "D10.-"])
def test_a_number_gives_its_code_and_what_lies_below(made: Store, number: str) -> None:
    found = hits(made, number)
    assert [made.key(hit.row) for hit in found] == ["D10", "D10.0", "D10.1", "D10.8", "D10.9"]
    assert all(hit.by_code for hit in found)


@pytest.mark.parametrize(
    ("number", "first"),
    [("d101", "D10.1"), ("S521XXD", "S52.1XXD"), ("j1000", "J1000"), ("J100", "J1000"), ("s52.", "S52")],
)
def test_a_number_may_be_written_in_any_way(made: Store, number: str, first: str) -> None:
    assert keys(made, number)[0] == first


def test_a_number_that_is_no_code_is_looked_for_as_a_word(made: Store) -> None:
    assert keys(made, "D19") == []


@pytest.mark.parametrize(
    ("day", "found", "not_found"),
    [
        (date(2026, 9, 30), "D11", "D12"),
        (date(2026, 10, 1), "D12", "D11"),
    ],
)
def test_codes_are_those_of_a_day(made: Store, day: date, found: str, not_found: str) -> None:
    assert keys(made, "drake wheeze", on=day)[0] == found
    assert not_found not in keys(made, "drake wheeze", on=day)
    assert keys(made, found, on=day) == [found]
    assert keys(made, not_found, on=day) == []


def test_systems_may_be_left_out(made: Store) -> None:
    days = (TODAY.toordinal(),) * 3
    assert {made.system(hit.row) for hit in ranking.search(made, "wyvern extract", 5, Asked(days))} >= {1}
    only = ranking.search(made, "wyvern extract", 5, Asked(days, systems=(0,)))
    assert {made.system(hit.row) for hit in only} == {0}


def test_the_last_word_may_be_unfinished(made: Store) -> None:
    assert keys(made, "dragon ag")[0] == keys(made, "dragon ague")[0] == "D10"


def test_no_more_is_given_than_was_asked_for(made: Store) -> None:
    assert len(keys(made, "dragon ague", limit=2)) == 2
    assert len(keys(made, "D10", limit=2)) == 2


@pytest.mark.parametrize("query", ["", " ", "of the", "zqxw", "without", "?!", "\0", "🦠"])
def test_what_says_nothing_finds_nothing(made: Store, query: str) -> None:
    assert keys(made, query) == []


@pytest.mark.parametrize("query", ["dragon ague with smoke", "torn wing healing", "tail", "gizard", "D10"])
def test_the_same_is_found_again_best_first(tmp_path: Path, made: Store, query: str) -> None:
    found = hits(made, query)
    assert hits(made, query) == found
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    again = store(tmp_path, reversed(CODES), TERMS)
    assert keys(again, query) == keys(made, query)
