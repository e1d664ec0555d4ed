"""What a reader is told in the less usual states, and that nobody is led to pay for nothing."""

from __future__ import annotations

import pytest

from tests.support import scene as scenes
from tests.support.buying import hidden, post, words
from tests.support.scene import FAILS_LATER, Scene
from webapp.billing import holds, payments, service
from webapp.billing.models import Invoice
from webapp.billing.sandbox.engine import settings as account_settings
from webapp.extensions import db, transaction
from webapp.mail.models import OutboxMail


def texts(scene: Scene, user: int, kind: str) -> list[str]:
    """The texts of a reader's mails of one kind, oldest first, with their subjects."""
    with scene.app.app_context():
        of_kind = db.select(OutboxMail).where(
            OutboxMail.to == scene.email(user), OutboxMail.dedupe_key.startswith(f"{kind}:")
        )
        return [f"{row.subject}\n{row.text}" for row in db.session.scalars(of_kind.order_by(OutboxMail.id))]


def past_due(scene: Scene, user: int, *, ending: str = "leave") -> None:
    with scene.sandbox.store.session() as state:
        account_settings.save(state, dunning_end=ending)
    scene.subscribe(user)
    scene.new_card(user, FAILS_LATER)
    scene.forward(days=31)
    assert scene.subscription(user).status == "past_due"


def with_trial(make_app, tmp_path, terms: str):
    import config

    text = (config.ROOT / "plans.toml").read_text()
    plans = tmp_path / "trial.toml"
    plans.write_text(text.replace('name = "Pro"\n', f'name = "Pro"\ntrial = {{ {terms} }}\n'))
    return scenes.begin(make_app, tmp_path, PLANS_FILE=plans)


def test_what_a_cancelled_unpaid_plan_still_asked_for_is_void(scene: Scene):
    alice = scene.reader("alice")
    past_due(scene, alice)
    browser = scene.browser(alice)
    assert post(browser, "/billing/cancel").status_code == 303
    scene.settle()
    assert scene.at_stripe("invoice")[0]["status"] == "void"
    assert "Pay" not in words(browser.get("/account")).split()


def test_only_the_invoice_that_opens_the_plan_can_be_paid(scene: Scene):
    alice = scene.reader("alice")
    past_due(scene, alice, ending="cancel")
    assert words(scene.browser(alice).get("/account")).count("Pay invoice") == 1
    scene.forward(days=20)
    assert scene.subscription(alice).status == "canceled"
    with scene.app.app_context():
        assert "open" in {row.status for row in service.invoices_of(alice)}
    assert "Pay invoice" not in words(scene.browser(alice).get("/account"))


def test_a_paused_plan_is_paid_once_however_often_it_is_tried(scene: Scene):
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    scene.new_card(alice, FAILS_LATER)
    scene.client.v1.subscriptions.pause(subscription)
    scene.settle()
    browser = scene.browser(alice)
    for _ in range(3):
        post(browser, "/billing/resume")
        scene.settle()
    waiting = [row for row in scene.at_stripe("invoice") if row["status"] == "open"]
    assert len(waiting) <= 1
    assert ("to open Pro again" in words(browser.get("/account"))) == bool(waiting)


def test_a_resumption_whose_answer_is_lost_does_not_say_that_nothing_was_charged(scene: Scene):
    alice = scene.reader("alice")
    scene.client.v1.subscriptions.pause(scene.subscribe(alice))
    scene.settle()
    scene.sandbox.faults.api("close", times=3, method="POST", path="/v1/subscriptions", then_do=True)
    answer = post(scene.browser(alice), "/billing/resume")
    assert answer.location in {"/account?done=unclear", "/account?done=resumed"}


