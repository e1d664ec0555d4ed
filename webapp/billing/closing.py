"""The end of all payments of a reader who closes the account: at Stripe first, so that nothing is charged later."""

from __future__ import annotations

from webapp.billing import checkout, customers, payments, service, sync
from webapp.billing.payments import PaymentsAway
from webapp.billing.standing import OPEN
from webapp.extensions import db


class StillCharged(PaymentsAway):
    code = "not_cancelled"
    message = (
        "Your subscription could not be cancelled at the payment service just now, so your account stays as it is. "
        "Please try again in a few minutes."
    )


def end_payments(user_id: int) -> None:
    """Cancel every subscription of a reader now, and end what could still be paid. Commits; asks Stripe.

    Errors: StillCharged, also if payments are switched off while there is a subscription; those of `payments`.
    """
    customer = customers.of_user(user_id)
    if customer is None or customer.stripe_customer_id is None or customer.deleted_at is not None:
        return
    stripe_customer_id = customer.stripe_customer_id
    if not payments.enabled():
        if _open(user_id):
            raise StillCharged
        return
    db.session.rollback()  # no transaction is held while Stripe is asked
    checkout.end_sessions(user_id, stripe_customer_id)
    _sync(user_id)
    for subscription in _open(user_id):
        payments.gateway().cancel_now(subscription)
    _sync(user_id)
    if _open(user_id):
        raise StillCharged


def _sync(user_id: int) -> None:
    if not sync.refresh(user_id):
        raise StillCharged


def _open(user_id: int) -> list[str]:
    return [row.stripe_id for row in service.subscriptions_of(user_id) if row.status in OPEN]
