"""The pages of releases: what is loaded, from when to when, and what changed from one to the next."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.codes import fee_files, licensed, tabular
from tests.support import people
from tests.support.buying import words
from webapp.codes import comparison, loader, release_list, release_views
from webapp.codes.datasets import loading
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.parsed import Parsed, Table
from webapp.codes.differences import Difference
from webapp.codes.importers.files import SourceFile
from webapp.codes.models import CodeSystem
from webapp.codes.release_list import Line
from webapp.core.errors import BadInput, NotFound
from webapp.extensions import db, transaction

SPRING, AUTUMN = date(2026, 4, 1), date(2026, 10, 1)
RELEASES = "/codes/icd-10-cm/releases"
DIFFERENCES = f"{RELEASES}/differences?from=2026-04-01&to=2026-10-01"
CSV = DIFFERENCES.replace("differences?", "differences.csv?")
CHANGES = ("Dragon fever with sparks", "Dragon fever NOS", "Broken root of left wing", "A00.1", "S52.502")
"""Texts of the rows that differ between the made-up lists."""
GOOGLEBOT = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}


def load_lists() -> None:
    for listing in (tabular.listing(), tabular.later_listing()):
        with transaction():
            loader.load(listing)


def load_rows(dataset: str, day: date, rows: dict[tuple[str, str], tuple[str, ...]], last: date | None = None) -> None:
    parsed = Parsed(f"Release of {day}", day, last, [Table(dataset, rows)], read=len(rows))
    with transaction():
        loading.load(SourceFile(f"{dataset}.csv", repr(rows).encode()), parsed)


def labels() -> None:
    """Two releases of a small dataset that speaks of diagnoses."""
    load_rows("ccir", SPRING, {("A000", ""): ("1",), ("A009", ""): ("0",), ("B10", "x"): ("9",)}, date(2026, 8, 31))
    load_rows("ccir", AUTUMN, {("A000", ""): ("1",), ("A009", ""): ("=1+1",), ("X99", ""): ("0",)})


def system(key: str = "icd-10-cm") -> CodeSystem:
    return db.session.scalars(select(CodeSystem).where(CodeSystem.key == key)).one()


@pytest.fixture
def lists(empty: Flask) -> Flask:
    load_lists()
    return empty


@pytest.fixture
def site(app: Flask) -> Flask:
    """A site with both lists and the small dataset."""
    with app.app_context():
        load_lists()
        labels()
    return app


@pytest.fixture
def subscriber(site: Flask) -> FlaskClient:
    return people.client_for(site, people.add_reader(site, "pro@example.org", "pro"))


def test_a_release_holds_until_the_next_one_begins(lists: Flask) -> None:
    labels()
    shelves = release_list.shelves(system(), date(2026, 11, 1))
    assert [(shelf.dataset, shelf.name) for shelf in shelves] == [
        ("", "ICD-10-CM"),
        ("ccir", "Chronic Condition Indicator Refined"),
    ]
    later, first = shelves[0].lines
    assert (later.name, later.first, later.last) == ("October 2026", AUTUMN, date(2027, 9, 30))
    assert (later.state, later.added, later.changed, later.ended, later.before) == ("current", 1, 1, 2, SPRING)
    assert (first.name, first.first, first.last, first.state) == ("April 2026", SPRING, date(2026, 9, 30), "earlier")
    assert first.before is None
    assert shelves[1].lines == [
        Line("Release of 2026-10-01", AUTUMN, None, "current", 3, 1, 1, 1, SPRING),
        Line("Release of 2026-04-01", SPRING, date(2026, 8, 31), "earlier", 3, 3, 0, 0, None),
    ]


def test_a_release_that_ended_or_has_not_begun_says_so(lists: Flask) -> None:
    labels()
    ended = release_list.shelves(system(), date(2026, 9, 1))[1].lines
    assert [line.state for line in ended] == ["coming", "ended"]
    assert [line.state for line in release_list.shelves(system(), date(2028, 1, 1))[0].lines] == ["ended", "earlier"]


def test_every_dataset_speaks_of_the_codes_of_some_system() -> None:
    named = frozenset[str]().union(*release_list.SOURCES.values())
    assert named == {dataset.source for dataset in DATASETS.values()}


@pytest.mark.parametrize(
    ("old", "new", "firsts"),
    [
        (SPRING, AUTUMN, (SPRING, AUTUMN)),
        (date(2026, 9, 30), date(2027, 3, 1), (SPRING, AUTUMN)),
        (AUTUMN, date(2026, 12, 31), (AUTUMN, AUTUMN)),
        (None, date(2026, 10, 5), (SPRING, AUTUMN)),
        (None, date(2026, 5, 1), (SPRING, SPRING)),
    ],
)
def test_days_mean_the_releases_that_hold_on_them(
    lists: Flask, old: date | None, new: date, firsts: tuple[date, date]
) -> None:
    labels()
    for dataset in ("", "ccir"):
        pair = comparison.pair(system(), dataset, old, new)
        assert (pair.old.first, pair.new.first) == firsts
        assert bool(comparison.counts(pair).lines) is (firsts == (SPRING, AUTUMN))


@pytest.mark.parametrize("dataset", ["", "ccir"])
def test_days_that_cannot_be_compared_are_refused(lists: Flask, dataset: str) -> None:
    labels()
    with pytest.raises(BadInput, match="2026-10-01 is after 2026-04-01: give the earlier day first"):
        comparison.pair(system(), dataset, AUTUMN, SPRING)
    with pytest.raises(NotFound, match="No release of"):
        comparison.pair(system(), dataset, date(2020, 1, 1), AUTUMN)


@pytest.mark.parametrize("dataset", ["nothing", "mpfs", "cpt-long", "x" * 5000])
def test_a_dataset_of_other_codes_is_not_found(lists: Flask, dataset: str) -> None:
    with pytest.raises(NotFound, match="no dataset"):
        comparison.pair(system(), dataset, SPRING, AUTUMN)


@pytest.mark.parametrize("dataset", ["cpt-long", "mpfs-text", "ptp-practitioner"])
def test_licensed_texts_and_pairs_are_not_compared(empty: Flask, dataset: str) -> None:
    with pytest.raises(NotFound, match="not compared"):
        comparison.pair(system("cpt"), dataset, SPRING, AUTUMN)


def test_codes_and_rows_are_counted_once_each(lists: Flask) -> None:
    pair = comparison.pair(system(), "", SPRING, AUTUMN)
    assert comparison.counts(pair) == comparison.Counts(1, 2, 1, (("title", 1),), 4)
    several = [Difference("a", "changed", "", field) for field in ("title", "billable", "title")]
    assert comparison.counted([*several, Difference("a", "changed", "26", "title")]) == comparison.Counts(
        0, 0, 2, (("title", 3), ("billable", 1)), 4
    )


def test_rows_lead_to_the_pages_of_their_codes(lists: Flask) -> None:
    labels()
    pair = comparison.pair(system(), "ccir", SPRING, AUTUMN)
    assert comparison.places(pair, ["A009", "B10", "X99"]) == {
        "A009": comparison.Place("icd-10-cm", "A00.9"),
        "B10": comparison.Place("icd-10-cm", "B10"),
    }


def test_another_load_is_seen_at_once(lists: Flask) -> None:
    labels()
    pair = comparison.pair(system(), "ccir", SPRING, AUTUMN)
    assert comparison.counts(pair).added == 1
    assert len(comparison.rows(pair)) == 3
    load_rows("ccir", AUTUMN, {("A000", ""): ("1",)})
    assert comparison.counts(pair).added == 0
    assert [row.what for row in comparison.rows(pair)] == ["ended", "ended"]


def test_long_lists_are_not_kept(lists: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "LONGEST_KEPT", 2)
    pair = comparison.pair(system(), "", SPRING, AUTUMN)
    assert len(comparison.rows(pair)) == 4
    assert comparison.rows(pair) is not comparison.rows(pair)


def test_everyone_may_see_which_releases_are_loaded(site: Flask) -> None:
    page = site.test_client().get(RELEASES)
    assert page.status_code == 200
    said = words(page)
    assert "April 2026 1 April 2026 30 September 2026 19 19 0 0" in said
    assert f"{RELEASES}/differences?dataset=ccir&amp;from=2026-04-01&amp;to=2026-10-01" in page.text


def test_a_system_without_releases_says_so(site: Flask) -> None:
    assert "Nothing is loaded for CPT" in words(site.test_client().get("/codes/cpt/releases"))
    for name in ("nothing", "%00", "ü", "x" * 300):
        assert site.test_client().get(f"/codes/{name}/releases").status_code in {400, 404}


def test_a_subscriber_reads_what_changed(subscriber: FlaskClient) -> None:
    page = subscriber.get(DIFFERENCES)
    assert page.status_code == 200
    said = words(page)
    assert "A00.9 title Dragon fever, unspecified Dragon fever NOS" in said
    assert "A00.1 added Dragon fever with sparks" in said
    assert 'href="/codes/icd-10-cm/S52.502"' in page.text
    assert "Download all 4 lines as CSV" in said


def test_others_read_the_figures_and_the_offer(site: Flask) -> None:
    for client in (site.test_client(), people.client_for(site, people.add_reader(site, "free@example.org"))):
        page = client.get(DIFFERENCES)
        assert page.status_code == 402
        said = words(page)
        assert "Added 1 code Ended 2 codes Changed 1 code: title 1" in said
        assert "Differences between releases are part of Pro. Upgrade to Pro" in said
        assert not any(text in page.text for text in CHANGES)
        assert "next=/codes/icd-10-cm/releases/differences%3Ffrom%3D2026-04-01%26to%3D2026-10-01" in page.text
        assert "-this-page-" not in page.text


def test_machines_read_the_figures_without_a_wall(site: Flask) -> None:
    page = site.test_client().get(DIFFERENCES, headers=GOOGLEBOT)
    assert page.status_code == 200
    assert "Ended 2 codes" in words(page)
    assert "Upgrade" not in words(page)
    assert not any(text in page.text for text in CHANGES)


def test_changes_come_in_pages(subscriber: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_views, "PAGE_SIZE", 3)
    first, last = subscriber.get(DIFFERENCES), subscriber.get(f"{DIFFERENCES}&page=2")
    assert "Page 1 of 2 Next page" in words(first)
    assert (
        'rel="next" href="/codes/icd-10-cm/releases/differences?from=2026-04-01&amp;to=2026-10-01&amp;page=2"'
        in first.text
    )
    assert "S52.502B" in words(last)
    assert "S52.502B" not in words(first)
    assert words(subscriber.get(f"{DIFFERENCES}&page=99")) == words(last)


def test_the_file_holds_every_change_and_no_formula(subscriber: FlaskClient) -> None:
    answer = subscriber.get(CSV)
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-store"
    name = 'attachment; filename="icd-10-cm-codes-2026-04-01-2026-10-01.csv"'
    assert answer.headers["Content-Disposition"] == name
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert rows[0] == ["code", "part", "change", "field", "before", "after"]
    assert rows[2] == ["A00.9", "", "changed", "title", "Dragon fever, unspecified", "Dragon fever NOS"]
    assert len(rows) == 5
    of_rows = subscriber.get(f"{CSV}&dataset=ccir").text.split("\r\n")
    assert of_rows[1:] == ["A009,,changed,indicator,0,'=1+1", "B10,x,ended,,,", "X99,,added,,,", ""]


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_the_file_is_for_plans_that_have_it(site: Flask, accept: str) -> None:
    answer = site.test_client().get(CSV, headers={"Accept": accept})
    assert answer.status_code == 402
    assert "Differences between releases are part of Pro." in answer.text
    assert not any(text in answer.text for text in CHANGES)
    assert (answer.json or {}).get("error", {}).get("code", "not_in_plan") == "not_in_plan"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=yesterday", 400),
        ("to=2026-13-01", 400),
        ("from=2026-10-01&to=2026-04-01", 400),
        ("from=2001-01-01&to=2026-10-01", 404),
        ("dataset=nothing", 404),
        ("dataset=mpfs", 404),
        ("dataset=%3Cb%3E", 404),
        ("from=&to=&dataset=", 200),
        ("from=2026-10-01", 200),
        ("from=9999-12-31", 200),
        ("page=-1", 200),
        ("page=x", 200),
    ],
)
def test_bad_questions_have_one_shape_of_answer(subscriber: FlaskClient, query: str, status: int) -> None:
    for path in (f"{RELEASES}/differences?{query}", f"{RELEASES}/differences.csv?{query}"):
        answer = subscriber.get(path, headers={"Accept": "application/json"})
        assert answer.status_code == status
        if status != 200:
            assert set(answer.get_json()["error"]) == {"code", "message"}


def test_one_release_on_both_days_is_told(subscriber: FlaskClient) -> None:
    page = subscriber.get(f"{RELEASES}/differences?from=2026-11-01&to=2026-12-01")
    assert "One release holds on both days" in words(page)


def test_no_licensed_text_is_in_any_answer(app: Flask) -> None:
    with app.app_context():
        licensed.install("cpt")
        licensed.install("cdt")
        licensed.load()
        assert licensed.tables_with() >= {"licensed_record"}
    client = people.client_for(app, people.add_reader(app, "pro@example.org", "pro"))
    listed = client.get("/codes/cpt/releases")
    assert "CPT long descriptors" in listed.text
    assert "dataset=cpt-long" not in listed.text
    compared = client.get("/codes/cpt/releases/differences?dataset=mpfs")
    assert compared.status_code == 200
    assert client.get("/codes/cpt/releases/differences").status_code == 404
    assert client.get("/codes/cpt/releases/differences?dataset=cpt-long").status_code == 404
    for answer in (listed, compared):
        assert fee_files.SECRET not in answer.text


def test_numbers_that_stand_in_for_a_list_have_no_days(empty: Flask) -> None:
    licensed.load()
    codes = release_list.shelves(system("cpt"), AUTUMN)[0]
    assert (codes.dataset, codes.comparable, codes.lines[0].first) == ("", False, None)
    with pytest.raises(NotFound, match="known here from other files only"):
        comparison.pair(system("cpt"), "", None, None)


def test_ranges_are_found_by_their_keys(lists: Flask) -> None:
    pair = comparison.pair(system(), "", SPRING, AUTUMN)
    assert comparison.places(pair, ["A00-A09", "chapter-1"]) == {
        "A00-A09": comparison.Place("icd-10-cm", "A00-A09"),
        "chapter-1": comparison.Place("icd-10-cm", "chapter-1"),
    }
