"""Every page, light and dark, wide and narrow: no axe violation, no console error, no sideways overflow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stripe
from playwright.sync_api import Browser

from tests.billing.sandbox.shop import Shop, open_shop
from tests.browser.conftest import Complaints
from tests.support.pages import assert_sound
from webapp.billing.sandbox.engine import cards, checkout
from webapp.billing.sandbox.server import Sandbox

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(stripe_client: stripe.StripeClient) -> Shop:
    return open_shop(stripe_client)


@pytest.fixture
def addresses(sandbox: Sandbox, shop: Shop) -> list[str]:
    """One page of each type, with something on it."""
    bought = shop.checkout()
    with sandbox.store.session() as state:
        checkout.pay(state, bought.id, cards.make_card(state, "4242424242424242", 12, 34, "123")["id"])
    subscription = shop.subscription()
    waiting = shop.client.v1.subscriptions.create(
        {
            "customer": shop.client.v1.customers.create({"email": "bob@example.org"}).id,
            "items": [{"price": shop.monthly}],
            "payment_behavior": "default_incomplete",
        }
    )
    invoices = [shop.client.v1.invoices.retrieve(str(row.latest_invoice)) for row in (subscription, waiting)]
    charge = shop.client.v1.charges.list({"customer": shop.customer}).data[0]
    session = shop.checkout(allow_promotion_codes=True, billing_address_collection="required")
    portal = f"/portal/{shop.portal().id}"
    return [
        "/",
        f"/checkout/{session.id}",
        f"/checkout/{session.id}/3d-secure",
        f"/checkout/{bought.id}",
        portal,
        *(f"{portal}/{step}" for step in ("card", "address")),
        *(f"{portal}/{step}/{subscription.id}" for step in ("plan", "cancel")),
        f"{portal}/plan/{subscription.id}?price={shop.yearly}",
        *(str(invoice.hosted_invoice_url) for invoice in invoices),
        str(charge.receipt_url),
        "/nowhere",
    ]


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    heard = Complaints()
    yield heard
    assert heard == []


def test_every_page(
    browser: Browser,
    sandbox: Sandbox,
    addresses: list[str],
    complaints: Complaints,
) -> None:
    context = browser.new_context(base_url=sandbox.url)
    page = context.new_page()
    complaints.watch(page)
    for address in addresses:
        page.goto(address)
        assert_sound(page)
    context.close()


def test_a_person_buys_without_scripts(
    browser: Browser,
    sandbox: Sandbox,
    shop: Shop,
    complaints: Complaints,
) -> None:
    session = shop.checkout(success_url=f"{sandbox.url}/?session={{CHECKOUT_SESSION_ID}}")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    complaints.watch(page)
    page.goto(str(session.url))
    page.get_by_role("button", name="4000 0000 0000 0002").click()
    page.get_by_role("button", name="Pay $29.00").click()
    assert page.get_by_role("alert").inner_text() == "Your card was declined."
    page.get_by_label("Card number").fill("4242424242424242")
    page.get_by_label("Card number").press("Enter")
    assert page.url == f"{sandbox.url}/?session={session.id}"
    assert shop.subscription().status == "active"
    context.close()
