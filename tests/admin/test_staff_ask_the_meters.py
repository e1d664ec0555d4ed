"""`flask meter` and `flask stats`: what staff see and change from the command line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support import people
from webapp.core import clock
from webapp.extensions import db, redis, transaction

FIRST, SECOND = "/codes/icd-10-cm/E11.0", "/codes/icd-10-cm/E11.1"


@pytest.fixture
def run(shelf_app):
    def run(*arguments: str, code: int = 0) -> str:
        result = shelf_app.test_cli_runner().invoke(args=list(arguments))
        assert result.exit_code == code, result.output
        return result.output

    return run


def subject_of(guest) -> str:
    return "g" + guest.get_cookie("guest").value.partition(".")[0]


def test_show_and_explain_a_guest(guest, run):
    guest.get(FIRST)
    subject = subject_of(guest)
    assert f"{subject}: plan guest, 1 used of 1, resets on 1 " in run("meter", "show", subject)
    told = run("meter", "explain", subject)
    assert "icd-10-cm E11.0  Sweet blood, kind 0" in told
    assert f"meter:{{{subject}}}:" in told
    assert "wall: 1 of 1 used" in told


def test_explain_tells_what_the_next_page_would_do(shelf_app, run):
    people.add_reader(shelf_app, "alice@example.org")
    people.add_reader(shelf_app, "bob@example.org", "pro")
    assert "opens: 0 of 6 used" in run("meter", "explain", "alice@example.org")
    assert "opens: the plan has no limit" in run("meter", "explain", "bob@example.org")


def test_a_guest_spent_by_a_login_is_explained_as_used_up(shelf_app, guest, run):
    guest.get("/")
    shelf_app.extensions["gate"].merge(guest.get_cookie("guest").value, 1, "free")
    assert "wall: 1 of 1 used" in run("meter", "explain", subject_of(guest))


def test_reset_gives_a_fresh_start(guest, run):
    guest.get(FIRST)
    assert guest.get(SECOND).status_code == 402
    assert "nothing used" in run("meter", "reset", subject_of(guest))
    assert guest.get(SECOND).status_code == 200


@pytest.mark.parametrize("subject", ["nobody@example.org", "bogus", "u", "ux", "g"])
def test_an_unknown_subject_is_named(run, subject):
    assert "Error: " in run("meter", "show", subject, code=1)


def test_without_redis_the_command_says_so(run):
    redis.breaker._open = True
    try:
        assert "Redis does not answer" in run("meter", "show", "gabc", code=1)
    finally:
        redis.breaker._open = False


def test_stats_count_what_happened_today(shelf_app, guest, reader, run):
    free, pro = reader(), reader("pro")
    for client in (guest, free, pro):
        client.get(FIRST)
        client.get(FIRST)
    guest.get(SECOND)
    guest.get(FIRST, headers={"User-Agent": "Googlebot/2.1"})
    guest.head(SECOND)
    shelf_app.extensions["counts"].flush()
    heading, today, *_ = run("stats", "--days", "3").splitlines()
    figures = dict(zip(heading.split(), today.split(), strict=True))
    assert figures == {
        "day": clock.today().isoformat(),
        "views": "2",
        "subscriber_views": "2",
        "open_views": "0",
        "walls": "1",
        "previews": "1",
        "registrations": "2",
        "checkouts": "0",
        "payments": "0",
    }


def test_stats_tell_registrations_by_their_day(shelf_app, run):
    from webapp.auth.models import User

    people.add_reader(shelf_app, "alice@example.org")
    people.add_reader(shelf_app, "bob@example.org")
    with shelf_app.app_context(), transaction():
        db.session.get(User, 1).created_at = clock.now() - timedelta(days=1)
    heading, today, yesterday = run("stats", "--days", "2").splitlines()
    at = heading.split().index("registrations")
    assert (today.split()[at], yesterday.split()[at]) == ("1", "1")


def test_the_clock_can_be_moved_in_development(shelf_app, run):
    before = clock.now()
    run("dev", "clock", "+8d")
    clock.use_offset_file(shelf_app.extensions["settings"].data / "clock_offset")
    assert timedelta(days=7, hours=23) < clock.now() - before < timedelta(days=8, minutes=1)
    run("dev", "clock", "-8d")
    run("dev", "clock", "real")
    clock.use_offset_file(None)
    assert "a shift reads" in run("dev", "clock", "tomorrow", code=2)
