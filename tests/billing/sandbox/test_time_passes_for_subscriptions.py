"""Renewals, dunning, trials, planned ends, incomplete ones: what the clock does."""

from __future__ import annotations

import pytest
import stripe

from tests.billing.sandbox.stories import ASKS_ALWAYS, ASKS_ONCE, DECLINED, FAILS_LATER, VISA, Story, adds_up
from webapp.billing.sandbox.engine import customers, invoices, portal, settings

RENEWED = [
    "invoice.created",
    "customer.subscription.updated",
    "invoice.updated",
    "invoice.finalized",
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "invoice_payment.paid",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
]


def test_a_month_renews_at_its_own_instant(story: Story) -> None:
    story.subscribe()
    first = story.subscription()["items"].data[0]
    story.news()
    story.advance(days=24.5)
    assert story.news() == ["invoice.upcoming"]
    story.advance(days=8)
    assert story.news() == RENEWED
    subscription = story.subscription()
    item = subscription["items"].data[0]
    assert (subscription.status, item.current_period_start) == ("active", first.current_period_end)
    invoice = story.latest_invoice()
    adds_up(invoice)
    assert (invoice.billing_reason, invoice.amount_paid) == ("subscription_cycle", 2900)
    assert invoice.created == first.current_period_end
    assert (invoice.period_start, invoice.period_end) == (item.current_period_start, item.current_period_end)


def test_a_long_sleep_renews_every_month(story: Story) -> None:
    story.subscribe()
    story.advance(days=366)
    rows = story.v1.invoices.list({"customer": story.customer, "limit": 100}).data
    assert len(rows) == 13
    assert len({row.number for row in rows}) == 13
    assert all(row.status == "paid" for row in rows)


def _fail(story: Story) -> None:
    """Subscribe with a good card, then let the next renewal fail."""
    story.subscribe()
    story.act(portal.set_card, story.customer, story.card(FAILS_LATER))
    story.news()
    story.advance(days=31.5)


def test_a_failed_renewal_is_past_due_and_tried_again_on_days_3_5_and_7(story: Story) -> None:
    _fail(story)
    news = story.news()
    assert news.count("invoice.payment_failed") == 1
    invoice = story.latest_invoice()
    assert story.subscription().status == "past_due"
    assert (invoice.status, invoice.attempt_count) == ("open", 1)
    assert invoice.next_payment_attempt == invoice.created + 3 * 86400
    for days, attempts in ((3, 2), (2, 3)):
        story.advance(days=days)
        assert story.latest_invoice().attempt_count == attempts
        assert story.subscription().status == "past_due"
    story.advance(days=2)
    subscription, invoice = story.subscription(), story.latest_invoice()
    assert (subscription.status, invoice.attempt_count, invoice.next_payment_attempt) == ("canceled", 4, None)
    assert subscription.cancellation_details is not None
    assert subscription.cancellation_details.reason == "payment_failed"
    assert subscription.ended_at == invoice.created + 7 * 86400
    assert story.news()[-1] == "customer.subscription.deleted"


@pytest.mark.parametrize(("end", "status"), [("unpaid", "unpaid"), ("leave", "past_due")])
def test_the_account_says_how_dunning_ends(story: Story, end: str, status: str) -> None:
    story.act(settings.save, dunning_end=end)
    _fail(story)
    story.advance(days=8)
    assert story.subscription().status == status
    story.advance(days=30)
    assert story.subscription().status == status
    newest = story.latest_invoice()
    assert newest.status == ("draft" if end == "unpaid" else "open")


def test_a_new_card_pays_what_is_overdue(story: Story) -> None:
    _fail(story)
    story.news()
    assert story.act(portal.set_card, story.customer, story.card(VISA)).kind == "paid"
    assert (story.subscription().status, story.latest_invoice().status) == ("active", "paid")
    customer = story.v1.customers.retrieve(story.customer)
    assert customer.delinquent is False
    assert "invoice.paid" in story.news()
    story.advance(days=40)
    assert story.subscription().status == "active"


