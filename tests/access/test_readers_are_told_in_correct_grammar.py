"""Sentences on limit, used, remaining and reset date."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config
from webapp.access.policy import Admission, Usage
from webapp.access.sentences import PRICING, REGISTER, lock, notice, wall
from webapp.billing.plans import load

PLANS = load(config.ROOT / "plans.toml")
RESET = datetime(2026, 12, 1, tzinfo=UTC)


def test_the_guests_banner_before_and_after_the_page():
    fresh = notice(PLANS.guest, PLANS, Usage(1, 0, RESET))
    assert fresh.sentence == "1 free code page left until 1 December."
    used = notice(PLANS.guest, PLANS, Usage(1, 1, RESET))
    assert used.sentence == "0 free code pages left until 1 December. Pages you have opened stay open."
    assert (used.offer, used.href) == ("Create a free account for 5 more", REGISTER)


def test_the_readers_banner_offers_a_plan_on_sale():
    told = notice(PLANS.free, PLANS, Usage(6, 1, RESET))
    assert told.sentence.startswith("5 free code pages left until 1 December.")
    assert (told.offer, told.href) == ("Upgrade to Pro for unlimited pages", PRICING)


def test_a_period_without_an_end_names_no_date():
    assert notice(PLANS.free, PLANS, Usage(6, 1, None)).sentence.startswith("5 free code pages left.")


@given(st.integers(0, 50), st.integers(0, 50))
def test_numbers_and_nouns_agree(limit, used):
    sentence = notice(PLANS.free, PLANS, Usage(limit, min(used, limit), RESET)).sentence
    number, noun = re.match(r"(\d+) free code (pages?)", sentence).groups()
    assert (noun == "page") == (number == "1")


def test_the_walls_of_guest_and_reader():
    guest = wall(Admission(False, "limit", PLANS.guest, Usage(1, 1, RESET)), PLANS)
    assert guest.sentence == "You have opened your free code page. More open on 1 December."
    assert guest.offer == "Create a free account for 5 more"
    reader = wall(Admission(False, "limit", PLANS.free, Usage(6, 6, RESET)), PLANS)
    assert reader.sentence == "You have opened all 6 of your free code pages. More open on 1 December."
    assert (reader.offer, reader.login_href) == ("Upgrade to Pro", "")


def test_a_whole_page_has_no_wall():
    assert wall(Admission(True, "counted", PLANS.guest), PLANS) is None


@pytest.mark.parametrize(
    ("plan", "section", "sentence"),
    [
        ("guest", "indications", "Create a free account to unlock this content"),
        ("guest", "crosswalks", "Upgrade to Pro to unlock this content"),
        ("free", "crosswalks", "Upgrade to Pro to unlock this content"),
    ],
)
def test_the_two_lock_sentences(plan, section, sentence):
    assert lock(section, PLANS[plan], PLANS).text == sentence


@pytest.mark.parametrize(("plan", "section"), [("guest", "notes"), ("free", "indications"), ("pro", "crosswalks")])
def test_an_open_section_has_no_lock(plan, section):
    assert lock(section, PLANS[plan], PLANS) is None
