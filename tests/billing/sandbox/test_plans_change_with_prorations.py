"""Changes of a subscription: previews, prorations by the second, pending updates, balances."""

from __future__ import annotations

import itertools

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from tests.billing.sandbox.stories import ASKS_ALWAYS, Story, adds_up
from webapp.billing.sandbox.engine import customers, money, periods, portal

DAY = 86400


@pytest.fixture
def bigger(story: Story) -> str:
    """Another monthly price, of $49.00."""
    price = story.v1.prices.create(
        {"product": story.shop.product, "currency": "usd", "unit_amount": 4900, "recurring": {"interval": "month"}}
    )
    return price.id


def _lookup_keys(story: Story) -> list[str | None]:
    return [item.price.lookup_key for item in story.subscription()["items"].data]


def test_the_preview_is_what_is_charged(story: Story, bigger: str) -> None:
    id = story.subscribe()
    story.advance(days=10)
    at = story.subscription().created + 10 * DAY
    item = {"id": story.item(), "price": bigger}
    details = {"items": [item], "proration_behavior": "always_invoice", "proration_date": at}
    preview = story.v1.invoices.create_preview(
        {"customer": story.customer, "subscription": id, "subscription_details": details}  # type: ignore[typeddict-item]
    )
    adds_up(preview)
    credit, charge = (line.amount for line in preview.lines.data)
    period = story.subscription()["items"].data[0]
    left, whole = period.current_period_end - at, period.current_period_end - period.current_period_start
    assert (credit, charge) == (-money.share(2900, left, whole), money.share(4900, left, whole))
    story.news()
    story.v1.subscriptions.update(id, {"items": [item], "proration_behavior": "always_invoice", "proration_date": at})
    invoice = story.latest_invoice()
    adds_up(invoice)
    assert invoice.amount_paid == preview.amount_due
    assert invoice.billing_reason == "subscription_update"
    assert all(line.parent and line.parent.subscription_item_details for line in invoice.lines.data)
    assert story.subscription()["items"].data[0].current_period_end == period.current_period_end
    assert story.news()[:2] == ["invoice.created", "customer.subscription.updated"]


def test_prorations_may_wait_for_the_renewal(story: Story, bigger: str) -> None:
    id = story.subscribe()
    story.advance(days=10)
    rows = len(story.v1.invoices.list().data)
    story.v1.subscriptions.update(id, {"items": [{"id": story.item(), "price": bigger}]})
    assert len(story.v1.invoices.list().data) == rows
    waiting = story.v1.invoice_items.list({"customer": story.customer, "pending": True}).data
    assert [line.proration for line in waiting] == [True, True]
    preview = story.v1.invoices.create_preview({"subscription": id})
    assert preview.total == 4900 + sum(line.amount for line in waiting)
    story.advance(days=22)
    invoice = story.latest_invoice()
    adds_up(invoice)
    assert (len(invoice.lines.data), invoice.amount_paid) == (3, preview.total)
    assert story.v1.invoice_items.list({"customer": story.customer, "pending": True}).data == []


def test_without_prorations_the_new_price_counts_from_the_renewal(story: Story, bigger: str) -> None:
    id = story.subscribe()
    story.advance(days=10)
    story.v1.subscriptions.update(id, {"items": [{"id": story.item(), "price": bigger}], "proration_behavior": "none"})
    story.advance(days=22)
    assert story.latest_invoice().amount_paid == 4900


def test_from_month_to_year_a_new_period_begins(story: Story) -> None:
    id = story.subscribe()
    story.advance(days=10)
    yearly = {"id": story.item(), "price": story.shop.yearly}
    preview = story.v1.invoices.create_preview({"subscription": id, "subscription_details": {"items": [yearly]}})
    after = story.v1.subscriptions.update(id, {"items": [yearly]})
    item = after["items"].data[0]
    assert item.price.lookup_key == "pro_year"
    assert 365 <= (item.current_period_end - item.current_period_start) / DAY <= 366
    assert after.billing_cycle_anchor == item.current_period_start
    invoice = story.latest_invoice()
    adds_up(invoice)
    assert 27000 < invoice.amount_paid < 27200
    assert abs(invoice.amount_paid - preview.amount_due) <= 1
    story.advance(days=366)
    assert story.latest_invoice().amount_paid == 29000


