from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.auth import steps
from tests.auth.steps import ALICE, BOB, OTHER_PASSWORD, PASSWORD
from webapp.auth import tasks
from webapp.auth.models import OneTimeToken
from webapp.core import clock
from webapp.extensions import db, transaction


def _ask(app: Flask, email: str = ALICE, to: str = "/") -> str:
    """Ask for a link and return its path from the mail."""
    response = steps.submit(app.test_client(), "/reset", email=email, next=to)
    assert (response.status_code, response.location) == (303, "/reset/sent")
    return steps.link_in(steps.mails(app)[-1])


@pytest.fixture(autouse=True)
def _alice(app: Flask) -> None:
    steps.have_registered(app)


def test_the_link_sets_it_and_leads_back_to_the_wanted_code(app: Flask, client: FlaskClient) -> None:
    link = _ask(app, to="/codes/hcpcs/G0105")

    response = steps.submit(client, link, password=OTHER_PASSWORD)

    assert response.location == "/login?changed=1&next=%2Fcodes%2Fhcpcs%2FG0105"
    assert "Your password is set." in client.get(response.location).text
    assert not steps.signed_in(client)  # a link in a mail is no login
    assert steps.log_in(client, password=OTHER_PASSWORD).status_code == 303
    assert steps.log_in(app.test_client(), password=PASSWORD).status_code == 422
    assert steps.mails(app)[-1].subject == "Your password at Codeshelf was changed"
    assert "password.reset" in steps.events(app)


def test_every_login_of_the_reader_ends(app: Flask, client: FlaskClient) -> None:
    thief = app.test_client()
    steps.log_in(thief)

    steps.submit(client, _ask(app), password=OTHER_PASSWORD)

    assert not steps.signed_in(thief)


def test_a_link_works_once(app: Flask, client: FlaskClient) -> None:
    link, earlier = _ask(app), _ask(app)
    steps.submit(client, link, password=OTHER_PASSWORD)

    for dead in (link, earlier):
        assert client.get(dead).status_code == 404
        assert "This link no longer works" in client.get(dead).text


def test_a_link_works_for_less_than_an_hour(app: Flask, client: FlaskClient) -> None:
    link = _ask(app)
    with app.app_context():
        token = db.session.query(OneTimeToken).one()
        assert token.expires_at - token.created_at <= timedelta(hours=1)
        with transaction():
            db.session.execute(update(OneTimeToken).values(expires_at=clock.now()))

    assert client.get(link).status_code == 404


def test_looking_at_the_form_does_not_use_the_link_up(app: Flask, client: FlaskClient) -> None:
    link = _ask(app)
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert steps.submit(client, link, password="short").status_code == 422
    assert steps.submit(client, link, password=OTHER_PASSWORD).status_code == 303


def test_the_token_is_not_stored(app: Flask) -> None:
    token = _ask(app).removeprefix("/reset/").partition("?")[0]
    with app.app_context():
        stored = db.session.query(OneTimeToken).one()
    assert len(token) == 43
    assert stored.token_hash != token


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "..", "A" * 5000, "\N{SNOWMAN}"])
def test_a_made_up_link_is_dead(client: FlaskClient, token: str) -> None:
    assert client.get(f"/reset/{token}").status_code in {400, 404}
    assert client.post(f"/reset/{token}", data={"password": OTHER_PASSWORD}).status_code in {400, 404}


def test_an_unknown_address_gets_the_same_answer_and_a_mail_of_its_own(app: Flask, client: FlaskClient) -> None:
    response = steps.submit(client, "/reset", email=BOB)

    assert (response.status_code, response.location) == (303, "/reset/sent")
    mail = steps.mails(app)[-1]
    assert mail.to == BOB
    assert "no account" in mail.text
    assert "/reset/" not in mail.text


def test_the_mail_goes_to_the_readers_own_address(app: Flask) -> None:
    _ask(app, "ALICE+elsewhere@example.org")
    assert steps.mails(app)[-1].to == ALICE


def test_old_links_are_forgotten(app: Flask) -> None:
    _ask(app)
    with app.app_context():
        with transaction():
            db.session.execute(update(OneTimeToken).values(expires_at=clock.now() - timedelta(days=8)))
        tasks.forget_old_tokens()
        assert db.session.query(OneTimeToken).count() == 0


def test_of_many_at_once_one_sets_it(database: Flask) -> None:
    if not steps.users(database):
        steps.register(database.test_client())
    link = _ask(database)
    clients = [database.test_client() for _ in range(5)]
    tokens = [steps.form_token(client, link) for client in clients]
    passwords = [f"{OTHER_PASSWORD} {number}" for number in range(5)]

    def send(number: int) -> int:
        return (
            clients[number].post(link, data={"csrf_token": tokens[number], "password": passwords[number]}).status_code
        )

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(send, range(5)))

    assert sorted(answers) == [303, 404, 404, 404, 404]
    winner = passwords[answers.index(303)]
    assert steps.log_in(database.test_client(), password=winner).status_code == 303
