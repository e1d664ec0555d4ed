"""The meter grants exactly its limit: distinct items, in any order, from any number of processes at once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.metering.conftest import redis_client
from tests.support.processes import forked
from webapp.core.periods import Period, Window
from webapp.metering.meter import GRACE_SECONDS, Meter, key_of

MONTH = Period.parse("month").window(datetime.now(UTC))


def test_revisits_are_free_and_stay_open_at_the_limit(meter):
    assert [meter.open("g1", page, 2, MONTH).outcome for page in (7, 7, 8, 9, 7, 8)] == [
        "counted",
        "open already",
        "counted",
        "refused",
        "open already",
        "open already",
    ]


def test_subjects_and_windows_do_not_share(meter):
    other = Window("2000-01")
    assert meter.open("g1", 1, 1, MONTH).outcome == "counted"
    assert meter.open("g2", 1, 1, MONTH).outcome == "counted"
    assert meter.open("g1", 2, 1, other).outcome == "counted"


def test_looking_counts_nothing(meter):
    assert meter.open("g1", 1, 1, MONTH, commit=False).outcome == "counted"
    assert meter.usage("g1", MONTH).used == 0


def test_a_refund_frees_the_place(meter):
    meter.open("g1", 1, 1, MONTH)
    meter.refund("g1", 1, MONTH)
    assert meter.open("g1", 2, 1, MONTH).outcome == "counted"


def test_an_exhausted_limit_opens_nothing_and_merges_nothing(meter):
    meter.open("g1", 7, 3, MONTH)
    for _ in range(2):
        meter.exhaust("g1", MONTH, 3)
    assert meter.usage("g1", MONTH).used == 3
    assert meter.open("g1", 8, 3, MONTH).outcome == "refused"
    assert meter.open("g1", 7, 3, MONTH).outcome == "open already"
    assert meter.merge(("g1", MONTH), ("u1", MONTH)) == 1


def test_a_reset_forgets_the_window(meter):
    meter.open("g1", 1, 1, MONTH)
    meter.reset("g1", MONTH)
    assert meter.items("g1", MONTH) == []


def test_a_calendar_window_expires_an_hour_after_its_end(meter, guarded):
    meter.open("g1", 1, 1, MONTH)
    expires = guarded.client.ttl(key_of("g1", MONTH))
    assert abs(expires - (MONTH.end - datetime.now(UTC)).total_seconds() - GRACE_SECONDS) < 5


def test_a_rolling_window_begins_with_the_first_use_and_tells_its_end(meter):
    rolling = Period.parse("rolling:30").window(datetime.now(UTC))
    assert meter.usage("g1", rolling).resets_at is None
    opening = meter.open("g1", 1, 5, rolling)
    assert abs(opening.resets_at - datetime.now(UTC) - timedelta(days=30)) < timedelta(seconds=5)
    later = meter.open("g1", 2, 5, rolling)
    assert later.resets_at <= opening.resets_at + timedelta(seconds=2)


def test_a_lifetime_never_expires(meter, guarded):
    life = Period.parse("lifetime").window(datetime.now(UTC))
    meter.open("g1", 1, 5, life)
    assert guarded.client.ttl(key_of("g1", life)) == -1


def test_a_merge_is_a_union_that_can_be_repeated(meter):
    for page in (1, 2):
        meter.open("g1", page, 5, MONTH)
    for page in (2, 3):
        meter.open("u1", page, 5, MONTH)
    assert meter.merge(("g1", MONTH), ("u1", MONTH)) == 3
    assert meter.merge(("g1", MONTH), ("u1", MONTH)) == 3
    assert meter.items("u1", MONTH) == [1, 2, 3]
    assert meter.items("g1", MONTH) == [1, 2]


def test_what_was_open_before_a_merge_stays_open_above_the_limit(meter):
    meter.open("g1", 9, 1, MONTH)
    meter.open("u1", 1, 1, MONTH)
    meter.merge(("g1", MONTH), ("u1", MONTH))
    assert meter.open("u1", 9, 1, MONTH).outcome == "open already"
    assert meter.open("u1", 2, 1, MONTH).outcome == "refused"


def test_a_merge_of_nothing_makes_no_key(meter, guarded):
    meter.merge(("g1", MONTH), ("u1", MONTH))
    assert guarded.client.keys("*") == []


def test_a_large_merge_goes_in_parts(meter, guarded):
    guarded.client.sadd(key_of("g1", MONTH), *range(12_000))
    assert meter.merge(("g1", MONTH), ("u1", MONTH)) == 12_000


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 12), max_size=40), st.integers(0, 8))
def test_any_sequence_opens_the_first_distinct_pages_up_to_the_limit(meter, pages, limit):
    meter.reset("g1", MONTH)
    allowed = list(dict.fromkeys(pages))[:limit]
    for page in pages:
        assert meter.open("g1", page, limit, MONTH).is_open == (page in allowed)
    assert meter.usage("g1", MONTH).used == len(allowed)


def _open_many(url: str, first_page: int, count: int) -> list[str]:
    client = redis_client(url)
    meter = Meter(client)
    outcomes = [meter.open("g1", first_page + page, 5, MONTH).outcome for page in range(count)]
    client.client.close()
    return outcomes


def test_two_hundred_openings_from_eight_processes_grant_exactly_five(redis_url, meter):
    with forked().Pool(8) as pool:
        results = pool.starmap(_open_many, [(redis_url, 1 + 25 * worker, 25) for worker in range(8)])
    outcomes = Counter(outcome for result in results for outcome in result)
    assert outcomes == {"counted": 5, "refused": 195}
    assert meter.usage("g1", MONTH).used == 5
