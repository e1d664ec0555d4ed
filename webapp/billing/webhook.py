"""The address that Stripe sends its events to: verify, store, mark, answer. Nothing is asked of Stripe here."""

from __future__ import annotations

import structlog
from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from webapp.billing import inbox, payments, tasks
from webapp.core import clock
from webapp.core.errors import BadInput, CodeshelfError
from webapp.extensions import csrf, settings, transaction

LARGEST_EVENT = 256 * 1024
"""Bytes; Stripe's largest events are far smaller."""

log = structlog.get_logger(__name__)
blueprint = Blueprint("stripe", __name__)


class NotStored(CodeshelfError):
    """The database is away: any status but 2xx has Stripe send the event again, for up to three days."""

    status, code, message = 500, "not_stored", "The event could not be stored. Please send it again."


@blueprint.post("/webhooks/stripe")
def receive() -> ResponseReturnValue:
    """Take one event. 400: not signed by Stripe, too old, from the future, or of the other mode. 500: send it again."""
    if not payments.enabled():
        raise payments.PaymentsOff
    request.max_content_length = LARGEST_EVENT
    from webapp.billing import gateway  # it loads `stripe`

    secrets = [secret.get_secret_value() for secret in settings().stripe_webhook_secrets]
    try:
        event = gateway.verify(request.get_data(), request.headers.get("Stripe-Signature"), secrets, clock.real_now())
    except gateway.Forged as error:
        log.warning("webhook refused", reason=str(error))
        raise BadInput("This is not an event that Stripe signed for this site just now.") from None
    if event.livemode != payments.livemode():
        raise BadInput("The event is of Stripe's other mode: live and test do not mix.")
    try:
        with transaction():
            if inbox.receive(event):
                tasks.sync_soon()
    except SQLAlchemyError as error:
        log.error("event not stored", event_id=event.id, error=type(error).__name__)
        raise NotStored from error
    return {"received": True}


csrf.exempt(receive)  # events are signed, and carry no cookie
