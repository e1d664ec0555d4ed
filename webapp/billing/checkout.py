"""To the checkout and back. Functions here commit their own steps and ask Stripe between them.

The attempt's row comes first and holds the key under which Stripe makes one session only: whoever finds a row without
a session, after a crash or a second click, asks with the same key and gets the same session.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from flask import current_app

from webapp.auth import readers
from webapp.billing import attempts, customers, grants, payments, prices, service, sync
from webapp.billing.attempts import Attempt
from webapp.billing.payments import PaymentRefused, PaymentsAway
from webapp.billing.plans import Billing, Plan, Price, Trial, catalogue
from webapp.billing.snapshots import CheckoutSnapshot
from webapp.billing.standing import access
from webapp.core import clock
from webapp.core.errors import CodeshelfError, NotFound
from webapp.extensions import settings

SESSION_ID = re.compile(r"cs_[A-Za-z0-9_]{1,250}")
SUCCESS_PATH = "/billing/success"
BEFORE_SECONDS = 5.0
"""How long a checkout waits for the sync before it."""

State = Literal["has plan", "on hold", "on its way", "not settled", "checking", "not paid", "expired", "over"]


class AlreadySubscribed(CodeshelfError):
    status, code = 409, "already_subscribed"
    message = "You have a subscription already. Change it from your account: a second one would be charged as well."


class OnItsWay(CodeshelfError):
    status, code = 409, "payment_on_its_way"
    message = "Your payment is still on its way. A bank can take some days; your plan opens as soon as it arrives."


class OnHold(CodeshelfError):
    status, code = 403, "on_hold"

    def __init__(self) -> None:
        contact = settings().contact_email
        whom = f"Write to {contact}" if contact else "Write to the operator of this site"
        super().__init__(f"The paid plan of this account is on hold. {whom} to clear it up. Nothing was charged.")


class Superseded(CodeshelfError):
    status, code = 409, "another_checkout"
    message = "You have begun another checkout meanwhile: go on with that one. Nothing was charged here."


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a checkout. `url` leads on to one that is still open."""

    state: State
    return_to: str
    url: str | None = None


def on_offer(lookup_key: str) -> tuple[Plan, Price]:
    """Return the plan and price that are on sale under a key. Errors: NotFound."""
    found = catalogue().sold(lookup_key)
    if found is None:
        raise NotFound
    return found


def trial_for(user_id: int, plan: Plan) -> Trial | None:
    """Return the trial that a reader may still have: one in their life, and none after any subscription."""
    customer = customers.of_user(user_id)
    if plan.trial is None or (customer is not None and customer.trial_used_at is not None):
        return None
    if any(customers.had_trial(former) for former in readers.closed_before(user_id)):
        return None
    return None if service.subscriptions_of(user_id) else plan.trial


def start(user_id: int, email: str, lookup_key: str, return_to: str) -> str:
    """Return where a reader pays for a price. Commits; asks Stripe.

    Errors: NotFound, OnHold, AlreadySubscribed, OnItsWay, Superseded, prices.NotAtStripe; those of `payments`.
    """
    plan, _ = on_offer(lookup_key)
    # A subscription that no event has told us of must not be bought twice.
    if not sync.refresh(user_id, BEFORE_SECONDS):
        raise PaymentsAway
    _refuse_second(user_id)
    customer, price_id = customers.ensure(user_id, email), prices.price_id(lookup_key)
    trial = trial_for(user_id, plan)
    attempt = _attempt(user_id, customer, lookup_key, return_to)
    if attempt.url:
        return attempt.url
    try:
        return _open(attempt, session_params(attempt, customer, price_id, trial, catalogue().billing))
    except PaymentRefused:
        prices.refresh([lookup_key])  # the price may have been replaced at Stripe, and the event lost
        newer = prices.price_id(lookup_key)
        if newer == price_id:
            raise
    attempt = attempts.reserve(user_id, lookup_key, return_to)
    return _open(attempt, session_params(attempt, customer, newer, trial, catalogue().billing))


def _attempt(user_id: int, customer: str, lookup_key: str, return_to: str) -> Attempt:
    """Return the attempt to go on with: the open one if it serves, else a new one in its place."""
    attempt = attempts.reserve(user_id, lookup_key, return_to)
    session = payments.gateway().checkout(attempt.session_id) if attempt.session_id else None
    is_ours = session is not None and session.customer == customer  # one deleted at Stripe may have been replaced
    is_open = session is not None and session.status == "open"
    if attempt.serves(lookup_key) and (attempt.session_id is None or (is_open and is_ours)):
        return attempt
    end_sessions(user_id, customer)
    if session is not None and is_open and not is_ours:
        with contextlib.suppress(PaymentRefused):
            payments.gateway().expire_checkout(session.id)
    attempts.close(attempt.id, "completed" if session and session.status == "complete" else "expired")
    return attempts.reserve(user_id, lookup_key, return_to)


