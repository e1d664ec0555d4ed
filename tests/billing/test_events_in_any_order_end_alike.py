"""Whatever happens to events on their way, what we hold in the end is what Stripe holds."""

from __future__ import annotations

import itertools
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from tests.support.scene import Scene
from webapp.billing import reconcile
from webapp.billing.models import BillingCustomer, EntitlementGrant, Invoice, StripeEvent, Subscription
from webapp.extensions import db, transaction

FIVE = (
    "checkout.session.completed",
    "customer.subscription.created",
    "invoice.paid",
    "customer.subscription.updated",
    "customer.subscription.deleted",
)


def forget(scene: Scene) -> None:
    """Have the site know nothing of what happened at Stripe."""
    with scene.app.app_context(), transaction():
        for model in (StripeEvent, EntitlementGrant, Invoice, Subscription):
            db.session.execute(delete(model))
        db.session.execute(update(BillingCustomer).values(dirty_seq=0, synced_seq=0))


def drift(scene: Scene) -> list[str]:
    with scene.app.app_context():
        return [found.what for found in reconcile.find_drift()]


@pytest.mark.slow
def test_all_120_orders_of_five_events(scene: Scene):
    end_alike(scene, list(itertools.permutations(range(5))), ended=True)


def test_some_orders_of_five_events_of_a_subscription_that_goes_on(scene: Scene):
    orders = list(itertools.permutations(range(5)))
    end_alike(scene, random.Random(24).sample(orders, 24), ended=False)


def end_alike(scene: Scene, orders: list[tuple[int, ...]], *, ended: bool) -> None:
    """Deliver the five events of a subscription in each order, and check that we hold what Stripe holds."""
    alice = scene.reader("alice")
    scene.sandbox.faults.hold(True)
    subscription = scene.subscribe_unseen(alice)
    scene.cancel(subscription)
    if ended:
        scene.cancel_now(subscription)
    else:
        scene.cancel(subscription, off=True)
    events = {event["type"]: event for event in scene.sent()}
    five = [events[name] for name in FIVE if name in events]
    if not ended:
        five.append(scene.sent("customer.subscription.updated")[0])
    assert len({event["id"] for event in five}) == 5
    chance = random.Random(5)
    for order in orders:
        forget(scene)
        for place in order:
            assert scene.deliver(five[place]) == 200
            if chance.random() < 0.3:
                scene.work()
        scene.work()
        assert scene.plan(alice) == ("free" if ended else "pro")
        assert scene.subscription(alice).status == ("canceled" if ended else "active")
    assert drift(scene) == []


def test_fifty_parallel_copies_have_one_effect(scene_on_both: Scene):
    scene = scene_on_both
    alice = scene.reader("alice")
    scene.sandbox.faults.hold(True)
    scene.subscribe_unseen(alice)
    event = scene.sent("customer.subscription.created")[0]
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: scene.deliver(event), range(50)))
    assert answers == [200] * 50
    assert len(scene.events(id=event["id"])) == 1
    assert scene.billing(alice).dirty_seq == 1
    scene.work()
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt"], audit=["entitlement.granted"])


NUMBERS = itertools.count()
STEPS = st.sampled_from(["cancel", "undo", "end", "yearly", "monthly", "pause", "unpause", "work", "buy"])


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=2, max_size=8), seed=st.integers(0, 1000))
def test_losses_copies_and_delays_end_in_what_stripe_holds(scene: Scene, steps: list[str], seed: int):
    chance = random.Random(seed)
    reader = scene.reader(f"reader-{next(NUMBERS)}")
    scene.sandbox.faults.hold(True)
    subscription = scene.subscribe_unseen(reader)
    before = {event["id"] for event in scene.sent()}
    for step in steps:
        subscription = act(scene, reader, subscription, step)
    waiting = [event for event in scene.sent() if event["id"] not in before]
    chance.shuffle(waiting)
    for event in waiting:
        for _ in range(chance.choice([0, 1, 1, 2])):
            assert scene.deliver(event) == 200
        if chance.random() < 0.2:
            scene.work()
    scene.work()
    scene.nightly()  # what was lost for good is found by asking
    held = scene.client.v1.subscriptions.retrieve(subscription)
    assert scene.subscription(reader).status == held.status
    assert drift(scene) == []
    live = held.status == "active"
    assert scene.plan(reader) == ("pro" if live else "free")
    open_grants = [grant for grant in scene.grants(reader) if grant.ends_at is None or held.cancel_at_period_end]
    assert bool(open_grants) >= live


def act(scene: Scene, reader: int, subscription: str, step: str) -> str:
    """Do one thing at Stripe, as far as it can be done; return the newest subscription's id."""
    api = scene.client.v1.subscriptions
    if step == "work":
        scene.work()
        return subscription
    ended = api.retrieve(subscription).status == "canceled"
    if step == "buy":
        return scene.subscribe_unseen(reader) if ended else subscription
    if ended:
        return subscription
    item = api.retrieve(subscription)["items"].data[0].id
    if step in {"cancel", "undo"}:
        api.update(subscription, {"cancel_at_period_end": step == "cancel"})
    elif step == "end":
        api.cancel(subscription)
    elif step in {"yearly", "monthly"}:
        price = scene.at_stripe("price", lookup_key=f"pro_{step.removesuffix('ly')}")[0]["id"]
        api.update(subscription, {"items": [{"id": item, "price": price}]})
    elif step == "pause":
        api.update(subscription, {"pause_collection": {"behavior": "void"}})
    else:
        api.update(subscription, {"pause_collection": ""})
    return subscription
