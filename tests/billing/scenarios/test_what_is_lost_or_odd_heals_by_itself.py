"""Lost events, odd objects, outages, impatient readers, changed catalogues: none of it lasts, and none stops others."""

from __future__ import annotations

import threading
import urllib.request
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

import config
from tests.support.scene import Scene, settings_for
from webapp.billing import customers, gateway, holds, inbox, leases, payments, prices, snapshots, sync
from webapp.billing.models import BillingCustomer, PlanPrice
from webapp.billing.sandbox.engine import disputes
from webapp.core import clock
from webapp.extensions import db, transaction
from webapp.mail.models import OutboxMail


def charge_in(state) -> str:
    return str(state.find("charge")[0]["id"])


def test_an_event_that_cannot_be_looked_up_stops_no_one_s_sync(scene: Scene, monkeypatch):
    """Stripe's answer about one charge cannot be read; nothing but the reading is replaced."""
    alice = scene.reader("alice")
    scene.sandbox.faults.hold(True)
    scene.subscribe_unseen(alice)

    def odd(*_: object) -> None:
        raise snapshots.UnexpectedShape("charge ch_1 has no amount")

    monkeypatch.setattr(gateway.Gateway, "charge", odd)
    event = scene.sent("customer.subscription.created")[0]
    named = {"object": {"object": "dispute", "id": "du_1", "charge": "ch_1"}}
    assert scene.deliver({**event, "id": "evt_odd", "type": "charge.dispute.created", "data": named}) == 200
    assert scene.deliver(event) == 200
    scene.work()
    assert scene.plan(alice) == "pro"
    assert scene.events(id="evt_odd")[0].attempts == 1


def test_one_reader_s_failing_sync_keeps_no_other_waiting(scene_on_both: Scene, monkeypatch):
    scene = scene_on_both
    alice, bob = scene.reader("alice"), scene.reader("bob")
    scene.sandbox.faults.hold(True)
    for reader in (alice, bob):
        scene.subscribe_unseen(reader)
    ask = gateway.Gateway.customer
    first = scene.billing(alice).stripe_customer_id

    def fails(self: gateway.Gateway, customer_id: str) -> object:
        if customer_id == first:
            raise ZeroDivisionError("a defect")
        return ask(self, customer_id)

    monkeypatch.setattr(gateway.Gateway, "customer", fails)
    for event in scene.sent("customer.subscription.created"):
        scene.deliver(event)
    scene.work()
    assert (scene.plan(alice), scene.plan(bob)) == ("free", "pro")