def test_from_year_to_month_the_rest_becomes_credit_and_is_used_up(story: Story) -> None:
    id = story.subscribe(line_items=[{"price": story.shop.yearly, "quantity": 1}])
    story.advance(days=300)
    story.v1.subscriptions.update(id, {"items": [{"id": story.item(), "price": story.shop.monthly}]})
    invoice = story.latest_invoice()
    adds_up(invoice)
    assert (invoice.amount_due, invoice.status) == (0, "paid")
    assert invoice.total < 0
    balance = story.v1.customers.retrieve(story.customer).balance
    assert balance == invoice.total == invoice.ending_balance
    story.advance(days=32)
    renewal = story.latest_invoice()
    adds_up(renewal)
    assert renewal.starting_balance == balance
    assert story.v1.customers.retrieve(story.customer).balance == min(0, balance + 2900)


def test_an_upgrade_that_is_not_paid_waits_and_then_lapses(story: Story) -> None:
    id = story.subscribe()
    story.act(customers.fail_next_payments, story.customer)
    story.news()
    updated = story.v1.subscriptions.update(
        id,
        {
            "items": [{"id": story.item(), "price": story.shop.yearly}],
            "proration_behavior": "always_invoice",
            "payment_behavior": "pending_if_incomplete",
        },
    )
    assert (updated.status, _lookup_keys(story)) == ("active", ["pro_month"])
    assert updated.pending_update is not None
    assert updated.pending_update.subscription_items is not None
    assert updated.pending_update.subscription_items[0].price.lookup_key == "pro_year"
    invoice = story.latest_invoice()
    assert (invoice.status, invoice.next_payment_attempt) == ("open", None)
    story.advance(days=1)
    assert "customer.subscription.pending_update_expired" in story.news()
    subscription = story.subscription()
    assert (subscription.pending_update, subscription.status, _lookup_keys(story)) == (None, "active", ["pro_month"])
    assert story.v1.invoices.retrieve(invoice.id).status == "void"


def test_a_pending_update_is_applied_once_it_is_paid(story: Story) -> None:
    id = story.subscribe()
    story.act(customers.fail_next_payments, story.customer)
    assert story.act(portal.change_plan, id, story.shop.yearly).kind == "declined"
    invoice = story.latest_invoice()
    story.news()
    assert story.v1.invoices.pay(invoice.id).status == "paid"
    news = story.news()
    assert news.index("customer.subscription.pending_update_applied") > news.index("invoice.paid")
    assert (story.subscription().pending_update, _lookup_keys(story)) == (None, ["pro_year"])


def test_an_upgrade_may_need_three_d_secure(story: Story) -> None:
    id = story.subscribe(ASKS_ALWAYS, authenticated=True)
    assert story.act(portal.change_plan, id, story.shop.yearly).kind == "needs_authentication"
    assert _lookup_keys(story) == ["pro_month"]
    assert story.act(portal.change_plan, id, story.shop.yearly, authenticated=True).kind == "paid"
    assert _lookup_keys(story) == ["pro_year"]


def test_the_portal_shows_what_it_charges(story: Story) -> None:
    id = story.subscribe()
    shown = story.act(portal.preview_change, id, story.shop.yearly)["amount_due"]
    assert story.act(portal.change_plan, id, story.shop.yearly).kind == "paid"
    assert abs(story.latest_invoice().amount_paid - shown) <= 1


def test_an_upgrade_that_must_be_paid_or_nothing_changes(story: Story) -> None:
    id = story.subscribe()
    story.act(customers.fail_next_payments, story.customer)
    before = story.v1.subscriptions.retrieve(id).to_dict()
    story.news()
    with pytest.raises(stripe.CardError):
        story.v1.subscriptions.update(
            id,
            {"items": [{"id": story.item(), "price": story.shop.yearly}], "payment_behavior": "error_if_incomplete"},
        )
    assert story.v1.subscriptions.retrieve(id).to_dict() == before
    assert story.news() == []


@pytest.mark.parametrize("behavior", ["allow_incomplete", "default_incomplete"])
def test_an_upgrade_may_go_ahead_unpaid(story: Story, behavior: str) -> None:
    id = story.subscribe()
    story.act(customers.fail_next_payments, story.customer)
    updated = story.v1.subscriptions.update(
        id,
        {"items": [{"id": story.item(), "price": story.shop.yearly}], "payment_behavior": behavior},
    )
    assert (updated.status, _lookup_keys(story)) == ("past_due", ["pro_year"])
    if behavior == "default_incomplete":
        with pytest.raises(stripe.CardError):
            story.v1.invoices.pay(story.latest_invoice().id)
    story.v1.invoices.pay(story.latest_invoice().id)
    assert story.subscription().status == "active"


def test_a_trial_ends_early_and_a_new_one_may_begin(story: Story) -> None:
    id = story.subscribe(subscription_data={"trial_period_days": 10})
    story.advance(days=1)
    ended = story.v1.subscriptions.update(id, {"trial_end": "now"})
    assert ended.status == "active"
    assert story.latest_invoice().amount_paid == 2900
    until = ended["items"].data[0].current_period_end + 30 * DAY
    again = story.v1.subscriptions.update(id, {"trial_end": until, "proration_behavior": "none"})
    assert (again.status, again.trial_end, again["items"].data[0].current_period_end) == ("trialing", until, until)