def _refuse_second(user_id: int) -> None:
    if service.held(user_id):
        raise OnHold
    if service.live_subscription(user_id) is not None:
        raise AlreadySubscribed
    if service.is_on_its_way(user_id):
        raise OnItsWay


def session_params(
    attempt: Attempt, customer: str, price_id: str, trial: Trial | None, billing: Billing
) -> dict[str, Any]:
    """Return what a Checkout session is made of, as `stripe.params.checkout.SessionCreateParams`."""
    site = settings().public_url
    about = {"metadata": {"user_id": str(attempt.user_id), "lookup_key": attempt.lookup_key}}
    params: dict[str, Any] = {
        "mode": "subscription",
        "customer": customer,
        "client_reference_id": str(attempt.user_id),
        "line_items": [{"price": price_id, "quantity": 1}],
        "success_url": f"{site}{SUCCESS_PATH}?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{site}/subscribe/{attempt.lookup_key}?next={quote(attempt.return_to, safe='/')}",
        "expires_at": int(attempt.expires_at.timestamp()),
        "allow_promotion_codes": billing.promotion_codes,
        "subscription_data": about,
    }
    if billing.automatic_tax:
        params |= {"automatic_tax": {"enabled": True}, "customer_update": {"address": "auto"}}
    if trial is not None:
        ending = {"end_behavior": {"missing_payment_method": trial.without_card}}
        params["subscription_data"] = {**about, "trial_period_days": trial.days, "trial_settings": ending}
        if trial.card == "optional":
            params["payment_method_collection"] = "if_required"
    return params


def _open(attempt: Attempt, params: Mapping[str, Any]) -> str:
    # What is asked for is part of the key: Stripe refuses a key that comes back with other parameters.
    digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()[:8]
    try:
        made = payments.gateway().create_checkout(params, f"{attempt.idempotency_key}-{digest}")
    except (PaymentRefused, PaymentsAway) as error:
        if isinstance(error, PaymentRefused) or error.answered:  # Stripe keeps a failure under the key
            attempts.close(attempt.id, "expired")
        raise
    kept, is_new = attempts.keep_session(attempt, made.id, made.url)
    if kept.session_id != made.id or kept.state != "open":
        with contextlib.suppress(PaymentRefused):  # who replaced this attempt may have seen the session, and ended it
            payments.gateway().expire_checkout(made.id)
    if kept.state != "open" or kept.url is None:
        raise Superseded
    if is_new:
        current_app.extensions["counts"].add("checkouts")
    return kept.url


def end_sessions(user_id: int, customer: str) -> None:
    """End every session of a customer that could still be paid.

    Among them may be one whose id never reached our row. Errors: AlreadySubscribed if one is paid at this very moment.
    """
    gateway = payments.gateway()
    with gateway.errors():
        listed = gateway.client.v1.checkout.sessions.list({"customer": customer, "status": "open", "limit": 100})
    try:
        for session in listed.data:
            gateway.expire_checkout(session.id)
    except PaymentRefused:
        sync.refresh(user_id, BEFORE_SECONDS)
        _refuse_second(user_id)
        raise


def result(user_id: int, session_id: str) -> Result:
    """Return what became of a reader's checkout, after a sync. Commits; asks Stripe; harmless to repeat.

    Errors: NotFound also for a session of someone else; those of `payments`.
    """
    if not SESSION_ID.fullmatch(session_id):
        raise NotFound
    session = payments.gateway().checkout(session_id)
    if session is None or session.client_reference_id != str(user_id):
        raise NotFound
    attempt = attempts.of_session(user_id, session_id)
    return_to = attempt.return_to if attempt else "/"
    if session.status == "open":
        return Result("not paid", return_to, session.url)
    if session.status == "expired":
        _close(attempt, "expired")
        return Result("expired", return_to)
    is_current = sync.refresh(user_id)
    _close(attempt, "completed")
    return Result(_standing(user_id, session, is_current=is_current), return_to)


def _close(attempt: Attempt | None, state: str) -> None:
    if attempt is not None and attempt.state == "open":
        attempts.close(attempt.id, state)


def _standing(user_id: int, session: CheckoutSnapshot, *, is_current: bool) -> State:
    if service.held(user_id):
        return "on hold"
    live = service.live_subscription(user_id)
    if live is not None and access(live, grants.grace(), clock.now()) is not None:
        return "has plan"
    if not is_current:
        return "checking"
    if session.payment_status == "unpaid":
        return "on its way" if service.is_on_its_way(user_id) else "not settled"
    return "over"
