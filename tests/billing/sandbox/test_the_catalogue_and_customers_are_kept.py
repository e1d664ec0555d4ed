"""Products, prices, features, coupons, codes, portal configurations, customers and their cards."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.billing.sandbox.stories import ASKS_ALWAYS, DECLINED, FAILS_LATER, VISA, Story
from webapp.billing.sandbox.engine import customers, portal, settings


def test_a_product_may_choose_its_id_once(story: Story) -> None:
    assert story.v1.products.create({"id": "team", "name": "Team", "metadata": {"plan": "team"}}).id == "team"
    with pytest.raises(stripe.InvalidRequestError) as raised:
        story.v1.products.create({"id": "team", "name": "Team"})
    assert raised.value.code == "resource_already_exists"
    changed = story.v1.products.update("team", {"active": False, "metadata": {"plan": "", "seats": "5"}})
    assert (changed.active, changed.metadata.to_dict()) == (False, {"seats": "5"})
    assert [row.id for row in story.v1.products.list({"active": False}).data] == ["team"]
    assert [row.id for row in story.v1.products.list({"ids": ["team"]}).data] == ["team"]
    assert story.news() == ["product.created", "product.updated"]
    assert story.v1.products.delete("team").deleted
    with pytest.raises(stripe.InvalidRequestError, match="prices"):
        story.v1.products.delete(story.shop.product)


def test_a_lookup_key_moves_to_a_new_price_when_asked(story: Story) -> None:
    wanted: Any = {
        "product": story.shop.product,
        "currency": "usd",
        "unit_amount": 3900,
        "recurring": {"interval": "month"},
        "lookup_key": "pro_month",
    }
    with pytest.raises(stripe.InvalidRequestError) as raised:
        story.v1.prices.create(wanted)
    assert raised.value.param == "lookup_key"
    fresh = story.v1.prices.create({**wanted, "transfer_lookup_key": True})
    assert story.v1.prices.retrieve(story.shop.monthly).lookup_key is None
    assert [row.id for row in story.v1.prices.list({"lookup_keys": ["pro_month", "none"]}).data] == [fresh.id]
    assert story.news() == ["price.updated", "price.created"]
    story.v1.prices.update(story.shop.monthly, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        story.shop.checkout()


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"product_data": {"name": "Second"}}, "product"),
        ({"unit_amount": -1}, "unit_amount"),
        ({"unit_amount_decimal": "1.5"}, "unit_amount"),
        ({"product": "prod_none"}, "product"),
        ({"recurring": {"interval": "month", "interval_count": 37}}, "recurring[interval]"),
        ({"recurring": {"interval": "month", "usage_type": "metered"}}, "recurring[usage_type]"),
    ],
)
def test_a_price_that_cannot_be_is_refused(story: Story, params: dict[str, Any], param: str) -> None:
    whole: Any = {
        "product": story.shop.product,
        "currency": "usd",
        "unit_amount": 100,
        "recurring": {"interval": "month"},
        **params,
    }
    with pytest.raises(stripe.InvalidRequestError) as raised:
        story.v1.prices.create(whole)
    assert raised.value.param == param


def test_the_default_price_cannot_be_archived(story: Story) -> None:
    story.v1.products.update(story.shop.product, {"default_price": story.shop.monthly})
    with pytest.raises(stripe.InvalidRequestError, match="default price"):
        story.v1.prices.update(story.shop.monthly, {"active": False})


def test_features_are_granted_while_a_subscription_lives(story: Story) -> None:
    made = story.v1.entitlements.features.create({"name": "Crosswalks", "lookup_key": "crosswalks"})
    with pytest.raises(stripe.InvalidRequestError):
        story.v1.entitlements.features.create({"name": "Again", "lookup_key": "crosswalks"})
    carried = story.v1.products.features.create(story.shop.product, {"entitlement_feature": made.id})
    story.v1.entitlements.features.update(made.id, {"name": "All crosswalks"})
    listed = story.v1.products.features.list(story.shop.product).data
    assert [row.entitlement_feature.name for row in listed] == ["All crosswalks"]
    assert story.v1.entitlements.active_entitlements.list({"customer": story.customer}).data == []
    story.subscribe()
    active = story.v1.entitlements.active_entitlements.list({"customer": story.customer}).data
    assert [row.lookup_key for row in active] == ["crosswalks"]
    assert story.v1.products.features.delete(story.shop.product, carried.id).deleted
    assert story.v1.entitlements.features.list({"lookup_key": "crosswalks"}).data[0].id == made.id


def test_coupons_and_codes_are_used_up(story: Story) -> None:
    coupon = story.v1.coupons.create({"id": "ONE", "amount_off": 500, "currency": "usd", "max_redemptions": 1})
    code = story.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": "ONE"}, "code": "Five"})
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        story.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": "ONE"}, "code": "FIVE"})
    assert story.v1.promotion_codes.list({"code": "five", "active": True, "coupon": "ONE"}).data[0].id == code.id
    story.subscribe(allow_promotion_codes=True, discounts=[])
    story.pay(story.shop.checkout(allow_promotion_codes=True).id, promotion_code="five")
    used = story.v1.coupons.retrieve(coupon.id)
    assert (used.times_redeemed, used.valid) == (1, False)
    with pytest.raises(stripe.InvalidRequestError) as raised:
        story.shop.checkout(discounts=[{"promotion_code": code.id}])
    assert raised.value.code == "coupon_expired"
    assert story.v1.coupons.delete("ONE").deleted
    assert story.v1.promotion_codes.retrieve(code.id).active is False
    assert story.latest_invoice().amount_paid == 2400


@pytest.mark.parametrize(
    ("restrictions", "message"),
    [
        ({"restrictions": {"first_time_transaction": True}}, "prior transactions"),
        ({"restrictions": {"minimum_amount": 5000, "minimum_amount_currency": "usd"}}, "minimum amount"),
        ({"active": False}, "inactive"),
        ({"expires_at": 1}, "expired"),
    ],
)
def test_codes_have_conditions(story: Story, restrictions: dict[str, Any], message: str) -> None:
    story.subscribe()
    coupon = story.v1.coupons.create({"percent_off": 10, "duration": "repeating", "duration_in_months": 3}).id
    wanted: Any = {"promotion": {"type": "coupon", "coupon": coupon}, "code": "TEN", **restrictions}
    code = story.v1.promotion_codes.create(wanted).id
    with pytest.raises(stripe.InvalidRequestError, match=message):
        story.shop.checkout(discounts=[{"promotion_code": code}])


@pytest.mark.parametrize(
    "params",
    [
        {"duration": "once"},
        {"percent_off": 10, "amount_off": 5, "currency": "usd", "duration": "once"},
        {"amount_off": 5, "duration": "once"},
        {"percent_off": 10, "duration": "repeating"},
        {"percent_off": 101, "duration": "once"},
    ],
)
def test_a_coupon_that_cannot_be_is_refused(story: Story, params: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        story.v1.coupons.create(params)


def test_a_coupon_of_three_months_ends(story: Story) -> None:
    coupon = story.v1.coupons.create({"percent_off": 10, "duration": "repeating", "duration_in_months": 3}).id
    story.subscribe(discounts=[{"coupon": coupon}])
    paid = [story.latest_invoice().amount_paid]
    for _ in range(4):
        story.advance(days=31)
        paid.append(story.latest_invoice().amount_paid)
    assert paid == [2610, 2610, 2610, 2900, 2900]


def test_a_customer_is_found_and_changed(story: Story) -> None:
    bob = story.v1.customers.create({"email": "bob@example.org", "address": {"country": "US"}, "metadata": {"id": "2"}})
    assert bob.address is not None
    assert bob.address.to_dict()["line1"] is None
    assert [row.id for row in story.v1.customers.list({"email": "bob@example.org"}).data] == [bob.id]
    changed = story.v1.customers.update(bob.id, {"name": "Bob", "metadata": {"id": "3"}})
    assert (changed.name, changed.email) == ("Bob", "bob@example.org")
    assert story.news() == ["customer.created", "customer.updated"]
    same = story.v1.customers.update(bob.id, {"name": "Bob"})
    assert same.name == "Bob"
    assert story.news() == []


def test_cards_are_saved_and_taken_away(story: Story) -> None:
    saved = story.v1.payment_methods.attach("pm_card_visa", {"customer": story.customer})
    assert saved.card is not None
    assert (saved.card.brand, saved.card.last4) == ("visa", "4242")
    story.v1.customers.update(story.customer, {"invoice_settings": {"default_payment_method": saved.id}})
    assert len(story.v1.customers.payment_methods.list(story.customer).data) == 1
    bob = story.v1.customers.create({"email": "bob@example.org"}).id
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        story.v1.payment_methods.attach(saved.id, {"customer": bob})
    with pytest.raises(stripe.InvalidRequestError):
        story.v1.customers.update(bob, {"invoice_settings": {"default_payment_method": saved.id}})
    assert story.v1.payment_methods.detach(saved.id).customer is None
    customer = story.v1.customers.retrieve(story.customer)
    assert customer.invoice_settings is not None
    assert customer.invoice_settings.default_payment_method is None
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        story.v1.payment_methods.detach(saved.id)


def test_a_refused_card_is_not_saved_and_one_that_fails_later_is(story: Story) -> None:
    with pytest.raises(stripe.CardError) as raised:
        story.v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": story.customer})
    assert raised.value.code == "card_declined"
    assert story.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": story.customer}).customer
    assert story.act(portal.set_card, story.customer, story.card(DECLINED)).kind == "declined"
    assert story.act(portal.set_card, story.customer, story.card(ASKS_ALWAYS)).kind == "needs_authentication"
    assert story.act(portal.set_card, story.customer, story.card(FAILS_LATER)).kind == "paid"


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"number": "42"}, "incorrect_number"),
        ({"exp_month": 13}, "invalid_expiry_month"),
        ({"exp_year": 2020}, "invalid_expiry_year"),
        ({"cvc": "12"}, "invalid_cvc"),
        ({"number": "4111111111111111"}, "card_declined"),
    ],
)
def test_a_card_typed_wrongly_is_refused(story: Story, card: dict[str, Any], code: str) -> None:
    typed: Any = {"number": VISA, "exp_month": 12, "exp_year": 2040, "cvc": "123", **card}
    with pytest.raises(stripe.CardError) as raised:
        story.v1.payment_methods.create({"type": "card", "card": typed})
    assert raised.value.code == code


def test_a_bank_account_is_made_by_api(story: Story) -> None:
    made = story.v1.payment_methods.create(
        {
            "type": "us_bank_account",
            "us_bank_account": {
                "account_number": "000123456789",
                "routing_number": "110000000",
                "account_holder_type": "individual",
            },
            "billing_details": {"name": "Alice"},
        }
    )
    assert made.us_bank_account is not None
    assert (made.us_bank_account.last4, made.billing_details.name) == ("6789", "Alice")
    with pytest.raises(stripe.InvalidRequestError):
        story.v1.payment_methods.create({"type": "us_bank_account", "us_bank_account": {"account_number": "1"}})


def test_a_portal_needs_a_configuration_that_allows_the_flow(story: Story) -> None:
    session = story.shop.portal()
    assert session.url.startswith(story.sandbox.url)
    with pytest.raises(stripe.InvalidRequestError, match="default configuration"):
        story.v1.billing_portal.sessions.create({"customer": story.customer})
    id = story.subscribe()
    for type in ("subscription_cancel", "subscription_update"):
        flow = story.shop.portal(flow_data={"type": type, type: {"subscription": id}}).flow
        assert flow is not None
        assert flow.type == type
    confirm = {"subscription": id, "items": [{"id": story.item(), "price": story.shop.yearly}]}
    flow = story.shop.portal(
        flow_data={"type": "subscription_update_confirm", "subscription_update_confirm": confirm}
    ).flow
    assert flow is not None
    assert flow.subscription_update_confirm is not None
    assert flow.subscription_update_confirm.items[0].price == story.shop.yearly
    bob = story.v1.customers.create({"email": "bob@example.org"}).id
    with pytest.raises(stripe.InvalidRequestError, match="does not belong"):
        story.shop.portal(
            customer=bob, flow_data={"type": "subscription_cancel", "subscription_cancel": {"subscription": id}}
        )
    story.v1.billing_portal.configurations.update(
        story.shop.configuration, {"features": {"subscription_cancel": {"enabled": False}}}
    )
    with pytest.raises(stripe.InvalidRequestError, match="disabled"):
        story.shop.portal(flow_data={"type": "subscription_cancel", "subscription_cancel": {"subscription": id}})


def test_subscriptions_are_listed_as_stripe_lists_them(story: Story) -> None:
    first = story.subscribe()
    second = story.subscribe(line_items=[{"price": story.shop.yearly, "quantity": 1}])
    story.v1.subscriptions.cancel(first)

    def ids(**params: Any) -> list[str]:
        wanted: Any = {"customer": story.customer, **params}
        return [row.id for row in story.v1.subscriptions.list(wanted).data]

    assert ids() == [second]
    assert ids(status="all") == [second, first]
    assert ids(status="ended") == ids(status="canceled") == [first]
    assert ids(status="past_due") == []
    assert ids(price=story.shop.monthly, status="all") == [first]
    assert ids(created={"lt": 1}) == []
    end = story.subscription()["items"].data[0].current_period_end
    assert ids(current_period_end={"gte": end}) == [second]
    assert [row.id for row in story.v1.invoices.list({"subscription": first}).data] != []
    items = story.v1.subscription_items.list({"subscription": second}).data
    assert story.v1.subscription_items.retrieve(items[0].id).subscription == second


def test_a_charge_and_an_invoice_take_notes(story: Story) -> None:
    story.subscribe()
    charge = story.v1.charges.list({"customer": story.customer}).data[0]
    assert story.v1.charges.update(charge.id, {"metadata": {"seen": "yes"}}).metadata["seen"] == "yes"
    invoice = story.v1.invoices.update(story.latest_invoice().id, {"metadata": {"seen": "yes"}})
    assert invoice.metadata is not None
    assert invoice.metadata["seen"] == "yes"
    assert story.v1.invoices.line_items.list(invoice.id).data[0].amount == 2900


def test_settings_are_checked(story: Story) -> None:
    with pytest.raises(ValueError, match="no such setting"):
        story.act(settings.save, colour="red")
    with pytest.raises(ValueError, match="dunning_end"):
        story.act(settings.save, dunning_end="never")


def test_payments_can_be_made_to_fail(story: Story) -> None:
    story.act(customers.fail_next_payments, story.customer, 1)
    session = story.shop.checkout()
    assert story.pay(session.id).kind == "declined"
    assert story.pay(session.id).kind == "paid"
