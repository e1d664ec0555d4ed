"""The policy is pure: who asks, for what, and what the meter said decide everything."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import config
from webapp.access.policy import Target, with_meter, without_meter
from webapp.access.visitor import Visitor
from webapp.billing.plans import load
from webapp.metering.meter import Opening

PLANS = load(config.ROOT / "plans.toml")
E119 = Target("icd-10-cm", 119, billable=True)
CHAPTER = Target("icd-10-cm", 4, billable=False)
RESET = datetime(2026, 12, 1, tzinfo=UTC)


def guest(**facts) -> Visitor:
    return Visitor(PLANS.guest, subject="gabc", **facts)


def reader(plan: str = "free", **facts) -> Visitor:
    return Visitor(PLANS[plan], subject="u1", user_id=1, **facts)


def decide(visitor: Visitor, target: Target = E119, opening: Opening | None = None, purpose="read", crawlers=False):
    decided = without_meter(visitor, target, PLANS, crawlers_read=crawlers)
    return decided or with_meter(visitor, target, opening, purpose)


def test_a_counted_page_is_whole():
    admission = decide(guest(), opening=Opening("counted", 1, RESET))
    assert (admission.full, admission.status, admission.usage.left) == (True, 200, 0)


def test_a_refused_page_is_a_wall_with_status_402():
    admission = decide(guest(), opening=Opening("refused", 1, RESET))
    assert (admission.full, admission.status, admission.reason) == (False, 402, "limit")


def test_used_is_never_shown_above_the_limit():
    assert decide(reader(), opening=Opening("refused", 9, RESET)).usage.used == 6


@pytest.mark.parametrize("visitor", [reader("pro"), reader("team"), reader("free", staff=True)])
def test_unlimited_readers_and_staff_never_meet_the_meter(visitor):
    admission = without_meter(visitor, E119, PLANS, crawlers_read=False)
    assert (admission.full, admission.reason, admission.usage) == (True, "unlimited", None)


def test_headers_of_the_classification_are_navigation():
    admission = decide(guest(), CHAPTER, Opening("refused", 1, RESET))
    assert (admission.full, admission.reason) == (True, "navigation")


def test_without_redis_metered_pages_are_previews_and_not_errors():
    admission = decide(guest(), E119, None)
    assert (admission.full, admission.status, admission.reason) == (False, 200, "meter down")
    assert decide(guest(), CHAPTER, None).full


def test_machines_get_the_preview_with_200():
    admission = decide(Visitor(PLANS.guest, bot=True, proven_crawler=True))
    assert (admission.full, admission.status) == (False, 200)


def test_a_proven_crawler_reads_what_a_guest_may_if_the_operator_says_so():
    assert decide(Visitor(PLANS.guest, bot=True, proven_crawler=True), crawlers=True).full
    assert not decide(Visitor(PLANS.guest, bot=True), crawlers=True).full


def test_a_newcomer_above_the_soft_ceiling_returns_the_cookie_first():
    admission = decide(guest(newcomer=True, crowd="soft"))
    assert (admission.full, admission.status, admission.reason) == (False, 200, "newcomers")
    assert decide(guest(), opening=Opening("counted", 1, RESET)).full


def test_a_newcomer_above_the_hard_ceiling_is_asked_to_register():
    admission = decide(Visitor(PLANS.guest, newcomer=True, crowd="hard"))
    assert (admission.full, admission.status, admission.reason) == (False, 402, "too many newcomers")


def test_looking_never_shows_a_page_that_would_cost():
    assert not decide(guest(), opening=Opening("counted", 0, RESET), purpose="look").full
    assert decide(guest(), opening=Opening("open already", 1, RESET), purpose="look").full
