"""`flask billing push-catalogue`: Stripe gets what `plans.toml` says, once, and nobody loses what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from config import ROOT
from tests.support.scene import Scene, settings_for
from webapp.billing import payments, plans, prices
from webapp.billing.models import PlanPrice
from webapp.billing.sandbox.server import Sandbox
from webapp.extensions import db

PLANS = (ROOT / "plans.toml").read_text("utf-8")
TRIES = 3
"""Of one request, before the library gives up."""
SITE = "https://codes.example.org"
COUPON = """
[coupons.welcome]
percent_off = 20
duration = "repeating"
months = 3
codes = ["WELCOME", "HELLO"]
"""
YEARLY = """[[plans.pro.prices]]
lookup_key = "pro_year"
interval = "year"
amount = 29000
"""


class Shop:
    """A site with a plans file of its own, in front of an empty account."""

    def __init__(self, app: Flask, sandbox: Sandbox, file: Path) -> None:
        self.app, self.sandbox, self._file = app, sandbox, file

    def plans(self, *changes: tuple[str, str], more: str = "") -> None:
        """Let the file say something else than the one that comes with the site."""
        text = PLANS
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self._file.write_text(text + more, "utf-8")
        self.app.extensions["plans"] = plans.load(self._file)

    def push(self, *options: str, code: int = 0) -> list[str]:
        """Run the command and return its lines, single-spaced."""
        self.sandbox.api.recent.clear()
        result = self.app.test_cli_runner().invoke(args=["billing", "push-catalogue", *options])
        assert result.exit_code == code, result.output
        return [" ".join(line.split()) for line in result.output.splitlines()]

    def writes(self) -> list[str]:
        """What the last command wrote at Stripe, first to last."""
        requests = reversed(self.sandbox.api.recent)
        return [f"{one['method']} {one['path']}" for one in requests if one["method"] != "GET"]

    def held(self, kind: str, **equals: object) -> list[dict[str, Any]]:
        """What the account holds, newest first."""
        with self.sandbox.store.session() as state:
            found: list[dict[str, Any]] = state.find(kind, **equals)
            return found

    def price(self, lookup_key: str) -> dict[str, Any]:
        [found] = self.held("price", lookup_key=lookup_key)
        return found

    def portal(self) -> dict[str, Any]:
        [found] = [one for one in self.held("billing_portal.configuration") if one["metadata"]]
        return found

    def remembered(self) -> dict[str, tuple[str, str, int, bool]]:
        with self.app.app_context():
            rows = db.session.scalars(select(PlanPrice))
            return {row.price_id: (row.lookup_key, row.plan_key, row.amount, row.active) for row in rows}


@pytest.fixture
def shop(make_app: Callable[..., Flask], tmp_path: Path) -> Iterator[Shop]:
    file = tmp_path / "plans.toml"
    file.write_text(PLANS, "utf-8")
    with Sandbox(tmp_path, webhook_url="http://127.0.0.1:9/webhooks/stripe") as sandbox:
        sandbox.faults.hold(True)
        yield Shop(make_app(PLANS_FILE=file, SITE_URL=SITE, **settings_for(sandbox)), sandbox, file)


def changed(lines: list[str]) -> list[str]:
    return [line for line in lines[:-1] if not line.startswith("unchanged")]


def test_an_empty_account_gets_products_prices_features_and_a_portal(shop):
    lines = shop.push()
    assert "created product codeshelf_pro" in lines
    assert "created price pro_month: 29.00 USD a month" in lines
    assert "created portal configuration" in lines
    [product] = shop.held("product")
    assert (product["id"], product["name"], product["metadata"]) == ("codeshelf_pro", "Pro", {"plan": "pro"})
    yearly = shop.price("pro_year")
    assert (yearly["unit_amount"], yearly["currency"], yearly["recurring"]["interval"]) == (29000, "usd", "year")
    assert yearly["metadata"] == {"plan": "pro"}
    features = {one["lookup_key"] for one in shop.held("entitlements.feature")}
    pro = shop.app.extensions["plans"]["pro"]
    assert features == {f"section_{key}" for key in pro.sections} | {f"tool_{key}" for key in pro.tools}
    assert shop.remembered()[yearly["id"]] == ("pro_year", "pro", 29000, True)


def test_what_is_not_on_sale_is_not_pushed(shop):
    assert not [line for line in shop.push() if "team" in line]
    assert not shop.held("price", lookup_key="team_seat_month")


def test_a_second_push_finds_nothing_to_do_and_writes_nothing(shop):
    shop.push()
    lines = shop.push()
    assert lines[-1] == "Nothing to do."
    assert changed(lines) == []
    assert "unchanged price pro_year: 290.00 USD a year" in lines
    assert shop.writes() == []


def test_a_dry_run_says_the_same_and_writes_nothing(shop):
    shop.plans(more=COUPON)
    dry = shop.push("--dry-run")
    assert shop.writes() == []
    assert shop.remembered() == {}
    wet = shop.push()
    assert dry[:-1] == wet[:-1]
    assert dry[-1] == f"Would be: {wet[-1]}"
    shop.plans(("2900\n", "3900\n"), ('summary = "Everything, without limits, for one reader."', 'summary = "All."'))
    dry = shop.push("--dry-run")
    assert shop.writes() == []
    assert changed(dry) == changed(shop.push())


def test_a_changed_amount_makes_a_new_price_and_keeps_the_old_one_for_its_holders(shop):
    shop.push()
    old = shop.price("pro_month")
    shop.plans(("2900\n", "3900\n"))
    lines = shop.push()
    assert "created price pro_month: 39.00 USD a month, instead of 29.00 USD" in lines
    assert "changed portal configuration" in lines
    new = shop.price("pro_month")
    assert (new["unit_amount"], new["active"]) == (3900, True)
    [was] = [price for price in shop.held("price") if price["id"] == old["id"]]
    assert (was["active"], was["lookup_key"], was["metadata"]) == (False, None, {"plan": "pro"})
    assert shop.remembered()[old["id"]] == ("pro_month", "pro", 2900, False)
    with shop.app.app_context():
        assert prices.price_id("pro_month") == new["id"]
    assert shop.push()[-1] == "Nothing to do."


def test_an_amount_that_returns_gets_a_price_that_is_on_sale(shop):
    shop.push()
    for amount in (3900, 2900, 3900):
        shop.plans(("2900\n", f"{amount}\n"))
        shop.push()
        assert (shop.price("pro_month")["unit_amount"], shop.price("pro_month")["active"]) == (amount, True)
    assert len(shop.held("price", active=True)) == 2


@pytest.mark.parametrize(
    "change", [('interval = "year"', 'interval = "month"'), ('currency = "usd"', 'currency = "eur"')]
)
def test_another_interval_or_currency_makes_a_new_price_too(shop, change):
    shop.plans(('lookup_key = "pro_month"', 'lookup_key = "pro_monthly"'))
    shop.push()
    old = shop.price("pro_year")
    shop.plans(('lookup_key = "pro_month"', 'lookup_key = "pro_monthly"'), change)
    shop.push()
    assert shop.price("pro_year")["id"] != old["id"]


@pytest.mark.parametrize("told", ["left out", "retired"])
def test_a_price_that_is_sold_no_longer_is_switched_off_and_known_still(shop, told):
    shop.push()
    old = shop.price("pro_year")
    retired = ("on_sale = true\n", 'on_sale = true\nretired = ["pro_year"]\n')
    shop.plans((YEARLY, ""), *([retired] if told == "retired" else []))
    assert "retired price pro_year: 290.00 USD" in shop.push()
    assert shop.price("pro_year")["active"] is False
    assert shop.remembered()[old["id"]] == ("pro_year", "pro", 29000, False)
    with shop.app.app_context():
        [price] = payments.gateway().prices(["pro_year"])
        assert prices.plan_key_of(price) == "pro"
    assert shop.push()[-1] == "Nothing to do."
    shop.plans()
    assert "changed price pro_year: 290.00 USD a year" in shop.push()
    assert (shop.price("pro_year")["id"], shop.price("pro_year")["active"]) == (old["id"], True)


def test_who_subscribed_at_the_old_price_keeps_it_and_the_plan(scene: Scene, tmp_path):
    alice = scene.reader("alice")
    scene.subscribe(alice, "pro_month")
    file = tmp_path / "plans.toml"
    file.write_text(PLANS.replace("2900\n", "3900\n"), "utf-8")
    scene.app.extensions["plans"] = plans.load(file)
    scene.app.test_cli_runner().invoke(args=["billing", "push-catalogue"], catch_exceptions=False)
    scene.settle()
    scene.forward(days=40)
    assert scene.plan(alice) == "pro"
    assert scene.subscription(alice).amount == 2900
    bob = scene.reader("bob")
    scene.subscribe(bob, "pro_month")
    assert (scene.plan(bob), scene.subscription(bob).amount) == ("pro", 3900)


def test_a_plan_taken_off_sale_is_retired_with_its_prices(shop):
    shop.push()
    shop.plans(("on_sale = true", "on_sale = false"))
    lines = shop.push()
    assert "retired product codeshelf_pro" in lines
    assert not shop.held("price", active=True)
    assert shop.portal()["features"]["subscription_update"]["enabled"] is False
    assert shop.push()[-1] == "Nothing to do."
    shop.plans()
    assert "changed product codeshelf_pro" in shop.push()
    assert len(shop.held("price", active=True)) == 2


def test_features_follow_the_plan_and_others_stay(shop):
    shop.push()
    with shop.app.app_context():
        v1 = payments.gateway().client.v1
        own = v1.entitlements.features.create({"lookup_key": "newsletter", "name": "Newsletter"})
        v1.products.features.create("codeshelf_pro", {"entitlement_feature": own.id})
        archived = shop.held("entitlements.feature", lookup_key="section_edits")[0]
        v1.entitlements.features.update(archived["id"], {"active": False})
    shop.plans(('sections = ["rvus", "edits", "crosswalks"]', 'sections = ["rvus", "edits"]'))
    lines = changed(shop.push())
    assert "retired feature section_crosswalks of codeshelf_pro" in lines
    assert "changed feature section_edits of codeshelf_pro" in lines
    with shop.app.app_context():
        attached = payments.gateway().client.v1.products.features.list("codeshelf_pro", {"limit": 100}).data
        keys = {one.entitlement_feature.lookup_key for one in attached}
    assert {"newsletter", "section_rvus"} <= keys
    assert "section_crosswalks" not in keys
    assert shop.push()[-1] == "Nothing to do."


def test_coupons_and_codes_follow_the_file(shop):
    shop.plans(more=COUPON)
    lines = shop.push()
    assert "created coupon codeshelf_welcome_20pct_repeating3" in lines
    assert "created promotion code WELCOME" in lines
    [coupon] = shop.held("coupon")
    assert (coupon["percent_off"], coupon["duration_in_months"]) == (20.0, 3)
    assert shop.push()[-1] == "Nothing to do."
    shop.plans(more=COUPON.replace("20", "25").replace(', "HELLO"', ""))
    lines = changed(shop.push())
    assert {line for line in lines if line.startswith("retired")} == {
        "retired promotion code WELCOME",
        "retired promotion code HELLO",
    }
    [open_one] = shop.held("promotion_code", active=True)
    assert (open_one["code"], open_one["promotion"]["coupon"]) == ("WELCOME", "codeshelf_welcome_25pct_repeating3")
    assert shop.push()[-1] == "Nothing to do."
    shop.plans(more=COUPON)
    shop.push()
    assert {one["code"] for one in shop.held("promotion_code", active=True)} == {"WELCOME", "HELLO"}
    assert len(shop.held("promotion_code")) == 3
    shop.plans()
    shop.push()
    assert not shop.held("promotion_code", active=True)


def test_a_code_leads_to_one_coupon(shop):
    shop.plans(more=COUPON + COUPON.replace("welcome", "again"))
    assert "share the code" in "\n".join(shop.push(code=1))
    assert shop.writes() == []


def test_the_portal_offers_what_is_on_sale_and_is_found_again(shop):
    shop.push()
    portal = shop.portal()
    features = portal["features"]
    assert portal["business_profile"]["terms_of_service_url"] == f"{SITE}/terms"
    assert portal["business_profile"]["privacy_policy_url"] == f"{SITE}/privacy"
    assert features["customer_update"]["allowed_updates"] == ["address"]
    assert features["subscription_cancel"]["mode"] == "at_period_end"
    assert "too_expensive" in features["subscription_cancel"]["cancellation_reason"]["options"]
    assert features["subscription_update"]["proration_behavior"] == "always_invoice"
    [product] = features["subscription_update"]["products"]
    assert set(product["prices"]) == {shop.price("pro_month")["id"], shop.price("pro_year")["id"]}
    with shop.app.app_context():
        api = payments.gateway().client.v1.billing_portal.configurations
        api.update(portal["id"], {"features": {"invoice_history": {"enabled": False}}})
    assert changed(shop.push()) == ["changed portal configuration"]
    assert shop.portal()["active"] is True


def test_the_readers_portal_uses_that_configuration(scene: Scene):
    alice = scene.reader("alice")
    scene.subscribe(alice)
    with scene.app.app_context():
        payments.gateway().portal(scene.billing(alice).stripe_customer_id, "http://127.0.0.1/account")
    [session] = scene.at_stripe("billing_portal.session")
    [ours] = [one for one in scene.at_stripe("billing_portal.configuration") if one["metadata"]]
    assert session["configuration"] == ours["id"]


@pytest.mark.parametrize("then_do", [False, True], ids=["not done", "answer lost"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/products",
        "/v1/products/codeshelf_pro/features",
        "/v1/prices",
        "/v1/entitlements/features",
        "/v1/coupons",
        "/v1/promotion_codes",
        "/v1/billing_portal/configurations",
    ],
)
def test_a_push_that_broke_off_is_finished_by_the_next(shop, path, then_do):
    shop.plans(more=COUPON)
    shop.sandbox.faults.api(500, times=TRIES, method="POST", path=path, then_do=then_do)
    lines = shop.push(code=1)
    assert "Stripe does not answer (status 500)" in lines[-2]
    assert "Run it again" in lines[-1]
    shop.push()
    assert sorted(price["lookup_key"] for price in shop.held("price")) == ["pro_month", "pro_year"]
    assert len(shop.held("promotion_code")) == 2
    assert shop.portal()["active"] is True
    assert shop.push()[-1] == "Nothing to do."


@pytest.mark.parametrize(
    ("key", "base", "sentence"),
    [
        (f"sk_test_{'x' * 24}", None, "Stripe does not know the key"),
        ("", None, "STRIPE_SECRET_KEY is not set"),
        (f"sk_test_{'x' * 24}", "http://127.0.0.1:9", "Stripe does not answer"),
    ],
    ids=["unknown key", "no key", "nobody there"],
)
def test_a_push_that_cannot_begin_says_why(shop, make_app, key, base, sentence):
    address = base or shop.sandbox.url
    shop.app = make_app(**settings_for(shop.sandbox) | {"STRIPE_SECRET_KEY": key, "STRIPE_API_BASE": address})
    assert sentence in "\n".join(shop.push(code=1))


def test_what_stripe_refuses_is_told_in_its_words(shop):
    with shop.app.app_context():
        v1 = payments.gateway().client.v1
        v1.coupons.create({"id": "own", "percent_off": 5})
        v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": "own"}, "code": "WELCOME"})
    shop.plans(more=COUPON)
    lines = "\n".join(shop.push(code=1))
    assert "promotion code WELCOME: Stripe refuses it: " in lines
    assert "already exists" in lines


def test_many_lookup_keys_are_asked_for_ten_at_a_time(shop):
    keys = ", ".join(f'"pro_{number}"' for number in range(1990, 2015))
    shop.plans(("on_sale = true\n", f"on_sale = true\nretired = [{keys}]\n"))
    shop.push()
    assert shop.push()[-1] == "Nothing to do."


def test_a_price_of_the_operators_own_product_gives_its_lookup_key_up(shop):
    with shop.app.app_context():
        v1 = payments.gateway().client.v1
        v1.products.create({"id": "by_hand", "name": "By hand"})
        params = {"product": "by_hand", "currency": "usd", "unit_amount": 2900, "recurring": {"interval": "month"}}
        own = v1.prices.create({**params, "lookup_key": "pro_month"}).id
        other = v1.prices.create(params).id
    shop.push()
    rows = {price["id"]: price for price in shop.held("price")}
    assert (rows[own]["active"], rows[own]["metadata"]) == (False, {"plan": "pro"})
    assert rows[other]["active"] is True
    assert shop.remembered()[own] == ("pro_month", "pro", 2900, False)
    assert shop.push()[-1] == "Nothing to do."


def test_a_default_price_is_replaced_before_it_is_switched_off(shop):
    shop.push()
    with shop.app.app_context():
        payments.gateway().client.v1.products.update("codeshelf_pro", {"default_price": shop.price("pro_month")["id"]})
    shop.plans(("2900\n", "3900\n"))
    shop.push()
    assert shop.held("product")[0]["default_price"] == shop.price("pro_month")["id"]
    assert shop.push()[-1] == "Nothing to do."
