"""Dated rows: whatever the order in which releases are loaded and taken back, each day shows its release."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from webapp.codes.datasets import loading, reading, releases, timeline
from webapp.codes.datasets.models import Record
from webapp.codes.datasets.parsed import Parsed, Table
from webapp.codes.datasets.timeline import Key, Plan, Span
from webapp.codes.importers.files import SourceFile
from webapp.extensions import db, transaction

FIRST = date(2025, 1, 1)
DAY = timedelta(days=1)
DATASET = "tos"

Release = Mapping[Key, str]
CODES: st.SearchStrategy[Release] = st.dictionaries(
    st.sampled_from([("A", ""), ("B", ""), ("B", "26")]), st.sampled_from(["x", "y", "z"]), max_size=3
)


class Shelf:
    """Rows as a table would hold them, with plans carried out on them."""

    def __init__(self) -> None:
        self.rows: dict[tuple[Key, date], Span] = {}
        self.loaded: dict[date, Release] = {}

    def until(self, day: date) -> date | None:
        return min((other for other in self.loaded if other > day), default=FIRST) - DAY if self.later(day) else None

    def later(self, day: date) -> bool:
        return any(other > day for other in self.loaded)

    def on(self, day: date) -> dict[Key, Span]:
        found = [(key, span) for (key, _), span in self.rows.items() if holds(span, day)]
        assert len(found) == len(dict(found)), "two rows of one key on one day"
        return dict(found)

    def load(self, day: date, wanted: Release) -> Plan:
        until = self.until(day)
        following = self._begun(until + DAY) if until else {}
        done = timeline.plan(self.on(day), following, wanted, day, until)
        self._carry_out(done)
        self.loaded[day] = wanted
        return done

    def take_back(self, day: date) -> None:
        ended = {key: span for (key, _), span in self.rows.items() if span.valid_to == day - DAY}
        self._carry_out(timeline.undo(self._begun(day), ended, self.until(day)))
        del self.loaded[day]

    def _begun(self, day: date) -> dict[Key, Span]:
        return {key: span for (key, first), span in self.rows.items() if first == day}

    def _carry_out(self, done: Plan) -> None:
        for row in done.removed:
            del self.rows[row]
        for key, first, last in done.cut:
            self.rows[key, first] = self.rows[key, first]._replace(valid_to=last)
        for key, span in done.inserted:
            assert (key, span.valid_from) not in self.rows
            self.rows[key, span.valid_from] = span

    def check(self) -> None:
        for day in (FIRST + DAY * number for number in range(-1, 12)):
            newest = max((loaded for loaded in self.loaded if loaded <= day), default=None)
            wanted = self.loaded[newest] if newest else {}
            assert {key: span.body for key, span in self.on(day).items()} == wanted


def holds(span: Span, day: date) -> bool:
    return span.valid_from <= day and (span.valid_to is None or span.valid_to >= day)


@given(st.lists(st.tuples(st.integers(0, 9), CODES), max_size=6, unique_by=lambda each: each[0]))
def test_each_day_shows_the_newest_release_that_has_begun(given_releases: list[tuple[int, Release]]) -> None:
    shelf = Shelf()
    for number, wanted in given_releases:
        shelf.load(FIRST + DAY * number, wanted)
        shelf.check()


@given(
    st.lists(st.tuples(st.integers(0, 9), CODES), min_size=1, max_size=6, unique_by=lambda each: each[0]),
    st.randoms(use_true_random=False),
)
def test_taking_any_release_back_leaves_the_others(given_releases: list[tuple[int, Release]], random) -> None:
    shelf = Shelf()
    for number, wanted in given_releases:
        shelf.load(FIRST + DAY * number, wanted)
    for day in random.sample(sorted(shelf.loaded), len(shelf.loaded)):
        shelf.take_back(day)
        shelf.check()
    assert shelf.rows == {}


@given(st.lists(CODES, min_size=1, max_size=5))
def test_what_a_release_leaves_as_it_was_stays_one_row(given_releases: list[Release]) -> None:
    shelf = Shelf()
    for number, wanted in enumerate(given_releases):
        before = {key: span.body for key, span in shelf.on(FIRST + DAY * number).items()}
        done = shelf.load(FIRST + DAY * number, wanted)
        new = {key for key in wanted if before.get(key) != wanted[key]}
        assert {change.key for change in done.inserted} == new
        assert done.added + done.changed == len(new)
        assert done.ended == len(before.keys() - wanted.keys())


def parsed(day: date, rows: Mapping[str, str]) -> Parsed:
    table = Table(DATASET, {(code, ""): (value,) for code, value in rows.items()})
    return Parsed(f"{day:%B %Y}", day, None, [table], read=len(rows))


def load(day: date, rows: Mapping[str, str]) -> loading.Report:
    with transaction():
        return loading.load(SourceFile(f"{day}.csv", repr((day, rows)).encode()), parsed(day, rows))


def values(day: date) -> dict[str, str]:
    return {row.code: row["tos"] for row in reading.whole(DATASET, day)}


def test_the_database_does_what_the_plan_says(empty: Flask) -> None:
    spring, summer, autumn = date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1)
    load(spring, {"G0001": "1", "G0002": "1"})
    report = load(autumn, {"G0001": "2", "G0003": "1"})
    assert [(each.added, each.changed, each.ended) for each in report.tables] == [(1, 1, 1)]
    load(summer, {"G0001": "2", "G0002": "1"})
    assert values(spring) == values(summer - DAY) == {"G0001": "1", "G0002": "1"}
    assert values(summer) == values(autumn - DAY) == {"G0001": "2", "G0002": "1"}
    assert values(autumn) == {"G0001": "2", "G0003": "1"}
    assert values(spring - DAY) == {}
    assert db.session.scalar(select(func.count()).select_from(Record)) == 4


def test_the_same_file_again_changes_nothing(empty: Flask) -> None:
    load(FIRST, {"G0001": "1"})
    assert load(FIRST, {"G0001": "1"}).unchanged
    assert [release.name for release in releases.of(DATASET)] == ["January 2025"]


def test_a_corrected_file_of_the_same_day_takes_its_place(empty: Flask) -> None:
    load(FIRST, {"G0001": "1", "G0002": "1"})
    load(FIRST + DAY * 31, {"G0001": "2"})
    load(FIRST + DAY * 31, {"G0001": "3", "G0002": "1"})
    assert values(FIRST + DAY * 31) == {"G0001": "3", "G0002": "1"}
    assert values(FIRST) == {"G0001": "1", "G0002": "1"}
    assert len(releases.of(DATASET)) == 2