def test_seats_and_items_are_added_and_removed(story: Story, bigger: str) -> None:
    id = story.subscribe()
    story.advance(days=5)
    story.v1.subscription_items.update(story.item(), {"quantity": 3, "proration_behavior": "always_invoice"})
    adds_up(story.latest_invoice())
    assert 4700 < story.latest_invoice().amount_paid < 4900
    both = story.v1.subscriptions.update(id, {"items": [{"price": bigger}], "proration_behavior": "none"})
    assert len(both["items"].data) == 2
    one = story.v1.subscriptions.update(id, {"items": [{"id": story.item(), "deleted": True}]})
    assert [item.price.id for item in one["items"].data] == [bigger]
    with pytest.raises(stripe.InvalidRequestError, match="at least one"):
        story.v1.subscriptions.update(id, {"items": [{"id": story.item(), "deleted": True}]})


def test_a_discount_makes_prorations_smaller(story: Story, bigger: str) -> None:
    coupon = story.v1.coupons.create({"percent_off": 50, "duration": "forever"}).id
    id = story.subscribe(discounts=[{"coupon": coupon}])
    story.advance(days=10)
    story.v1.subscriptions.update(
        id, {"items": [{"id": story.item(), "price": bigger}], "proration_behavior": "always_invoice"}
    )
    invoice = story.latest_invoice()
    adds_up(invoice)
    assert 630 < invoice.amount_paid < 720
    cleared = story.v1.subscriptions.update(id, {"discounts": ""})
    assert cleared.discounts == []
    story.advance(days=22)
    assert story.latest_invoice().amount_paid == 4900


def test_a_preview_of_nothing_is_refused(story: Story) -> None:
    id = story.subscribe()
    story.v1.subscriptions.update(id, {"cancel_at_period_end": True})
    with pytest.raises(stripe.InvalidRequestError) as raised:
        story.v1.invoices.create_preview({"subscription": id})
    assert raised.value.code == "invoice_upcoming_none"


def test_a_preview_of_a_new_subscription_or_of_the_end(story: Story) -> None:
    details: stripe.params.InvoiceCreatePreviewParamsSubscriptionDetails = {
        "items": [{"price": story.shop.monthly, "quantity": 2}]
    }
    fresh = story.v1.invoices.create_preview({"customer": story.customer, "subscription_details": details})
    assert fresh.amount_due == 5800
    id = story.subscribe()
    story.advance(days=10)
    end = story.v1.invoices.create_preview({"subscription": id, "subscription_details": {"cancel_now": True}})
    assert -2900 < end.total < 0


def test_voiding_the_invoice_of_a_pending_update_drops_it(story: Story) -> None:
    id = story.subscribe()
    story.act(customers.fail_next_payments, story.customer)
    story.act(portal.change_plan, id, story.shop.yearly)
    assert story.v1.invoices.void_invoice(story.latest_invoice().id).status == "void"
    assert story.subscription().pending_update is None
    with pytest.raises(stripe.InvalidRequestError, match="void"):
        story.v1.invoices.pay(story.latest_invoice().id)


@given(
    amount=st.integers(0, 10**7),
    cuts=st.lists(st.integers(0, 31 * DAY), min_size=1, max_size=6),
)
def test_shares_of_a_period_never_lose_more_than_a_rounding(amount: int, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), 31 * DAY]
    parts = [money.share(amount, later - earlier, 31 * DAY) for earlier, later in itertools.pairwise(edges)]
    assert abs(sum(parts) - amount) <= len(parts)
    assert all(part >= 0 for part in parts)


@given(total=st.integers(0, 10**6), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_what_is_spread_adds_up(total: int, weights: list[int]) -> None:
    parts = money.spread(min(total, sum(weights)), weights)
    assert sum(parts) == min(total, sum(weights))
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


@given(
    anchor=st.integers(1_500_000_000, 2_000_000_000),
    interval=st.sampled_from(["day", "week", "month", "year"]),
    count=st.integers(1, 3),
    steps=st.integers(1, 40),
)
def test_periods_follow_the_anchor(anchor: int, interval: str, count: int, steps: int) -> None:
    recurring = {"interval": interval, "interval_count": count}
    start = anchor
    for _ in range(steps):
        end = periods.period_end(anchor, start, recurring)
        assert end > start
        start = end
    if interval in periods.MONTHS:
        assert start == periods.add_months(anchor, periods.MONTHS[interval] * count * steps)
    else:
        assert start == anchor + periods.FIXED[interval] * count * steps
