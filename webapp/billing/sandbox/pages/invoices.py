"""The hosted invoice page, which is also its own PDF, and receipts."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.billing.sandbox.engine import drafts, invoices
from webapp.billing.sandbox.errors import ApiError
from webapp.billing.sandbox.pages import common
from webapp.billing.sandbox.state import Document, State

pages = Blueprint("invoices", __name__)


@pages.get("/invoices/<id>")
@pages.get("/invoices/<id>/pdf")
def show(id: str) -> str:
    """The invoice; while it is open, with a form to pay it."""
    with common.session() as state:
        return _page(state, id)


@pages.post("/invoices/<id>")
def pay(id: str) -> str | Response | tuple[str, int]:
    """Pay with what was typed. A decline shows the invoice again with Stripe's sentence."""
    with common.session() as state:
        if request.form.get("use"):
            return _page(state, id)
        try:
            method = common.payment_method(state, request.form)
            outcome = invoices.pay(state, id, method["id"])
        except ApiError as error:
            return _page(state, id, error.message), error.status
        if outcome.kind == "declined":
            return _page(state, id, outcome.message), 402
        if outcome.kind == "needs_authentication":
            intent = drafts.intent_of(state, state.require("invoice", id))
            return redirect(url_for("authentication.intent", id=intent["id"]), 303)
    return redirect(url_for(".show", id=id), 303)


@pages.get("/receipts/<id>")
def receipt(id: str) -> str:
    """The receipt of a charge."""
    with common.session() as state:
        charge = state.require("charge", id)
        customer = state.get("customer", charge["customer"] or "")
    return render_template("receipt.html", charge=charge, customer=customer)


def _page(state: State, id: str, problem: str = "") -> str:
    invoice = state.require("invoice", id)
    return render_template(
        "invoice.html",
        invoice=invoice,
        processing=_processing(state, invoice),
        form=common.chosen(request.form),
        cards=common.CARDS,
        accounts=common.BANK_ACCOUNTS,
        problem=problem,
    )


def _processing(state: State, invoice: Document) -> bool:
    """Whether a bank debit for it is on its way."""
    payment = drafts.default_payment(state, invoice)
    if payment is None:
        return False
    return bool(state.require("payment_intent", payment["payment"]["payment_intent"])["status"] == "processing")
