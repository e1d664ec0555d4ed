from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from webapp.codes.document import Link, Note
from webapp.codes.document import label as code_label
from webapp.site.context import around, count_of, long_date, notes_by_kind, wait_words


@pytest.mark.parametrize(("count", "words"), [(0, "0 codes"), (1, "1 code"), (2, "2 codes"), (98_000, "98,000 codes")])
def test_one_is_singular(count, words):
    assert count_of(count, "code") == words


def test_odd_plurals_are_given():
    assert (count_of(1, "entry", "entries"), count_of(3, "entry", "entries")) == ("1 entry", "3 entries")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 second"), (1, "1 second"), (90, "90 seconds"), (120, "2 minutes"), (3599, "60 minutes"), (7201, "3 hours")],
)
def test_waits_are_rounded_up(seconds, words):
    assert wait_words(seconds) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2025-10-01", "1 October 2025"),
        (date(2026, 9, 30), "30 September 2026"),
        (datetime(2026, 12, 1, 8, tzinfo=UTC), "1 December 2026"),
        ("1 December", "1 December"),
        ("2025-13-01", "2025-13-01"),
    ],
)
def test_dates_are_written_out(value, words):
    assert long_date(value) == words


@pytest.mark.parametrize(("key", "words"), [("chapter-4", "Chapter 4"), ("E11.9", "E11.9"), ("A00-A09", "A00-A09")])
def test_keys_are_shown_as_people_write_them(key, words):
    assert code_label(key) == words


def test_notes_are_grouped_by_kind_and_then_by_where_they_come_from():
    notes = [
        Note("excludes1", "a"),
        Note("code_first", "b", "E08-E13"),
        Note("excludes1", "c", "E11"),
        Note("excludes1", "d"),
        Note("a_new_kind", "e"),
    ]
    assert [(group.label, group.origin, group.texts) for group in notes_by_kind(notes)] == [
        ("Excludes1: not coded here", None, ["a", "d"]),
        ("Excludes1: not coded here", "E11", ["c"]),
        ("Code first", "E08-E13", ["b"]),
        ("A new kind", None, ["e"]),
    ]


@pytest.mark.parametrize("at", [0, 1, 12, 50, 98, 99])
def test_of_many_siblings_those_near_the_code_are_listed(at):
    links = [Link(f"G{n:04}", "") for n in range(100)]
    near = around(links, links[at].key)
    assert len(near) == 25
    assert links[at] in near


def test_few_siblings_are_all_listed():
    links = [Link(str(n), "") for n in range(25)]
    assert around(links, "7") == links
