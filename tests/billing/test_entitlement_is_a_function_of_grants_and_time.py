"""Entitlement: the best plan in force, whatever the order of grants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

import config
from webapp.billing.entitlements import entitlement
from webapp.billing.plans import load

PLANS = load(config.ROOT / "plans.toml")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Given:
    plan_key: str
    starts_at: datetime
    ends_at: datetime | None


def days(count: int) -> datetime:
    return NOW + timedelta(days=count)


def test_without_a_grant_the_plan_is_free():
    assert entitlement([], NOW, PLANS).plan.key == "free"


def test_the_end_of_a_grant_is_exclusive():
    grant = Given("pro", days(-1), NOW)
    assert entitlement([grant], NOW, PLANS).plan.key == "free"
    assert entitlement([grant], NOW - timedelta(microseconds=1), PLANS).plan.key == "pro"


def test_a_coming_grant_limits_how_long_the_answer_stands():
    answer = entitlement([Given("pro", days(3), days(9))], NOW, PLANS)
    assert (answer.plan.key, answer.stands_until) == ("free", days(3))


def test_the_longer_of_two_equal_grants_counts():
    answer = entitlement([Given("pro", days(-2), days(5)), Given("pro", days(-1), None)], NOW, PLANS)
    assert answer.until is None


def test_a_plan_that_the_catalogue_no_longer_has_counts_for_nothing():
    assert entitlement([Given("gold", days(-1), None)], NOW, PLANS).plan.key == "free"


grants = st.builds(
    lambda plan, start, length: Given(plan, days(start), None if length is None else days(start + length)),
    st.sampled_from(["pro", "team", "guest", "gone"]),
    st.integers(-40, 40),
    st.none() | st.integers(0, 60),
)


@given(st.lists(grants, max_size=6), st.randoms())
def test_the_order_of_grants_never_matters(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert entitlement(rows, NOW, PLANS).plan == entitlement(shuffled, NOW, PLANS).plan


@given(st.lists(grants, max_size=6), st.integers(0, 100 * 24 * 60))
def test_an_answer_holds_until_it_says(rows, minutes):
    answer = entitlement(rows, NOW, PLANS)
    later = NOW + timedelta(minutes=minutes)
    if answer.stands_until is None or later < answer.stands_until:
        assert entitlement(rows, later, PLANS).plan == answer.plan
