from time import perf_counter

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.auth import steps
from tests.auth.steps import ALICE, BOB, CHARLIE, OTHER_PASSWORD, PASSWORD
from tests.support.redis_server import RedisServer
from webapp.extensions import redis


def _fail(client: FlaskClient, email: str, network: str = "192.0.2.1") -> int:
    fields = {"csrf_token": steps.form_token(client, "/login"), "email": email, "password": OTHER_PASSWORD}
    return client.post("/login", data=fields, environ_base={"REMOTE_ADDR": network}).status_code


def test_an_account_takes_ten_tries_from_wherever_they_come(app: Flask, client: FlaskClient) -> None:
    steps.register(app.test_client())
    answers = [_fail(client, ALICE, f"192.0.2.{number}") for number in range(12)]

    assert answers == [422] * 10 + [429] * 2
    response = steps.log_in(client)
    assert response.status_code == 429  # the right password too
    assert 240 < int(response.headers["Retry-After"]) <= 300


def test_an_unknown_account_is_throttled_alike(client: FlaskClient) -> None:
    assert [_fail(client, BOB, f"192.0.2.{number}") for number in range(11)] == [422] * 10 + [429]
    assert _fail(client, "BOB+x@example.org", "198.51.100.1") == 429


def test_a_network_takes_ten_failures_over_all_accounts(client: FlaskClient) -> None:
    answers = [_fail(client, f"reader{number}@example.org") for number in range(11)]

    assert answers == [422] * 10 + [429]
    assert _fail(client, CHARLIE, "198.51.100.1") == 422


def test_a_network_of_ipv6_is_its_first_half(client: FlaskClient) -> None:
    answers = [_fail(client, f"reader{number}@example.org", f"2001:db8::{number}") for number in range(11)]
    assert answers == [422] * 10 + [429]


def test_right_passwords_are_never_too_many(app: Flask) -> None:
    steps.register(app.test_client())
    assert [steps.log_in(app.test_client()).status_code for _ in range(12)] == [303] * 12


def test_five_resets_a_day(app: Flask, client: FlaskClient) -> None:
    for email in (ALICE, BOB):
        answers = [steps.submit(client, "/reset", email=email).status_code for _ in range(6)]
        assert answers == [303] * 5 + [429]
    assert len(steps.mails(app)) == 10


def test_a_mailbox_takes_ten_registrations_a_day(app: Flask) -> None:
    answers = [steps.register(app.test_client(), password=f"{PASSWORD} {number}").status_code for number in range(11)]
    assert answers == [303] + [422] * 9 + [429]


def test_a_network_registers_sixty_an_hour(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from webapp.auth import throttles
    from webapp.core.errors import TooManyRequests

    with app.app_context():
        for number in range(60):
            throttles.before_register(f"reader{number}", "192.0.2.1")
        with pytest.raises(TooManyRequests) as refused:
            throttles.before_register("reader61", "192.0.2.1")
        throttles.before_register("reader61", "192.0.2.2")
    assert refused.value.retry_after


def test_addresses_of_people_do_not_lie_about_in_redis(client: FlaskClient) -> None:
    _fail(client, ALICE)
    keys = list(redis.client.scan_iter())
    assert any(key.startswith(b"throttle:") for key in keys)
    assert not any(b"alice" in key for key in keys)


def test_what_was_counted_before_redis_went_away_still_counts(
    app: Flask, client: FlaskClient, redis_server: RedisServer
) -> None:
    before = [_fail(client, ALICE, f"192.0.2.{number}") for number in range(6)]
    redis_server.kill()
    after = [_fail(client, ALICE, f"192.0.2.{number}") for number in range(6, 12)]

    assert before + after == [422] * 10 + [429] * 2


def test_without_redis_the_process_counts_at_once(app: Flask, client: FlaskClient, redis_server: RedisServer) -> None:
    steps.register(app.test_client())
    redis_server.kill()
    client.get("/login")

    begun = perf_counter()
    answers = [_fail(client, ALICE, f"192.0.2.{number}") for number in range(11)]
    assert perf_counter() - begun < 5

    assert answers == [422] * 10 + [429]
    assert steps.register(app.test_client(), BOB).status_code == 303
    assert steps.submit(client, "/reset", email=ALICE).status_code == 303
