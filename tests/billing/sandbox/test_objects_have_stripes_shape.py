"""Every object shows the fields that the library's classes promise, and nothing internal."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin

from tests.billing.sandbox.stories import DISPUTED, WARNED, Story
from webapp.billing.sandbox.engine import cards, customers


def _promised(kind: Any) -> dict[str, bool]:
    """Return the fields of a class of the library, and whether each may be absent."""
    fields = {}
    for name, hint in vars(kind).get("__annotations__", {}).items():
        if name == "OBJECT_NAME" or name.startswith("_"):
            continue
        fields[name] = "Optional" in str(hint) or (
            get_origin(hint) in {Union, types.UnionType} and type(None) in get_args(hint)
        )
    return fields


def _flaws(shown: dict[str, Any], kind: Any, path: str) -> list[str]:
    promised = _promised(kind)
    flaws = [f"{path}.{name} is missing" for name, optional in promised.items() if not optional and name not in shown]
    flaws += [
        f"{path}.{name} is null" for name in promised if name in shown and not promised[name] and shown[name] is None
    ]
    flaws += [f"{path}.{name} is unknown" for name in shown if name not in promised]
    for name, inner in getattr(kind, "_inner_class_types", {}).items():
        value = shown.get(name)
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, dict):
                flaws += _flaws(child, inner, f"{path}.{name}")
    return flaws


def _check(*objects: Any) -> None:
    flaws = [flaw for found in objects for flaw in _flaws(found.to_dict(), type(found), type(found).__name__)]
    assert flaws == []


def test_the_catalogue(story: Story) -> None:
    v1, shop = story.v1, story.shop
    feature = v1.entitlements.features.create({"name": "Crosswalks", "lookup_key": "crosswalks"})
    _check(
        v1.products.retrieve(shop.product),
        v1.prices.retrieve(shop.monthly, {"expand": ["tiers"]}),
        feature,
        v1.products.features.create(shop.product, {"entitlement_feature": feature.id}),
        v1.coupons.create({"amount_off": 500, "currency": "usd", "duration": "once"}),
        v1.promotion_codes.list().data[0],
        v1.billing_portal.configurations.retrieve(shop.configuration),
        shop.portal(flow_data={"type": "payment_method_update"}),
    )


def test_a_customer_and_what_it_buys(story: Story) -> None:
    v1 = story.v1
    open_session = story.shop.checkout(
        automatic_tax={"enabled": True}, customer_update={"address": "auto"}, allow_promotion_codes=True
    )
    story.pay(open_session.id, promotion_code="HALF")
    subscription = story.subscription()
    invoice = story.latest_invoice()
    intent = v1.payment_intents.list({"customer": story.customer}).data[0]
    _check(
        v1.customers.retrieve(story.customer, {"expand": ["subscriptions", "tax_ids", "tax", "sources"]}),
        open_session,
        v1.checkout.sessions.retrieve(open_session.id),
        v1.checkout.sessions.line_items.list(open_session.id).data[0],
        v1.payment_methods.list({"customer": story.customer}).data[0],
        subscription,
        subscription["items"].data[0],
        subscription["items"].data[0].plan,
        v1.invoices.retrieve(invoice.id, {"expand": ["payments", "confirmation_secret"]}),
        invoice.lines.data[0],
        v1.invoice_payments.list({"invoice": invoice.id}).data[0],
        intent,
        v1.charges.retrieve(str(intent.latest_charge), {"expand": ["refunds"]}),
        v1.balance.retrieve(),
        v1.balance_transactions.list().data[0],
        v1.invoices.create_preview({"subscription": subscription.id}),
    )


def test_what_goes_wrong(story: Story) -> None:
    v1 = story.v1
    story.subscribe(WARNED)
    story.subscribe(DISPUTED)
    charges = v1.charges.list({"customer": story.customer}).data
    plain = next(charge for charge in charges if not charge.disputed)
    _check(
        v1.disputes.list().data[0],
        v1.radar.early_fraud_warnings.list().data[0],
        v1.refunds.create({"charge": plain.id, "amount": 100}),
    )
    story.act(customers.fail_next_payments, story.customer)
    story.shop.checkout()
    story.v1.subscriptions.update(story.shop.subscription().id, {"pause_collection": {"behavior": "void"}})
    _check(story.subscription())
    story.pay(story.shop.checkout().id, "4000000000000002")
    failed = v1.payment_intents.list({"customer": story.customer}).data[0]
    _check(failed, v1.charges.retrieve(str(failed.latest_charge)))


def test_a_pending_update_and_its_items(story: Story) -> None:
    id = story.subscribe()
    story.act(customers.fail_next_payments, story.customer)
    update = story.v1.subscriptions.update(
        id,
        {
            "items": [{"id": story.item(), "price": story.shop.yearly}],
            "payment_behavior": "pending_if_incomplete",
        },
    )
    _check(update)
    story.v1.subscriptions.update(id, {"items": [{"id": story.item(), "quantity": 2}]})
    _check(story.v1.invoice_items.list({"customer": story.customer}).data[0])


def test_a_bank_account(story: Story) -> None:
    _check(story.v1.payment_methods.retrieve(story.act(cards.make_bank_account, "000123456789")["id"]))


def test_nothing_internal_is_shown(story: Story) -> None:
    story.subscribe()
    event = story.v1.events.list({"type": "payment_method.attached"}).data[0]
    assert "_number" not in event.data.object
    assert "4242424242424242" not in str(event)
    shown = [
        story.v1.checkout.sessions.list().data[0],
        story.v1.payment_methods.list({"customer": story.customer}).data[0],
        story.latest_invoice(),
    ]
    assert not [name for found in shown for name in found.to_dict() if name.startswith("_")]


def test_events_tell_what_changed(story: Story) -> None:
    id = story.subscribe()
    story.v1.subscriptions.update(id, {"cancel_at_period_end": True})
    event = story.v1.events.list({"type": "customer.subscription.updated"}).data[0]
    assert event.to_dict()["data"]["previous_attributes"] == {
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"reason": None},
    }
