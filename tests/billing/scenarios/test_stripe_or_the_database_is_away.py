"""Faults of the parts: no access is lost, none is kept, nothing is charged twice, and all is well again by itself."""

from __future__ import annotations

import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from tests.support import scene as scenes
from tests.support.processes import wait_until
from tests.support.proxy import Proxy
from tests.support.scene import Scene
from webapp.billing import leases
from webapp.billing.models import BillingCustomer
from webapp.core import clock
from webapp.extensions import db, transaction

GRANTED, REVOKED, ALERT = "entitlement.granted", "entitlement.revoked", "billing.alert"
PAID = {"plan": "pro", "grants": ["pro"], "mails": ["receipt"], "audit": [GRANTED]}


def without_pause(scene: Scene) -> None:
    """Let what was put off be tried now."""
    with scene.app.app_context(), transaction():
        db.session.execute(update(BillingCustomer).values(next_try_at=clock.real_now() - timedelta(seconds=1)))


@pytest.mark.parametrize("fault", [500, 429, "close"])
def test_stripe_fails_during_a_sync(scene: Scene, fault: int | str):
    alice = scene.reader("alice")
    scene.sandbox.faults.hold(True)
    scene.subscribe_unseen(alice)
    scene.sandbox.faults.api(fault, times=50, method="GET", path="/v1/subscriptions")
    scene.sandbox.faults.release("as sent")
    scene.settle()
    assert scene.plan(alice) == "free"
    assert scene.billing(alice).attempts == 1
    assert scene.events(type="customer.subscription.created")[0].state == "received"
    scene.sandbox.faults.clear()
    without_pause(scene)
    scene.work()
    scene.shows(alice, **PAID)
    assert {event.state for event in scene.events()} <= {"done", "ignored"}
    assert scene.billing(alice).attempts == 0


def test_a_failing_listing_takes_nothing_away(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.sandbox.faults.api(500, times=100, path="/v1/subscriptions")
    assert not scene.refresh(alice)
    scene.shows(alice, **PAID)


def test_after_ten_failures_the_operator_is_told_once(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.sandbox.faults.api(500, times=1000, path="/v1/customers")
    with scene.app.app_context():
        customer = scene.billing(alice)
        for _ in range(leases.ALERT_AFTER + 2):
            with transaction():
                db.session.execute(update(BillingCustomer).values(dirty_seq=customer.dirty_seq + 1, next_try_at=None))
            held = leases.claim()
            assert held is not None
            leases.give_up(held, "away")
    assert scene.audit(alice).count(ALERT) == 1
    assert scene.plan(alice) == "pro"


def test_pauses_grow(scene: Scene):
    pauses = [leases.pause(attempts).total_seconds() for attempts in (1, 2, 3, 10, 11, 1000)]
    assert pauses == [5, 10, 20, 2560, 3600, 3600]


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["hang", 500, 429])
def test_a_checkout_while_stripe_is_away_says_that_nothing_was_charged(scene: Scene, fault: int | str):
    alice = scene.reader("alice")
    scene.customer(alice)
    scene.sandbox.faults.api(fault, times=100, seconds=30)
    began = time.monotonic()
    answer = scene.post(alice, "/subscribe/pro_month")
    assert time.monotonic() - began < 10
    assert answer.status_code == 503
    assert "othing was charged" in answer.text
    scene.sandbox.faults.clear()
    scene.pay(scene.open_checkout(alice))
    scene.settle()
    scene.shows(alice, **PAID)
    assert len(scene.at_stripe("charge")) == 1


@pytest.mark.slow
def test_a_change_whose_answer_is_lost_charges_once(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.sandbox.faults.api("close", times=1, method="POST", path="/v1/subscriptions", then_do=True)
    scene.change(alice, "pro_year")  # the library tries again with the same key
    scene.settle()
    assert scene.subscription(alice).lookup_key == "pro_year"
    assert len([row for row in scene.at_stripe("charge") if row["status"] == "succeeded"]) == 2


@pytest.mark.parametrize("mode", ["down", "blackhole"])
def test_the_database_is_away_when_an_event_comes(make_app, tmp_path, pg_url, mode: str):
    """PostgreSQL behind a proxy: the event is answered with 500, sent again by Stripe, and taken."""
    socket = f"unix://{parse_qs(urlsplit(pg_url).query)['host'][0]}/.s.PGSQL.5432"
    with Proxy(socket) as proxy:
        url = f"postgresql://codeshelf@127.0.0.1:{proxy.port}{urlsplit(pg_url).path}"
        with scenes.begin(make_app, tmp_path, DATABASE_URL=url) as scene:
            alice = scene.reader("alice")
            scene.sandbox.faults.hold(True)
            scene.subscribe_unseen(alice)
            event = scene.sent("customer.subscription.created")[0]
            proxy.mode = mode
            began = time.monotonic()
            assert scene.deliver(event) == 500
            assert time.monotonic() - began < 5
            proxy.mode = "ok"
            wait_until(lambda: scene.deliver(event) == 200, 10, "the event being taken")
            scene.work()
            scene.shows(alice, **PAID)


def test_a_table_that_cannot_be_written_is_a_500_too(scene: Scene):
    alice = scene.reader("alice")
    scene.sandbox.faults.hold(True)
    scene.subscribe_unseen(alice)
    event = scene.sent("customer.subscription.created")[0]
    rename(scene, "stripe_event", "stripe_event_away")
    assert scene.deliver(event) == 500
    rename(scene, "stripe_event_away", "stripe_event")
    assert scene.deliver(event) == 200
    scene.work()
    scene.shows(alice, **PAID)


def rename(scene: Scene, table: str, name: str) -> None:
    with scene.app.app_context(), transaction():
        db.session.execute(db.text(f'ALTER TABLE "{table}" RENAME TO "{name}"'))
