"""The Checkout page: what is bought, how it is paid, and back to the site."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.billing.sandbox.engine import checkout
from webapp.billing.sandbox.errors import ApiError, invalid
from webapp.billing.sandbox.pages import common
from webapp.billing.sandbox.state import Document, State

pages = Blueprint("checkout", __name__)

Page = str | Response | tuple[str, int]
MARK = "{CHECKOUT_SESSION_ID}"
ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")


@pages.get("/checkout/<id>")
def show(id: str) -> Page:
    """The open session's order and form; of one that is over, what became of it."""
    with common.session() as state:
        return _page(state, state.require("checkout.session", id), {})


@pages.post("/checkout/<id>")
def submit(id: str) -> Page:
    """Try a code, choose a test card, or pay."""
    form = request.form.to_dict()
    with common.session() as state:
        session = state.require("checkout.session", id)
        if session["status"] != "open" or "use" in form or form.get("action") == "apply":
            return _page(state, session, form)
        try:
            _keep_typed(state, session, form)
            method = common.payment_method(state, form)["id"] if form.get("needs_method") else None
            return _pay(state, id, method, form, authenticated=False)
        except ApiError as error:
            return _page(state, session, form, error.message), error.status


@pages.get("/checkout/<id>/3d-secure")
def ask(id: str) -> Page:
    """Ask whether the payment is to be confirmed."""
    with common.session() as state:
        session = state.require("checkout.session", id)
        if session["status"] != "open":
            return redirect(url_for(".show", id=id), 303)
        shown = checkout.preview(state, id, request.args.get("code") or None)
    return render_template(
        "authentication.html", amount=shown["due_today"], currency=shown["currency"], waiting=True, status=""
    )


@pages.post("/checkout/<id>/3d-secure")
def confirm(id: str) -> Page:
    """Pay now that the bank has said yes, or go back to the form with what it said."""
    form = request.args.to_dict()
    with common.session() as state:
        if request.form.get("outcome") == "complete":
            return _pay(state, id, form.get("method"), form, authenticated=True)
        outcome = checkout.fail_authentication(state, id)
        return _page(state, state.require("checkout.session", id), {"code": form.get("code", "")}, outcome.message), 402


def _pay(state: State, id: str, method: str | None, form: Mapping[str, str], *, authenticated: bool) -> Page:
    code, email = form.get("code") or None, form.get("email") or None
    outcome = checkout.pay(state, id, method, authenticated=authenticated, promotion_code=code, email=email)
    session = state.require("checkout.session", id)
    if outcome.kind == "declined":
        return _page(state, session, form, outcome.message), 402
    if outcome.kind == "needs_authentication":
        return redirect(url_for(".ask", id=id, method=method, code=code, email=email), 303)
    return redirect(_success_url(session), 303)


def _success_url(session: Document) -> str:
    return str(session["success_url"] or "/").replace(MARK, session["id"])


def _keep_typed(state: State, session: Document, form: Mapping[str, str]) -> None:
    """Keep name and address for the customer. Errors: ApiError for what is asked for and was left empty."""
    asked = wanted(session)
    address = {name: form.get(name, "").strip() or None for name in ADDRESS}
    if asked["email"] and "@" not in form.get("email", ""):
        raise invalid("Your email is incomplete.", "email")
    if asked["address"] and not (address["line1"] and address["postal_code"] and address["country"]):
        raise invalid("Your address is incomplete.", "address")
    if asked["terms"] and not form.get("terms"):
        raise invalid("You must accept the terms of service to continue.", "consent")
    typed = {"name": form.get("name", "").strip() or None, "address": address if asked["address"] else None}
    state.put(session | {"_typed": typed})


def wanted(session: Document) -> dict[str, bool]:
    """Return which fields the session asks for besides the payment."""
    consent = session["consent_collection"] or {}
    return {
        "email": session["customer"] is None and session["customer_email"] is None,
        "address": session["billing_address_collection"] == "required" or session["automatic_tax"]["enabled"],
        "terms": consent.get("terms_of_service") == "required",
    }


def _page(state: State, session: Document, form: Mapping[str, str], problem: str = "") -> str:
    if session["status"] != "open":
        return render_template("checkout_over.html", session=session, success_url=_success_url(session))
    order, code_problem = _order(state, session["id"], form.get("code", "").strip())
    customer = state.get("customer", session["customer"]) if session["customer"] else None
    return render_template(
        "checkout.html",
        session=session,
        order=order,
        email=customer["email"] if customer else session["customer_email"],
        asked=wanted(session),
        form={**form, **common.chosen(form)},
        cards=common.CARDS,
        accounts=common.BANK_ACCOUNTS,
        problem=problem,
        code_problem=code_problem,
    )


def _order(state: State, id: str, code: str) -> tuple[Document, str]:
    """Return what is bought, with the code if it can be used, and else why not."""
    try:
        return checkout.preview(state, id, code or None), ""
    except ApiError as error:
        if not code:
            raise
        return checkout.preview(state, id), error.message
