"""Closing an account: payments end at Stripe first, then logins, address and password; or nothing happens at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import people
from tests.support import scene as scenes
from tests.support.scene import Scene
from webapp.auth import passwords, service
from webapp.auth.models import User
from webapp.extensions import db, transaction
from webapp.mail.models import OutboxMail

PASSWORD = "a calm river at dusk"


@pytest.fixture
def scene(make_app, tmp_path: Path) -> Iterator[Scene]:
    with scenes.begin(make_app, tmp_path) as begun:
        yield begun


def with_password(app, user: int) -> int:
    with app.app_context(), transaction():
        db.session.get_one(User, user).password_hash = passwords.make_hash(PASSWORD)
    return user


def close(client, password: str = PASSWORD):
    page = client.get("/account/close")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token is not None
    return client.post("/account/close", data={"password": password, "csrf_token": token[1]})


def reader(app, user: int) -> User:
    with app.app_context():
        return db.session.get_one(User, user)


def test_a_subscription_ends_at_stripe_before_the_account_closes(scene: Scene):
    alice = with_password(scene.app, scene.reader("alice"))
    subscription = scene.subscribe(alice)
    browser = scene.browser(alice)
    answer = close(browser)
    assert (answer.status_code, answer.location) == (303, "/account/closed")
    assert scene.client.v1.subscriptions.retrieve(subscription).status == "canceled"
    assert browser.get("/account").status_code == 302
    closed = reader(scene.app, alice)
    assert closed.closed_at is not None
    assert "alice" not in closed.email + closed.email_normalized
    with scene.app.app_context():
        to = list(db.session.scalars(db.select(OutboxMail.subject).filter_by(to="alice@example.org")))
    assert to[-1].endswith("is closed")
    scene.settle()
    assert scene.plan(alice) == "free"


@pytest.mark.parametrize("fault", [500, 429])
def test_while_stripe_cannot_be_told_nothing_is_closed(scene: Scene, fault: int):
    alice = with_password(scene.app, scene.reader("alice"))
    subscription = scene.subscribe(alice)
    scene.sandbox.faults.api(fault, times=100, method="DELETE", path="/v1/subscriptions")
    answer = close(scene.browser(alice))
    assert answer.status_code == 503
    assert reader(scene.app, alice).closed_at is None
    assert scene.client.v1.subscriptions.retrieve(subscription).status == "active"
    assert scene.plan(alice) == "pro"


def test_a_checkout_left_open_can_no_longer_be_paid(scene: Scene):
    alice = with_password(scene.app, scene.reader("alice"))
    session = scene.open_checkout(alice)
    assert close(scene.browser(alice)).status_code == 303
    assert scene.client.v1.checkout.sessions.retrieve(session).status == "expired"


def test_the_same_address_may_register_again_but_has_no_second_trial(make_app, tmp_path: Path):
    import config

    text = (config.ROOT / "plans.toml").read_text()
    plans = tmp_path / "trial.toml"
    plans.write_text(text.replace('name = "Pro"\n', 'name = "Pro"\ntrial = { days = 14 }\n'))
    with scenes.begin(make_app, tmp_path, PLANS_FILE=plans) as scene:
        alice = with_password(scene.app, scene.reader("alice"))
        scene.subscribe(alice)
        assert scene.subscription(alice).status == "trialing"
        assert close(scene.browser(alice)).status_code == 303
        again = scene.reader("alice")
        assert again != alice
        scene.subscribe(again)
        assert scene.subscription(again).status == "active"


def test_a_wrong_password_closes_nothing(app):
    alice = with_password(app, people.add_reader(app, "alice@example.org"))
    answer = close(people.client_for(app, alice), "another password")
    assert answer.status_code == 422
    assert "The password is not right." in answer.text
    assert reader(app, alice).closed_at is None


def test_a_reader_who_never_paid_closes_without_asking_anyone(app):
    alice = with_password(app, people.add_reader(app, "alice@example.org"))
    assert close(people.client_for(app, alice)).status_code == 303
    with app.app_context():
        assert service.find_user("alice@example.org") is None


def test_the_last_of_staff_stays(app):
    alice = with_password(app, people.add_reader(app, "alice@example.org", staff=True))
    assert close(people.client_for(app, alice)).status_code == 400
    assert reader(app, alice).closed_at is None


def test_what_is_paid_after_closing_alerts_the_operator(scene: Scene):
    alice = with_password(scene.app, scene.reader("alice"))
    customer = scene.customer(alice)
    assert close(scene.browser(alice)).status_code == 303
    api = scene.client.v1
    card = api.payment_methods.attach("pm_card_visa", {"customer": customer})
    price = scene.at_stripe("price", lookup_key="pro_month")[0]["id"]
    api.subscriptions.create({"customer": customer, "items": [{"price": price}], "default_payment_method": card.id})
    scene.settle()
    assert "billing.alert" in scene.audit(alice)
