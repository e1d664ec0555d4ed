"""Finding codes: by their number however written, by words, and near a number that is none."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from webapp.codes import browse, finding, loader, search, service, telling
from webapp.codes.listing import Entry, Listing
from webapp.codes.models import NUMBERS
from webapp.codes.neighbours import distance, put_right
from webapp.codes.terms import keeping
from webapp.extensions import db, transaction

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
    return [hit.key for hit in finding.find(query, **given_).hits]  # type: ignore[arg-type]


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
    assert keys("A00") == ["A00", "A00.0", "A00.9"]
    assert keys("s52.5")[:2] == ["S52.5", "S52.501"]
    assert search.search("a009").hits[0].why == "code"


def test_each_hit_says_what_it_was_found_by(catalogue: Flask) -> None:
    results = search.search("wing")
    assert (results.hits[0].key, results.hits[0].why) == ("S52", "title")  # two words: the most general
    assert [(hit.key, hit.why) for hit in search.search("clipped").hits] == [("S52.0", "inclusion term: Clipped wing")]
    locked = search.search("clipped", show_terms=False).hits
    assert [(hit.key, hit.why) for hit in locked] == [("S52.0", "inclusion term")]


def test_codes_with_seventh_characters_stand_with_their_stem(catalogue: Flask) -> None:
    hit = search.search("clipped wing").hits[0]
    assert (hit.key, [variant.key for variant in hit.variants]) == ("S52.0", ["S52.0XXA", "S52.0XXD"])
    assert keys("wing") == ["S52", "S52.0", "S52.5", "S52.501", "S52.502"]


def test_more_of_the_words_is_better_and_the_last_may_be_unfinished(catalogue: Flask) -> None:
    assert keys("dragon smok")[0] == keys("smok dragon")[0] == "A00.0"
    assert keys("fever DRAGON uns")[0] == "A00.9"
    scores = [hit.score for hit in search.search("fever dragon unspecified").hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_a_slip_in_spelling_is_put_right_and_told(catalogue: Flask) -> None:
    hit = search.search("smouldring").hits[0]
    assert (hit.key, hit.read_as) == ("A00.9", (("smouldring", "smouldering"),))


@pytest.mark.parametrize("query", ["smóke", "SMOKE", "smo\u0301ke", "Smoke!", "“smoke”"])
def test_case_accents_and_marks_do_not_matter(catalogue: Flask, query: str) -> None:
    assert keys(query)[0] == "A00.0"


def test_search_keeps_to_one_system(catalogue: Flask) -> None:
    assert search.search("dragon", "hcpcs").total == 0
    assert search.search("dragon", SYSTEM).total == 3
    assert search.search("dragon", "nothing").total == 0
    assert search.search("dragon", "hcpcs").systems == search.search("dragon").systems == {SYSTEM: 3}


def test_results_come_in_pages(catalogue: Flask) -> None:
    first, last = search.search("S52.5", size=2), search.search("S52.5", page=3, size=2)
    assert (first.total, first.pages, len(first.hits)) == (5, 3, 2)
    assert (last.page, len(last.hits)) == (3, 1)
    assert search.search("S52.5", page=99, size=2) == last
    assert search.search("S52.5", page=-1, size=2) == first


def test_without_an_index_search_says_so(empty: Flask) -> None:
    with pytest.raises(keeping.NotBuilt, match="being built"):
        search.search("dragon")
    page = empty.test_client().get("/search?q=dragon")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "The search index is being built" in page.text
    told = empty.test_client().get("/search?q=dragon", headers={"Accept": "application/json"})
    assert told.json == {"error": {"code": "search_not_ready", "message": keeping.NotBuilt.message}}
    assert empty.test_client().get("/search").status_code == 200


def test_of_cpt_the_numbers_are_found(catalogue: Flask) -> None:
    entries = [Entry(key, "code", f"CPT {key}", billable=True) for key in ("10001", "10002", "0042T")]
    with transaction():
        loader.load(Listing("cpt", NUMBERS, "Numbers", date(2026, 1, 1), None, "n.txt", "2" * 64, entries))
    keeping.keep()
    assert [(hit.key, hit.why) for hit in finding.find("1000").hits] == [("10001", "code"), ("10002", "code")]
    assert [hit.key for hit in finding.find("0042t").hits] == ["0042T"]
    assert finding.find("10002", "cpt").total == 1
    assert (finding.find("10002", SYSTEM).total, finding.find("cpt 1", "cpt").total) == (0, 0)
    assert finding.find("1000", size=1, page=2).hits[0].key == "10002"
    assert finding.find("10001", on=date(2025, 12, 31)).total == 0
    assert finding.find("dragon") == search.search("dragon")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=ANY_TEXT)
@example(query="x" * 10_000)
@example(query="wing " * 2_000)
@example(query="\U0001f409")
def test_no_query_fails(catalogue: Flask, query: str) -> None:
    results = finding.find(query)
    assert len(results.hits) <= search.PAGE_SIZE
    assert all(telling.told(hit, show_terms=False).found_by for hit in results.hits)
    service.resolve(SYSTEM, query)
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
