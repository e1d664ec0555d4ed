"""The pages without JavaScript: Checkout, 3-D Secure, hosted invoice, portal, control page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.billing.sandbox.conftest import Inbox
from tests.billing.sandbox.shop import RETURN, Shop, open_shop
from webapp.billing.sandbox.app import create_app
from webapp.billing.sandbox.server import Sandbox

PAYS, DECLINED, FUNDS = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000000000009995"
SECURE, ALWAYS_SECURE, FAILS_LATER = "4000 0025 0000 3155", "4000 0027 6000 3184", "4000 0000 0000 0341"


@pytest.fixture
def shop(stripe_client: stripe.StripeClient) -> Shop:
    return open_shop(stripe_client)


@pytest.fixture
def browser(sandbox: Sandbox) -> FlaskClient:
    return create_app(sandbox).test_client()


def path(url: str | None) -> str:
    assert url is not None
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def card(number: str, **fields: str) -> dict[str, str]:
    return {"number": number, "expiry": "12 / 34", "cvc": "123", "name": "Alice", "needs_method": "1", **fields}


def text(response: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text)).replace("&#39;", "'")


def test_paying_leads_back_to_the_site(shop: Shop, browser: FlaskClient) -> None:
    session = shop.checkout(client_reference_id="7")
    page = browser.get(path(session.url))
    assert "No money moves" in page.text
    assert "Pay $29.00" in page.text
    assert "alice@example.org" in page.text
    done = browser.post(path(session.url), data=card(PAYS))
    assert (done.status_code, done.location) == (303, f"{RETURN}/done?session={session.id}")
    assert shop.subscription().status == "active"
    assert shop.client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert "This order is complete" in browser.get(path(session.url)).text


def test_a_test_card_is_chosen_without_a_script(shop: Shop, browser: FlaskClient) -> None:
    page = browser.post(path(shop.checkout().url), data={"use": DECLINED, "name": "Alice"})
    assert f'value="{DECLINED}"' in page.text
    assert 'value="12 / 34"' in page.text
    assert 'value="Alice"' in page.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (card(DECLINED), "Your card was declined."),
        (card(FUNDS), "Your card has insufficient funds."),
        (card("4242 4242 4242 4241"), "Your card number is incorrect."),
        (card(""), "Your card number is incomplete."),
        (card(PAYS, expiry="soon"), "Your card's expiration date is incomplete."),
        (card(PAYS, expiry="12/20"), "Your card's expiration year is invalid."),
        (card(PAYS, cvc=""), "Your card's security code is incomplete."),
    ],
)
def test_a_card_that_is_refused_can_be_replaced(
    shop: Shop, browser: FlaskClient, fields: dict[str, str], sentence: str
) -> None:
    session = shop.checkout()
    page = browser.post(path(session.url), data=fields)
    assert page.status_code == 402
    assert sentence in text(page)
    assert shop.client.v1.subscriptions.list({"customer": shop.customer, "status": "all"}).data == []
    assert browser.post(path(session.url), data=card(PAYS)).status_code == 303


def test_3d_secure_is_completed_or_fails(shop: Shop, browser: FlaskClient) -> None:
    session = shop.checkout()
    asked = browser.post(path(session.url), data=card(SECURE))
    assert "/3d-secure" in asked.location
    assert "$29.00" in browser.get(asked.location).text
    failed = browser.post(asked.location, data={"outcome": "fail"})
    assert "unable to authenticate your payment method" in text(failed)
    assert shop.client.v1.checkout.sessions.retrieve(session.id).status == "open"
    asked = browser.post(path(session.url), data=card(SECURE))
    done = browser.post(asked.location, data={"outcome": "complete"})
    assert done.location.startswith(f"{RETURN}/done")
    assert shop.subscription().status == "active"


def test_a_promotion_code_is_tried_and_kept(shop: Shop, browser: FlaskClient) -> None:
    session = shop.checkout(allow_promotion_codes=True)
    wrong = browser.post(path(session.url), data={"code": "NONE", "action": "apply"})
    assert "This code is invalid." in text(wrong)
    right = browser.post(path(session.url), data={"code": "HALF", "action": "apply"})
    assert "Pay $14.50" in right.text
    browser.post(path(session.url), data=card(PAYS, code="HALF"))
    invoice = shop.client.v1.invoices.list({"customer": shop.customer}).data[0]
    assert invoice.amount_paid == 1450


def test_a_trial_without_a_card(shop: Shop, browser: FlaskClient) -> None:
    session = shop.checkout(subscription_data={"trial_period_days": 7}, payment_method_collection="if_required")
    page = browser.get(path(session.url))
    assert "Start trial" in page.text
    assert "Card number" not in page.text
    assert browser.post(path(session.url), data={"action": "pay"}).status_code == 303
    assert shop.subscription().status == "trialing"


def test_a_bank_debit_is_on_its_way(shop: Shop, browser: FlaskClient) -> None:
    session = shop.checkout()
    done = browser.post(
        path(session.url), data={"method": "us_bank_account", "account": "000123456789", "needs_method": "1"}
    )
    assert done.status_code == 303
    assert shop.client.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"
    invoice = shop.client.v1.invoices.list({"customer": shop.customer}).data[0]
    assert "A bank debit for this invoice is on its way" in browser.get(path(invoice.hosted_invoice_url)).text


def test_what_the_session_asks_for_must_be_given(shop: Shop, browser: FlaskClient) -> None:
    session = shop.checkout(
        customer=shop.customer,
        billing_address_collection="required",
        customer_update={"address": "auto"},
        consent_collection={"terms_of_service": "required"},
    )
    assert "Your address is incomplete." in text(browser.post(path(session.url), data=card(PAYS)))
    address = {"line1": "1 Main Street", "postal_code": "12345", "city": "Springfield", "country": "US"}
    assert "terms of service" in text(browser.post(path(session.url), data=card(PAYS, **address)))
    assert browser.post(path(session.url), data=card(PAYS, **address, terms="1")).status_code == 303
    customer = shop.client.v1.customers.retrieve(shop.customer)
    assert customer.address is not None
    assert customer.address.line1 == "1 Main Street"


def test_an_expired_session_takes_no_money(shop: Shop, browser: FlaskClient, advance: Callable[..., None]) -> None:
    session = shop.checkout()
    advance(days=1.1)
    page = browser.post(path(session.url), data=card(PAYS))
    assert "This page has expired" in page.text
    assert shop.client.v1.subscriptions.list({"customer": shop.customer, "status": "all"}).data == []


def subscribe(shop: Shop, browser: FlaskClient, number: str = PAYS) -> stripe.Subscription:
    url = path(shop.checkout().url)
    done = browser.post(url, data=card(number))
    if "/3d-secure" in done.location:
        browser.post(done.location, data={"outcome": "complete"})
    return shop.subscription()


def test_an_open_invoice_is_paid_on_its_page(shop: Shop, browser: FlaskClient, advance: Callable[..., None]) -> None:
    subscribe(shop, browser, ALWAYS_SECURE)
    advance(days=32)
    assert shop.subscription().status == "past_due"
    invoice = shop.client.v1.invoices.list({"customer": shop.customer, "status": "open"}).data[0]
    page = path(invoice.hosted_invoice_url)
    assert "Pay $29.00" in browser.get(page).text
    assert "Your card was declined." in text(browser.post(page, data=card(DECLINED)))
    asked = browser.post(page, data=card(ALWAYS_SECURE))
    assert "3-D Secure" in browser.get(asked.location).text
    failed = browser.post(asked.location, data={"outcome": "fail"})
    assert path(failed.location) == page
    asked = browser.post(page, data=card(ALWAYS_SECURE))
    browser.post(asked.location, data={"outcome": "complete"})
    assert shop.subscription().status == "active"
    assert "Pay $29.00" not in browser.get(page).text
    assert "is to be confirmed" in text(browser.get(asked.location))


def test_a_receipt(shop: Shop, browser: FlaskClient) -> None:
    subscribe(shop, browser)
    charge = shop.client.v1.charges.list({"customer": shop.customer}).data[0]
    assert "Visa ending in 4242" in text(browser.get(path(charge.receipt_url)))


def test_the_portal_shows_and_changes(shop: Shop, browser: FlaskClient) -> None:
    subscription = subscribe(shop, browser)
    home = path(shop.portal().url)
    assert "Codeshelf Pro" in browser.get(home).text
    assert f'href="{RETURN}/account"' in browser.get(home).text
    plan = f"{home}/plan/{subscription.id}"
    assert "$290.00 every year" in text(browser.get(plan))
    assert "$261.00" in text(browser.get(f"{plan}?price={shop.yearly}"))
    browser.post(plan, data={"price": shop.yearly})
    assert shop.subscription()["items"].data[0].price.id == shop.yearly
    browser.post(f"{home}/address", data={"name": "Alice Smith", "line1": "1 Main Street", "country": "US"})
    customer = shop.client.v1.customers.retrieve(shop.customer)
    assert customer.name == "Alice Smith"
    assert "1 Main Street" in browser.get(home).text


def test_the_portal_cancels_and_takes_it_back(shop: Shop, browser: FlaskClient) -> None:
    subscription = subscribe(shop, browser)
    home = path(shop.portal().url)
    assert "ends then" in text(browser.get(f"{home}/cancel/{subscription.id}"))
    browser.post(f"{home}/cancel/{subscription.id}")
    found = shop.subscription()
    assert found.cancel_at or found.cancel_at_period_end
    assert "Do not cancel" in browser.get(home).text
    browser.post(f"{home}/renew/{subscription.id}")
    found = shop.subscription()
    assert (found.cancel_at, found.cancel_at_period_end) == (None, False)


def test_a_new_card_mends_a_failed_renewal(shop: Shop, browser: FlaskClient, advance: Callable[..., None]) -> None:
    subscribe(shop, browser, ALWAYS_SECURE)
    advance(days=32)
    assert shop.subscription().status == "past_due"
    home = path(shop.portal().url)
    assert "The last payment failed" in browser.get(home).text
    assert "Your card was declined." in text(browser.post(f"{home}/card", data=card(DECLINED)))
    assert "declined" in text(browser.post(f"{home}/card", data=card(FAILS_LATER)))
    assert shop.subscription().status == "past_due"
    asked = browser.post(f"{home}/card", data=card(SECURE))
    assert "unable to authenticate" in text(browser.post(asked.location, data={"outcome": "fail"}))
    browser.post(asked.location, data={"outcome": "complete"})
    assert shop.subscription().status == "active"


def flow(kind: str, subscription: stripe.Subscription, price: str) -> dict[str, Any]:
    """Return flow_data of one kind that ends at the site."""
    data: dict[str, Any] = {
        "type": kind,
        "after_completion": {"type": "redirect", "redirect": {"return_url": f"{RETURN}/after"}},
    }
    if kind != "payment_method_update":
        data[kind] = {"subscription": subscription.id}
    if kind == "subscription_update_confirm":
        data[kind]["items"] = [{"id": subscription["items"].data[0].id, "price": price, "quantity": 1}]
    return data


@pytest.mark.parametrize(
    "kind", ["payment_method_update", "subscription_cancel", "subscription_update", "subscription_update_confirm"]
)
def test_a_flow_leads_to_its_step_and_back_to_the_site(shop: Shop, browser: FlaskClient, kind: str) -> None:
    subscription = subscribe(shop, browser)
    session = shop.portal(flow_data=flow(kind, subscription, shop.yearly))
    step = browser.get(path(session.url)).location
    assert browser.get(step).status_code == 200
    done = browser.post(step, data={**card(PAYS), "price": shop.yearly})
    assert (done.status_code, done.location) == (303, f"{RETURN}/after")


def test_the_portal_shows_nothing_of_another_customer(shop: Shop, browser: FlaskClient) -> None:
    subscription = subscribe(shop, browser)
    bob = shop.client.v1.customers.create({"email": "bob@example.org"})
    home = path(shop.portal(customer=bob.id).url)
    for step in ("plan", "cancel"):
        assert browser.get(f"{home}/{step}/{subscription.id}").status_code == 404
        assert browser.post(f"{home}/{step}/{subscription.id}", data={"price": shop.yearly}).status_code == 404


def test_pages_that_do_not_exist_say_so(browser: FlaskClient) -> None:
    for missing in ("/checkout/cs_test_9", "/portal/bps_9", "/invoices/in_9", "/3d-secure/pi_9", "/nothing"):
        page = browser.get(missing)
        assert page.status_code == 404
        assert "No money moves" in page.text


def test_the_control_page_acts(sandbox: Sandbox, inbox: Inbox, shop: Shop, browser: FlaskClient) -> None:
    subscribe(shop, browser)
    sandbox.settle()
    page = browser.get("/")
    for part in (sandbox.key, sandbox.secrets()[0], inbox.url, "alice@example.org", "checkout.session.completed"):
        assert part in page.text
    charge = shop.client.v1.charges.list({"customer": shop.customer}).data[0]
    event = shop.client.v1.events.list({"type": "checkout.session.completed"}).data[0]
    steps: list[tuple[str, dict[str, Any]]] = [
        ("replay", {"event": event.id}),
        ("dispute", {"charge": charge.id}),
        ("fraud_warning", {"charge": charge.id}),
        ("api", {"status": "500", "times": "1", "path": "/v1/coupons", "method": ""}),
        ("drop", {"times": "2", "type": ""}),
        ("duplicate", {"times": "2"}),
        ("delay", {"seconds": "0.01"}),
        ("hold", {}),
        ("release", {"order": "reversed"}),
        ("clear", {}),
        ("roll_secret", {"overlap": "true"}),
        ("dunning", {"end": "unpaid"}),
        ("fail_next", {"customer": shop.customer}),
        ("next_renewal", {}),
        ("clock", {"seconds": "3600"}),
    ]
    for name, fields in steps:
        assert browser.post(f"/_sandbox/{name}", data=fields).location == f"/?said={name}", name
    dispute = shop.client.v1.disputes.list({"charge": charge.id}).data[0]
    assert "Dispute won" in browser.get("/").text
    assert browser.post("/_sandbox/close_dispute", data={"dispute": dispute.id, "won": "true"}).status_code == 303
    assert shop.subscription().status == "past_due"


def test_the_control_page_speaks_json_too(sandbox: Sandbox, inbox: Inbox, browser: FlaskClient) -> None:
    assert browser.post("/_sandbox/drop", json={"times": 2}).json == {"result": None}
    found = browser.get("/_sandbox").json
    assert found is not None
    assert found["faults"] == ["drop any event, 2 times"]
    assert sandbox.key not in browser.get("/_sandbox").text
    sent = browser.post("/_sandbox/send", json={"event": {"id": "evt_1", "object": "event"}, "secret": f"whsec_{1}"})
    assert sent.json == {"result": 200}
    assert len(inbox.received) == 1
    for name, fields in (
        ("api", {"status": "200"}),
        ("api", {}),
        ("drop", {"times": "many"}),
        ("release", {"order": "sorted"}),
        ("send", {"event": "x"}),
        ("dunning", {"end": "never"}),
        ("replay", {"event": "evt_9"}),
        ("next_renewal", {}),
    ):
        assert browser.post(f"/_sandbox/{name}", json=fields).status_code == 400, (name, fields)
    assert browser.post("/_sandbox/nothing", json={}).status_code == 404


def test_no_other_site_can_use_the_sandbox(browser: FlaskClient) -> None:
    assert browser.post("/_sandbox/clear", headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 403
    assert browser.get("/", headers={"Host": "127.0.0.1:8123"}).status_code == 200
