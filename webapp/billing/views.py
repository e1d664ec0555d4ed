"""Stripe's webhook address. Without payments it says so."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from webapp.core.errors import Unavailable
from webapp.extensions import csrf

blueprint = Blueprint("billing", __name__)


@blueprint.post("/webhooks/stripe")
def stripe_webhook() -> ResponseReturnValue:
    """Refuse events while no payments are set up: plans are granted by staff only."""
    raise Unavailable("Payments are not set up on this site.")


csrf.exempt(stripe_webhook)  # events are signed, and carry no cookie
