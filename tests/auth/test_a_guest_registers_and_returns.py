from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.auth import steps
from tests.auth.steps import ALICE, OTHER_PASSWORD, PASSWORD
from webapp.extensions import reader_logged_in, reader_registered

WANTED = "/codes/icd-10-cm/E11.9"


def test_a_guest_is_in_at_once_and_back_on_the_wanted_code(app: Flask, client: FlaskClient) -> None:
    response = steps.register(client, to=WANTED)

    assert (response.status_code, response.location) == (303, WANTED)
    assert steps.signed_in(client)
    assert [user.email for user in steps.users(app)] == [ALICE]
    assert [mail.subject for mail in steps.mails(app)] == ["Welcome to Codeshelf"]
    assert steps.events(app) == ["user.registered"]


def test_the_wanted_code_survives_the_way_from_the_log_in_form(client: FlaskClient) -> None:
    login_page = client.get(f"/login?next={WANTED}").text

    assert f'href="/register?next={WANTED}"' in login_page
    assert f'value="{WANTED}"' in client.get(f"/register?next={WANTED}").text


def test_the_session_cookie_is_for_the_server_alone(client: FlaskClient) -> None:
    response = steps.register(client)

    header = next(value for value in response.headers.getlist("Set-Cookie") if value.startswith("session="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(header.split("; "))
    assert response.headers["Cache-Control"] == "private, no-store"


def test_over_https_the_cookie_is_bound_to_the_host(make_app) -> None:
    client = make_app(SITE_URL="https://codes.example.org").test_client()
    path, site = "/register", "https://codes.example.org"
    page = client.get(path, base_url=site)
    token = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    fields = {"csrf_token": token, "email": ALICE, "password": PASSWORD}

    response = client.post(path, data=fields, base_url=site, headers={"Referer": f"{site}/register"})

    header = next(value for value in response.headers.getlist("Set-Cookie") if "session=" in value)
    assert header.startswith("__Host-session=")
    assert "Secure" in header
    assert "Domain" not in header


def test_neither_password_nor_token_is_stored(app: Flask, client: FlaskClient) -> None:
    steps.register(client)

    [user], [login] = steps.users(app), steps.logins(app)
    token = (steps.session_cookie(client) or "").partition(".")[2]
    assert user.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert len(token) == 43
    assert token not in (login.token_hash, user.password_hash)


def test_others_hear_of_it_after_the_commit(app: Flask, client: FlaskClient) -> None:
    heard = []

    def registered(_sender: object, user_id: int) -> None:
        heard.append(("registered", user_id, len(steps.users(app))))

    def logged_in(_sender: object, user_id: int) -> None:
        heard.append(("logged in", user_id, len(steps.logins(app))))

    with reader_registered.connected_to(registered), reader_logged_in.connected_to(logged_in):
        steps.register(client)

    assert heard == [("registered", 1, 1), ("logged in", 1, 1)]


def test_the_address_is_kept_as_typed_and_plus_addresses_are_one_reader(app: Flask) -> None:
    steps.register(app.test_client(), "Alice+Codes@Example.org")
    again = steps.register(app.test_client(), "alice+other@example.org")

    [user] = steps.users(app)
    assert (user.email, user.email_normalized) == ("Alice+Codes@Example.org", ALICE)
    assert again.status_code == 303  # the right password: logged in to the one account


def test_a_known_address_gets_a_neutral_answer_and_a_mail(app: Flask, client: FlaskClient) -> None:
    steps.register(app.test_client())

    response = steps.register(client, password=OTHER_PASSWORD, to=WANTED)

    assert response.status_code == 422
    assert "We could not create this account." in response.text
    assert steps.session_cookie(client) is None
    mail = steps.mails(app)[-1]
    assert mail.to == ALICE
    assert mail.subject == "You already have an account at Codeshelf"
    reset = steps.submit(client, steps.link_in(mail), password=OTHER_PASSWORD)
    assert reset.location == "/login?changed=1&next=%2Fcodes%2Ficd-10-cm%2FE11.9"


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "at least 10 characters"),
        ("x9" * 65, "at most 128 characters"),
        ("Password123!", "guessed first"),
        ("codeshelf-2026", "built on your address or the site"),
        ("alice.example", "built on your address or the site"),
    ],
)
def test_a_refused_password_says_why(app: Flask, client: FlaskClient, password: str, reason: str) -> None:
    response = steps.register(client, password=password)

    assert response.status_code == 422
    assert reason in response.text
    assert 'aria-describedby="password-hint password-error"' in response.text
    assert password not in response.text
    assert not steps.users(app)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "alice",
        "alice@",
        "@example.org",
        "a b@example.org",
        "alice@example.org\r\nBcc: b@example.org",
        "a\0@example.org",
        "alice@localhost",
    ],
)
def test_what_is_no_address_is_refused(app: Flask, client: FlaskClient, email: str) -> None:
    assert steps.register(client, email).status_code == 422
    assert not steps.users(app)
    assert not steps.mails(app)


def test_without_its_token_the_form_is_refused(app: Flask, client: FlaskClient) -> None:
    response = client.post("/register", data={"email": ALICE, "password": PASSWORD})

    assert response.status_code == 400
    assert not steps.users(app)


def test_two_clicks_make_one_account_and_log_in(database: Flask) -> None:
    clients = [database.test_client() for _ in range(4)]
    tokens = [steps.form_token(client, "/register") for client in clients]

    def click(number: int) -> tuple[int, str | None]:
        fields = {"csrf_token": tokens[number], "email": ALICE, "password": PASSWORD, "next": WANTED}
        response = clients[number].post("/register", data=fields)
        return response.status_code, response.location

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(click, range(len(clients))))

    assert answers == [(303, WANTED)] * len(clients)
    assert len(steps.users(database)) == 1
    assert [mail.subject for mail in steps.mails(database)] == ["Welcome to Codeshelf"]
    assert all(steps.signed_in(client) for client in clients)
