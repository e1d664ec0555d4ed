"""Search as of a day: the codes that were in force, by the words of then."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.codes import tabular
from tests.support import people
from tests.support.buying import words
from webapp.codes import finding, loader, search
from webapp.codes.terms import keeping
from webapp.core import clock
from webapp.extensions import db, transaction

SYSTEM = "icd-10-cm"
THEN, NOW, LAST = date(2026, 9, 30), date(2026, 10, 1), date(2027, 9, 30)
QUERIES = ["A00", "a009", "s", "s52.5", "fever", "dragon smok", "wing", "hearth", "clipped", "nos", "ember", "zzz", "b"]


def load_later() -> None:
    with transaction():
        loader.load(tabular.later_listing())
    keeping.keep()


def keys(query: str, day: date, **given_: object) -> list[str]:
    return [hit.key for hit in search.search(query, on=day, **given_).hits]  # type: ignore[arg-type]


def told(results: search.Results) -> list[tuple[str, str, bool, str]]:
    """What readers are told of results, in order; how rare a word is, and so a score, depends on all releases."""
    return [(hit.key, hit.title, hit.billable, hit.why) for hit in results.hits]


@pytest.mark.parametrize("query", QUERIES)
def test_on_a_day_of_the_current_release_it_is_todays_search(catalogue: Flask, query: str) -> None:
    before = search.search(query)
    assert search.search(query, on=THEN) == before
    load_later()
    assert search.search(query, on=NOW) == search.search(query)
    assert told(search.search(query, on=THEN)) == told(before)  # of a day that has passed nothing changes
    assert search.search(query, on=THEN, show_terms=False).total == before.total


def test_a_code_is_found_while_it_was_in_force(catalogue: Flask) -> None:
    load_later()
    assert keys("S52.502", THEN) == ["S52.502", "S52.502B"]
    assert keys("S52.502", NOW) == []
    assert keys("sparks", THEN) == []
    assert keys("sparks", NOW) == ["A00.1"]


def test_the_words_of_then_count(catalogue: Flask) -> None:
    load_later()
    assert keys("dragon unspecified", THEN)[0] == "A00.9"
    assert keys("unspecified", THEN) == ["A00.9"]
    assert keys("unspecified", NOW) == []
    hit = search.search("unspecified", on=THEN).hits[0]
    assert (hit.title, hit.why) == ("Dragon fever, unspecified", "title")
    old = search.search("smouldering", on=THEN).hits[0]  # a term of a version that holds no more
    assert (old.key, old.title, old.why) == ("A00.9", "Dragon fever, unspecified", "inclusion term: Smouldering NOS")
    assert search.search("smouldering", on=THEN, show_terms=False).hits[0].why == "inclusion term"


def test_a_day_that_no_release_covers_has_no_codes(catalogue: Flask) -> None:
    assert search.search("dragon", on=date(2026, 3, 31)).hits == []
    assert search.search("A00", on=date(2026, 3, 31)).total == 0
    assert keys("A00", THEN, system=SYSTEM) == keys("A00", THEN)
    assert keys("A00", THEN, system="hcpcs") == keys("A00", THEN, system="nothing") == []


def test_results_of_a_day_come_in_pages(catalogue: Flask) -> None:
    load_later()
    pages = [search.search("A00", on=NOW, page=number, size=2) for number in (1, 2)]
    assert [hit.key for page in pages for hit in page.hits] == ["A00", "A00.0", "A00.1", "A00.9"]
    assert [(page.page, page.pages, page.total) for page in pages] == [(1, 2, 4), (2, 2, 4)]
    assert search.search("A00", on=NOW, page=99, size=2) == pages[1]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=60) | st.sampled_from(['"', "%", "a & b", "(a", "\x00", "\ud800", "x" * 10_000]))
def test_no_query_fails(catalogue: Flask, query: str) -> None:
    assert len(search.search(query, on=THEN).hits) <= search.PAGE_SIZE
    db.session.rollback()


@pytest.fixture
def site(app: Flask) -> Flask:
    with app.app_context():
        with transaction():
            loader.load(tabular.listing())
        load_later()
    return app


@pytest.fixture
def subscriber(site: Flask) -> FlaskClient:
    return people.client_for(site, people.add_reader(site, "pro@example.org", "pro"))


def test_a_subscriber_finds_codes_of_a_day_and_opens_them_as_of_it(subscriber: FlaskClient) -> None:
    page = subscriber.get("/search?q=s52.502&on=2026-09-30")
    assert "Codes as of 30 September 2026" in words(page)
    address = "/codes/icd-10-cm/S52.502B?on=2026-09-30"
    assert f'href="{address}"' in page.text
    assert subscriber.get(address).status_code == 200
    assert "No code matches “s52.502” as of 1 October 2026" in words(subscriber.get("/search?q=s52.502&on=2026-10-01"))


def test_the_day_goes_with_every_link_of_the_page(subscriber: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "find", partial(finding.find, size=2))
    page = subscriber.get("/search?q=S52.5&on=2026-09-30&page=2").text
    assert page.count("&amp;on=2026-09-30&amp;page=3") == page.count("&amp;on=2026-09-30&amp;page=1") + 1 == 1
    assert '<input type="hidden" name="on" value="2026-09-30">' in page
    assert '<input id="on" type="date" name="on" value="2026-09-30" required>' in page


def test_others_get_todays_results_and_the_offer(site: Flask) -> None:
    for client in (site.test_client(), people.client_for(site, people.add_reader(site, "free@example.org"))):
        page = client.get("/search?q=dragon&on=2026-09-30")
        assert page.status_code == 200
        said = words(page)
        assert "Codes as of a date of service are part of Pro. These are today's results. Upgrade to Pro" in said
        assert "Dragon fever NOS" in said
        assert "unspecified" not in said
        assert "?on=" not in page.text
        assert "next=/search%3Fq%3Ddragon%26on%3D2026-09-30" in page.text


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "%00", "9" * 400, "2026-W99-1"])
def test_what_is_no_day_is_refused(subscriber: FlaskClient, day: str) -> None:
    assert subscriber.get(f"/search?q=a&on={day}").status_code == 400


@pytest.mark.parametrize("day", ["", "0001-01-01", "9999-12-31"])
def test_any_day_is_a_question(subscriber: FlaskClient, day: str) -> None:
    page = subscriber.get(f"/search?q=dragon&on={day}")
    assert page.status_code == 200
    ended = date.fromisoformat(day or clock.today().isoformat()) > LAST
    assert ("of ICD-10-CM ended on 30 September 2027" in words(page)) == (ended and "Dragon" in words(page))
