"""The account page: plan, views used and left, what was opened, and nothing of anybody else."""

from __future__ import annotations

from webapp.extensions import redis

FIRST = "/codes/icd-10-cm/E11.0"


def test_a_guest_is_led_to_the_login_and_back(guest):
    answer = guest.get("/account")
    assert answer.status_code == 302
    assert answer.location in {"/login?next=%2Faccount", "/login?next=/account"}


def test_a_free_reader_sees_what_is_left_and_what_was_opened(reader):
    alice = reader()
    alice.get(FIRST)
    page = alice.get("/account").text
    assert "free@example.org" in page
    assert "E11.0" in page
    assert "Sweet blood, kind 0" in page
    assert 'max="6"' in page
    assert 'value="1"' in page


def test_a_subscriber_sees_the_plan_and_no_meter(reader):
    page = reader("pro").get("/account").text
    assert "Pro" in page
    assert "<progress" not in page


def test_a_reader_without_any_view_sees_an_empty_state(reader):
    assert "E11.0" not in reader().get("/account").text


def test_without_redis_the_page_still_answers(reader):
    alice = reader()
    redis.breaker._open = True
    try:
        answer = alice.get("/account")
    finally:
        redis.breaker._open = False
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
