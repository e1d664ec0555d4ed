import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.auth import steps


@pytest.fixture(autouse=True)
def _alice(client: FlaskClient) -> None:
    steps.register(client)


def test_the_page_asks_and_the_button_ends_the_login(app: Flask, client: FlaskClient) -> None:
    assert "Log out" in client.get("/logout").text
    assert steps.signed_in(client)

    response = steps.submit(client, "/logout")

    assert (response.status_code, response.location) == (303, "/")
    assert steps.session_cookie(client) is None
    assert steps.logins(app)[0].ended_at is not None
    assert steps.events(app)[-1] == "session.ended"


def test_a_cookie_copied_before_is_dead(app: Flask, client: FlaskClient) -> None:
    thief = app.test_client()
    thief.set_cookie("session", steps.session_cookie(client) or "")
    assert steps.signed_in(thief)

    steps.submit(client, "/logout")

    assert not steps.signed_in(thief)


def test_without_its_token_nobody_is_logged_out(client: FlaskClient) -> None:
    assert client.post("/logout").status_code == 400
    assert steps.signed_in(client)


def test_logging_out_twice_is_no_error(app: Flask, client: FlaskClient) -> None:
    fields = {"csrf_token": steps.form_token(client, "/logout")}
    cookie = client.get_cookie("form")
    assert cookie
    client.post("/logout", data=fields)

    client.set_cookie("form", cookie.value)
    assert client.post("/logout", data=fields).status_code == 303

    assert "You are not logged in" in client.get("/logout").text
    assert steps.events(app).count("session.ended") == 1


def test_other_logins_of_the_reader_stay(app: Flask, client: FlaskClient) -> None:
    other = app.test_client()
    steps.log_in(other)

    steps.submit(client, "/logout")

    assert steps.signed_in(other)