def test_the_hosted_invoice_page_pays_what_is_overdue(story: Story) -> None:
    _fail(story)
    invoice = story.latest_invoice()
    assert invoice.hosted_invoice_url
    assert story.act(invoices.pay, invoice.id, story.card(DECLINED)).kind == "declined"
    assert story.act(invoices.pay, invoice.id, story.card(VISA)).kind == "paid"
    assert story.subscription().status == "active"


def test_a_bank_that_always_asks_makes_the_renewal_wait(story: Story) -> None:
    story.subscribe(ASKS_ALWAYS, authenticated=True)
    story.news()
    story.advance(days=31.5)
    news = story.news()
    assert "invoice.payment_action_required" in news
    assert "payment_intent.requires_action" in news
    assert story.subscription().status == "past_due"
    invoice = story.latest_invoice()
    assert story.act(invoices.pay, invoice.id).kind == "needs_authentication"
    assert story.act(invoices.pay, invoice.id, authenticated=True).kind == "paid"
    assert story.subscription().status == "active"


def test_a_bank_that_asked_once_lets_renewals_pass(story: Story) -> None:
    story.subscribe(ASKS_ONCE, authenticated=True)
    story.advance(days=32)
    assert (story.subscription().status, story.latest_invoice().amount_paid) == ("active", 2900)


@pytest.mark.parametrize(("number", "status"), [(VISA, "active"), (FAILS_LATER, "past_due")])
def test_a_trial_ends_with_a_charge(story: Story, number: str, status: str) -> None:
    story.subscribe(number, subscription_data={"trial_period_days": 10})
    assert "customer.subscription.trial_will_end" not in story.news()
    story.advance(days=7.1)
    assert story.news() == ["customer.subscription.trial_will_end"]
    story.advance(days=3)
    subscription = story.subscription()
    assert subscription.status == status
    assert subscription["items"].data[0].current_period_start == subscription.trial_end
    assert subscription.billing_cycle_anchor == subscription.trial_end


def test_a_short_trial_is_announced_at_once(story: Story) -> None:
    story.subscribe(subscription_data={"trial_period_days": 2})
    assert story.news().count("customer.subscription.trial_will_end") == 1
    story.advance(days=1)
    assert "customer.subscription.trial_will_end" not in story.news()


@pytest.mark.parametrize(
    ("behavior", "status", "event"),
    [
        ("pause", "paused", "customer.subscription.paused"),
        ("cancel", "canceled", "customer.subscription.deleted"),
        ("create_invoice", "past_due", "invoice.payment_failed"),
    ],
)
def test_a_trial_ends_without_a_card(story: Story, behavior: str, status: str, event: str) -> None:
    data = {"trial_period_days": 7, "trial_settings": {"end_behavior": {"missing_payment_method": behavior}}}
    story.subscribe(None, payment_method_collection="if_required", subscription_data=data)
    story.advance(days=7.1)
    assert story.subscription().status == status
    assert event in story.news()


