"""A site and the payment sandbox it pays at, in one process and on one clock."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import stripe
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

import config
from tests.support import people
from webapp.auth.models import AuditEvent, User
from webapp.billing import checkout, customers, payments, prices, service, sync, tasks
from webapp.billing.inbox import EVENTS
from webapp.billing.models import BillingCustomer, EntitlementGrant, StripeEvent, Subscription
from webapp.billing.sandbox.engine import cards
from webapp.billing.sandbox.engine import checkout as paying
from webapp.billing.sandbox.server import Sandbox
from webapp.billing.setup import push
from webapp.core import clock
from webapp.extensions import db
from webapp.mail.models import OutboxMail

PAYS = "4242424242424242"
DECLINED = "4000000000000002"
FAILS_LATER = "4000000000000341"
NEEDS_3DS = "4000002500003155"
NEEDS_3DS_ALWAYS = "4000002760003184"


class Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Keep the tests' output quiet."""


class Scene:
    """What a test plays with: readers, cards, time, webhooks, and what came of it."""

    def __init__(self, app: Flask, sandbox: Sandbox, url: str) -> None:
        self.app, self.sandbox, self.url = app, sandbox, url
        with app.app_context():
            self.client = payments.gateway().client

    # Readers

    def reader(self, name: str) -> int:
        return people.add_reader(self.app, f"{name}@example.org")

    def browser(self, user: int) -> FlaskClient:
        return people.client_for(self.app, user)

    def post(self, user: int, path: str, **form: str) -> Any:
        """Send a form as a signed-in reader's browser does, with its CSRF token."""
        browser = self.browser(user)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/pricing").text)
        return browser.post(path, data={**form, "csrf_token": token[1] if token else ""})

    def email(self, user: int) -> str:
        with self.app.app_context():
            return db.session.get_one(User, user).email

    # Paying

    def open_checkout(self, user: int, price: str = "pro_month") -> str:
        """Begin a checkout as the site does; return the session's id."""
        with self.app.app_context():
            url = checkout.start(user, self.email(user), price, "/")
        with self.sandbox.store.session() as state:
            return next(row["id"] for row in state.find("checkout.session") if row["url"] == url)

    def pay(self, session: str, card: str = PAYS, *, expires_in_months: int = 36, **given: Any) -> Any:
        """Pay as the page does; return the outcome."""
        months = clock.now().year * 12 + clock.now().month - 1 + expires_in_months
        with self.sandbox.store.session() as state:
            method = cards.make_card(state, card, months % 12 + 1, months // 12, "123")
            return paying.pay(state, session, method["id"], **given)

    def pay_by_bank(self, session: str, *, fails: bool = False) -> Any:
        """Pay by a bank debit, which settles some days later."""
        with self.sandbox.store.session() as state:
            method = cards.make_bank_account(state, "000111111116" if fails else "000123456789")
            return paying.pay(state, session, method["id"])

    def subscribe(self, user: int, price: str = "pro_month", card: str = PAYS, **given: Any) -> str:
        """Buy a plan, have everything delivered and synced; return the subscription's id."""
        outcome = self.pay(self.open_checkout(user, price), card, **given)
        assert outcome.kind in {"paid", "processing"}, outcome
        self.settle()
        return self.subscription(user).stripe_id

    def customer(self, user: int) -> str:
        """The reader's customer at Stripe, made if need be."""
        with self.app.app_context():
            return customers.ensure(user, self.email(user))

    def new_card(self, user: int, card: str = PAYS) -> None:
        """Change the card as the portal does."""
        from webapp.billing.sandbox.engine import portal

        with self.sandbox.store.session() as state:
            method = cards.make_card(state, card, 12, clock.now().year + 3, "123")
            portal.set_card(state, self.customer_in(state, user)["id"], method["id"])

    def subscribe_unseen(self, user: int, price: str = "pro_month") -> str:
        """Buy a plan at Stripe without anything reaching the site; return the subscription's id."""
        assert self.pay(self.open_checkout(user, price)).kind == "paid"
        return str(self.at_stripe("subscription", customer=self.billing(user).stripe_customer_id)[0]["id"])

    def incomplete(self, user: int) -> str:
        """A subscription made elsewhere whose first payment waits for its reader's confirmation."""
        price = self.at_stripe("price", lookup_key="pro_month")[0]["id"]
        made = self.client.v1.subscriptions.create(
            {
                "customer": self.customer(user),
                "items": [{"price": price}],
                "payment_behavior": "default_incomplete",
            }
        )
        self.settle()
        return str(made.id)

    def cancel(self, subscription: str, *, off: bool = False) -> None:
        """Cancel at the period's end, or take that back; webhooks are not delivered yet."""
        self.client.v1.subscriptions.update(subscription, {"cancel_at_period_end": not off})

    def cancel_now(self, subscription: str) -> None:
        self.client.v1.subscriptions.cancel(subscription)

    def change(self, user: int, price: str) -> None:
        """Change the price as the site does, whether it can be paid or not."""
        row = self.subscription(user)
        with self.app.app_context():
            payments.gateway().change_price(
                row.stripe_id, row.item_id, prices.price_id(price), clock.now(), f"change-{row.stripe_id}-{price}"
            )

    def customer_in(self, state: Any, user: int) -> dict[str, Any]:
        found: dict[str, Any] = state.require("customer", self.billing(user).stripe_customer_id)
        return found

    # Webhooks by hand

    def deliver(
        self, event: dict[str, Any] | bytes, *, secret: str | None = None, at: int | None = None, also: str = ""
    ) -> int:
        """Send an event to the site over HTTP, signed now with the endpoint's secret unless told otherwise.

        `also` is appended to the signature's header.
        """
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        moment = int(clock.real_now().timestamp()) if at is None else at
        header = stripe.WebhookSignature.generate_signature_header(
            body.decode(), secret or self.sandbox.secrets()[0], moment
        )
        sent = urllib.request.Request(self.url + "/webhooks/stripe", body, {"Stripe-Signature": header + also})
        try:
            with urllib.request.urlopen(sent, timeout=10) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def sent(self, *types: str) -> list[dict[str, Any]]:
        """The events that the sandbox made, oldest first, as it sends them; only some types if any are named."""
        rows = reversed(self.at_stripe("event"))
        shown = [{name: value for name, value in row.items() if not name.startswith("_")} for row in rows]
        return [event for event in shown if not types or event["type"] in types]

    # Time and work

    def work(self) -> None:
        """What the worker does: waiting events, then dirty customers."""
        with self.app.app_context():
            tasks.work()

    def settle(self) -> None:
        """Have all webhooks delivered, and all work done."""
        self.sandbox.settle()
        self.work()

    def forward(self, *, days: float = 0, hours: float = 0) -> None:
        """Move the clock; then webhooks, work, and what the schedule does by date."""
        self.sandbox.move_clock(round(timedelta(days=days, hours=hours).total_seconds()))
        self.settle()
        with self.app.app_context():
            tasks.look_at_dates()
        self.settle()

    def sweep(self) -> None:
        with self.app.app_context():
            tasks.sweep()

    def nightly(self) -> None:
        with self.app.app_context():
            tasks.nightly()

    def refresh(self, user: int) -> bool:
        with self.app.app_context():
            return sync.refresh(user)

    # What came of it

    def plan(self, user: int) -> str:
        """The plan a reader has now, as the pages see it."""
        with self.app.app_context():
            return service.entitlement_of(user).plan.key

    def subscription(self, user: int) -> Subscription:
        """The reader's newest subscription in our rows."""
        with self.app.app_context():
            return service.subscriptions_of(user)[-1]

    def billing(self, user: int) -> BillingCustomer:
        with self.app.app_context():
            found = customers.of_user(user)
            assert found is not None
            return found

    def grants(self, user: int) -> list[EntitlementGrant]:
        with self.app.app_context():
            return service.grants_of(user)

    def mails(self, user: int) -> list[str]:
        """The keys' first words of the mails a reader was sent, oldest first: `receipt`, `payment_failed` …"""
        with self.app.app_context():
            query = select(OutboxMail.dedupe_key).where(OutboxMail.to == self.email(user)).order_by(OutboxMail.id)
            return [key.partition(":")[0] for key in db.session.scalars(query) if key]

    def shows(self, user: int, *, plan: str, grants: list[str], mails: list[str], audit: list[str]) -> None:
        """Check all that must hold of a reader: plan now, grants (`pro`, ended ones as `pro ended`), mails, audit."""
        now = clock.now()
        held = [f"{row.plan_key}{' ended' if row.ends_at and row.ends_at <= now else ''}" for row in self.grants(user)]
        found = {"plan": self.plan(user), "grants": held, "mails": self.mails(user), "audit": self.audit(user)}
        wanted = {"plan": plan, "grants": grants, "mails": mails, "audit": audit}
        assert found == wanted, f"found {found}, not {wanted}"

    def audit(self, user: int) -> list[str]:
        """The kinds of what happened to a reader's access, oldest first."""
        with self.app.app_context():
            query = select(AuditEvent.kind).where(AuditEvent.subject_user_id == user).order_by(AuditEvent.id)
            return [kind for kind in db.session.scalars(query) if kind.startswith(("entitlement.", "billing."))]

    def events(self, **where: object) -> list[StripeEvent]:
        with self.app.app_context():
            return list(db.session.scalars(select(StripeEvent).filter_by(**where)))

    def at_stripe(self, kind: str, **equals: object) -> list[dict[str, Any]]:
        """What the sandbox holds, newest first."""
        with self.sandbox.store.session() as state:
            found: list[dict[str, Any]] = state.find(kind, **equals)
            return found


class Served:
    """An application that answers on a loopback port, from threads."""

    def __init__(self, app: Flask) -> None:
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def settings_for(sandbox: Sandbox) -> dict[str, object]:
    """The settings that lead a site to a sandbox."""
    return {
        "STRIPE_SECRET_KEY": sandbox.key,
        "STRIPE_API_BASE": sandbox.url,
        "STRIPE_WEBHOOK_SECRETS": ",".join(sandbox.secrets()),
    }


def _choose_events(sandbox: Sandbox) -> None:
    """Have the endpoint get the events that the manual tells operators to choose."""
    with sandbox.store.session() as state:
        for endpoint in state.find("webhook_endpoint"):
            state.put({**endpoint, "enabled_events": list(EVENTS)})


@contextlib.contextmanager
def begin(make_app: Callable[..., Flask], folder: Path, **given: object) -> Iterator[Scene]:
    """A site that takes payments, served on a loopback port so that webhooks reach it, with its catalogue pushed.

    A catalogue is pushed once for a test process; later sandboxes begin with a copy of what it left.
    """
    pushed = _pushed.get(_catalogue_of(given))
    if pushed:
        (folder / "sandbox.db").write_bytes(pushed)
    sandbox = Sandbox(folder, webhook_url="http://127.0.0.1:9/webhooks/stripe")
    sandbox.faults.hold(True)  # until there is a site to hear it
    with sandbox:
        app = make_app(**{**settings_for(sandbox), **given})
        served = Served(app)
        sandbox.set_webhook_url(f"{served.url}/webhooks/stripe")
        try:
            if not pushed:
                _choose_events(sandbox)
                with app.app_context():
                    push.push(lambda _line: None)
                _pushed[_catalogue_of(given)] = _database_of(folder)
            sandbox.faults.release()
            yield Scene(app, sandbox, served.url)
        finally:
            served.close()
    clock.use_offset_file(None)


_pushed: dict[tuple[object, ...], bytes] = {}
"""What a push depends on -> a sandbox's file after it, its events not delivered yet."""


def _catalogue_of(given: Mapping[str, object]) -> tuple[object, ...]:
    plans = Path(str(given.get("PLANS_FILE") or config.ROOT / "plans.toml"))
    return plans.read_bytes(), given.get("SITE_URL")


def _database_of(folder: Path) -> bytes:
    """A sandbox's file with what its journal holds."""
    with contextlib.closing(sqlite3.connect(folder / "sandbox.db")) as kept:
        return kept.serialize()
