"""The customer portal: plan, payment method, address, invoices, cancelling (https://docs.stripe.com/customer-management)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.billing.sandbox.engine import portal
from webapp.billing.sandbox.errors import ApiError, missing
from webapp.billing.sandbox.pages import common, portal_facts
from webapp.billing.sandbox.pages.checkout import ADDRESS
from webapp.billing.sandbox.state import Document, State

pages = Blueprint("portal", __name__, url_prefix="/portal/<id>")

Page = str | Response | tuple[str, int]


@pages.get("")
def show(id: str) -> Page:
    """The start page, or the one step that the session was made for."""
    with common.session() as state:
        session = state.require("billing_portal.session", id)
        step = _step(session)
        if step and "home" not in request.args:
            return redirect(step, 303)
        customer = state.require("customer", session["customer"])
        return render_template(
            "portal.html",
            session=session,
            customer=customer,
            features=portal_facts.features(state, session),
            subscriptions=[
                row for row in portal_facts.subscriptions(state, customer) if row["status"] not in portal_facts.OVER
            ],
            method=portal_facts.default_method(state, customer),
            invoices=portal.invoices_of(state, customer["id"]),
            said=request.args.get("said", ""),
        )


@pages.get("/card")
def card(id: str) -> Page:
    """The form for another card."""
    with common.session() as state:
        return _card_page(state.require("billing_portal.session", id))


@pages.post("/card")
def save_card(id: str) -> Page:
    """Make it the default and pay with it what is open."""
    form = request.form.to_dict()
    with common.session() as state:
        session = state.require("billing_portal.session", id)
        if "use" in form:
            return _card_page(session)
        try:
            method = common.payment_method(state, form)
        except ApiError as error:
            return _card_page(session, error.message), error.status
        return _set_card(state, session, method["id"], authenticated=False)


@pages.get("/address")
def address(id: str) -> Page:
    """The form for name and address."""
    with common.session() as state:
        session = state.require("billing_portal.session", id)
        customer = state.require("customer", session["customer"])
    return render_template("portal_address.html", session=session, customer=customer)


@pages.post("/address")
def save_address(id: str) -> Page:
    """Save name and address."""
    given = {name: value for name in ADDRESS if (value := request.form.get(name, "").strip())}
    with common.session() as state:
        session = state.require("billing_portal.session", id)
        changes = {"address": given or "", "name": request.form.get("name", "").strip()}
        portal.save_address(state, session["customer"], changes)
        return _done(session, "Your details were saved.")


@pages.get("/plan/<subscription>")
def plan(id: str, subscription: str) -> Page:
    """The plans to choose from; with one chosen, what the change costs."""
    with common.session() as state:
        session, found = _own(state, id, subscription)
        chosen = request.args.get("price") or _confirmed_price(session)
        if not chosen:
            choices = portal_facts.choices(state, session, found)
            return render_template("portal_plan.html", session=session, subscription=found, choices=choices)
        price = state.require("price", chosen)
        preview = portal.preview_change(state, subscription, chosen)
        product = state.require("product", price["product"])
        return render_template(
            "portal_change.html", session=session, subscription=found, price=price, product=product, preview=preview
        )


@pages.post("/plan/<subscription>")
def change_plan(id: str, subscription: str) -> Page:
    """Change the plan as it was shown."""
    with common.session() as state:
        session, _ = _own(state, id, subscription)
        return _change_plan(state, session, subscription, request.form["price"], authenticated=False)


@pages.get("/3d-secure")
def ask(id: str) -> Page:
    """Ask whether the card or the payment is to be confirmed."""
    return render_template("authentication.html", amount=0, currency="", waiting=True, status="")


@pages.post("/3d-secure")
def confirm(id: str) -> Page:
    """Go on with what was begun, now that the bank has said yes; else back to the card or the plan."""
    given = request.args
    with common.session() as state:
        session = state.require("billing_portal.session", id)
        if request.form.get("outcome") != "complete":
            return _card_page(session, common.AUTHENTICATION_FAILED), 402
        if "method" in given:
            return _set_card(state, session, given["method"], authenticated=True)
        _own(state, id, given["subscription"])
        return _change_plan(state, session, given["subscription"], given["price"], authenticated=True)


@pages.get("/cancel/<subscription>")
def cancel(id: str, subscription: str) -> Page:
    """Ask once more."""
    with common.session() as state:
        session, found = _own(state, id, subscription)
        features = portal_facts.features(state, session)
    return render_template(
        "portal_cancel.html", session=session, subscription=found, at_end=portal_facts.at_end(features)
    )


@pages.post("/cancel/<subscription>")
def confirm_cancel(id: str, subscription: str) -> Page:
    """Cancel: at the period's end, or at once where the configuration says so."""
    with common.session() as state:
        session, _ = _own(state, id, subscription)
        portal.cancel(state, subscription, at_period_end=portal_facts.at_end(portal_facts.features(state, session)))
        return _done(session, "Your subscription was cancelled.")