def test_a_subscription_paused_after_its_trial_is_resumed_with_a_card(story: Story) -> None:
    data = {"trial_period_days": 7, "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}}}
    id = story.subscribe(None, payment_method_collection="if_required", subscription_data=data)
    story.advance(days=40)
    assert story.subscription().status == "paused"
    story.act(portal.set_card, story.customer, story.card())
    story.news()
    assert story.v1.subscriptions.resume(id).status == "active"
    assert "customer.subscription.resumed" in story.news()
    assert story.latest_invoice().amount_paid == 2900
    with pytest.raises(stripe.InvalidRequestError, match="paused"):
        story.v1.subscriptions.resume(id)


def test_a_cancellation_at_the_end_of_the_period(story: Story) -> None:
    id = story.subscribe()
    planned = story.v1.subscriptions.update(id, {"cancel_at_period_end": True})
    end = planned["items"].data[0].current_period_end
    assert (planned.status, planned.cancel_at_period_end, planned.cancel_at) == ("active", True, end)
    undone = story.v1.subscriptions.update(id, {"cancel_at_period_end": False})
    assert (undone.cancel_at, undone.canceled_at) == (None, None)
    story.v1.subscriptions.update(id, {"cancel_at_period_end": True})
    story.news()
    story.advance(days=32)
    subscription = story.subscription()
    assert (subscription.status, subscription.ended_at) == ("canceled", end)
    assert story.news() == ["customer.subscription.deleted"]


def test_the_portal_plans_the_end_as_an_instant(story: Story) -> None:
    id = story.subscribe()
    story.act(portal.cancel, id, feedback="too_expensive")
    planned = story.subscription()
    assert (planned.cancel_at_period_end, planned.cancel_at) == (False, planned["items"].data[0].current_period_end)
    assert planned.cancellation_details is not None
    assert planned.cancellation_details.feedback == "too_expensive"
    story.act(portal.renew, id)
    assert story.subscription().cancel_at is None
    story.act(portal.cancel, id)
    story.advance(days=32)
    assert story.subscription().status == "canceled"


def test_an_instant_to_end_at_comes(story: Story) -> None:
    id = story.subscribe()
    at = story.subscription().created + 10 * 86400
    story.v1.subscriptions.update(id, {"cancel_at": at})
    story.advance(days=11)
    assert story.subscription().ended_at == at


def test_a_first_payment_that_fails_by_api_is_incomplete_and_expires(story: Story) -> None:
    method = story.v1.payment_methods.attach(story.card(FAILS_LATER), {"customer": story.customer}).id
    made = story.v1.subscriptions.create(
        {"customer": story.customer, "items": [{"price": story.shop.monthly}], "default_payment_method": method}
    )
    assert made.status == "incomplete"
    story.advance(hours=22)
    assert story.subscription().status == "incomplete"
    story.advance(hours=2)
    assert story.subscription().status == "incomplete_expired"
    assert story.latest_invoice().status == "void"


def test_an_incomplete_subscription_is_saved_by_its_intent(story: Story) -> None:
    made = story.v1.subscriptions.create(
        {
            "customer": story.customer,
            "items": [{"price": story.shop.monthly}],
            "payment_behavior": "default_incomplete",
            "payment_settings": {"save_default_payment_method": "on_subscription"},
            "expand": ["latest_invoice.confirmation_secret", "latest_invoice.payments"],
        }
    )
    invoice = made.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert invoice.confirmation_secret is not None
    assert invoice.payments is not None
    intent = str(invoice.payments.data[0].payment.payment_intent)
    with pytest.raises(stripe.CardError) as raised:
        story.v1.payment_intents.confirm(intent, {"payment_method": "pm_card_chargeDeclined"})
    assert raised.value.code == "card_declined"
    assert story.v1.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"}).status == "succeeded"
    subscription = story.subscription()
    assert subscription.status == "active"
    assert subscription.default_payment_method is not None


def test_collecting_is_paused_and_goes_on(story: Story) -> None:
    id = story.subscribe()
    paused = story.v1.subscriptions.update(id, {"pause_collection": {"behavior": "void"}})
    assert paused.status == "active"
    story.advance(days=32)
    assert (story.subscription().status, story.latest_invoice().status) == ("active", "void")
    until = story.subscription()["items"].data[0].current_period_end - 86400
    story.v1.subscriptions.update(id, {"pause_collection": {"behavior": "keep_as_draft", "resumes_at": until}})
    story.advance(days=31)
    assert story.subscription().pause_collection is None
    assert story.latest_invoice().amount_paid == 2900
    story.v1.subscriptions.update(id, {"pause_collection": {"behavior": "keep_as_draft"}})
    story.v1.subscriptions.update(id, {"pause_collection": ""})
    assert story.subscription().pause_collection is None


def test_a_pause_and_its_end(story: Story) -> None:
    id = story.subscribe()
    story.news()
    paused = story.v1.subscriptions.pause(id)
    assert paused.status == "paused"
    assert paused.status_details is not None
    assert paused.status_details.paused.subscription.type == "pause_requested"
    assert story.news() == ["customer.subscription.updated", "customer.subscription.paused"]
    story.advance(days=40)
    assert story.news() == []
    assert story.v1.subscriptions.resume(id, {"billing_cycle_anchor": {"type": "now"}}).status == "active"
    assert story.latest_invoice().amount_paid == 2900


def test_a_resumption_that_is_not_paid_waits_a_day(story: Story) -> None:
    id = story.subscribe()
    story.v1.subscriptions.pause(id)
    story.act(customers.fail_next_payments, story.customer)
    resumed = story.v1.subscriptions.resume(id, {"payment_behavior": "resume_on_payment_success"})
    assert resumed.status == "paused"
    story.advance(days=1)
    assert (story.subscription().status, story.latest_invoice().status) == ("paused", "void")
    assert story.v1.subscriptions.resume(id).status == "active"


def test_cancelling_at_once_gives_back_when_asked(story: Story) -> None:
    id = story.subscribe()
    story.advance(days=10)
    ended = story.v1.subscriptions.cancel(id, {"prorate": True, "invoice_now": True})
    assert ended.status == "canceled"
    customer = story.v1.customers.retrieve(story.customer)
    assert customer.balance is not None
    assert -2900 < customer.balance < -1700
    adds_up(story.latest_invoice())
    with pytest.raises(stripe.InvalidRequestError):
        story.v1.subscriptions.cancel(id)


def test_deleting_a_customer_cancels_what_it_has(story: Story) -> None:
    id = story.subscribe()
    story.news()
    assert story.v1.customers.delete(story.customer).deleted
    assert story.news()[0] == "customer.subscription.deleted"
    assert story.v1.subscriptions.retrieve(id).status == "canceled"
    gone = story.v1.customers.retrieve(story.customer)
    assert gone.to_dict() == {"id": story.customer, "object": "customer", "deleted": True}
    story.advance(days=40)
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        story.shop.checkout()


def test_an_older_invoice_that_stays_open_does_not_make_a_paid_subscription_past_due(story: Story) -> None:
    _fail(story)
    story.v1.customers.update(story.customer, {"metadata": {"note": "the bank refuses twice"}})
    good = story.v1.payment_methods.attach("pm_card_visa", {"customer": story.customer}).id
    bad = story.subscription().default_payment_method
    id = story.shop.subscription().id
    story.v1.subscriptions.update(id, {"default_payment_method": good})
    story.v1.subscriptions.update(id, {"items": [{"id": story.item(), "price": story.shop.yearly}]})
    assert story.subscription().status == "active"
    story.v1.subscriptions.update(id, {"default_payment_method": str(bad)})
    story.advance(days=8)
    assert story.subscription().status == "active"


def test_what_the_sandbox_does_not_do_is_refused_rather_than_passed_over(story: Story) -> None:
    id = story.subscribe()
    with pytest.raises(stripe.InvalidRequestError) as raised:
        story.v1.subscriptions.update(id, {"billing_thresholds": {"amount_gte": 100}})
    assert raised.value.param == "billing_thresholds"
    session = story.shop.checkout()
    changed = story.v1.checkout.sessions.update(session.id, {"metadata": {"seen": "yes"}})
    assert changed.metadata is not None
    assert changed.metadata["seen"] == "yes"
    with pytest.raises(stripe.InvalidRequestError):
        story.v1.checkout.sessions.update(session.id, {"shipping_options": ""})


def test_a_subscription_may_be_made_with_its_end_planned(story: Story) -> None:
    method = story.v1.payment_methods.attach("pm_card_visa", {"customer": story.customer}).id
    made = story.v1.subscriptions.create(
        {
            "customer": story.customer,
            "items": [{"price": story.shop.monthly}],
            "default_payment_method": method,
            "cancel_at_period_end": True,
        }
    )
    assert (made.status, made.cancel_at) == ("active", made["items"].data[0].current_period_end)
    story.advance(days=32)
    assert story.subscription().status == "canceled"
