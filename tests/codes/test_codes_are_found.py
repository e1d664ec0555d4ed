"""Finding codes: by their number however written, by words, and near a number that is none."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.codes import tabular
from webapp.codes import browse, search, service
from webapp.codes.neighbours import distance, put_right
from webapp.codes.terms import words
from webapp.extensions import db

SYSTEM = "icd-10-cm"
ANY_TEXT = st.text(max_size=60) | st.sampled_from(
    [
        '"',
        "'",
        "%",
        "_",
        "\\",
        "* OR *",
        "NEAR(a b)",
        "a:*",
        "a & b",
        "!a",
        "(a",
        "\x00",
        "\ud800",
        "٣",
        "ﬁ",
        "İ",
        "{a}",
    ]
)


def keys(query: str, **given_: object) -> list[str]:
    return [hit.key for hit in search.search(query, **given_).hits]  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["A00.9", "a00.9", "A009", "a009", " A00.9 ", "A00 9", "A.009"])
def test_a_code_is_found_however_it_is_written(catalogue: Flask, text: str) -> None:
    found = service.resolve(SYSTEM, text)
    assert found
    assert found.key == "A00.9"
    assert found.billable


@pytest.mark.parametrize(
    ("text", "key"), [("chapter-1", "chapter-1"), ("CHAPTER-19", "chapter-19"), ("a00-a09", "A00-A09"), ("b10", "B10")]
)
def test_chapters_and_blocks_are_found_too(catalogue: Flask, text: str, key: str) -> None:
    found = service.resolve(SYSTEM, text)
    assert found
    assert (found.key, found.billable) == (key, key == "B10")


@pytest.mark.parametrize(
    "text", ["", ".", "A00.8", "A00.99", "x" * 10_000, "\x00", "A00\ud800", "Ａ００", "%", "chapter-2"]
)
def test_what_is_no_code_is_not_found(catalogue: Flask, text: str) -> None:
    assert service.resolve(SYSTEM, text) is None
    assert service.resolve(text, "A00.9") is None


def test_chapters_come_in_order(catalogue: Flask) -> None:
    assert [(link.key, link.title) for link in browse.chapters(SYSTEM)] == [
        ("chapter-1", "Imagined fevers (A00-B99)"),
        ("chapter-19", "Imagined injuries (S00-T88)"),
    ]
    assert browse.chapters("cpt") == browse.chapters("nothing") == []


def test_the_sitemap_leaves_seventh_characters_out(catalogue: Flask) -> None:
    assert service.sitemap_count(SYSTEM) == 15
    assert service.sitemap_keys(SYSTEM, 0, 5) == ["chapter-1", "A00-A09", "A00-A03", "A00", "A00.0"]
    assert service.sitemap_keys(SYSTEM, 13, 5) == ["S52.501", "S52.502"]
    assert service.sitemap_keys("cpt", 0, 5) == []


def test_opened_codes_are_listed_by_key(catalogue: Flask) -> None:
    ids = [found.code_id for key in ("B10", "A00.9") if (found := service.resolve(SYSTEM, key))]
    assert service.opened([*ids, 999_999]) == [
        service.OpenedCode(SYSTEM, "A00.9", "Dragon fever, unspecified"),
        service.OpenedCode(SYSTEM, "B10", "Hearth fever"),
    ]
    assert service.opened([]) == []


def test_a_number_finds_its_code_first_then_the_longer_ones(catalogue: Flask) -> None:
    assert keys("A00") == ["A00", "A00.0", "A00.9", "A00-A03", "A00-A09", "chapter-1"]
    assert keys("s52.5")[:2] == ["S52.5", "S52.501"]
    assert search.search("a009").hits[0].why == "code"


def test_words_find_titles_before_inclusion_terms(catalogue: Flask) -> None:
    results = search.search("wing")
    assert [hit.why for hit in results.hits[:2]] == ["title", "title"]
    assert results.hits[0].key == "S52"  # two words: the most general
    clipped = search.search("clipped").hits
    assert [(hit.key, hit.why) for hit in clipped] == [("S52.0", "inclusion term: Clipped wing")]


def test_billable_codes_come_first_among_equals(catalogue: Flask) -> None:
    assert keys("hearth") == ["B10", "B10-B10"]


def test_all_words_must_be_there_the_last_perhaps_unfinished(catalogue: Flask) -> None:
    assert keys("dragon smok") == ["A00.0"]
    assert keys("smok dragon") == []
    assert keys("dragon wing") == []
    assert keys("fever DRAGON uns") == ["A00.9"]


@pytest.mark.parametrize("query", ["smóke", "SMOKE", "smo\u0301ke", "Smoke!", "“smoke”"])
def test_case_accents_and_marks_do_not_matter(catalogue: Flask, query: str) -> None:
    assert keys(query) == ["A00.0"]


def test_one_letter_is_a_beginning_of_codes_not_of_words(catalogue: Flask) -> None:
    assert set(keys("b")) == {"B10", "B10-B10"}


def test_search_keeps_to_one_system(catalogue: Flask) -> None:
    assert search.search("dragon", "hcpcs").total == 0
    assert search.search("dragon", SYSTEM).total == 3
    assert search.search("dragon", "nothing").total == 0


def test_results_come_in_pages(catalogue: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE_SIZE", 2)
    first, last = search.search("A00"), search.search("A00", page=3)
    assert (first.total, first.pages, len(first.hits)) == (6, 3, 2)
    assert (last.page, [hit.key for hit in last.hits]) == (3, ["A00-A09", "chapter-1"])
    assert search.search("A00", page=99) == last
    assert search.search("A00", page=-1) == first


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=ANY_TEXT)
@example(query="x" * 10_000)
@example(query="wing " * 2_000)
@example(query="\U0001f409")
def test_no_query_fails(catalogue: Flask, query: str) -> None:
    results = search.search(query)
    assert len(results.hits) <= search.PAGE_SIZE
    assert service.resolve(SYSTEM, query) is None or words(query)
    browse.nearest(SYSTEM, query)
    db.session.rollback()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("A00.99", ["A00.9", "A00.0"]),  # the code that it lengthens, then that one's siblings
        ("A00.8", ["A00", "A00.9", "A00.0"]),
        ("A00.O", ["A00.0"]),  # a letter written for a digit
        ("S52.501Z", ["S52.501", "S52.501B"]),
        ("B11", ["B10"]),
    ],
)
def test_near_codes_are_offered_for_a_number_that_is_none(catalogue: Flask, text: str, first: list[str]) -> None:
    found = [link.key for link in browse.nearest(SYSTEM, text)]
    assert found[: len(first)] == first
    assert len(found) == len(set(found)) <= 8


def test_nothing_is_near_what_can_be_no_code(catalogue: Flask) -> None:
    assert browse.nearest(SYSTEM, "") == browse.nearest(SYSTEM, "💊") == browse.nearest("nothing", "A00") == []


def test_misread_characters_and_distances() -> None:
    assert (put_right("E11O"), put_right("0244"), put_right("1O"), put_right("A00")) == ("E110", "O244", "I0", "A00")
    assert (distance("A009", "A009"), distance("A009", "A00"), distance("A009", "A090"), distance("", "AB")) == (
        0,
        1,
        2,
        2,
    )


def test_words_are_made_the_same_way_everywhere() -> None:
    assert words("Charcôt's joint (M14.6), Straße") == ["charcot", "s", "joint", "m14", "6", "strasse"]
    assert words("\x00 “” \U0001f409") == []
    assert tabular.XML  # the sample holds an accent, which search leaves out
