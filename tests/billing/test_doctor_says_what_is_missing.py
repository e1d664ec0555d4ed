"""`flask billing doctor`: one line for each finding, what to do about it, and an exit code for scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from config import ROOT
from tests.support import people
from tests.support.scene import Scene, settings_for
from webapp.billing import inbox, payments, plans
from webapp.billing.gateway import API_VERSION
from webapp.billing.models import BillingCustomer, StripeEvent
from webapp.billing.sandbox import account, routing, tax
from webapp.billing.sandbox.server import Sandbox
from webapp.billing.setup import endpoint, push
from webapp.core import clock
from webapp.extensions import db, transaction

SITE = "https://codes.example.org"
HOOK = f"{SITE}/webhooks/stripe"


class Clinic:
    """A site in front of an account, and what doctor says of them."""

    def __init__(self, app: Flask, sandbox: Sandbox) -> None:
        self.app, self.sandbox = app, sandbox

    def run(self, *options: str, code: int = 0) -> str:
        runner: FlaskCliRunner = self.app.test_cli_runner()
        result = runner.invoke(args=["billing", "doctor", *options])
        assert result.exit_code == code, result.output
        for line in result.output.splitlines():
            assert options or "whsec_" not in line or "does not begin" in line
            assert self.sandbox.key not in line
        return result.output

    def line(self, subject: str, code: int = 0) -> str:
        """The one line on a subject, single-spaced."""
        found = [" ".join(line.split()) for line in self.run(code=code).splitlines() if f" {subject}" in line]
        assert len(found) == 1, found
        return found[0]

    def endpoint(self, **changes: Any) -> None:
        """Change the endpoint in the account, as its owner may."""
        with self.sandbox.store.session() as state:
            [there] = state.find("webhook_endpoint", url=HOOK)
            state.put({**there, **changes})


MakeClinic = Callable[..., Clinic]


@pytest.fixture
def make_clinic(make_app: Callable[..., Flask], tmp_path: Path) -> Iterator[MakeClinic]:
    with Sandbox(tmp_path) as sandbox:
        sandbox.faults.hold(True)

        def make(*, ready: bool = True, **given: object) -> Clinic:
            app = make_app(**settings_for(sandbox) | {"SITE_URL": SITE} | given)
            if ready:
                secret = f"whsec_{'s' * 24}"
                app = make_app(**settings_for(sandbox) | {"SITE_URL": SITE, "STRIPE_WEBHOOK_SECRETS": secret} | given)
                with app.app_context():
                    push.push(lambda _line: None)
                    endpoint.make()
            return Clinic(app, sandbox)

        yield make


@pytest.fixture
def clinic(make_clinic: MakeClinic) -> Clinic:
    """All is well."""
    return make_clinic()


def test_all_is_well(clinic):
    said = clinic.run()
    assert "missing" not in said
    for subject in ("key: accepted", "account: can", "clock: agrees", "signing secret: set", "address: https"):
        assert subject in said
    assert "price pro_month: 29.00 USD a month, at Stripe as in plans.toml" in said
    assert "portal configuration, at Stripe" in said
    assert "sync: every customer is current" in said


def test_a_site_without_a_key_is_told_so(make_app):
    result = make_app().test_cli_runner().invoke(args=["billing", "doctor"])
    assert result.exit_code == 1
    assert "STRIPE_SECRET_KEY is not set" in result.output


def test_a_fresh_account_lacks_endpoint_secret_and_catalogue(make_clinic):
    said = make_clinic(ready=False).run(code=1)
    assert f"there is none for {HOOK}. To make it, run `flask billing doctor --create-endpoint`" in said
    assert "STRIPE_WEBHOOK_SECRETS is not set" in said
    assert "price pro_year: 290.00 USD a year is not at Stripe: run `flask billing push-catalogue`" in said
    assert "catalogue: 21 products, features and codes not as in plans.toml" in said
    assert "events: none has arrived yet" in said


def test_a_key_that_stripe_does_not_know(make_clinic):
    clinic = make_clinic(ready=False, STRIPE_SECRET_KEY=f"sk_test_{'x' * 24}")
    assert "key: Stripe does not know the key" in clinic.run(code=1)


def test_nobody_answers(make_clinic):
    said = make_clinic(ready=False, STRIPE_API_BASE="http://127.0.0.1:9").run(code=1)
    assert "key: Stripe does not answer" in said
    assert "sync: every customer is current" in said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"status": "disabled"}, "it is switched off. To mend it, run"),
        ({"enabled_events": ["invoice.paid"]}, "it does not send checkout.session.completed"),
        ({"api_version": None}, "its API version is the default of the account"),
        ({"api_version": "2020-08-27"}, f"its API version is 2020-08-27, not {API_VERSION}. To make another"),
    ],
    ids=["off", "events", "no version", "old version"],
)
def test_an_endpoint_that_is_not_right_is_mended_or_replaced(clinic, change, sentence):
    clinic.endpoint(**change)
    assert sentence in clinic.line("webhook endpoint:", code=1)
    said = clinic.run("--create-endpoint")
    assert ("whsec_" in said) == ("api_version" in change)
    assert "missing" not in clinic.run()


def test_every_event_at_once_is_fine_too(clinic):
    clinic.endpoint(enabled_events=["*"])
    assert clinic.line("webhook endpoint:").startswith("ok")


def test_several_endpoints_at_the_address_are_told(clinic):
    clinic.endpoint(api_version="2020-08-27")
    clinic.run("--create-endpoint")
    said = clinic.run()
    assert "there are others for the same address. Delete we_" in said


def test_an_endpoint_is_made_with_everything_it_needs_and_its_secret_is_shown_once(make_clinic):
    clinic = make_clinic(ready=False)
    secret = clinic.run("--create-endpoint").splitlines()[-1]
    assert secret.startswith("whsec_")
    with clinic.sandbox.store.session() as state:
        [made] = state.find("webhook_endpoint", url=HOOK)
    assert (made["api_version"], set(made["enabled_events"])) == (API_VERSION, set(inbox.EVENTS))
    again = clinic.run("--create-endpoint")
    assert "is as it should be" in again
    assert "whsec_" not in again


@pytest.mark.parametrize(
    ("secrets", "state"), [("whsec_a,whsec_b", "note"), ("sk_wrong", "missing"), ("whsec_a", "ok")]
)
def test_signing_secrets_are_looked_at_and_never_shown(clinic, make_clinic, secrets, state):
    other = make_clinic(ready=False, STRIPE_WEBHOOK_SECRETS=secrets)
    line = other.line("signing secret:", code=1 if state == "missing" else 0)
    assert line.startswith(state)
    assert not [secret for secret in secrets.split(",") if secret in line]


def test_a_changed_price_and_a_changed_portal_are_found(clinic, tmp_path):
    file = tmp_path / "plans.toml"
    file.write_text((ROOT / "plans.toml").read_text("utf-8").replace("2900\n", "3900\n"), "utf-8")
    clinic.app.extensions["plans"] = plans.load(file)
    said = clinic.run(code=1)
    assert "price pro_month: 39.00 USD a month, instead of 29.00 USD is not at Stripe" in said
    assert "price pro_month: 29.00 USD is still offered at Stripe" in said
    assert "portal configuration differs at Stripe" in said


@pytest.mark.parametrize(
    ("change", "registered", "sentences"),
    [
        ({}, True, ["ok tax: set up."]),
        ({}, False, ["ok tax: set up.", "note tax: you are registered nowhere"]),
        ({"status": "pending"}, True, ["missing tax: switched on in plans.toml and not set up"]),
        ({"defaults": {"provider": "stripe", "tax_behavior": None}}, True, ["missing tax: no default"]),
    ],
    ids=["set up", "registered nowhere", "not set up", "no default"],
)
def test_tax_is_looked_at_where_it_is_switched_on(make_clinic, tmp_path, change, registered, sentences):
    file = tmp_path / "plans.toml"
    switched = (ROOT / "plans.toml").read_text("utf-8").replace("automatic_tax = false", "automatic_tax = true")
    file.write_text(switched, "utf-8")
    clinic = make_clinic(PLANS_FILE=file)
    with clinic.sandbox.store.session() as state:
        state.put({**tax.retrieve_settings(state, {}), "id": tax.KIND, **change})
        if registered:
            state.put({"object": "tax.registration", "id": "taxreg_1", "status": "active", "country": "US"})
    said = clinic.run(code=1 if sentences[0].startswith("missing") else 0)
    lines = [" ".join(line.split()) for line in said.splitlines() if " tax: " in line]
    assert len(lines) == len(sentences)
    assert all(line.startswith(sentence) for line, sentence in zip(lines, sentences, strict=True))


def test_the_account_must_be_able_to_charge_when_live(clinic, make_clinic, monkeypatch):
    def cannot(*_: object) -> dict[str, Any]:
        return {**account.retrieve_account(*_), "charges_enabled": False}  # type: ignore[arg-type]

    routes = [
        one._replace(handler=cannot) if one.handler is account.retrieve_account else one for one in routing.ROUTES
    ]
    monkeypatch.setattr(routing, "ROUTES", routes)
    assert clinic.line("account:").startswith("note account: enough for tests")
    monkeypatch.setattr(payments, "livemode", lambda: True)
    assert "cannot take payments yet" in clinic.line("account:", code=1)


def test_live_events_need_https(make_clinic, monkeypatch):
    clinic = make_clinic(SITE_URL="http://codes.example.org")
    assert clinic.line("address:").startswith("ok")
    monkeypatch.setattr(payments, "livemode", lambda: True)
    assert "live events to https only" in clinic.line("address:", code=1)


@pytest.mark.parametrize(("seconds", "state"), [(90, "note"), (-400, "missing"), (30, "ok")])
def test_a_wrong_clock_is_found(clinic, monkeypatch, seconds, state):
    real = clock.real_now
    monkeypatch.setattr(clock, "real_now", lambda: real() + timedelta(seconds=seconds))
    line = clinic.line("clock:", code=1 if state == "missing" else 0)
    assert line.startswith(state)
    assert ("ahead of" in line, "behind" in line) == (seconds == 90, seconds == -400)


@pytest.mark.parametrize(("days", "state"), [(1, "ok"), (9, "note")])
def test_the_last_event_is_told(clinic, days, state):
    with clinic.app.app_context(), transaction():
        at = clock.now() - timedelta(days=days)
        row = {"type": "invoice.paid", "livemode": False, "created": at, "received_at": at}
        db.session.add(StripeEvent(id="evt_1", state="done", **row))
    assert clinic.line("events: the last one").startswith(state)


def test_customers_and_events_that_wait_are_counted(clinic):
    alice, bob = people.add_reader(clinic.app, "alice@example.org"), people.add_reader(clinic.app, "bob@example.org")
    now = clock.now()
    with clinic.app.app_context(), transaction():
        db.session.add(BillingCustomer(user_id=alice, create_key="a", created_at=now, dirty_seq=1))
        row = {"type": "invoice.paid", "livemode": False, "created": now, "received_at": now}
        db.session.add(StripeEvent(id="evt_1", state="failed", **row))
    assert clinic.line("sync:").startswith("ok sync: 1 customer will be synced")
    assert "1 event failed" in clinic.line("events: 1")
    with clinic.app.app_context(), transaction():
        db.session.add(BillingCustomer(user_id=bob, create_key="b", created_at=now, dirty_seq=1, attempts=3))
    assert "1 customer could not be synced" in clinic.line("sync:")


def test_a_site_that_runs_on_the_sandbox_is_well(scene: Scene):
    settings = scene.app.extensions["settings"]
    scene.sandbox.set_webhook_url(f"{settings.public_url}/webhooks/stripe")
    result = scene.app.test_cli_runner().invoke(args=["billing", "doctor"])
    assert f"key: accepted by {scene.sandbox.url}" in result.output
    assert result.exit_code == 0, result.output


def test_the_manual_names_every_event_and_the_api_version():
    text = (ROOT / "docs" / "billing.md").read_text("utf-8")
    section = text.partition("## Webhook events")[2].partition("\n## ")[0]
    named = re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", section)
    assert sorted(named) == sorted(inbox.EVENTS)
    assert set(re.findall(r"`(\d{4}-\d\d-\d\d\.\w+)`", text)) == {API_VERSION}
