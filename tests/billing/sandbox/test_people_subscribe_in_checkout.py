"""Checkout: paid, declined, 3-D Secure, trials, codes, bank debits, expiry."""

from __future__ import annotations

import pytest
import stripe

from tests.billing.sandbox.stories import ASKS_ONCE, DECLINED, DISPUTED, FAILS_LATER, WARNED, Story, adds_up
from webapp.billing.sandbox.engine import cards, checkout
from webapp.billing.sandbox.errors import ApiError

PAID = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "payment_method.attached",
    "customer.subscription.created",
    "invoice.created",
    "invoice.updated",
    "invoice.finalized",
    "invoice_payment.paid",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "checkout.session.completed",
]


def test_a_card_that_pays_makes_an_active_subscription(story: Story) -> None:
    session = story.shop.checkout(client_reference_id="7", subscription_data={"metadata": {"reader": "7"}})
    assert (session.amount_total, session.status, session.payment_status) == (2900, "open", "unpaid")
    assert story.pay(session.id).kind == "paid"
    assert story.news() == PAID
    done = story.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription.latest_invoice.payments"]})
    assert (done.status, done.payment_status, done.client_reference_id, done.url) == ("complete", "paid", "7", None)
    subscription = done.subscription
    assert isinstance(subscription, stripe.Subscription)
    assert (subscription.status, subscription.metadata["reader"]) == ("active", "7")
    item = subscription["items"].data[0]
    assert item.price.lookup_key == "pro_month"
    assert 28 <= (item.current_period_end - item.current_period_start) / 86400 <= 31
    invoice = subscription.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    adds_up(invoice)
    assert (invoice.status, invoice.amount_paid, invoice.billing_reason) == ("paid", 2900, "subscription_create")
    assert invoice.payments is not None
    payment = invoice.payments.data[0].payment
    intent = story.v1.payment_intents.retrieve(str(payment.payment_intent), {"expand": ["latest_charge"]})
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert (intent.amount, intent.latest_charge.amount, intent.latest_charge.paid) == (2900, 2900, True)


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        (DECLINED, "card_declined", "Your card was declined."),
        ("4000000000009995", "card_declined", "Your card has insufficient funds."),
        ("4000000000000069", "expired_card", "Your card has expired."),
        ("4000000000000127", "incorrect_cvc", "Your card's security code is incorrect."),
        (FAILS_LATER, "card_declined", "Your card was declined."),
    ],
)
def test_a_declined_card_leaves_no_subscription_and_another_card_may_follow(
    story: Story, number: str, code: str, message: str
) -> None:
    session = story.shop.checkout()
    outcome = story.pay(session.id, number)
    assert (outcome.kind, outcome.message) == ("declined", message)
    assert story.news() == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]
    assert story.v1.subscriptions.list({"customer": story.customer, "status": "all"}).data == []
    assert story.v1.checkout.sessions.retrieve(session.id).status == "open"
    failed = story.v1.charges.list({"customer": story.customer}).data[0]
    assert (failed.paid, failed.failure_code) == (False, code)
    assert story.pay(session.id).kind == "paid"
    assert len(story.v1.payment_intents.list({"customer": story.customer}).data) == 1


def test_three_d_secure_is_asked_for_and_can_fail(story: Story) -> None:
    session, card = story.shop.checkout(), story.card(ASKS_ONCE)
    assert story.act(checkout.pay, session.id, card).kind == "needs_authentication"
    intent = story.v1.payment_intents.list({"customer": story.customer}).data[0]
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert story.act(checkout.fail_authentication, session.id).kind == "declined"
    assert story.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    assert story.act(checkout.pay, session.id, card).kind == "needs_authentication"
    assert story.act(checkout.pay, session.id, card, authenticated=True).kind == "paid"
    assert story.subscription().status == "active"


def test_a_trial_takes_a_card_and_charges_nothing(story: Story) -> None:
    session = story.shop.checkout(subscription_data={"trial_period_days": 7})
    assert session.amount_total == 0
    shown = story.act(checkout.preview, session.id)
    assert (shown["due_today"], shown["then"], shown["needs_method"]) == (0, 2900, True)
    with pytest.raises(ApiError, match="payment method"):
        story.pay(session.id, None)
    assert story.pay(session.id, DECLINED).kind == "declined"
    assert story.pay(session.id).kind == "paid"
    subscription = story.subscription()
    assert subscription.status == "trialing"
    assert subscription.trial_end == subscription["items"].data[0].current_period_end
    assert story.latest_invoice().amount_due == 0
    done = story.v1.checkout.sessions.retrieve(session.id)
    assert done.payment_status == "no_payment_required"
    assert story.v1.charges.list({"customer": story.customer}).data == []


def test_a_trial_may_need_no_card(story: Story) -> None:
    story.subscribe(
        None,
        payment_method_collection="if_required",
        subscription_data={
            "trial_period_days": 7,
            "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
        },
    )
    assert story.subscription().default_payment_method is None


