"""The story of a subscription in a real browser, paid at the sandbox's pages, on a site whose clock is moved."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD
from tests.browser.served import Site, running
from tests.support.pages import assert_sound

CODE = "/codes/hcpcs/G0105"
PAYS, DECLINED, FAILS_LATER, ASKS = (
    "4242 4242 4242 4242",
    "4000 0000 0000 0002",
    "4000 0000 0000 0341",
    "4000 0025 0000 3155",
)
PATIENCE_SECONDS = 20
PAST_A_MONTH = 32
"""Days: past the next renewal, by less than the grace."""
_readers = itertools.count(1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of this story's own, from an empty folder: other tests know what day it is."""
    yield from running(tmp_path_factory.mktemp("paying-site"))


class Reader:
    """A person with a browser, an address and cards."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.email = f"alice{next(_readers)}.{datetime.now(UTC):%H%M%S%f}@example.org"
        self.sandbox = ""

    def click(self, name: str) -> None:
        main = self.page.get_by_role("main")
        words = re.compile(name)
        main.get_by_role("button", name=words).or_(main.get_by_role("link", name=words)).first.click()

    def sign(self, button: str) -> None:
        """Fill the form of a registration or a login."""
        self.page.locator("input[name=email]").fill(self.email)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.click(button)

    def log_in(self) -> None:
        """A login does not last as long as the clock is moved."""
        self.page.context.clear_cookies()
        self.page.goto("/login")
        self.sign("Log in")

    def enter(self, card: str, button: str) -> None:
        """Fill a payment page with a test card and send it."""
        parts = urlsplit(self.page.url)
        self.sandbox = f"{parts.scheme}://{parts.netloc}"
        self.page.get_by_role("button", name=card).click()
        self.click(button)

    def subscribe(self, price: str = "month") -> None:
        self.page.goto(f"/subscribe/pro_{price}?next={CODE}")
        self.click("Go to payment")
        self.enter(PAYS, r"^Pay \$")
        expect(self.page.get_by_role("status")).to_contain_text("Pro is open now")

    def move(self, days: int) -> None:
        """Press the button of the sandbox's clock as often as need be (eights of days), and log in again."""
        self.page.goto(self.sandbox)
        for _ in range(days // 8):
            self.page.get_by_role("button", name="+8 days", exact=True).click()
        self.log_in()

    def sees(self, path: str, words: str, *, holds: bool = True) -> None:
        """Load a page again until it says something, or says it no more."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            self.page.goto(path)
            if (words in self.page.locator("body").inner_text()) is holds:
                return
            assert time.monotonic() < end, f"{path} {'never says' if holds else 'still says'}: {words}"
            time.sleep(0.5)

    def is_whole(self) -> bool:
        """Whether the code page shows every section."""
        assert self.page.goto(CODE).status == 200
        return self.page.locator(".locked").count() == 0


@pytest.fixture
def alice(open_page: Callable[..., Page], scripts: bool) -> Reader:
    return Reader(open_page(java_script_enabled=scripts))


@pytest.fixture
def subscriber(alice: Reader) -> Reader:
    alice.page.goto("/register")
    alice.sign("Create account")
    alice.subscribe()
    return alice


def test_from_the_wall_to_the_whole_page(alice: Reader, site: Site) -> None:
    page = alice.page
    page.goto(CODE)
    page.get_by_role("link", name="Upgrade to Pro to unlock this content").first.click()
    expect(page).to_have_url(f"{site.url}/pricing?next={CODE}")
    alice.click("Subscribe to Pro, .* a month")
    alice.sign("Create account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Subscribe to Pro")
    expect(page.get_by_role("main")).to_contain_text("$29 a month")
    alice.click("Go to payment")
    alice.enter(PAYS, r"^Pay \$29")
    expect(page.get_by_role("status")).to_contain_text("Pro is open now")
    alice.click("Back to your page")
    expect(page).to_have_url(f"{site.url}{CODE}")
    assert page.locator(".locked").count() == 0
    expect(page.locator(".section[data-section=rvus]")).to_be_visible()


def test_a_declined_card_and_a_refused_confirmation_can_be_tried_again(alice: Reader) -> None:
    page = alice.page
    page.goto("/register?next=/subscribe/pro_year")
    alice.sign("Create account")
    alice.click("Go to payment")
    alice.enter(DECLINED, r"^Pay \$290")
    expect(page.get_by_role("alert")).to_contain_text("declined")
    assert not alice.is_whole()
    page.goto("/subscribe/pro_year")
    alice.click("Go to payment")
    alice.enter(ASKS, r"^Pay \$290")
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_role("alert")).to_be_visible()
    alice.enter(ASKS, r"^Pay \$290")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("status")).to_contain_text("Pro is open now")
    assert alice.is_whole()


def test_a_guest_who_goes_back_without_paying_is_where_they_were(alice: Reader, site: Site) -> None:
    alice.page.goto(f"/register?next=/subscribe/pro_month%3Fnext%3D{CODE}")
    alice.sign("Create account")
    alice.click("Go to payment")
    alice.page.get_by_role("link", name="Back without paying").click()
    expect(alice.page).to_have_url(f"{site.url}/subscribe/pro_month?next={CODE}")


def test_cancel_undo_cancel_and_come_back(subscriber: Reader) -> None:
    alice, page = subscriber, subscriber.page
    for button, told in (("^Cancel Pro", "is cancelled"), ("Undo the cancellation", "goes on as before")):
        page.goto("/account")
        alice.click(button)
        if button.startswith("^"):
            alice.click("^Cancel Pro")
        expect(page.get_by_role("status")).to_contain_text(told)
    page.goto("/billing/cancel")
    alice.click("^Cancel Pro")
    assert alice.is_whole()
    alice.move(PAST_A_MONTH)
    alice.sees(CODE, "Upgrade to Pro to unlock this content")
    alice.subscribe("year")
    assert alice.is_whole()


def test_a_change_to_the_year_costs_what_was_shown(subscriber: Reader) -> None:
    alice, page = subscriber, subscriber.page
    page.goto("/account")
    alice.click("Pay by the year")
    due = re.search(r"Due now\s+(\$[\d.]+)", page.get_by_role("main").inner_text())[1]
    alice.click(f"Pay {re.escape(due)} and change")
    expect(page.get_by_role("status")).to_contain_text("Your plan is changed")
    expect(page.get_by_role("main")).to_contain_text("Pro, $290 a year")
    expect(page.locator(".invoices")).to_contain_text(due)


def test_renewal_failure_grace_loss_and_mending(subscriber: Reader) -> None:
    alice, page = subscriber, subscriber.page
    alice.move(PAST_A_MONTH)
    alice.sees("/account", "Renews on")
    assert alice.is_whole()

    page.goto("/account")
    alice.click("Change the card")
    alice.enter(FAILS_LATER, "^Save")
    page.goto("/account")
    alice.move(PAST_A_MONTH)
    alice.sees(CODE, "Your last payment failed. Pro stays open until")
    assert alice.is_whole()

    page.goto(alice.sandbox)
    page.get_by_label("Subscriptions are").select_option("leave")
    page.get_by_role("button", name="Save").last.click()
    alice.move(8)
    alice.sees(CODE, "Your last payment failed, and Pro has ended.")
    assert not alice.is_whole()

    page.get_by_role("link", name="Mend the card").click()
    alice.click("Enter another card")
    alice.enter(PAYS, "^Save")
    alice.sees(CODE, "Your last payment failed", holds=False)
    assert alice.is_whole()


def test_pages_of_paying_are_sound(open_page: Callable[..., Page]) -> None:
    alice = Reader(open_page())
    page = alice.page
    page.goto("/register?next=/subscribe/pro_month")
    alice.sign("Create account")
    assert_sound(page)
    alice.subscribe()
    assert_sound(page)
    for path in ("/pricing", "/account", "/billing/cancel", "/billing/change/pro_year"):
        page.goto(path)
        assert_sound(page)
    alice.page.goto("/billing/cancel")
    alice.click("^Cancel Pro")
    assert_sound(page)


def test_pages_of_trouble_and_of_staff_are_sound(open_page: Callable[..., Page], site: Site) -> None:
    alice = Reader(open_page())
    page = alice.page
    page.goto("/register")
    alice.sign("Create account")
    alice.subscribe()
    page.goto("/account")
    alice.click("Change the card")
    alice.enter(FAILS_LATER, "^Save")
    alice.move(PAST_A_MONTH)
    alice.sees(CODE, "Your last payment failed. Pro stays open until")
    for path in (CODE, "/account", "/billing/mend", "/billing/mend?still=1"):
        page.goto(path)
        assert_sound(page)
    site.flask("auth", "staff", "--on", alice.email)
    page.goto(f"/staff/?email={alice.email}")
    page.get_by_label("Why").fill("for the trouble")
    alice.click("Give the plan")
    expect(page.get_by_role("status")).to_contain_text("The plan is given")
    assert_sound(page)
