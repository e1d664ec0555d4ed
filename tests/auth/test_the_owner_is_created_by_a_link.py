from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.auth import steps
from tests.auth.steps import ALICE, BOB, OTHER_PASSWORD, PASSWORD
from webapp.auth import service
from webapp.auth.models import OneTimeToken
from webapp.core import clock
from webapp.extensions import db, transaction


def _link(app: Flask) -> str | None:
    """The path of a new owner's link."""
    with app.app_context(), transaction():
        link = service.owner_link()
    return "/setup/" + link.partition("/setup/")[2] if link else None


def _path(app: Flask) -> str:
    link = _link(app)
    assert link
    return link


def test_the_link_makes_a_member_of_staff_and_logs_in(app: Flask, client: FlaskClient) -> None:
    link = _path(app)

    response = steps.submit(client, link, email=ALICE, password=PASSWORD)

    assert (response.status_code, response.location) == (303, "/")
    assert steps.users(app)[0].is_staff
    assert steps.signed_in(client)
    assert client.get(link).status_code == 404
    assert _link(app) is None


def test_a_new_link_voids_the_earlier_one(app: Flask, client: FlaskClient) -> None:
    earlier, later = _path(app), _path(app)

    assert client.get(earlier).status_code == 404
    assert client.get(later).status_code == 200


def test_it_works_for_a_day(app: Flask, client: FlaskClient) -> None:
    link = _path(app)
    with app.app_context():
        token = db.session.query(OneTimeToken).one()
        assert token.expires_at - token.created_at == timedelta(hours=24)
        with transaction():
            db.session.execute(update(OneTimeToken).values(expires_at=clock.now()))

    assert client.get(link).status_code == 404


def test_a_weak_password_leaves_the_link_good(app: Flask, client: FlaskClient) -> None:
    link = _path(app)
    assert steps.submit(client, link, email=ALICE, password="password123").status_code == 422
    assert steps.submit(client, link, email=ALICE, password=PASSWORD).status_code == 303


def test_a_reader_becomes_the_owner_by_their_own_password_only(app: Flask, client: FlaskClient) -> None:
    steps.register(app.test_client())
    link = _path(app)

    assert steps.submit(client, link, email=ALICE, password=OTHER_PASSWORD).status_code == 422
    assert not steps.users(app)[0].is_staff
    assert steps.submit(client, link, email=ALICE, password=PASSWORD).status_code == 303
    assert [user.is_staff for user in steps.users(app)] == [True]


def test_the_link_of_a_reset_is_none_for_the_owner(app: Flask, client: FlaskClient) -> None:
    link = _path(app)
    assert client.get(link.replace("/setup/", "/reset/")).status_code == 404


def test_of_many_at_once_one_becomes_the_owner(database: Flask) -> None:
    link = _path(database)
    clients = [database.test_client() for _ in range(4)]
    tokens = [steps.form_token(client, link) for client in clients]

    def send(number: int) -> int:
        fields = {"csrf_token": tokens[number], "email": f"owner{number}@example.org", "password": PASSWORD}
        return clients[number].post(link, data=fields).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(send, range(4)))

    assert answers == [303, 404, 404, 404]
    assert len(steps.users(database)) == 1


def test_the_command_prints_the_link_until_there_is_staff(app: Flask, client: FlaskClient) -> None:
    runner = app.test_cli_runner()
    printed = runner.invoke(args=["auth", "owner-link"]).output.strip()
    assert printed.startswith("http://127.0.0.1:8000/setup/")
    steps.submit(client, printed.removeprefix("http://127.0.0.1:8000"), email=ALICE, password=PASSWORD)

    refused = runner.invoke(args=["auth", "owner-link"])

    assert refused.exit_code == 1
    assert "there is staff already" in refused.output


def test_the_command_makes_staff_and_takes_it_back(app: Flask) -> None:
    steps.register(app.test_client(), BOB)
    runner = app.test_cli_runner()

    assert "is staff now" in runner.invoke(args=["auth", "staff", BOB, "--on"]).output
    assert steps.users(app)[0].is_staff
    assert "a plain reader now" in runner.invoke(args=["auth", "staff", BOB, "--off"]).output
    assert not steps.users(app)[0].is_staff
    assert runner.invoke(args=["auth", "staff", ALICE, "--on"]).exit_code == 1
    assert steps.events(app).count("user.staff_set") == 2
