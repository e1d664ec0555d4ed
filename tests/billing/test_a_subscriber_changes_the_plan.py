"""What subscribers do from their account: cancel, undo, change the price, mend the card."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest

from tests.support.buying import hidden, post, token, words
from tests.support.scene import FAILS_LATER
from webapp.billing.sandbox.engine import settings
from webapp.core import clock
from webapp.core.signing import Signet


@pytest.fixture
def alice(scene):
    """A reader with Pro by the month."""
    reader = scene.reader("alice")
    scene.subscribe(reader)
    return reader


@pytest.fixture
def browser(scene, alice):
    return scene.browser(alice)


def charged(scene) -> int:
    """All that was taken, in cents."""
    return sum(charge["amount"] for charge in scene.at_stripe("charge") if charge["status"] == "succeeded")


def row(scene, user):
    return scene.subscription(user)


def test_the_account_tells_of_the_subscription(browser):
    page = browser.get("/account")
    told = words(page)
    assert "Pro, $29 a month" in told
    assert "Renews on" in told
    assert "Visa ending in 4242, good until" in told
    assert 'href="/billing/change/pro_year"' in page.text
    assert 'href="/billing/cancel"' in page.text
    assert re.search(r"\$29 paid View", told)


def test_cancelling_keeps_the_plan_to_its_end_and_can_be_undone(scene, alice, browser):
    confirm = browser.get("/billing/cancel")
    end = row(scene, alice).period_end
    assert f"Pro stays open until {end.day} {end:%B %Y}" in words(confirm)
    assert post(browser, "/billing/cancel").location == "/account?done=cancelled"
    account = browser.get("/account?done=cancelled")
    assert "Your subscription is cancelled" in words(account)
    assert "Ends on" in words(account)
    assert "/billing/change" not in account.text
    assert scene.plan(alice) == "pro"
    assert post(browser, "/billing/keep").location == "/account?done=kept"
    assert "Renews on" in words(browser.get("/account"))


def test_a_cancelled_plan_ends_and_can_be_had_again(scene, alice, browser):
    post(browser, "/billing/cancel")
    scene.forward(days=32)
    browser = scene.browser(alice)  # a login does not last so long
    assert scene.plan(alice) == "free"
    assert browser.get("/billing/cancel").location == "/account"
    assert post(browser, "/billing/cancel").location == "/account", "a second click changes nothing"
    assert post(browser, "/subscribe/pro_year").status_code == 303


def test_an_end_by_date_is_undone_as_well(scene, alice, browser):
    end = int((clock.now() + timedelta(days=40)).timestamp())
    scene.client.v1.subscriptions.update(row(scene, alice).stripe_id, {"cancel_at": end})
    scene.settle()
    assert "Ends on" in words(browser.get("/account"))
    post(browser, "/billing/keep")
    assert row(scene, alice).cancel_at is None


def test_a_change_is_shown_to_the_cent_and_charged_as_shown(scene, alice, browser):
    scene.forward(days=10)
    page = browser.get("/billing/change/pro_year")
    due = re.search(r"Due now \$([\d.]+)", words(page))[1]
    before = charged(scene)
    answer = post(browser, "/billing/change/pro_year", token=hidden(page, "token"))
    assert answer.location == "/account?done=changed"
    assert charged(scene) - before == round(float(due) * 100)
    assert row(scene, alice).lookup_key == "pro_year"
    assert "Pro, $290 a year" in words(browser.get("/account"))


def test_the_same_form_again_charges_nothing_more(scene, alice, browser):
    form = hidden(browser.get("/billing/change/pro_year"), "token")
    first = post(browser, "/billing/change/pro_year", token=form)
    before = charged(scene)
    second = post(browser, "/billing/change/pro_year", token=form)
    assert first.location == second.location == "/account?done=changed"
    assert charged(scene) == before


def test_the_same_form_twice_at_once_charges_once(scene_on_both):
    scene = scene_on_both
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.forward(days=3)
    browsers = [scene.browser(alice) for _ in range(2)]
    form = hidden(browsers[0].get("/billing/change/pro_year"), "token")
    tokens = [token(browser) for browser in browsers]
    before, begin, answers = len(scene.at_stripe("charge")), threading.Barrier(2), []

    def click(browser, form_token):
        begin.wait()
        answers.append(browser.post("/billing/change/pro_year", data={"csrf_token": form_token, "token": form}))

    threads = [threading.Thread(target=click, args=pair) for pair in zip(browsers, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {303}
    assert len(scene.at_stripe("charge")) == before + 1
    assert row(scene, alice).lookup_key == "pro_year"


def test_a_change_back_to_the_month_keeps_a_credit(scene, browser, alice):
    form = hidden(browser.get("/billing/change/pro_year"), "token")
    post(browser, "/billing/change/pro_year", token=form)
    scene.forward(days=30)
    browser = scene.browser(alice)
    page = browser.get("/billing/change/pro_month")
    assert "Due now $0" in words(page)
    assert "is kept as credit" in words(page)
    before = charged(scene)
    assert post(browser, "/billing/change/pro_month", token=hidden(page, "token")).location == "/account?done=changed"
    assert charged(scene) == before


def refused(scene, browser, alice, form):
    """Send a form whose token must not hold."""
    before = charged(scene)
    answer = post(browser, "/billing/change/pro_year", token=form)
    assert answer.status_code == 409
    assert "out of date" in words(answer)
    assert hidden(answer, "token") != form
    assert charged(scene) == before
    assert row(scene, alice).lookup_key == "pro_month"


def test_a_preview_holds_for_fifteen_minutes(scene, alice, browser):
    form = hidden(browser.get("/billing/change/pro_year"), "token")
    scene.sandbox.move_clock(16 * 60)
    refused(scene, browser, alice, form)


@pytest.mark.parametrize("forge", ["", "x", "1|sub|price|price|0|0|key", "{}x", "{}.{}"])
def test_a_forged_preview_is_refused(scene, alice, browser, forge):
    form = hidden(browser.get("/billing/change/pro_year"), "token")
    refused(scene, browser, alice, forge.format(form, form))


def test_a_preview_signed_for_another_use_is_refused(scene, alice, browser):
    form = hidden(browser.get("/billing/change/pro_year"), "token")
    text = form.rpartition(".")[0]
    refused(scene, browser, alice, Signet(scene.app.extensions["settings"].signing_keys(), "guest").sign(text))


def test_another_readers_preview_is_refused(scene, alice, browser):
    bob = scene.reader("bob")
    scene.subscribe(bob)
    form = hidden(scene.browser(bob).get("/billing/change/pro_year"), "token")
    refused(scene, browser, alice, form)


def test_an_amount_that_no_longer_holds_is_shown_anew(scene, alice, browser):
    form = hidden(browser.get("/billing/change/pro_year"), "token")
    scene.client.v1.coupons.create({"id": "half", "percent_off": 50, "duration": "forever"})
    scene.client.v1.subscriptions.update(row(scene, alice).stripe_id, {"discounts": [{"coupon": "half"}]})
    scene.settle()
    refused(scene, browser, alice, form)


def test_what_was_cancelled_meanwhile_is_not_changed(scene, alice, browser):
    form = hidden(browser.get("/billing/change/pro_year"), "token")
    post(browser, "/billing/cancel")
    before = charged(scene)
    answer = post(browser, "/billing/change/pro_year", token=form)
    assert answer.status_code == 409
    assert "Undo that first" in words(answer)
    assert charged(scene) == before


def test_a_change_that_is_not_paid_leaves_the_old_plan(scene, alice, browser):
    scene.new_card(alice, FAILS_LATER)
    scene.settle()
    form = hidden(browser.get("/billing/change/pro_year"), "token")
    before = charged(scene)
    answer = post(browser, "/billing/change/pro_year", token=form)
    assert answer.location == "/account?done=pending"
    page = browser.get("/account?done=pending")
    assert "A change of your plan waits for its payment" in words(page)
    assert "Pay it now" in words(page)
    assert "Pro, $29 a month" in words(page)
    assert charged(scene) == before
    assert browser.get("/billing/change/pro_year").status_code == 409
    assert scene.plan(alice) == "pro"


def test_what_is_had_or_not_sold_cannot_be_changed_to(scene, alice, browser):
    assert browser.get("/billing/change/pro_month").status_code == 409
    assert browser.get("/billing/change/team_seat_month").status_code == 404
    bob = scene.browser(scene.reader("bob"))
    assert bob.get("/billing/change/pro_year").status_code == 409


def test_the_portal_opens_for_its_reader(scene, alice, browser):
    for path in ("/billing/card", "/billing/portal"):
        answer = post(browser, path)
        assert answer.status_code == 303
        assert answer.location.startswith(scene.sandbox.url)
    customers = {session["customer"] for session in scene.at_stripe("billing_portal.session")}
    assert customers == {scene.billing(alice).stripe_customer_id}
    assert post(scene.browser(scene.reader("bob")), "/billing/card").status_code == 409


def fail_the_renewal(scene, alice):
    """Let the next renewal fail; return a browser with a new login, since the old one does not last so long."""
    scene.new_card(alice, FAILS_LATER)
    scene.settle()
    scene.forward(days=31, hours=2)
    return scene.browser(alice)


def test_a_failed_payment_is_told_on_every_page_and_mended(scene, alice):
    browser = fail_the_renewal(scene, alice)
    until = row(scene, alice).past_due_since + timedelta(days=7)
    for path in ("/", "/pricing", "/account", "/codes/"):
        page = browser.get(path).text
        assert f"Your last payment failed. Pro stays open until {until.day} {until:%B}." in page
        assert 'href="/billing/mend"' in page
    mend = browser.get("/billing/mend")
    assert "Visa ending in 0341" in words(mend)
    assert "To be paid $29" in words(mend)
    assert post(browser, "/billing/card").status_code == 303
    assert browser.get("/billing/after").location == "/billing/mend?still=1"
    scene.new_card(alice)
    assert browser.get("/billing/after").location == "/account?done=mended"
    assert "Your last payment failed" not in browser.get("/").text
    assert browser.get("/billing/mend").location == "/account"


def test_after_the_grace_the_pages_say_how_pro_comes_back(scene, alice):
    browser = fail_the_renewal(scene, alice)
    with scene.sandbox.store.session() as state:
        settings.save(state, dunning_end="leave")
    scene.forward(days=8)
    assert scene.plan(alice) == "free"
    assert "Pro has ended. Mending the card brings it back." in browser.get("/").text
    assert "Pro has ended" in words(browser.get("/billing/mend"))
    scene.new_card(alice)
    browser.get("/billing/after")
    assert scene.plan(alice) == "pro"


def test_an_unpaid_plan_is_cancelled_at_once(scene, alice):
    browser = fail_the_renewal(scene, alice)
    assert "Pro ends at once" in words(browser.get("/billing/cancel"))
    post(browser, "/billing/cancel")
    assert scene.plan(alice) == "free"
    assert "Your last payment failed" not in browser.get("/").text


def test_a_failed_answer_says_that_nothing_is_charged_twice(scene, alice, browser):
    form = hidden(browser.get("/billing/change/pro_year"), "token")
    scene.sandbox.faults.api(500, times=20, method="POST", path="/v1/subscriptions")
    answer = post(browser, "/billing/change/pro_year", token=form)
    assert answer.location == "/account?done=unclear"
    assert "Nothing is ever charged twice" in words(browser.get(answer.location))
    scene.sandbox.faults.clear()
    assert post(browser, "/billing/change/pro_year", token=form).location == "/account?done=changed"


def test_an_answer_that_was_lost_changes_and_charges_once(scene, alice, browser):
    form = hidden(browser.get("/billing/change/pro_year"), "token")
    before = len(scene.at_stripe("charge"))
    scene.sandbox.faults.api("close", times=3, method="POST", path="/v1/subscriptions", then_do=True)
    post(browser, "/billing/change/pro_year", token=form)
    scene.sandbox.faults.clear()
    assert post(browser, "/billing/change/pro_year", token=form).location == "/account?done=changed"
    assert len(scene.at_stripe("charge")) == before + 1


def test_a_paused_subscription_is_resumed(scene, alice, browser):
    stripe_id = row(scene, alice).stripe_id
    scene.client.v1.subscriptions.pause(stripe_id, {})
    scene.settle()
    assert scene.plan(alice) == "free"
    assert "paused" in words(browser.get("/account"))
    assert post(browser, "/billing/resume").location == "/account?done=resumed"
    assert scene.plan(alice) == "pro"


def test_a_subscription_that_cannot_be_paid_stays_paused(scene, alice, browser):
    scene.new_card(alice, FAILS_LATER)
    scene.client.v1.subscriptions.pause(row(scene, alice).stripe_id, {})
    scene.settle()
    answer = post(browser, "/billing/resume")
    assert (answer.status_code, answer.location) in {(303, "/account?done=still_paused"), (402, None)}
    assert scene.plan(alice) == "free"


def test_paused_collection_is_told(scene, alice, browser):
    scene.client.v1.subscriptions.update(row(scene, alice).stripe_id, {"pause_collection": {"behavior": "void"}})
    scene.settle()
    assert "Payments are paused" in words(browser.get("/account"))
    assert scene.plan(alice) == "pro"


def test_refunds_are_told_beside_the_invoices(scene, alice, browser):
    charge = scene.at_stripe("charge")[0]
    scene.client.v1.refunds.create({"charge": charge["id"], "amount": 1000})
    scene.settle()
    assert "$10 of the $29 charged on" in words(browser.get("/account"))


def test_the_policy_lets_forms_lead_to_the_payment_pages(scene, browser):
    policy = browser.get("/account").headers["Content-Security-Policy"]
    assert f"form-action 'self' https://checkout.stripe.com https://billing.stripe.com {scene.sandbox.url};" in policy
