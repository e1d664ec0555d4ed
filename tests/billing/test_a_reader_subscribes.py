"""From the prices to the checkout and back: one session at a time, and never a second subscription."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from tests.support import people
from tests.support.buying import hidden, post, token, words
from tests.support.scene import DECLINED
from webapp.billing import attempts, checkout
from webapp.billing.models import BillingCustomer, CheckoutAttempt
from webapp.billing.plans import Trial, catalogue
from webapp.core import clock
from webapp.extensions import db, redis, transaction
from webapp.metering import counts

WANTED = "/codes/icd-10-cm/E11.9"


def subscribe(browser, price="pro_month", **fields):
    return post(browser, f"/subscribe/{price}", **fields)


def checkouts_counted(scene):
    with scene.app.app_context():
        scene.app.extensions["counts"].flush()
        counts.roll_up(redis)
        return counts.by_day(clock.today())[clock.today()]["checkouts"]


def sessions(scene):
    return scene.at_stripe("checkout.session")


def test_prices_have_buttons_for_readers_and_links_for_guests(scene):
    guest = scene.app.test_client().get(f"/pricing?next={WANTED}").text
    assert "/register?next=/subscribe/pro_month%3Fnext%3D/codes/icd-10-cm/E11.9" in guest
    assert "<form method" not in guest
    page = scene.browser(scene.reader("alice")).get(f"/pricing?next={WANTED}")
    assert 'action="/subscribe/pro_month"' in page.text
    assert 'action="/subscribe/pro_year"' in page.text
    assert hidden(page, "next") == WANTED
    assert "team" not in page.text.lower()


def test_a_guest_is_led_through_the_login_to_the_confirmation(scene):
    answer = scene.app.test_client().get("/subscribe/pro_year")
    assert answer.status_code == 302
    assert answer.location in {"/login?next=%2Fsubscribe%2Fpro_year", "/login?next=/subscribe/pro_year"}
    page = scene.browser(scene.reader("alice")).get("/subscribe/pro_year")
    assert "$290 a year" in words(page)
    assert "Cancel at any time" in words(page)


@pytest.mark.parametrize("key", ["team_seat_month", "unknown", "PRO_MONTH", "pro_month%00"])
def test_what_is_not_on_sale_is_not_there(scene, key):
    alice = scene.browser(scene.reader("alice"))
    assert alice.get(f"/subscribe/{key}").status_code in {400, 404}
    assert subscribe(alice, key).status_code in {400, 404}
    assert sessions(scene) == []


def test_the_whole_way_ends_on_the_wanted_page(scene):
    alice = scene.reader("alice")
    browser = scene.browser(alice)
    answer = subscribe(browser, next=WANTED)
    assert answer.status_code == 303
    (session,) = sessions(scene)
    assert answer.location == session["url"]
    assert session["client_reference_id"] == str(alice)
    assert session["allow_promotion_codes"] is True
    scene.pay(session["id"])
    page = browser.get(f"/billing/success?session_id={session['id']}")
    assert "Pro is open now" in words(page)
    assert f'href="{WANTED}"' in page.text
    assert scene.plan(alice) == "pro"
    assert browser.get(f"/billing/success?session_id={session['id']}").status_code == 200  # again does no harm
    assert checkouts_counted(scene) == 1


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/" + "a" * 510]
)
def test_only_own_pages_are_returned_to(scene, path):
    alice = scene.reader("alice")
    browser = scene.browser(alice)
    subscribe(browser, next=path)
    (session,) = sessions(scene)
    scene.pay(session["id"])
    assert "evil" not in browser.get(f"/billing/success?session_id={session['id']}").text


def test_a_second_click_finds_the_same_session(scene):
    browser = scene.browser(scene.reader("alice"))
    assert subscribe(browser).location == subscribe(browser).location
    assert len(sessions(scene)) == 1


def test_two_clicks_at_once_make_one_session(scene_on_both):
    scene = scene_on_both
    alice = scene.reader("alice")
    browsers = [scene.browser(alice) for _ in range(2)]
    tokens = [token(browser) for browser in browsers]
    begin, answers = threading.Barrier(2), []

    def click(browser, form_token):
        begin.wait()
        answers.append(browser.post("/subscribe/pro_month", data={"csrf_token": form_token}))

    threads = [threading.Thread(target=click, args=pair) for pair in zip(browsers, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert len(sessions(scene)) == 1
    assert len(scene.at_stripe("customer")) == 1


def test_another_price_ends_the_first_session(scene):
    browser = scene.browser(scene.reader("alice"))
    subscribe(browser, "pro_month")
    subscribe(browser, "pro_year")
    assert sorted(session["status"] for session in sessions(scene)) == ["expired", "open"]
    subscribe(browser, "pro_month")
    assert sorted(session["status"] for session in sessions(scene)) == ["expired", "expired", "open"]


def test_an_expired_session_is_replaced(scene):
    browser = scene.browser(scene.reader("alice"))
    first = subscribe(browser).location
    scene.forward(hours=3)
    second = subscribe(browser)
    assert second.status_code == 303
    assert second.location != first


def test_a_crash_before_the_session_is_kept_is_healed_by_the_same_key(scene):
    alice = scene.reader("alice")
    browser = scene.browser(alice)
    first = subscribe(browser).location
    with scene.app.app_context(), transaction():
        db.session.execute(db.update(CheckoutAttempt).values(session_id=None, url=None))
    assert subscribe(browser).location == first
    assert len(sessions(scene)) == 1


def test_a_session_whose_id_was_lost_can_no_longer_be_paid_once_another_is_made(scene):
    browser = scene.browser(scene.reader("alice"))
    subscribe(browser, "pro_month")
    with scene.app.app_context(), transaction():
        db.session.execute(db.update(CheckoutAttempt).values(session_id=None, url=None))
    subscribe(browser, "pro_year")
    assert sorted(session["status"] for session in sessions(scene)) == ["expired", "open"]


def test_a_click_that_was_overtaken_leaves_no_session_behind(scene):
    alice = scene.reader("alice")
    with scene.app.app_context():
        slow = attempts.reserve(alice, "pro_month", "/")
        attempts.close(slow.id, "expired")  # by a click on another price, while Stripe made the first session
        customer = scene.customer(alice)
        price = scene.at_stripe("price", lookup_key="pro_month")[0]["id"]
        params = checkout.session_params(slow, customer, price, None, catalogue().billing)
        with pytest.raises(checkout.Superseded):
            checkout._open(slow, params)
    assert [session["status"] for session in sessions(scene)] == ["expired"]


def test_no_checkout_begins_while_nobody_knows_what_the_reader_has(scene):
    alice = scene.reader("alice")
    scene.sandbox.faults.hold(True)
    scene.subscribe_unseen(alice)
    scene.sandbox.faults.api(500, times=20, path="/v1/subscriptions")
    answer = subscribe(scene.browser(alice), "pro_year")
    assert answer.status_code == 503
    assert "Nothing was charged" in words(answer)
    scene.sandbox.faults.clear()
    assert len(sessions(scene)) == 1


def test_who_never_came_back_from_the_payment_can_subscribe_again_later(scene):
    alice = scene.reader("alice")
    scene.cancel_now(scene.subscribe(alice))
    scene.settle()
    assert subscribe(scene.browser(alice), "pro_year").location.startswith("http")
    assert sorted(session["status"] for session in sessions(scene)) == ["complete", "open"]


def test_a_subscriber_never_gets_a_second_checkout(scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    browser = scene.browser(alice)
    page = browser.get("/pricing")
    assert "Your plan." in words(page)
    assert "/billing/change/pro_year" in page.text
    assert 'action="/subscribe' not in page.text
    for answer in (browser.get("/subscribe/pro_year"), subscribe(browser, "pro_year")):
        assert (answer.status_code, answer.location) == (303, "/account?done=already")
    assert "You have a subscription already" in words(browser.get("/account?done=already"))
    assert len(sessions(scene)) == 1


def test_a_subscription_that_no_event_told_of_is_not_bought_twice(scene):
    alice = scene.reader("alice")
    scene.sandbox.faults.hold(True)
    scene.subscribe_unseen(alice)
    with scene.app.app_context(), transaction():
        db.session.execute(db.update(CheckoutAttempt).values(state="expired"))
    assert subscribe(scene.browser(alice)).location == "/account?done=already"
    assert scene.plan(alice) == "pro"


def test_a_declined_card_leaves_the_checkout_open(scene):
    alice = scene.reader("alice")
    browser = scene.browser(alice)
    subscribe(browser)
    (session,) = sessions(scene)
    assert scene.pay(session["id"], DECLINED).kind == "declined"
    page = browser.get(f"/billing/success?session_id={session['id']}")
    assert "You have not paid yet" in words(page)
    assert session["url"] in page.text
    assert scene.plan(alice) == "free"


def test_a_bank_debit_is_on_its_way_and_not_bought_again(scene):
    alice = scene.reader("alice")
    browser = scene.browser(alice)
    subscribe(browser)
    (session,) = sessions(scene)
    scene.pay_by_bank(session["id"])
    assert "on its way" in words(browser.get(f"/billing/success?session_id={session['id']}"))
    again = subscribe(browser)
    assert again.status_code == 409
    assert "still on its way" in words(again)
    scene.forward(days=4)
    assert scene.plan(alice) == "pro"


def test_a_session_of_someone_else_is_not_there(scene):
    alice, bob = scene.reader("alice"), scene.reader("bob")
    subscribe(scene.browser(alice))
    (session,) = sessions(scene)
    scene.pay(session["id"])
    thief = scene.browser(bob)
    foreign = thief.get(f"/billing/success?session_id={session['id']}")
    absent = thief.get("/billing/success?session_id=cs_test_absent")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.data == absent.data
    assert scene.plan(bob) == "free"


@pytest.mark.parametrize("session", ["", "cs_", "cs_test_a/../b", "sub_1", "cs_test_" + "a" * 400, "cs_é"])
def test_what_is_no_session_is_not_there(scene, session):
    browser = scene.browser(scene.reader("alice"))
    assert browser.get("/billing/success", query_string={"session_id": session}).status_code == 404


def test_a_reader_on_hold_cannot_buy(scene):
    alice = scene.reader("alice")
    scene.customer(alice)
    with scene.app.app_context(), transaction():
        db.session.execute(db.update(BillingCustomer).values(hold_reason="manual"))
    browser = scene.browser(alice)
    for answer in (browser.get("/subscribe/pro_month"), subscribe(browser)):
        assert answer.status_code == 403
        assert "on hold" in words(answer)
    assert sessions(scene) == []


def with_trial(scene, **given):
    plan = scene.app.extensions["plans"]["pro"]
    scene.app.extensions["plans"].plans["pro"] = plan.model_copy(update={"trial": Trial(days=14, **given)})


def test_a_trial_is_had_once_in_a_life(scene):
    with_trial(scene)
    alice = scene.reader("alice")
    browser = scene.browser(alice)
    page = words(browser.get("/subscribe/pro_month"))
    assert "the first 14 days are free" in page
    subscribe(browser)
    (session,) = sessions(scene)
    scene.pay(session["id"])
    assert "Your free trial runs until" in words(browser.get(f"/billing/success?session_id={session['id']}"))
    assert "Trial until" in words(browser.get("/account"))
    scene.settle()
    assert scene.subscription(alice).status == "trialing"
    scene.cancel_now(scene.subscription(alice).stripe_id)
    scene.settle()
    assert "free" not in words(browser.get("/subscribe/pro_month"))
    subscribe(browser)
    scene.pay(sessions(scene)[0]["id"])
    scene.settle()
    assert scene.subscription(alice).status == "active"


def test_a_trial_without_a_card_asks_for_none(scene):
    with_trial(scene, card="optional", without_card="pause")
    browser = scene.browser(scene.reader("alice"))
    assert "You need no card" in words(browser.get("/subscribe/pro_month"))
    subscribe(browser)
    (session,) = sessions(scene)
    assert session["payment_method_collection"] == "if_required"


def test_taxes_are_worked_out_where_the_operator_wants_it(scene):
    plans = scene.app.extensions["plans"]
    plans.billing = plans.billing.model_copy(update={"automatic_tax": True, "promotion_codes": False})
    subscribe(scene.browser(scene.reader("alice")))
    (session,) = sessions(scene)
    assert session["automatic_tax"]["enabled"] is True
    assert session["allow_promotion_codes"] is False


@pytest.mark.parametrize("status", [429, 500, 503])
def test_nothing_is_charged_while_stripe_fails_and_trying_again_works(scene, status):
    alice = scene.reader("alice")
    browser = scene.browser(alice)
    scene.sandbox.faults.api(status, times=20)
    answer = subscribe(browser)
    assert answer.status_code == 503
    assert "Nothing was charged" in words(answer)
    scene.sandbox.faults.clear()
    assert subscribe(browser).status_code == 303
    assert len(sessions(scene)) == 1


def test_an_answer_that_was_lost_makes_no_second_session(scene):
    browser = scene.browser(scene.reader("alice"))
    scene.sandbox.faults.api("close", times=3, method="POST", path="/v1/checkout/sessions", then_do=True)
    answer = subscribe(browser)
    if answer.status_code != 303:
        scene.sandbox.faults.clear()
        assert subscribe(browser).status_code == 303
    assert len(sessions(scene)) == 1


@pytest.mark.slow
def test_no_one_waits_longer_than_ten_seconds(scene):
    browser = scene.browser(scene.reader("alice"))
    form = token(browser)
    scene.sandbox.faults.api("hang", times=20, seconds=30)
    began = clock.real_now()
    answer = browser.post("/subscribe/pro_month", data={"csrf_token": form})
    assert clock.real_now() - began < timedelta(seconds=10)
    assert answer.status_code == 503
    scene.sandbox.faults.clear()


def test_the_success_page_says_when_stripe_is_away(scene):
    alice = scene.reader("alice")
    browser = scene.browser(alice)
    subscribe(browser)
    (session,) = sessions(scene)
    scene.pay(session["id"])
    scene.sandbox.faults.api(500, times=20)
    answer = browser.get(f"/billing/success?session_id={session['id']}")
    assert answer.status_code == 503
    assert "you need not pay again" in words(answer)
    assert answer.headers["Refresh"] == "5"
    scene.sandbox.faults.clear()


@pytest.mark.parametrize(
    "path",
    [
        "/subscribe/pro_month",
        *(f"/billing/{name}" for name in ("card", "portal", "cancel", "keep", "resume", "change/pro_year")),
        "/staff/grants",
        "/staff/grants/1/end",
    ],
)
def test_no_form_is_taken_without_its_token(scene, path):
    alice = scene.reader("alice")
    assert scene.browser(alice).post(path).status_code == 400
    assert sessions(scene) == []


def test_payments_that_are_off_leave_the_old_notice(app):
    alice = people.client_for(app, people.add_reader(app, "alice@example.org"))
    assert "To subscribe, write to" in words(alice.get("/pricing"))
    assert alice.get("/subscribe/pro_month").location == "/pricing"
    assert post(alice, "/subscribe/pro_month").status_code == 503
