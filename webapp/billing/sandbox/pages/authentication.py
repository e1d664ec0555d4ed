"""3-D Secure of a PaymentIntent: the page that stands for the reader's bank."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from webapp.billing.sandbox.engine import invoices, payments
from webapp.billing.sandbox.pages import common
from webapp.billing.sandbox.state import Document, State

pages = Blueprint("authentication", __name__)


@pages.get("/3d-secure/<id>")
def intent(id: str) -> str:
    """Ask whether the payment is to be confirmed."""
    with common.session() as state:
        found = state.require("payment_intent", id)
    return render_template(
        "authentication.html",
        amount=found["amount"],
        currency=found["currency"],
        waiting=found["status"] == "requires_action",
        status=found["status"],
    )


@pages.post("/3d-secure/<id>")
def answer(id: str) -> Response:
    """Confirm or refuse, then lead back to where the payment was begun."""
    with common.session() as state:
        found = state.require("payment_intent", id)
        if found["status"] == "requires_action":
            back = _back(state, found)
            if request.form.get("outcome") == "complete":
                method = state.require("payment_method", found["payment_method"])
                invoices.confirm(state, found, method, authenticated=True)
            else:
                invoice = invoices.invoice_of(state, found)
                if invoice is not None:
                    invoices.fail_authentication(state, invoice["id"])
                else:
                    payments.fail_authentication(state, found)
            return redirect(back, 303)
    return redirect(request.path, 303)


def _back(state: State, found: Document) -> str:
    """Return where the payer goes next: the caller's return_url, else the invoice, else the same page."""
    wanted = ((found["next_action"] or {}).get("redirect_to_url") or {}).get("return_url")
    invoice = invoices.invoice_of(state, found)
    return str(wanted or (f"/invoices/{invoice['id']}" if invoice else request.path))
