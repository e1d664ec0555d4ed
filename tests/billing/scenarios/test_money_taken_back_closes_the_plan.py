"""Refunds, disputes, warnings of fraud, deleted customers, and readers on hold."""

from __future__ import annotations

import pytest

from tests.support.scene import Scene
from webapp.billing import service
from webapp.billing.sandbox.engine import disputes

GRANTED, CHANGED, REVOKED = "entitlement.granted", "entitlement.changed", "entitlement.revoked"
HELD, RELEASED, REFUNDED, ALERT = "billing.held", "billing.released", "billing.refunded", "billing.alert"


def charge_of(scene: Scene, user: int) -> str:
    return str(scene.at_stripe("charge", customer=scene.billing(user).stripe_customer_id)[0]["id"])


def test_a_partial_refund_changes_nothing(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.client.v1.refunds.create({"charge": charge_of(scene, alice), "amount": 500})
    scene.settle()
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt"], audit=[GRANTED, REFUNDED])
    with scene.app.app_context():
        assert service.charges_of(alice)[0].amount_refunded == 500


def test_a_full_refund_changes_nothing_until_the_subscription_is_cancelled(scene: Scene):
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    scene.client.v1.refunds.create({"charge": charge_of(scene, alice)})
    scene.settle()
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt"], audit=[GRANTED, REFUNDED])
    scene.cancel_now(subscription)
    scene.settle()
    audit = [GRANTED, REFUNDED, REVOKED]
    scene.shows(alice, plan="free", grants=["pro ended"], mails=["receipt", "cancelled"], audit=audit)


def dispute(scene: Scene, user: int) -> str:
    with scene.sandbox.store.session() as state:
        opened = disputes.open_dispute(state, charge_of_in(state), "fraudulent")
    scene.settle()
    return str(opened["id"])


def charge_of_in(state) -> str:
    return str(state.find("charge")[0]["id"])


def close(scene: Scene, dispute_id: str, *, won: bool) -> None:
    with scene.sandbox.store.session() as state:
        disputes.close_dispute(state, dispute_id, won)
    scene.settle()


def test_an_open_dispute_closes_the_plan(scene_on_both: Scene):
    scene = scene_on_both
    alice = scene.reader("alice")
    scene.subscribe(alice)
    dispute(scene, alice)
    scene.shows(
        alice, plan="free", grants=["pro ended"], mails=["receipt", "on_hold"], audit=[GRANTED, HELD, ALERT, REVOKED]
    )
    with scene.app.app_context():
        assert service.held(alice) == "dispute"


def test_a_dispute_that_is_won_opens_the_plan_again(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    close(scene, dispute(scene, alice), won=True)
    scene.shows(
        alice,
        plan="pro",
        grants=["pro ended", "pro"],
        mails=["receipt", "on_hold"],
        audit=[GRANTED, HELD, ALERT, REVOKED, RELEASED, GRANTED],
    )


def test_a_dispute_that_is_lost_closes_the_plan_until_another_is_bought(scene: Scene):
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    scene.forward(days=1)
    close(scene, dispute(scene, alice), won=False)
    assert scene.plan(alice) == "free"
    scene.cancel_now(subscription)
    scene.settle()
    assert scene.plan(alice) == "free"
    scene.forward(days=1)
    scene.subscribe(alice)
    assert scene.plan(alice) == "pro"


def test_a_dispute_whose_event_was_lost_is_found_at_night(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.sandbox.faults.drop(100)
    with scene.sandbox.store.session() as state:
        disputes.open_dispute(state, charge_of_in(state), "fraudulent")
    scene.settle()
    assert scene.plan(alice) == "pro"
    scene.nightly()
    assert scene.plan(alice) == "free"


def test_a_warning_of_fraud_alerts_the_operator_and_changes_nothing(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    with scene.sandbox.store.session() as state:
        disputes.early_fraud_warning(state, charge_of_in(state))
    scene.settle()
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt"], audit=[GRANTED, ALERT])


@pytest.mark.parametrize("reason", ["manual", "fraud_warning"])
def test_staff_holds_and_releases_a_reader(scene: Scene, reason: str):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    run = scene.app.test_cli_runner().invoke
    assert run(args=["billing", "hold", "alice@example.org", "--reason", reason]).exit_code == 0
    assert scene.plan(alice) == "free"
    scene.settle()
    assert scene.refresh(alice)
    assert scene.plan(alice) == "free", "a sync lifts no hold of staff"
    assert run(args=["billing", "release", "alice@example.org"]).exit_code == 0
    scene.shows(
        alice,
        plan="pro",
        grants=["pro ended", "pro"],
        mails=["receipt"],
        audit=[GRANTED, HELD, REVOKED, RELEASED, GRANTED],
    )


def test_a_customer_deleted_at_stripe_has_no_plan(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.client.v1.customers.delete(scene.customer(alice))
    scene.settle()
    scene.shows(alice, plan="free", grants=["pro ended"], mails=["receipt", "cancelled"], audit=[GRANTED, REVOKED])
    assert scene.billing(alice).deleted_at is not None
    scene.subscribe(alice)
    assert scene.plan(alice) == "pro"


def test_a_gift_stays_while_the_paid_plan_is_on_hold(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    run = scene.app.test_cli_runner().invoke
    assert run(args=["billing", "grant", "alice@example.org", "pro", "--comp"]).exit_code == 0
    dispute(scene, alice)
    assert scene.plan(alice) == "pro"
