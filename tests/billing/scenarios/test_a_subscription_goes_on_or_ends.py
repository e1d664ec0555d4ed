"""Renewals, failures, grace, cancellations, pauses, changes of price."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.scene import FAILS_LATER, PAYS, Scene
from webapp.billing.sandbox.engine import settings as account_settings
from webapp.core import clock

GRANTED, CHANGED, REVOKED = "entitlement.granted", "entitlement.changed", "entitlement.revoked"
MONTH = 31


def into_past_due(scene: Scene, user: int) -> str:
    """Subscribe, change to a card that will fail, and go to the day of the renewal."""
    subscription = scene.subscribe(user)
    scene.new_card(user, FAILS_LATER)
    scene.forward(days=MONTH)
    assert scene.subscription(user).status == "past_due"
    return subscription


def test_a_renewal_that_is_paid_goes_on(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    first_end = scene.subscription(alice).period_end
    scene.forward(days=29)
    assert scene.mails(alice) == ["receipt", "renewal_reminder"]
    scene.forward(days=2)
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt", "renewal_reminder", "receipt"], audit=[GRANTED])
    assert scene.subscription(alice).period_start == first_end


def test_a_renewal_that_fails_keeps_the_plan_for_seven_days_from_the_invoice(scene: Scene):
    alice = scene.reader("alice")
    into_past_due(scene, alice)
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt", "payment_failed"], audit=[GRANTED, CHANGED])
    row, invoice = scene.subscription(alice), scene.at_stripe("invoice")[0]
    assert row.past_due_since is not None
    assert row.past_due_since.timestamp() == invoice["created"]
    assert scene.grants(alice)[0].ends_at == row.past_due_since + timedelta(days=7)


def test_after_the_grace_the_plan_is_closed(scene: Scene):
    alice = scene.reader("alice")
    with scene.sandbox.store.session() as state:
        account_settings.save(state, dunning_end="leave")
    into_past_due(scene, alice)
    since = scene.subscription(alice).past_due_since
    scene.forward(days=5)
    assert scene.plan(alice) == "pro"
    assert scene.mails(alice)[-1] == "grace_ending"
    scene.forward(days=3)
    assert scene.subscription(alice).status == "past_due"
    assert scene.subscription(alice).past_due_since == since
    mails = ["receipt", "payment_failed", "grace_ending"]
    scene.shows(alice, plan="free", grants=["pro ended"], mails=mails, audit=[GRANTED, CHANGED])


@pytest.mark.parametrize(("ending", "status"), [("cancel", "canceled"), ("unpaid", "unpaid")])
def test_when_the_retries_are_exhausted_the_plan_ends(scene: Scene, ending: str, status: str):
    alice = scene.reader("alice")
    with scene.sandbox.store.session() as state:
        account_settings.save(state, dunning_end=ending)
    into_past_due(scene, alice)
    scene.forward(days=20)
    assert scene.subscription(alice).status == status
    assert scene.plan(alice) == "free"
    assert scene.mails(alice)[:2] == ["receipt", "payment_failed"]
    assert scene.mails(alice)[-1] == "cancelled"


def test_a_new_card_pays_and_the_plan_is_open_again(scene: Scene):
    alice = scene.reader("alice")
    with scene.sandbox.store.session() as state:
        account_settings.save(state, dunning_end="leave")
    into_past_due(scene, alice)
    scene.forward(days=9)
    assert scene.plan(alice) == "free"
    scene.new_card(alice, PAYS)
    scene.settle()
    assert scene.subscription(alice).status == "active"
    assert scene.subscription(alice).past_due_since is None
    scene.shows(
        alice,
        plan="pro",
        grants=["pro ended", "pro"],
        mails=["receipt", "payment_failed", "receipt"],
        audit=[GRANTED, CHANGED, GRANTED],
    )


def test_a_new_card_within_the_grace_mends_without_a_break(scene: Scene):
    alice = scene.reader("alice")
    into_past_due(scene, alice)
    scene.new_card(alice, PAYS)
    scene.settle()
    mails = ["receipt", "payment_failed", "receipt"]
    scene.shows(alice, plan="pro", grants=["pro"], mails=mails, audit=[GRANTED, CHANGED, CHANGED])
    assert scene.grants(alice)[0].ends_at is None


def test_cancelled_at_the_period_s_end_the_plan_stays_until_then(scene: Scene):
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    scene.cancel(subscription)
    scene.settle()
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt", "cancelled"], audit=[GRANTED, CHANGED])
    scene.forward(days=27)
    assert scene.plan(alice) == "pro"
    scene.forward(days=4)
    assert scene.subscription(alice).status == "canceled"
    scene.shows(alice, plan="free", grants=["pro ended"], mails=["receipt", "cancelled"], audit=[GRANTED, CHANGED])


def test_a_cancellation_can_be_taken_back(scene: Scene):
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    scene.cancel(subscription)
    scene.settle()
    scene.cancel(subscription, off=True)
    scene.settle()
    scene.forward(days=MONTH)
    scene.shows(
        alice,
        plan="pro",
        grants=["pro"],
        mails=["receipt", "cancelled", "receipt"],
        audit=[GRANTED, CHANGED, CHANGED],
    )


def test_cancelled_now_the_plan_ends_now(scene: Scene):
    alice = scene.reader("alice")
    scene.cancel_now(scene.subscribe(alice))
    scene.settle()
    scene.shows(alice, plan="free", grants=["pro ended"], mails=["receipt", "cancelled"], audit=[GRANTED, REVOKED])


def test_from_monthly_to_yearly(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.forward(days=10)
    scene.change(alice, "pro_year")
    scene.settle()
    row = scene.subscription(alice)
    assert (row.lookup_key, row.interval, row.amount) == ("pro_year", "year", 29000)
    assert row.period_end > clock.now() + timedelta(days=360)
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt", "receipt"], audit=[GRANTED])


def test_an_upgrade_that_cannot_be_paid_leaves_the_old_plan(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.new_card(alice, FAILS_LATER)
    scene.change(alice, "pro_year")
    scene.settle()
    row = scene.subscription(alice)
    assert (row.lookup_key, row.status) == ("pro_month", "active")
    assert row.pending_update_expires_at is not None
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt"], audit=[GRANTED])
    scene.forward(hours=24)
    row = scene.subscription(alice)
    assert (row.lookup_key, row.pending_update_expires_at) == ("pro_month", None)
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt"], audit=[GRANTED])


def test_collection_paused_keeps_the_plan(scene: Scene):
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    scene.client.v1.subscriptions.update(subscription, {"pause_collection": {"behavior": "void"}})
    scene.settle()
    assert scene.subscription(alice).pause_collection == "void"
    scene.forward(days=MONTH)
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt"], audit=[GRANTED])


def test_paused_the_plan_is_closed_and_resumed_it_is_open(scene: Scene):
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    scene.client.v1.subscriptions.pause(subscription, {"type": "subscription"})
    scene.settle()
    assert scene.subscription(alice).status == "paused"
    scene.shows(alice, plan="free", grants=["pro ended"], mails=["receipt", "cancelled"], audit=[GRANTED, REVOKED])
    scene.client.v1.subscriptions.resume(subscription)
    scene.settle()
    assert scene.plan(alice) == "pro"
    assert scene.audit(alice) == [GRANTED, REVOKED, GRANTED]


def test_cancelled_and_subscribed_again_yearly(scene: Scene):
    alice = scene.reader("alice")
    scene.cancel_now(scene.subscribe(alice))
    scene.settle()
    scene.subscribe(alice, "pro_year")
    assert scene.subscription(alice).lookup_key == "pro_year"
    scene.shows(
        alice,
        plan="pro",
        grants=["pro ended", "pro"],
        mails=["receipt", "cancelled", "receipt"],
        audit=[GRANTED, REVOKED, GRANTED],
    )


def test_a_card_about_to_expire_is_told_of_once(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice, expires_in_months=0)
    scene.forward(hours=1)
    scene.forward(hours=1)
    assert scene.mails(alice).count("card_expiring") == 1
