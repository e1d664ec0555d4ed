from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests.auth import steps
from webapp.auth import sessions, stamps, tasks
from webapp.auth.models import LoginSession
from webapp.core import clock
from webapp.extensions import db, redis, transaction


@pytest.fixture
def login(database: Flask) -> tuple[int, str]:
    """A live login of alice: (user id, token hash)."""
    client = database.test_client()
    steps.register(client)
    parsed = sessions.parse_cookie(steps.session_cookie(client))
    assert parsed
    return parsed


def _move(app: Flask, **columns: timedelta) -> None:
    with app.app_context(), transaction():
        values = {name: clock.now() + offset for name, offset in columns.items()}
        db.session.execute(update(LoginSession).values(**values))


def test_a_login_holds(database: Flask, login: tuple[int, str]) -> None:
    with database.app_context():
        live = sessions.find_live(*login)
    assert live
    assert (live.user_id, live.email, live.is_staff) == (1, steps.ALICE, False)
    assert live.expires_at - live.created_at == timedelta(days=90)


@pytest.mark.parametrize(("days", "holds"), [(13.99, True), (14.01, False)])
def test_it_ends_when_idle(database: Flask, login: tuple[int, str], days: float, holds: bool) -> None:
    _move(database, last_seen_at=-timedelta(days=days))
    with database.app_context():
        assert (sessions.find_live(*login) is not None) is holds


def test_a_visit_begins_the_idle_time_anew(database: Flask, login: tuple[int, str]) -> None:
    _move(database, last_seen_at=-timedelta(days=13))
    with database.app_context():
        live = sessions.find_live(*login)
        assert live
        with transaction():
            sessions.touch(live.session_id)
        assert clock.now() - steps.logins(database)[0].last_seen_at < timedelta(minutes=1)


def test_it_ends_at_its_absolute_limit_in_any_case(database: Flask, login: tuple[int, str]) -> None:
    _move(database, expires_at=-timedelta(seconds=1), last_seen_at=timedelta())
    with database.app_context():
        assert sessions.find_live(*login) is None


def test_all_but_one_can_be_ended(database: Flask, login: tuple[int, str]) -> None:
    other = database.test_client()
    steps.log_in(other)
    with database.app_context():
        live = sessions.find_live(*login)
        assert live
        with transaction():
            sessions.end_all(1, except_id=live.session_id)
        assert sessions.find_live(*login)
    assert not steps.signed_in(other)


def test_an_ended_login_moves_the_readers_stamp(database: Flask, login: tuple[int, str]) -> None:
    before = redis.client.get(stamps.key(1)) if database else None
    with database.app_context(), transaction():
        sessions.end_all(1)
        assert redis.client.get(stamps.key(1)) == before  # not before the commit

    assert redis.client.get(stamps.key(1)) != before
    assert 0 < redis.client.ttl(stamps.key(1)) <= 24 * 3600


def _end_all_and_fail() -> None:
    with transaction():
        sessions.end_all(1)
        raise RuntimeError


def test_a_rolled_back_end_moves_nothing(database: Flask, login: tuple[int, str]) -> None:
    with database.app_context():
        with pytest.raises(RuntimeError):
            _end_all_and_fail()
        assert sessions.find_live(*login)
    assert redis.client.get(stamps.key(1)) is None


def test_what_is_long_over_is_forgotten(database: Flask, login: tuple[int, str]) -> None:
    with database.app_context():
        tasks.forget_old_sessions()
    assert len(steps.logins(database)) == 1

    _move(database, expires_at=-timedelta(days=31))
    with database.app_context():
        tasks.forget_old_sessions()
    assert not steps.logins(database)