def test_a_change_sent_again_after_a_lost_answer_does_not_say_that_nothing_was_charged(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    browser = scene.browser(alice)
    token = hidden(browser.get("/billing/change/pro_year"), "token")
    scene.sandbox.faults.api("close", times=3, method="POST", path="/v1/subscriptions", then_do=True)
    first = post(browser, "/billing/change/pro_year", token=token)
    scene.sandbox.faults.clear()
    scene.sandbox.faults.api(429, times=100)
    second = post(browser, "/billing/change/pro_year", token=token)
    assert (first.location, second.location) == ("/account?done=unclear", "/account?done=unclear")
    scene.sandbox.faults.clear()
    scene.settle()
    assert scene.subscription(alice).lookup_key == "pro_year"


def test_who_is_on_hold_buys_no_change(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    browser = scene.browser(alice)
    token = hidden(browser.get("/billing/change/pro_year"), "token")
    with scene.app.app_context(), transaction():
        holds.hold(alice, "manual")
    assert post(browser, "/billing/change/pro_year", token=token).status_code == 403
    page = words(browser.get("/account"))
    assert "Your paid plan is on hold" in page
    assert "Pay by the year" not in page
    assert "Pro is on hold" in words(browser.get("/billing/cancel"))


def test_a_change_during_the_trial_charges_nothing_today_and_says_so(make_app, tmp_path):
    with with_trial(make_app, tmp_path, "days = 14") as scene:
        alice = scene.reader("alice")
        scene.subscribe(alice)
        browser = scene.browser(alice)
        page = browser.get("/billing/change/pro_year")
        assert "Nothing is charged today" in words(page)
        assert "Due when the trial ends $290" in words(page)
        assert (
            post(browser, "/billing/change/pro_year", token=hidden(page, "token")).location == "/account?done=changed"
        )
        scene.settle()
        assert [row["amount_paid"] for row in scene.at_stripe("invoice")] in ([0], [0, 0])
        assert scene.subscription(alice).status == "trialing"


def test_a_trial_without_a_card_is_told_to_close(make_app, tmp_path):
    from webapp.billing.sandbox.engine import checkout as paying

    with with_trial(make_app, tmp_path, 'days = 14, card = "optional", without_card = "cancel"') as scene:
        alice = scene.reader("alice")
        session = scene.open_checkout(alice)
        with scene.sandbox.store.session() as state:
            paying.pay(state, session, None)
        scene.forward(days=12)
        assert "unless you enter a card" in words(scene.browser(alice).get("/account"))
        assert "There is no card yet" in texts(scene, alice, "trial_ending")[0]
        scene.forward(days=3)
        assert texts(scene, alice, "cancelled")[0].startswith("Your trial of Pro at Codeshelf has ended")


def test_back_from_the_payment_pages_a_cancelled_plan_is_not_called_mended(scene: Scene):
    alice = scene.reader("alice")
    past_due(scene, alice)
    scene.sandbox.faults.drop(1000)
    scene.cancel_now(scene.subscription(alice).stripe_id)
    assert scene.browser(alice).get("/billing/after").location == "/account?done=updated"


def test_past_due_and_cancelled_tells_the_earlier_end(scene: Scene):
    alice = scene.reader("alice")
    past_due(scene, alice)
    scene.cancel(scene.subscription(alice).stripe_id)
    scene.settle()
    page = words(scene.browser(alice).get("/account"))
    assert "Closes on 28 December" in page or "Closes on" in page
    assert "nothing more is charged" not in page
    assert "Its last payment is still open" in texts(scene, alice, "cancelled")[0]


def test_a_gift_silences_the_banner(scene: Scene):
    alice = scene.reader("alice")
    past_due(scene, alice)
    with scene.app.app_context():
        assert service.payment_trouble(alice) is not None
        with transaction():
            service.grant(alice, "pro", None)
        assert service.payment_trouble(alice) is None


def test_the_banner_stays_when_the_retries_are_over(scene: Scene):
    alice = scene.reader("alice")
    past_due(scene, alice, ending="unpaid")
    scene.forward(days=20)
    assert scene.subscription(alice).status == "unpaid"
    assert "Pro has ended" in scene.browser(alice).get("/").text


def test_another_live_subscription_is_shown(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    customer, price = scene.customer(alice), scene.at_stripe("price", lookup_key="pro_year")[0]["id"]
    card = scene.client.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    made = {"customer": customer, "items": [{"price": price}], "default_payment_method": card.id}
    scene.client.v1.subscriptions.create(made)
    scene.settle()
    assert "You have another subscription, $29" in words(scene.browser(alice).get("/account"))


def test_a_bank_debit_that_fails_is_told(scene: Scene):
    alice = scene.reader("alice")
    session = scene.open_checkout(alice)
    scene.pay_by_bank(session, fails=True)
    scene.settle()
    browser = scene.browser(alice)
    assert "A payment is on its way" in words(browser.get("/account"))
    assert "Your payment is on its way" in words(browser.get(f"/billing/success?session_id={session}"))
    assert browser.get("/subscribe/pro_month").location == "/account"
    scene.forward(days=4)
    scene.forward(hours=24)
    assert "Your bank did not pay" in words(browser.get(f"/billing/success?session_id={session}"))
    assert scene.mails(alice) == ["not_settled"]
    assert browser.get("/subscribe/pro_month").status_code == 200


def test_a_receipt_tells_the_day_of_the_payment(scene: Scene):
    alice = scene.reader("alice")
    past_due(scene, alice)
    scene.forward(days=4)
    scene.new_card(alice)
    scene.settle()
    with scene.app.app_context():
        paid = db.session.scalars(db.select(Invoice).order_by(Invoice.created.desc())).first()
        assert paid is not None
        asked = paid.created
    text = texts(scene, alice, "receipt")[-1]
    assert f"{asked.day} {asked:%B %Y}" not in text


@pytest.mark.parametrize("fault", ["close"])
def test_a_cancellation_whose_answer_is_lost_is_not_denied(scene: Scene, fault: str):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.sandbox.faults.api(fault, times=3, method="POST", path="/v1/subscriptions", then_do=True)
    answer = post(scene.browser(alice), "/billing/cancel")
    assert answer.location in {"/account?done=not_told", "/account?done=cancelled"}
    scene.settle()
    assert scene.subscription(alice).cancel_at_period_end


def test_the_page_of_an_outage_does_not_contradict_itself(scene: Scene):
    alice = scene.reader("alice")
    scene.customer(alice)
    scene.sandbox.faults.api(429, times=100)
    page = words(scene.post(alice, "/subscribe/pro_month"))
    assert payments.PaymentsAway.message in page
    assert "5 seconds" not in page
    assert "Nothing you entered" not in page