def test_a_code_takes_off_half_of_the_first_invoice_only(story: Story) -> None:
    session = story.shop.checkout(allow_promotion_codes=True)
    with pytest.raises(ApiError, match="invalid"):
        story.act(checkout.preview, session.id, "NONE")
    shown = story.act(checkout.preview, session.id, "half")
    assert (shown["subtotal"], shown["discount"], shown["due_today"]) == (2900, 1450, 1450)
    assert story.pay(session.id, promotion_code="half").kind == "paid"
    invoice = story.latest_invoice()
    adds_up(invoice)
    assert (invoice.subtotal, invoice.total, invoice.amount_paid) == (2900, 1450, 1450)
    done = story.v1.checkout.sessions.retrieve(session.id, {"expand": ["discounts.promotion_code"]})
    assert done.total_details is not None
    assert (done.amount_total, done.total_details.amount_discount) == (1450, 1450)
    assert story.subscription().discounts == []
    story.advance(days=32)
    assert story.latest_invoice().amount_paid == 2900


def test_a_coupon_of_all_needs_no_card_when_none_is_asked_for(story: Story) -> None:
    coupon = story.v1.coupons.create({"percent_off": 100, "duration": "forever"}).id
    story.subscribe(None, discounts=[{"coupon": coupon}], payment_method_collection="if_required")
    assert story.subscription().status == "active"
    story.advance(days=32)
    invoice = story.latest_invoice()
    adds_up(invoice)
    assert (invoice.subtotal, invoice.amount_due, invoice.status) == (2900, 0, "paid")


@pytest.mark.parametrize(("account", "settles"), [("000123456789", True), ("000222222227", False)])
def test_a_bank_debit_settles_days_later_or_comes_back(story: Story, account: str, settles: bool) -> None:
    session = story.shop.checkout()
    method = story.act(cards.make_bank_account, account)["id"]
    assert story.act(checkout.pay, session.id, method).kind == "processing"
    done = story.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status) == ("complete", "unpaid")
    assert story.subscription().status == "incomplete"
    story.advance(days=2)
    assert story.subscription().status == "incomplete"
    story.news()
    story.advance(days=1, hours=1)
    news = story.news()
    assert ("checkout.session.async_payment_succeeded" in news) is settles
    assert ("checkout.session.async_payment_failed" in news) is not settles
    assert story.subscription().status == ("active" if settles else "incomplete_expired")
    assert story.latest_invoice().status == ("paid" if settles else "void")


def test_a_session_expires_after_a_day_or_on_request(story: Story) -> None:
    kept, dropped = story.shop.checkout(), story.shop.checkout()
    assert story.v1.checkout.sessions.expire(dropped.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="status of expired"):
        story.v1.checkout.sessions.expire(dropped.id)
    story.advance(days=1, hours=1)
    assert story.v1.checkout.sessions.retrieve(kept.id).status == "expired"
    assert story.news().count("checkout.session.expired") == 2
    with pytest.raises(ApiError, match="expired"):
        story.pay(kept.id)


def test_a_session_without_customer_makes_one(story: Story) -> None:
    session = story.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer_email": "bob@example.org",
            "line_items": [{"price": story.shop.monthly, "quantity": 2}],
            "success_url": "http://127.0.0.1/done",
        }
    )
    story.pay(session.id)
    done = story.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer", "line_items"]})
    assert isinstance(done.customer, stripe.Customer)
    assert done.customer.email == "bob@example.org"
    assert done.line_items is not None
    assert (done.amount_total, done.line_items.data[0].quantity) == (5800, 2)


def test_some_cards_pay_and_make_trouble_afterwards(story: Story) -> None:
    story.subscribe(DISPUTED)
    news = story.news()
    assert news.index("charge.dispute.created") > news.index("checkout.session.completed")
    dispute = story.v1.disputes.list().data[0]
    assert (dispute.status, dispute.amount, dispute.reason) == ("needs_response", 2900, "fraudulent")
    story.subscribe(WARNED)
    assert "radar.early_fraud_warning.created" in story.news()
    warning = story.v1.radar.early_fraud_warnings.list().data[0]
    assert story.v1.charges.retrieve(str(warning.charge)).paid


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"mode": "payment"}, "mode"),
        ({"line_items": [{"price": "price_none", "quantity": 1}]}, "items[0][price]"),
        ({"line_items": []}, "line_items"),
        ({"customer": "cus_none"}, "customer"),
        ({"expires_at": 1}, "expires_at"),
        ({"discounts": [{"coupon": "none"}], "allow_promotion_codes": True}, "discounts"),
        ({"subscription_data": {"trial_period_days": 0}}, "trial_period_days"),
    ],
)
def test_a_session_that_cannot_be_is_refused(story: Story, params: dict[str, object], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        story.shop.checkout(**params)
    assert raised.value.param == param


def test_tax_needs_an_address_that_the_customer_has_or_may_get(story: Story) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        story.shop.checkout(automatic_tax={"enabled": True})
    assert raised.value.code == "customer_tax_location_invalid"
    with pytest.raises(stripe.InvalidRequestError, match="customer_update"):
        story.shop.checkout(tax_id_collection={"enabled": True})
    story.v1.customers.update(story.customer, {"address": {"country": "US", "postal_code": "94107"}})
    story.subscribe(automatic_tax={"enabled": True})
    assert story.latest_invoice().automatic_tax.status == "complete"


def test_the_name_on_the_card_may_become_the_customers(story: Story) -> None:
    method = story.v1.payment_methods.create(
        {
            "type": "card",
            "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"},
            "billing_details": {"name": "Alice Ångström"},
        }
    ).id
    session = story.shop.checkout(customer_update={"name": "auto"})
    assert story.act(checkout.pay, session.id, method).kind == "paid"
    assert story.v1.customers.retrieve(story.customer).name == "Alice Ångström"
