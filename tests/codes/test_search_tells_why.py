"""The search page: what each code was found by, words read as others, variants, systems told apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import people, shelf
from tests.support.buying import words
from webapp.codes import telling
from webapp.codes.search import Hit, Variant


@pytest.fixture
def site(app: Flask, tmp_path) -> Flask:
    shelf.fill(app, tmp_path)
    return app


@pytest.fixture
def reader(site: Flask) -> FlaskClient:
    return people.client_for(site, people.add_reader(site, "free@example.org"))


def test_a_hit_says_what_it_was_found_by_and_what_words_were_read_as(reader: FlaskClient) -> None:
    said = words(reader.get("/search?q=honeyd"))
    assert "found by inclusion term: Honeyed veins" in said
    assert "honeyd read as honeyed" in said


def test_guests_see_titles_only(site: Flask) -> None:
    page = site.test_client().get("/search?q=honeyd").text
    assert "E11.A" in page
    assert "found by inclusion term" in page
    assert "oneyed" not in page
    assert "veins" not in page


def test_abbreviations_and_their_meaning_are_told_to_everyone(site: Flask) -> None:
    assert telling.told(
        Hit("icd-10-cm", "ICD-10-CM", "E11", "Sweet blood", False, 0.9, "title", "title", (("dm2", "sweet blood"),)),
        show_terms=False,
    ).read_as == ["dm2 read as sweet blood"]


@pytest.mark.parametrize(
    ("title", "why", "show", "told"),
    [
        ("Type 2 diabetes mellitus", "title", False, ["diabetis read as diabetes"]),
        ("Sweet", "index: Diabetes, odd", True, ["diabetis read as diabetes"]),
        ("Sweet", "index", False, []),
        ("Sweet", "index", True, ["diabetis read as diabete"]),
    ],
)
def test_a_corrected_word_is_told_whole_and_only_where_it_may_be_seen(
    title: str, why: str, show: bool, told: list[str]
) -> None:
    hit = Hit("icd-10-cm", "ICD-10-CM", "E11", title, False, 0.9, "x", why, (("diabetis", "diabete"),))
    assert telling.told(hit, show_terms=show).read_as == told


def test_variants_are_told_apart_and_the_hit_is_not_among_them() -> None:
    ends = ("first", "later, odd", "last")
    variants = tuple(Variant(f"S0{at}", f"Break, left, {end}") for at, end in enumerate(ends))
    hit = Hit("icd-10-cm", "ICD-10-CM", "S01", "Break, left, later, odd", True, 0.9, "title", "title", (), variants)
    assert telling.told(hit, show_terms=True).variants == [Variant("S00", "first"), Variant("S02", "last")]


def test_codes_with_a_seventh_character_are_listed_under_their_stem(site: Flask) -> None:
    page = site.test_client().get("/search?q=broken+radius")
    assert "Seventh characters (2)" in words(page)
    assert 'href="/codes/icd-10-cm/S52.501A"' in page.text


def test_code_systems_are_told_apart_with_their_counts(site: Flask) -> None:
    client = site.test_client()
    both = client.get("/search?q=bowel")
    assert "HCPCS Level II 1" in words(both)
    one = client.get("/search?q=sweet&system=hcpcs")
    assert "No code matches “sweet” in this system." in words(one)
    assert "All systems 12 ICD-10-CM 12 HCPCS Level II 0" in words(one)
    assert '<a href="/search?q=sweet&amp;system=icd-10-cm">' in one.text


def test_search_is_free_and_unmetered(site: Flask) -> None:
    client = site.test_client()
    assert {client.get("/search?q=sweet").status_code for _ in range(20)} == {200}
    assert "1 use left" in words(client.get("/tools/case2code"))


def test_readers_of_both_sections_may_see_terms(site: Flask, make_app: Callable[..., Flask]) -> None:
    plans = site.extensions["plans"].plans
    assert [key for key, plan in plans.items() if plan.sections >= telling.QUOTING] == ["free", "pro", "team"]
