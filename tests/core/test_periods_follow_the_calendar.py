"""Periods: windows are half-open, never overlap, and follow the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.periods import Period, Window, add_months, anniversary

moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_calendar_month_ends_with_the_first_of_the_next():
    assert Period.parse("month").window(at("2026-12-31T23:59:59")) == Window("2026-12", at("2027-01-01"))
    assert Period.parse("month").window(at("2027-01-01")) == Window("2027-01", at("2027-02-01"))


def test_a_day_ends_at_midnight_utc():
    assert Period.parse("day").window(at("2026-11-21T23:59")) == Window("2026-11-21", at("2026-11-22"))


def test_a_rolling_period_has_a_span_and_a_lifetime_has_no_end():
    assert Period.parse("rolling:30").window(at("2026-11-21")) == Window("r30", span=timedelta(days=30))
    assert Period.parse("lifetime").window(at("2026-11-21")) == Window("life")


@pytest.mark.parametrize("text", ["", "months", "rolling", "rolling:0", "rolling:-1", "rolling:x", "MONTH", "year"])
def test_an_unknown_period_is_refused_by_name(text):
    with pytest.raises(ValueError, match="no period"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2026-03-31", 1, "2026-04-30"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-01-31", -2, "2025-11-30"),
    ],
)
def test_months_from_an_anchor_keep_to_the_last_day(anchor, months, expected):
    assert add_months(at(anchor), months) == at(expected)


def test_a_subscription_begun_on_31_january_renews_at_the_ends_of_months():
    anchor = at("2026-01-31T10:00")
    assert anniversary(anchor, at("2026-02-28T09:59")) == (anchor, at("2026-02-28T10:00"))
    assert anniversary(anchor, at("2026-02-28T10:00")) == (at("2026-02-28T10:00"), at("2026-03-31T10:00"))
    assert anniversary(anchor, at("2026-03-31T10:00")) == (at("2026-03-31T10:00"), at("2026-04-30T10:00"))


def test_an_anniversary_without_an_anchor_is_an_error():
    with pytest.raises(ValueError, match="anchor"):
        Period.parse("anniversary").window(at("2026-11-21"))


@given(anchor=moments, moment=moments, step=st.sampled_from([1, 3, 12]))
def test_every_moment_lies_in_exactly_one_anniversary_window(anchor, moment, step):
    start, end = anniversary(anchor, moment, step)
    assert start <= moment < end
    assert anniversary(anchor, start, step) == (start, end)
    assert anniversary(anchor, end, step)[0] == end
    assert anniversary(anchor, start - timedelta(microseconds=1), step)[1] == start


@given(moment=moments, kind=st.sampled_from(["day", "month"]))
def test_calendar_windows_touch_and_never_overlap(moment, kind):
    period = Period.parse(kind)
    window = period.window(moment)
    assert window.end is not None
    assert moment < window.end
    following = period.window(window.end)
    assert following.key != window.key
    assert period.window(window.end - timedelta(microseconds=1)) == window
