"""Checkouts that are paid, declined, left alone, tried, confirmed, paid by bank, or free of charge."""

from __future__ import annotations

import contextlib

import pytest

from tests.support import scene as scenes
from tests.support.scene import DECLINED, NEEDS_3DS, Scene
from webapp.billing.sandbox.engine import checkout as paying

TRIAL = 'trial = { days = 14, card = "required", without_card = "cancel" }\n'


def plans_with(folder, trial: str = "", coupons: str = "") -> dict[str, object]:
    """Settings of a site whose plan catalogue has a trial on Pro, and coupons."""
    import config

    text = (config.ROOT / "plans.toml").read_text()
    text = text.replace('name = "Pro"\n', f'name = "Pro"\n{trial}').replace(
        "[metering.systems]", f"{coupons}\n[metering.systems]"
    )
    path = folder / "own_plans.toml"
    path.write_text(text)
    return {"PLANS_FILE": path}


@pytest.fixture
def scene_with(make_app, tmp_path):
    """Begin a scene with another plan catalogue; it ends with the test."""
    with contextlib.ExitStack() as begun:

        def begin(trial: str = "", coupons: str = "") -> Scene:
            return begun.enter_context(scenes.begin(make_app, tmp_path, **plans_with(tmp_path, trial, coupons)))

        yield begin


def test_a_paid_checkout_gives_the_plan(scene_on_both: Scene):
    scene = scene_on_both
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt"], audit=["entitlement.granted"])
    assert scene.subscription(alice).lookup_key == "pro_month"


def test_a_declined_card_leaves_nothing_behind(scene: Scene):
    alice = scene.reader("alice")
    session = scene.open_checkout(alice)
    assert scene.pay(session, DECLINED).kind == "declined"
    scene.settle()
    scene.shows(alice, plan="free", grants=[], mails=[], audit=[])
    assert scene.at_stripe("subscription") == []
    assert scene.pay(session).kind == "paid"
    scene.settle()
    assert scene.plan(alice) == "pro"


def test_an_expired_checkout_gives_nothing_and_is_followed_by_a_new_one(scene: Scene):
    alice = scene.reader("alice")
    session = scene.open_checkout(alice)
    scene.forward(days=1)
    scene.shows(alice, plan="free", grants=[], mails=[], audit=[])
    assert scene.at_stripe("checkout.session", id=session)[0]["status"] == "expired"
    assert scene.open_checkout(alice) != session


def test_a_trial_gives_the_plan_and_a_mail_before_it_ends(scene_with):
    scene = scene_with(TRIAL)
    alice = scene.reader("alice")
    scene.subscribe(alice)
    assert scene.subscription(alice).status == "trialing"
    scene.shows(alice, plan="pro", grants=["pro"], mails=[], audit=["entitlement.granted"])
    scene.forward(days=12)
    scene.shows(alice, plan="pro", grants=["pro"], mails=["trial_ending"], audit=["entitlement.granted"])


def test_a_trial_that_ends_paid_goes_on(scene_with):
    scene = scene_with(TRIAL)
    alice = scene.reader("alice")
    scene.subscribe(alice)
    scene.forward(days=15)
    assert scene.subscription(alice).status == "active"
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt"], audit=["entitlement.granted"])


def test_a_trial_whose_first_payment_fails_has_its_grace(scene_with):
    scene = scene_with(TRIAL)
    alice = scene.reader("alice")
    scene.subscribe(alice, card=scenes.FAILS_LATER)
    scene.forward(days=14, hours=12)
    assert scene.subscription(alice).status == "past_due"
    scene.shows(
        alice,
        plan="pro",
        grants=["pro"],
        mails=["payment_failed"],
        audit=["entitlement.granted", "entitlement.changed"],
    )


@pytest.mark.parametrize(("ending", "status"), [("pause", "paused"), ("cancel", "canceled")])
def test_a_trial_that_ends_without_a_card_ends_the_plan(scene_with, ending: str, status: str):
    scene = scene_with(f'trial = {{ days = 14, card = "optional", without_card = "{ending}" }}\n')
    alice = scene.reader("alice")
    session = scene.open_checkout(alice)
    with scene.sandbox.store.session() as state:
        assert paying.pay(state, session, None).kind == "paid"
    scene.settle()
    assert scene.plan(alice) == "pro"
    scene.forward(days=15)
    assert scene.subscription(alice).status == status
    scene.shows(
        alice,
        plan="free",
        grants=["pro ended"],
        mails=["cancelled"],
        audit=["entitlement.granted", "entitlement.revoked"],
    )


def test_a_trial_is_had_once_in_a_life(scene_with):
    scene = scene_with(TRIAL)
    alice = scene.reader("alice")
    first = scene.subscribe(alice)
    scene.cancel_now(first)
    scene.settle()
    assert scene.plan(alice) == "free"
    scene.subscribe(alice)
    assert scene.subscription(alice).status == "active"
    assert "receipt" in scene.mails(alice)


def test_a_first_payment_that_must_be_confirmed_gives_the_plan_once_it_is(scene: Scene):
    alice = scene.reader("alice")
    session = scene.open_checkout(alice)
    assert scene.pay(session, NEEDS_3DS).kind == "needs_authentication"
    scene.settle()
    scene.shows(alice, plan="free", grants=[], mails=[], audit=[])
    assert scene.pay(session, NEEDS_3DS, authenticated=True).kind == "paid"
    scene.settle()
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt"], audit=["entitlement.granted"])


def test_a_bank_debit_gives_the_plan_when_it_settles(scene: Scene):
    alice = scene.reader("alice")
    session = scene.open_checkout(alice)
    assert scene.pay_by_bank(session).kind == "processing"
    scene.settle()
    assert scene.subscription(alice).status == "incomplete"
    scene.shows(alice, plan="free", grants=[], mails=[], audit=[])
    scene.forward(days=4)
    scene.shows(alice, plan="pro", grants=["pro"], mails=["receipt"], audit=["entitlement.granted"])


def test_a_bank_debit_that_fails_gives_nothing(scene: Scene):
    alice = scene.reader("alice")
    scene.pay_by_bank(scene.open_checkout(alice), fails=True)
    scene.forward(days=4)
    scene.shows(alice, plan="free", grants=[], mails=[], audit=[])
    assert scene.subscription(alice).status in {"incomplete", "incomplete_expired"}


def test_a_first_payment_left_incomplete_gives_nothing_and_expires(scene: Scene):
    alice = scene.reader("alice")
    scene.incomplete(alice)
    assert scene.subscription(alice).status == "incomplete"
    scene.shows(alice, plan="free", grants=[], mails=[], audit=[])
    scene.forward(hours=24)
    assert scene.subscription(alice).status == "incomplete_expired"
    scene.shows(alice, plan="free", grants=[], mails=["not_settled"], audit=[])


def test_a_coupon_of_a_hundred_percent_gives_the_plan_and_no_receipt(scene_with):
    scene = scene_with(coupons='[coupons.gift]\npercent_off = 100\nduration = "forever"\ncodes = ["GIFT"]\n')
    alice = scene.reader("alice")
    scene.subscribe(alice, promotion_code="GIFT")
    scene.shows(alice, plan="pro", grants=["pro"], mails=[], audit=["entitlement.granted"])
    scene.forward(days=32)
    scene.shows(alice, plan="pro", grants=["pro"], mails=[], audit=["entitlement.granted"])
