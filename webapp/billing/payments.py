"""Whether this site takes payments, and the way to whoever processes them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from flask import current_app

from webapp.core.errors import CodeshelfError, Unavailable
from webapp.extensions import settings

if TYPE_CHECKING:
    from webapp.billing.gateway import Gateway

WEB_SECONDS = 8.0
"""How long one request of a reader may wait for Stripe in all."""
PORTAL_MARK = {"codeshelf": "1"}
"""Metadata of the portal configuration that is ours."""

_building = threading.Lock()


class PaymentsOff(Unavailable):
    code, message = "payments_off", "Payments are not set up on this site."


class NoResult(Unavailable):
    """`answered`: Stripe said that it failed, an answer that it may keep under the request's idempotency key."""

    def __init__(self, *, answered: bool = False) -> None:
        super().__init__()
        self.answered = answered


class PaymentsAway(NoResult):
    """Stripe is down, slow, refuses for now, or is set up wrongly."""

    code = "payments_unavailable"
    message = "The payment service does not answer just now. Nothing was charged. Please try again in a few minutes."


class OutcomeUnknown(NoResult):
    """The answer to a request that may charge was lost; the same request again never charges twice."""

    code = "payment_outcome_unknown"
    message = (
        "The payment service did not tell us in time whether this went through. Nothing is ever charged twice: "
        "your account page will show the result in a few minutes."
    )


class PaymentDeclined(CodeshelfError):
    """The card was refused; the message is Stripe's sentence for its holder."""

    status, code, message = 402, "card_declined", "The card was declined. Nothing was charged."


class PaymentRefused(CodeshelfError):
    """Stripe does not take the request; `reason` is for the log and the operator, not for readers."""

    status, code = 409, "payment_refused"
    message = "The payment service did not accept this. Nothing was charged. Please look at your account and try again."

    def __init__(self, reason: str, stripe_code: str | None, param: str | None) -> None:
        super().__init__()
        self.reason, self.stripe_code, self.param = reason, stripe_code, param

    def __str__(self) -> str:
        return f"Stripe refuses: {self.reason}"


def enabled() -> bool:
    """Whether a key is set: without one, plans are granted by staff only."""
    return bool(settings().stripe_secret_key.get_secret_value())


def livemode() -> bool:
    """Whether the key moves money: Stripe's live keys say so in their prefix."""
    return "_live_" in settings().stripe_secret_key.get_secret_value()[:8]


def gateway() -> Gateway:
    """The gateway of the running application, built at its first use: loading `stripe` takes time and memory.

    Errors: PaymentsOff.
    """
    if not enabled():
        raise PaymentsOff
    extensions = current_app.extensions
    with _building:
        if "gateway" not in extensions:
            from webapp.billing.gateway import Gateway

            key = settings().stripe_secret_key.get_secret_value()
            extensions["gateway"] = Gateway(key, settings().stripe_api_base)
        found: Gateway = extensions["gateway"]
    return found