@pages.post("/renew/<subscription>")
def renew(id: str, subscription: str) -> Page:
    """Undo cancelling."""
    with common.session() as state:
        session, _ = _own(state, id, subscription)
        portal.renew(state, subscription)
        return _done(session, "Your subscription goes on.")


def _set_card(state: State, session: Document, method: str, *, authenticated: bool) -> Page:
    outcome = portal.set_card(state, session["customer"], method, authenticated)
    if outcome.kind == "needs_authentication":
        return redirect(url_for(".ask", id=session["id"], method=method), 303)
    if outcome.kind == "declined":
        return _card_page(session, outcome.message), 402
    return _done(session, "Your payment method was saved.")


def _change_plan(state: State, session: Document, subscription: str, price: str, *, authenticated: bool) -> Page:
    outcome = portal.change_plan(state, subscription, price, authenticated=authenticated)
    if outcome.kind == "needs_authentication":
        return redirect(url_for(".ask", id=session["id"], subscription=subscription, price=price), 303)
    if outcome.kind == "declined":
        return _card_page(session, f"{outcome.message} Save another card, then change the plan again."), 402
    return _done(session, "Your plan was changed.")


def _own(state: State, id: str, subscription: str) -> tuple[Document, Document]:
    """Return the session and its customer's subscription. Errors: ApiError 404 for another customer's."""
    session = state.require("billing_portal.session", id)
    found = state.require("subscription", subscription)
    if found["customer"] != session["customer"]:
        raise missing("subscription", subscription)
    return session, found


def _step(session: Document) -> str | None:
    """Return the page of the session's flow."""
    flow = session["flow"]
    if flow is None:
        return None
    if flow["type"] == "payment_method_update":
        return url_for(".card", id=session["id"])
    subscription = flow[flow["type"]]["subscription"]
    page = ".cancel" if flow["type"] == "subscription_cancel" else ".plan"
    return url_for(page, id=session["id"], subscription=subscription)


def _confirmed_price(session: Document) -> str | None:
    flow = session["flow"]
    if flow is None or flow["type"] != "subscription_update_confirm":
        return None
    price: str | None = flow["subscription_update_confirm"]["items"][0].get("price")
    return price


def _done(session: Document, message: str) -> Page:
    """Lead on as the flow says: to the site, to a page that says so, or back to the start page."""
    after = (session["flow"] or {}).get("after_completion") or {"type": "portal_homepage"}
    if after["type"] == "redirect":
        return redirect(after["redirect"]["return_url"], 303)
    if after["type"] == "hosted_confirmation":
        message = (after.get("hosted_confirmation") or {}).get("custom_message") or message
        return render_template("portal_done.html", session=session, message=message)
    return redirect(url_for(".show", id=session["id"], home=1, said=message), 303)


def _card_page(session: Document, problem: str = "") -> str:
    return render_template(
        "portal_card.html",
        session=session,
        form=common.chosen(request.form),
        cards=common.CARDS,
        accounts=common.BANK_ACCOUNTS,
        problem=problem,
    )