def test_an_outage_when_a_dispute_is_looked_up_is_made_good_by_the_sweep(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.sandbox.faults.api(429, times=1000, path="/v1/charges")
    with scene.sandbox.store.session() as state:
        disputes.open_dispute(state, charge_in(state), "fraudulent")
    scene.sandbox.settle()
    with scene.app.app_context():
        for _ in range(leases.ALERT_AFTER):
            inbox.work()
    assert scene.events(type="charge.dispute.created")[0].state == "failed"
    scene.sandbox.faults.clear()
    scene.sweep()
    assert scene.plan(alice) == "free"
    assert scene.events(type="charge.dispute.created")[0].state == "done"


def test_an_impatient_reader_does_not_put_the_worker_off(scene: Scene):
    alice = scene.reader("alice")
    scene.sandbox.faults.drop(1000)
    scene.pay(scene.open_checkout(alice))
    scene.sandbox.faults.api(429, times=10_000, path="/v1/subscriptions")
    for _ in range(leases.ALERT_AFTER):
        with scene.app.app_context():
            assert not sync.refresh(alice, 1.0)
    assert scene.billing(alice).attempts == 0
    scene.sandbox.faults.clear()
    scene.work()
    assert scene.plan(alice) == "pro"


def test_a_new_hint_shortens_a_long_pause(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    with scene.app.app_context(), transaction():
        later = clock.real_now() + timedelta(hours=1)
        db.session.execute(update(BillingCustomer).values(next_try_at=later, attempts=12))
        customers.mark_dirty(scene.billing(alice).id)
    pause = scene.billing(alice).next_try_at
    assert pause is not None
    assert pause <= clock.real_now() + timedelta(minutes=1)


def test_a_dispute_won_unheard_of_is_found_at_night(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    with scene.sandbox.store.session() as state:
        opened = disputes.open_dispute(state, charge_in(state), "fraudulent")
    scene.settle()
    scene.sandbox.faults.drop(1000)
    with scene.sandbox.store.session() as state:
        disputes.close_dispute(state, opened["id"], True)
    scene.settle()
    assert scene.plan(alice) == "free"
    scene.nightly()
    assert scene.plan(alice) == "pro"


def test_a_hold_lifted_during_a_dispute_comes_back(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    with scene.sandbox.store.session() as state:
        disputes.open_dispute(state, charge_in(state), "fraudulent")
    scene.settle()
    with scene.app.app_context(), transaction():
        holds.release(alice)
    assert scene.plan(alice) == "pro"
    scene.work()
    assert scene.plan(alice) == "free"


def test_a_lost_dispute_about_an_old_charge_leaves_what_was_bought_since(scene: Scene):
    alice = scene.reader("alice")
    scene.cancel_now(scene.subscribe(alice))
    scene.settle()
    with scene.sandbox.store.session() as state:
        old = charge_in(state)
    scene.forward(days=2)
    scene.subscribe(alice)
    with scene.sandbox.store.session() as state:
        opened = disputes.open_dispute(state, old, "fraudulent")
    scene.settle()
    assert scene.plan(alice) == "free", "an open dispute holds everything"
    with scene.sandbox.store.session() as state:
        disputes.close_dispute(state, opened["id"], False)
    scene.settle()
    assert scene.plan(alice) == "pro"


def replace_price(scene: Scene) -> tuple[str, str]:
    """Hand `pro_month` to another price at Stripe, unheard of; return the old one's id and the new one's."""
    with scene.app.app_context():
        old = prices.price_id("pro_month")
    scene.sandbox.faults.drop(1000)
    api = scene.client.v1.prices
    terms = {"currency": "usd", "unit_amount": 3900, "recurring": {"interval": "month"}, "metadata": {"plan": "pro"}}
    product = api.retrieve(old).product
    new = api.create({**terms, "product": product, "lookup_key": "pro_month", "transfer_lookup_key": True})
    api.update(old, {"active": False})
    scene.settle()
    return old, new.id


def test_a_price_replaced_unheard_of_is_sold_at_the_first_click(scene: Scene):
    alice = scene.reader("alice")
    _, new = replace_price(scene)
    scene.subscribe_unseen(alice)
    assert scene.refresh(alice)
    assert scene.subscription(alice).price_id == new


def test_a_price_replaced_unheard_of_is_found_at_night(scene: Scene):
    old, new = replace_price(scene)
    scene.nightly()
    with scene.app.app_context():
        active = db.session.scalars(select(PlanPrice.price_id).filter_by(lookup_key="pro_month", active=True)).all()
        known = db.session.get(PlanPrice, old)
        assert active == [new]
        assert known is not None


def test_a_plan_renamed_in_the_file_keeps_its_holders(scene: Scene, make_app, tmp_path):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    path = tmp_path / "renamed.toml"
    text = (config.ROOT / "plans.toml").read_text()
    path.write_text(text.replace("plans.pro", "plans.plus").replace('extends = "pro"', 'extends = "plus"'))
    scene.app = make_app(**{**settings_for(scene.sandbox), "PLANS_FILE": path})
    scene.forward(hours=1)
    assert scene.plan(alice) == "plus"


def test_a_sync_of_the_deleted_customer_does_not_touch_the_new_one(scene_on_both: Scene):
    scene = scene_on_both
    alice = scene.reader("alice")
    scene.client.v1.customers.delete(scene.customer(alice))
    scene.settle()
    with scene.app.app_context():
        with transaction():
            customers.mark_dirty(scene.billing(alice).id)
        held = leases.claim()
        assert held is not None
        seen = sync.fetch(held)
        new = customers.ensure(alice, "alice@example.org")
        with pytest.raises(leases.LeaseLost):
            sync.write(held, seen)
    assert scene.billing(alice).stripe_customer_id == new
    assert scene.billing(alice).deleted_at is None


def test_an_open_checkout_of_a_deleted_customer_is_replaced(scene: Scene):
    alice = scene.reader("alice")
    scene.open_checkout(alice)
    scene.client.v1.customers.delete(scene.customer(alice))
    scene.settle()
    session = scene.open_checkout(alice)
    assert scene.at_stripe("checkout.session", id=session)[0]["customer"] == scene.billing(alice).stripe_customer_id
    assert scene.pay(session).kind == "paid"


def test_someone_else_s_long_lookup_key_is_no_trouble(scene_on_both: Scene):
    scene = scene_on_both
    alice = scene.reader("alice")
    scene.subscribe(alice)
    api = scene.client.v1
    terms = {"currency": "usd", "unit_amount": 100, "recurring": {"interval": "month"}, "lookup_key": "x" * 150}
    price = api.prices.create({**terms, "product": api.products.create({"name": "A mug"}).id})
    api.subscriptions.create({"customer": scene.customer(alice), "items": [{"price": price.id}]})
    scene.settle()
    customer = scene.billing(alice)
    assert customer.dirty_seq == customer.synced_seq
    assert scene.plan(alice) == "pro"


def test_a_second_time_in_the_signature_makes_no_old_event_new(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    old = int(clock.real_now().timestamp()) - 86_400
    assert scene.deliver(scene.sent()[-1], at=old) == 400
    assert scene.deliver(scene.sent()[-1], at=old, also=f",t={old + 86_400}") == 400


def test_reminders_are_written_once_and_not_after_their_day(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice, expires_in_months=0)
    scene.forward(hours=1)
    assert "card_expiring" in scene.mails(alice)
    with scene.app.app_context(), transaction():
        db.session.execute(update(OutboxMail).values(dedupe_key=None))  # as when old mails are forgotten
    scene.forward(days=20)
    assert "card_expiring" not in scene.mails(alice)


def test_the_sync_command_asks_at_once_whatever_the_pause(scene: Scene):
    alice, bob = scene.reader("alice"), scene.reader("bob")
    scene.subscribe(alice)
    with scene.app.app_context(), transaction():
        later = clock.real_now() + timedelta(hours=1)
        db.session.execute(update(BillingCustomer).values(next_try_at=later, attempts=12))
    with scene.app.app_context():
        customers._row(bob)
    run = scene.app.test_cli_runner().invoke
    assert run(args=["billing", "sync", "alice@example.org"]).exit_code == 0
    everyone = run(args=["billing", "sync", "--all"])
    assert (everyone.exit_code, everyone.output) == (0, "1 of 1 synced.\n")


def test_a_failure_that_stripe_keeps_is_not_asked_for_again(scene: Scene):
    """Stripe keeps a 500 under its idempotency key; the next click must come with another one."""
    alice = scene.reader("alice")
    keys = []
    for _ in range(2):
        scene.sandbox.faults.api(500, times=3, method="POST", path="/v1/customers")
        with scene.app.app_context(), pytest.raises(payments.PaymentsAway):
            customers.ensure(alice, "alice@example.org")
        scene.sandbox.faults.clear()
        keys.append(scene.billing(alice).create_key)
    assert keys[0] != keys[1]


def test_six_first_clicks_at_once_learn_the_price_together(scene_on_both: Scene):
    scene = scene_on_both
    with scene.app.app_context(), transaction():
        db.session.execute(PlanPrice.__table__.delete())
    found: list[str] = []

    def click() -> None:
        with scene.app.app_context():
            found.append(prices.price_id("pro_month"))

    clicks = [threading.Thread(target=click) for _ in range(6)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert len(found) == 6
    with scene.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(PlanPrice)) == 1


def test_the_portal_s_configuration_may_be_replaced(scene: Scene):
    alice = scene.reader("alice")
    customer = scene.customer(alice)
    api = scene.client.v1.billing_portal.configurations
    with scene.app.app_context():
        assert payments.gateway().portal(customer, "http://127.0.0.1/account")
        first = scene.at_stripe("billing_portal.configuration")[0]["id"]
        again = api.create({"features": {"invoice_history": {"enabled": True}}, "metadata": payments.PORTAL_MARK})
        api.update(first, {"active": False})
        assert payments.gateway().portal(customer, "http://127.0.0.1/account")
    assert scene.at_stripe("billing_portal.session")[0]["configuration"] == again.id


def test_metrics_tell_the_backlog(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    with urllib.request.urlopen(f"{scene.url}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert 'codeshelf_billing{what="failed"} 0.0' in text
    assert 'codeshelf_billing{what="customers_to_sync"} 0.0' in text


def test_a_grant_that_ends_with_the_calendar_is_refused_in_a_sentence(scene: Scene):
    scene.reader("alice")
    run = scene.app.test_cli_runner().invoke
    done = run(args=["billing", "grant", "alice@example.org", "pro", "--until", "9999-12-31"])
    assert done.exit_code == 2
    assert "no calendar goes that far" in done.output
