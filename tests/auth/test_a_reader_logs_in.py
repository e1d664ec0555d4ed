import re

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from tests.auth import steps
from tests.auth.steps import ALICE, BOB, OTHER_PASSWORD, PASSWORD
from webapp.auth import passwords
from webapp.auth.models import User
from webapp.core import clock
from webapp.extensions import db, transaction


@pytest.fixture(autouse=True)
def _alice(app: Flask) -> None:
    steps.have_registered(app)


def test_a_reader_is_back_on_the_wanted_code(app: Flask, client: FlaskClient) -> None:
    response = steps.log_in(client, to="/codes/hcpcs/G0105")

    assert (response.status_code, response.location) == (303, "/codes/hcpcs/G0105")
    assert steps.signed_in(client)
    assert steps.users(app)[0].last_login_at is not None


def test_a_known_and_an_unknown_address_get_one_answer(app: Flask) -> None:
    def page(email: str, password: str) -> tuple[int, str]:
        response = steps.log_in(app.test_client(), email, password)
        return response.status_code, re.sub(r'value="[^"]*"', "", response.text)

    assert page(ALICE, OTHER_PASSWORD) == page(BOB, OTHER_PASSWORD)
    assert page(ALICE, OTHER_PASSWORD)[0] == 422


def test_however_the_address_is_typed(client: FlaskClient) -> None:
    assert steps.log_in(client, " ALICE+x@EXAMPLE.org ").status_code == 303


def test_each_login_has_a_token_of_its_own_and_ends_the_one_before(app: Flask, client: FlaskClient) -> None:
    form_token = steps.form_token(client, "/login")
    fields = {"csrf_token": form_token, "email": ALICE, "password": PASSWORD}
    cookie_of_form = client.get_cookie("form")
    assert cookie_of_form
    client.post("/login", data=fields)
    first = steps.session_cookie(client)

    client.set_cookie("form", cookie_of_form.value)  # the form was open in another tab
    client.post("/login", data=fields)

    copy = app.test_client()
    copy.set_cookie("session", first or "")
    assert steps.session_cookie(client) != first
    assert steps.signed_in(client)
    assert not steps.signed_in(copy)


def test_a_planted_cookie_is_not_adopted(app: Flask, client: FlaskClient) -> None:
    planted = f"1.{'A' * 43}"
    client.set_cookie("session", planted)

    steps.log_in(client)

    attacker = app.test_client()
    attacker.set_cookie("session", planted)
    assert steps.session_cookie(client) != planted
    assert not steps.signed_in(attacker)


@pytest.mark.parametrize(
    "value", ["", "1", "1.", ".", "x.y", "1." + "A" * 42, "1." + "A" * 44, "0." + "A" * 43, "9" * 30 + "." + "A" * 43]
)
def test_a_cookie_that_cannot_be_ours_is_nobodys(client: FlaskClient, value: str) -> None:
    client.set_cookie("session", value)
    assert client.get("/login").status_code == 200


def test_a_token_opens_no_other_readers_account(app: Flask, client: FlaskClient) -> None:
    steps.register(app.test_client(), BOB)
    steps.log_in(client)
    token = (steps.session_cookie(client) or "").partition(".")[2]
    client.set_cookie("session", f"2.{token}")

    assert not steps.signed_in(client)


def test_an_outdated_hash_is_renewed(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction():
        db.session.get_one(User, 1).password_hash = PasswordHasher(1, 8, 1).hash(PASSWORD)

    assert steps.log_in(client).status_code == 303

    assert not passwords.is_outdated(steps.users(app)[0].password_hash)
    assert steps.log_in(app.test_client()).status_code == 303


def test_a_closed_account_does_not_open(app: Flask, client: FlaskClient) -> None:
    steps.log_in(client)
    with app.app_context(), transaction():
        db.session.get_one(User, 1).closed_at = clock.now()

    assert not steps.signed_in(client)
    assert steps.log_in(app.test_client()).status_code == 422


def test_a_password_changed_during_the_login_does_not_open(app: Flask) -> None:
    from webapp.auth import addresses, service

    with app.app_context():
        verified = service.verify(addresses.read(ALICE), PASSWORD)
        assert verified
        with transaction():
            db.session.get_one(User, 1).password_hash = passwords.make_hash(OTHER_PASSWORD)
        with transaction():
            assert service.log_in(verified, service.Device("127.0.0.1", "")) is None


def test_a_password_may_hold_anything(app: Flask, client: FlaskClient) -> None:
    odd = "  pä ß \N{SNOWMAN} \t 漢字 '\"<b> "
    assert steps.register(app.test_client(), BOB, odd).status_code == 303

    assert steps.log_in(client, BOB, odd).status_code == 303
    assert steps.log_in(app.test_client(), BOB, odd.strip()).status_code == 422
