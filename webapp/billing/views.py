"""Stripe's webhook address. Without payments it says so."""

from __future__ import annotations

from flask import Blueprint

from webapp.core.errors import Unavailable
from webapp.extensions import csrf

blueprint = Blueprint("billing", __name__)


@blueprint.post("/webhooks/stripe")
@csrf.exempt
def stripe_webhook() -> None:
    """Refuse events while no payments are set up: plans are granted by staff only."""
    raise Unavailable("Payments are not set up on this site.")
