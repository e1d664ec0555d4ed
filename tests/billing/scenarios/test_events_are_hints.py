"""Webhooks that come twice, late, in disorder, forged, or never; and what Stripe says that we do not know."""

from __future__ import annotations

import json
import threading
import time

import pytest

from tests.support.scene import Scene, Served, settings_for
from webapp.billing import sync
from webapp.core import clock

GRANTED, REVOKED, ALERT = "entitlement.granted", "entitlement.revoked", "billing.alert"
PAID = {"plan": "pro", "grants": ["pro"], "mails": ["receipt"], "audit": [GRANTED]}
ENDED = {"plan": "free", "grants": ["pro ended"], "mails": ["receipt", "cancelled"], "audit": [GRANTED, REVOKED]}
NOTHING = {"plan": "free", "grants": [], "mails": [], "audit": []}


def test_every_event_twice(scene: Scene):
    alice = scene.reader("alice")
    scene.sandbox.faults.duplicate(100)
    scene.subscribe(alice)
    scene.shows(alice, **PAID)
    assert len(scene.events()) == len({event.id for event in scene.events()})


def test_events_out_of_order(scene: Scene):
    alice = scene.reader("alice")
    scene.sandbox.faults.hold(True)
    scene.subscribe_unseen(alice)
    scene.sandbox.faults.release("reversed")
    scene.settle()
    scene.shows(alice, **PAID)


def test_an_old_event_again_after_the_end(scene: Scene):
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    scene.cancel_now(subscription)
    scene.settle()
    stale = scene.sent("customer.subscription.created")[0]
    assert scene.deliver(stale) == 200
    again = {**stale, "id": "evt_another_copy"}
    assert scene.deliver(again) == 200
    scene.work()
    scene.shows(alice, **ENDED)


def test_an_end_that_never_arrived_is_found_by_the_sweep(scene: Scene):
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    scene.sandbox.faults.drop(100)
    scene.cancel_now(subscription)
    scene.settle()
    assert scene.plan(alice) == "pro"
    scene.sweep()
    scene.shows(alice, **ENDED)


def test_without_any_event_the_success_page_knows(scene: Scene):
    alice = scene.reader("alice")
    scene.sandbox.faults.drop(1000)
    session = scene.open_checkout(alice)
    scene.pay(session)
    scene.settle()
    assert scene.plan(alice) == "free"
    page = scene.browser(alice).get(f"/billing/success?session_id={session}")
    assert page.status_code == 200
    assert "Pro" in page.text
    scene.shows(alice, **PAID)


def test_an_endpoint_that_was_down_gets_its_events_later(scene: Scene):
    alice = scene.reader("alice")
    scene.sandbox.set_webhook_url("http://127.0.0.1:9/webhooks/stripe")
    scene.subscribe_unseen(alice)
    scene.settle()
    assert scene.plan(alice) == "free"
    scene.sandbox.set_webhook_url(f"{scene.url}/webhooks/stripe")
    until = time.monotonic() + 20
    while scene.plan(alice) != "pro" and time.monotonic() < until:
        time.sleep(0.2)
        scene.settle()
    scene.shows(alice, **PAID)


def test_a_rolled_secret_of_which_the_site_has_both(scene: Scene, make_app):
    alice = scene.reader("alice")
    scene.sandbox.faults.roll_secret(overlap=False)
    old, new = settings_for(scene.sandbox)["STRIPE_WEBHOOK_SECRETS"], scene.app.extensions["settings"]
    both = f"{old},{new.stripe_webhook_secrets[0].get_secret_value()}"
    app = make_app(**{**settings_for(scene.sandbox), "STRIPE_WEBHOOK_SECRETS": both})
    served = Served(app)
    try:
        scene.sandbox.set_webhook_url(f"{served.url}/webhooks/stripe")
        scene.subscribe(alice)
    finally:
        served.close()
    scene.shows(alice, **PAID)
    assert {event.state for event in scene.events()} <= {"done", "ignored"}


def test_a_rolled_secret_of_which_the_site_has_only_the_old(scene: Scene):
    alice = scene.reader("alice")
    scene.sandbox.faults.roll_secret(overlap=True)
    scene.subscribe(alice)
    scene.shows(alice, **PAID)
    assert scene.events() != []


def test_a_forged_event(scene: Scene):
    alice = scene.reader("alice")
    scene.sandbox.faults.hold(True)
    scene.subscribe_unseen(alice)
    event = scene.sent("customer.subscription.created")[0]
    assert scene.deliver(event, secret=f"whsec_{'f' * 24}") == 400
    scene.work()
    assert scene.events(id=event["id"]) == []
    scene.shows(alice, **NOTHING)


@pytest.mark.parametrize(
    ("seconds", "answer"),
    [(-302, 400), (-290, 200), (0, 200), (290, 200), (305, 400), (-600, 400), (600, 400)],
    ids=["too old", "old", "now", "ahead", "too far ahead", "ten minutes old", "ten minutes ahead"],
)
def test_how_old_or_new_an_event_may_be(scene: Scene, seconds: int, answer: int):
    alice = scene.reader("alice")
    scene.sandbox.faults.hold(True)
    scene.subscribe_unseen(alice)
    event = scene.sent("customer.subscription.created")[0]
    assert scene.deliver(event, at=int(clock.real_now().timestamp()) + seconds) == answer
    scene.work()
    scene.shows(alice, **(PAID if answer == 200 else NOTHING))


