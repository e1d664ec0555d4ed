"""Another price: shown to the cent before it is bought, and charged as it was shown.

The preview's moment fixes the proration. It travels in the form as a signed token, with what it said and the key under
which Stripe charges only once.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from flask import current_app

from webapp.billing import changes, payments, prices, sync
from webapp.billing.checkout import OnHold, on_offer
from webapp.billing.models import BillingCustomer, Subscription
from webapp.billing.payments import OutcomeUnknown, PaymentRefused, PaymentsAway
from webapp.billing.plans import Plan, Price
from webapp.billing.snapshots import ChangePreview
from webapp.core import clock
from webapp.core.errors import CodeshelfError
from webapp.core.signing import Signet
from webapp.extensions import RedisUnavailable, db, redis, settings

HOLDS = timedelta(minutes=15)
"""How long a preview may be bought."""

Outcome = Literal["changed", "pending", "unchanged", "checking"]


class NotNow(CodeshelfError):
    """The subscription is not in a state in which its price may change; the message says what comes first."""

    status, code = 409, "change_not_possible"


class Stale(CodeshelfError):
    status, code = 409, "preview_out_of_date"
    message = "This preview is out of date. Nothing was changed or charged: look at the new one."


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do. `credit` is kept for later invoices, `other` is what discounts, tax and earlier credit
    change in what is due, both in the currency's smallest unit.
    """

    plan: Plan
    price: Price
    charge: ChangePreview
    credit: int
    other: int
    on_trial: bool
    token: str

    @property
    def due_now(self) -> int:
        """What is charged at once: nothing during a trial, whose first payment the preview then tells."""
        return 0 if self.on_trial else self.charge.amount_due


@dataclass(frozen=True, slots=True)
class _Offer:
    """What a token holds."""

    user_id: int
    subscription: str
    from_price: str
    to_price: str
    amount_due: int
    at: datetime
    key: str


def preview(user_id: int, lookup_key: str) -> Preview:
    """Work out what a change to another price would charge now. Commits; asks Stripe.

    Errors: NotFound for a price that is not on sale, NothingToChange, NotNow; those of `payments`.
    """
    plan, price = on_offer(lookup_key)
    held = _changeable(user_id, lookup_key)
    target, at = prices.price_id(lookup_key), clock.now().replace(microsecond=0)
    charge = _ask(user_id, held, target, at)
    offer = _Offer(user_id, held.stripe_id, held.price_id, target, charge.amount_due, at, secrets.token_hex(16))
    total = sum(line.amount for line in charge.lines)
    credit, other, on_trial = max(0, -total), charge.amount_due - max(0, total), held.status == "trialing"
    return Preview(plan, price, charge, credit, other, on_trial, _sign(offer))


def buy(user_id: int, lookup_key: str, token: str) -> Outcome:
    """Change the price as a preview showed it. The same token again changes and charges nothing more.

    Errors: Stale for a token that is forged, old, or whose amount no longer holds; as `preview`; PaymentDeclined,
    OutcomeUnknown.
    """
    on_offer(lookup_key)
    offer = _read(token)
    if offer is None or offer.user_id != user_id or offer.to_price != prices.price_id(lookup_key):
        raise Stale
    held = changes.manageable(user_id)
    if held.stripe_id != offer.subscription:
        raise Stale
    try:
        is_done = _is_done(offer)
    except PaymentsAway:
        if _was_sent(offer):
            raise OutcomeUnknown from None
        raise
    if held.pending_update_expires_at is None and not is_done:
        _refuse_blocked(held)
        if _still_holds(user_id, held, offer):
            _note_sent(offer)
            payments.gateway().change_price(
                held.stripe_id, held.item_id, offer.to_price, offer.at, f"change-{offer.key}"
            )
        elif not _is_done(offer):  # by another sending of this form at the same time
            raise Stale
    return _outcome(user_id, offer, is_current=sync.refresh(user_id))


def _changeable(user_id: int, lookup_key: str) -> Subscription:
    held = changes.manageable(user_id)
    _refuse_blocked(held)
    if held.pending_update_expires_at is not None:
        raise NotNow("An earlier change waits for its payment. Pay it, or wait until it lapses.")
    if held.lookup_key == lookup_key:
        raise NotNow("This is the plan you have.")
    return held


def _refuse_blocked(held: Subscription) -> None:
    """Errors: NotNow, saying what comes first; OnHold."""
    if db.session.get_one(BillingCustomer, held.customer_id).hold_reason is not None:
        raise OnHold
    db.session.rollback()  # no transaction is held while Stripe is asked
    if held.status in {"past_due", "unpaid"}:
        raise NotNow("Your last payment failed. Mend the card first; then you can change the plan.")
    if held.status == "paused":
        raise NotNow("Your subscription is paused. Resume it first; then you can change the plan.")
    if changes.is_ending(held):
        raise NotNow("Your subscription is cancelled. Undo that first; then you can change the plan.")


def _ask(user_id: int, held: Subscription, target: str, at: datetime) -> ChangePreview:
    customer = changes.customer_of(user_id)
    return payments.gateway().preview_change(customer, held.stripe_id, held.item_id, target, at)


def _still_holds(user_id: int, held: Subscription, offer: _Offer) -> bool:
    """Whether the change would still charge what the reader was shown."""
    if held.price_id != offer.from_price:
        return False
    try:
        return _ask(user_id, held, offer.to_price, offer.at).amount_due == offer.amount_due
    except PaymentRefused:  # a new period has begun meanwhile, or the subscription has ended
        return False


def _note_sent(offer: _Offer) -> None:
    """Remember for as long as the form holds that it went to Stripe: its answer may be lost."""
    with suppress(RedisUnavailable):
        redis.call(lambda client: client.set(f"change:{offer.key}", 1, ex=int(HOLDS.total_seconds())))


def _was_sent(offer: _Offer) -> bool:
    try:
        return bool(redis.call(lambda client: client.exists(f"change:{offer.key}")))
    except RedisUnavailable:
        return True  # it may have been


def _is_done(offer: _Offer) -> bool:
    """Whether the subscription has the price already, as after an earlier sending of the same form."""
    now = payments.gateway().subscription(offer.subscription)
    return now is not None and any(item.price.id == offer.to_price for item in now.items)


def _outcome(user_id: int, offer: _Offer, *, is_current: bool) -> Outcome:
    held = changes.manageable(user_id)
    if held.price_id == offer.to_price:
        return "changed"
    if held.pending_update_expires_at is not None:
        return "pending"
    return "unchanged" if is_current else "checking"


def _signet() -> Signet:
    extensions = current_app.extensions
    if "price_change_signet" not in extensions:
        extensions["price_change_signet"] = Signet(settings().signing_keys(), "price-change")
    found: Signet = extensions["price_change_signet"]
    return found


def _sign(offer: _Offer) -> str:
    at = str(int(offer.at.timestamp()))
    amount, user = str(offer.amount_due), str(offer.user_id)
    parts = (user, offer.subscription, offer.from_price, offer.to_price, amount, at, offer.key)
    return _signet().sign("|".join(parts))


def _read(token: str) -> _Offer | None:
    """Return what a token holds, None if it is not ours or too old."""
    text = _signet().read(token)
    if text is None:
        return None
    user, subscription, from_price, to_price, amount, at, key = text.split("|")
    moment = datetime.fromtimestamp(int(at), UTC)
    if not moment <= clock.now() < moment + HOLDS:
        return None
    return _Offer(int(user), subscription, from_price, to_price, int(amount), moment, key)
