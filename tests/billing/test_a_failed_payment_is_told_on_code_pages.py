"""Code pages tell of a failed payment, and still cost one look into Redis and no query."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.support import shelf
from tests.support.scene import FAILS_LATER
from webapp.access import sentences
from webapp.access.visitor import Unpaid
from webapp.core import clock
from webapp.extensions import db, redis

PAGE = "/codes/icd-10-cm/E11.9"
FAILED = "Your last payment failed. Pro stays open until"


@pytest.fixture
def alice(scene, tmp_path):
    shelf.fill(scene.app, tmp_path)
    reader = scene.reader("alice")
    scene.subscribe(reader)
    return reader


@pytest.fixture
def queries(scene):
    """All that the database is asked."""
    asked = []
    with scene.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    return asked


def looks() -> int:
    """How often logins were looked up in Redis."""
    return int(redis.client.info("commandstats").get("cmdstat_mget", {"calls": 0})["calls"])


def fail_the_renewal(scene, alice):
    scene.new_card(alice, FAILS_LATER)
    scene.settle()
    scene.forward(days=31, hours=2)


def test_a_subscribers_page_costs_no_query(scene, alice, queries):
    browser = scene.browser(alice)
    browser.get(PAGE)
    queries.clear()
    before = looks()
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    assert "meter-banner" not in answer.text
    assert (queries, looks() - before) == ([], 1)


def test_nor_does_one_that_tells_of_a_failed_payment(scene, alice, queries):
    fail_the_renewal(scene, alice)
    browser = scene.browser(alice)
    assert FAILED in browser.get(PAGE).text
    queries.clear()
    before = looks()
    assert FAILED in browser.get(PAGE).text
    assert (queries, looks() - before) == ([], 1)


def test_failure_and_payment_are_seen_on_the_next_page(scene, alice):
    scene.new_card(alice, FAILS_LATER)
    scene.settle()
    scene.sandbox.move_clock(31 * 24 * 3600 + 7200)
    browser = scene.browser(alice)
    assert FAILED not in browser.get(PAGE).text
    scene.settle()
    assert FAILED in browser.get(PAGE).text
    scene.new_card(alice)
    scene.settle()
    assert FAILED not in browser.get(PAGE).text


def test_after_the_grace_it_says_how_the_plan_comes_back():
    until = clock.now()
    told = sentences.alarm(Unpaid("Pro", until), until)
    assert told.sentence == "Your last payment failed, and Pro has ended. Mending the card brings it back."
    before = sentences.alarm(Unpaid("Pro", until), until - timedelta(seconds=1))
    assert before.sentence == f"Your last payment failed. Pro stays open until {sentences.day(until)}."
    assert told.href == before.href == "/billing/mend"
