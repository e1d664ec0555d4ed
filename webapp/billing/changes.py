"""What subscribers change: price, end, card. Functions here ask Stripe and then sync; they commit their own steps."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from webapp.billing import customers, payments, service, sync
from webapp.billing.models import Subscription
from webapp.billing.payments import PaymentRefused
from webapp.core.errors import CodeshelfError
from webapp.extensions import db, settings

AFTER_PATH = "/billing/after"


class NothingToChange(CodeshelfError):
    status, code = 409, "no_subscription"
    message = "You have no subscription that this could change."


def manageable(user_id: int) -> Subscription:
    """Return the subscription that a reader manages, as it was read just now. Errors: NothingToChange."""
    found = service.live_subscription(user_id)
    if found is None:
        raise NothingToChange
    db.session.expunge(found)
    db.session.rollback()  # no transaction is held while Stripe is asked
    return found


def customer_of(user_id: int) -> str:
    """Return a reader's customer at Stripe. Errors: NothingToChange for who was never one."""
    customer = customers.of_user(user_id)
    if customer is None or customer.stripe_customer_id is None:
        raise NothingToChange
    stripe_id = customer.stripe_customer_id
    db.session.rollback()  # as above
    return stripe_id


def ends_at_once(subscription: Subscription) -> bool:
    """Whether cancelling ends it now: what is not paid has no period that could run to its end."""
    return subscription.status in {"past_due", "unpaid", "paused"}


def is_ending(subscription: Subscription) -> bool:
    return subscription.cancel_at_period_end or subscription.cancel_at is not None


def cancel(user_id: int) -> bool:
    """Cancel: at the end of what is paid, at once where nothing is. Return whether our rows know of it already.

    Errors: NothingToChange; those of `payments`.
    """
    held = manageable(user_id)
    with _synced_if_refused(user_id):
        if ends_at_once(held):
            _end_now(held)
        else:
            payments.gateway().set_cancel_at_period_end(held.stripe_id, True, _key("cancel"))
    return sync.refresh(user_id)


def _end_now(held: Subscription) -> None:
    """End a subscription that is not paid, and what it still asks for: nobody should pay for nothing."""
    payments.gateway().cancel_now(held.stripe_id)
    if held.latest_invoice is not None:
        with suppress(PaymentRefused):  # it may be paid already, or void
            payments.gateway().void_invoice(held.latest_invoice)


def keep(user_id: int) -> bool:
    """Undo a cancellation that has not ended the subscription yet. Errors: as `cancel`."""
    held = manageable(user_id)
    with _synced_if_refused(user_id):
        if held.cancel_at_period_end:
            payments.gateway().set_cancel_at_period_end(held.stripe_id, False, _key("keep"))
        else:
            _update(held.stripe_id, {"cancel_at": ""}, "keep")
    return sync.refresh(user_id)


def resume(user_id: int) -> bool:
    """Let a paused subscription go on; a new period begins and is charged.

    Errors: as `cancel`, PaymentDeclined, OutcomeUnknown.
    """
    held, gateway = manageable(user_id), payments.gateway()
    with _synced_if_refused(user_id), gateway.errors(charging=True):
        gateway.client.v1.subscriptions.resume(
            held.stripe_id,
            {"payment_behavior": "resume_on_payment_success"},  # an unpaid plan stays closed
            {"idempotency_key": f"resume-{held.stripe_id}-{held.latest_invoice}"},  # each try makes an invoice
        )
    return sync.refresh(user_id)


def portal(user_id: int, flow: str | None = None) -> str:
    """Return the address of the reader's portal; `flow` is a type of `flow_data`, None for all of it.

    Errors: NothingToChange for who was never a customer; those of `payments`.
    """
    stripe_id = customer_of(user_id)
    back = f"{settings().public_url}{AFTER_PATH}"
    if flow is None:
        return payments.gateway().portal(stripe_id, back)
    ending = {"type": "redirect", "redirect": {"return_url": back}}
    return payments.gateway().portal(stripe_id, back, {"type": flow, "after_completion": ending})


def _update(stripe_id: str, params: dict[str, Any], what: str) -> None:
    gateway = payments.gateway()
    with gateway.errors():
        gateway.client.v1.subscriptions.update(stripe_id, params, {"idempotency_key": _key(what)})  # type: ignore[arg-type]  # built above


def _key(what: str) -> str:
    return f"{what}-{secrets.token_hex(16)}"


@contextmanager
def _synced_if_refused(user_id: int) -> Iterator[None]:
    """Stripe refuses what does not fit its state: ours must be old, so the next page shall show the new one."""
    try:
        yield
    except PaymentRefused:
        sync.refresh(user_id)
        raise