def test_a_thin_event_is_taken_and_changes_nothing(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    thin = {
        "id": "evt_thin",
        "object": "v2.core.event",
        "type": "v1.billing.meter.error_report_triggered",
        "livemode": False,
        "created": "2026-11-21T12:00:00.000Z",
        "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/billing/meters/mtr_1"},
    }
    assert scene.deliver(thin) == 200
    scene.work()
    assert scene.events(id="evt_thin")[0].state == "ignored"
    scene.shows(alice, **PAID)


def test_an_event_of_the_other_mode_is_refused(scene: Scene):
    alice = scene.reader("alice")
    scene.sandbox.faults.hold(True)
    scene.subscribe_unseen(alice)
    event = {**scene.sent("customer.subscription.created")[0], "livemode": True}
    assert scene.deliver(event) == 400
    scene.work()
    assert scene.events(id=event["id"]) == []
    scene.shows(alice, **NOTHING)


def test_an_event_of_a_type_we_do_not_know(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    event = {**scene.sent("customer.subscription.created")[0], "id": "evt_new_kind", "type": "customer.hologram.made"}
    assert scene.deliver(event) == 200
    scene.work()
    assert scene.events(id="evt_new_kind")[0].state == "ignored"
    scene.shows(alice, **PAID)


def test_a_status_we_do_not_know_leaves_the_last_known_answer(scene: Scene):
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    with scene.sandbox.store.session() as state:
        row = state.require("subscription", subscription)
        state.put({**row, "status": "hibernating"})
    assert scene.refresh(alice)
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt"], audit=[GRANTED, ALERT])


def test_a_price_that_is_none_of_ours_is_ignored(scene: Scene):
    alice = scene.reader("alice")
    customer = scene.customer(alice)
    api = scene.client.v1
    product = api.products.create({"name": "A mug"})
    price = api.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": 900, "recurring": {"interval": "month"}}
    )
    card = api.payment_methods.attach("pm_card_visa", {"customer": customer})
    api.subscriptions.create({"customer": customer, "items": [{"price": price.id}], "default_payment_method": card.id})
    scene.settle()
    assert scene.subscription(alice).plan_key is None
    scene.shows(alice, plan="free", grants=[], mails=["receipt"], audit=[])
    assert {event.state for event in scene.events()} <= {"done", "ignored"}


def test_a_retired_price_keeps_its_holder_s_plan(scene: Scene, make_app, tmp_path):
    import config

    alice = scene.reader("alice")
    scene.subscribe(alice)
    text = (config.ROOT / "plans.toml").read_text()
    path = tmp_path / "later.toml"
    path.write_text(text.replace('"pro_month"', '"pro_monthly"').replace("amount = 2900\n", "amount = 3900\n"))
    later = make_app(**{**settings_for(scene.sandbox), "PLANS_FILE": path})
    with later.app_context():
        from webapp.billing.setup import push

        push.push(lambda _line: None)
        assert sync.refresh(alice)
    scene.app = later
    assert scene.subscription(alice).lookup_key == "pro_month"
    scene.shows(alice, **PAID)
    scene.forward(days=31)
    assert scene.plan(alice) == "pro"
    assert scene.subscription(alice).amount == 2900


def test_two_live_subscriptions_give_the_best_plan_and_an_alert(scene: Scene):
    alice = scene.reader("alice")
    first = scene.subscribe(alice)
    price = scene.at_stripe("price", lookup_key="pro_year")[0]["id"]
    customer = scene.customer(alice)
    card = scene.client.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    scene.client.v1.subscriptions.create(
        {"customer": customer, "items": [{"price": price}], "default_payment_method": card.id}
    )
    scene.settle()
    scene.shows(alice, plan="pro", grants=["pro", "pro"], mails=["receipt", "receipt"], audit=[GRANTED, ALERT, GRANTED])
    scene.cancel_now(first)
    scene.settle()
    assert scene.plan(alice) == "pro"


def test_a_double_click_opens_one_checkout(scene: Scene):
    alice = scene.reader("alice")
    found: list[str] = []
    clicks = [threading.Thread(target=lambda: found.append(scene.open_checkout(alice))) for _ in range(4)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert len(set(found)) == 1
    assert len(scene.at_stripe("checkout.session")) == 1
    assert len(scene.at_stripe("customer")) == 1
    scene.pay(found[0])
    scene.settle()
    scene.shows(alice, **PAID)


def test_another_reader_s_session_on_the_success_page(scene: Scene):
    alice, bob = scene.reader("alice"), scene.reader("bob")
    session = scene.open_checkout(alice)
    scene.pay(session)
    scene.settle()
    browser = scene.browser(bob)
    answer = browser.get(f"/billing/success?session_id={session}")
    absent = browser.get(f"/billing/success?session_id={session[:-4]}zzzz")
    assert (answer.status_code, absent.status_code) == (404, 404)
    assert answer.text == absent.text
    scene.shows(bob, **NOTHING)
    scene.shows(alice, **PAID)


def test_the_portal_is_always_the_reader_s_own(scene: Scene):
    alice, bob = scene.reader("alice"), scene.reader("bob")
    scene.subscribe(alice)
    scene.subscribe(bob)
    from webapp.billing import changes

    with scene.app.app_context():
        changes.portal(bob)
    opened = scene.at_stripe("billing_portal.session")[0]
    assert opened["customer"] == scene.billing(bob).stripe_customer_id
    scene.shows(alice, **PAID)
    scene.shows(bob, **PAID)


def test_an_event_that_is_too_large_is_refused(scene: Scene):
    assert scene.deliver(json.dumps({"object": "event", "padding": "x" * 300_000}).encode()) == 413


def test_a_site_without_payments_takes_no_events(make_app):
    app = make_app()
    answer = app.test_client().post("/webhooks/stripe", data=b"{}")
    assert answer.status_code == 503
