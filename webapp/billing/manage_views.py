"""What subscribers do with their plan: change it, cancel it, mend the card."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, make_response, redirect, render_template, request
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from webapp.billing import changes, overview, service, switching, sync
from webapp.billing.asking import asking
from webapp.billing.payments import OutcomeUnknown, PaymentDeclined, PaymentsAway
from webapp.core import clock
from webapp.core.errors import CodeshelfError

blueprint = Blueprint("manage", __name__, url_prefix="/billing")

CARD_FLOW = "payment_method_update"
UNCLEAR_SECONDS = 1.0


@blueprint.before_request
@login_required  # type: ignore[untyped-decorator]  # the library is untyped
def _readers_only() -> None:
    """Lead guests to the login."""


@blueprint.post("/card")
def card() -> Response:
    """Lead to the payment service's page for another card."""
    with asking():
        return redirect(changes.portal(current_user.id, CARD_FLOW), 303)


@blueprint.post("/portal")
def portal() -> Response:
    """Lead to the payment service's page for address, tax number and invoices."""
    with asking():
        return redirect(changes.portal(current_user.id), 303)


@blueprint.get("/after")
def after() -> Response:
    """Back from the payment service: see what was changed there."""
    was_unpaid = overview.is_unpaid(current_user.id)
    with asking():
        is_current = sync.refresh(current_user.id)
    if is_current and overview.is_unpaid(current_user.id):
        return redirect("/billing/mend?still=1", 303)
    mended = was_unpaid and overview.is_paid(current_user.id)
    return _to_account("mended" if mended else "updated", is_current=is_current)


@blueprint.get("/mend")
def mend() -> Response:
    """What a failed payment means, and the ways to mend it."""
    held = overview.holding(current_user.id) if overview.is_unpaid(current_user.id) else None
    if held is None:
        return _to_account("")
    trouble, still = service.payment_trouble(current_user.id), "still" in request.args
    now = clock.now()
    page = render_template("billing/mend.html", trouble=trouble, held=held, still=still, now=now, banner="")
    return make_response(page)


@blueprint.get("/cancel")
def cancel_page() -> Response:
    """Until when the plan lasts, and the one button that cancels it."""
    held = overview.holding(current_user.id)
    if held is None or not held.may_cancel:
        return _to_account("")
    return make_response(render_template("billing/cancel.html", held=held))


@blueprint.post("/cancel")
def cancel() -> Response:
    return _done(changes.cancel, "cancelled")


@blueprint.post("/keep")
def keep() -> Response:
    """Undo a cancellation."""
    return _done(changes.keep, "kept")


@blueprint.post("/resume")
def resume() -> Response:
    """Let a paused subscription go on; it does once it is paid."""
    held = overview.holding(current_user.id)
    if held is not None and held.open_invoice is not None:
        return _to_account("still_paused")  # each try would make another invoice: this one is to be paid
    try:
        with asking():
            is_current = changes.resume(current_user.id)
    except OutcomeUnknown:
        return _unclear("unclear")
    except PaymentDeclined:
        sync.refresh(current_user.id, UNCLEAR_SECONDS)
        return _to_account("still_paused")
    held = overview.holding(current_user.id)
    still = held is not None and held.row.status == "paused"
    return _to_account("still_paused" if still else "resumed", is_current=is_current)


@blueprint.get("/change/<lookup_key>")
def change_page(lookup_key: str) -> Response:
    """What another price would cost now, to the cent."""
    return _preview(lookup_key)


@blueprint.post("/change/<lookup_key>")
def change(lookup_key: str) -> Response:
    """Buy what was shown."""
    try:
        with asking():
            try:
                outcome = switching.buy(current_user.id, lookup_key, request.form.get("token", ""))
            except (switching.Stale, PaymentDeclined) as error:
                return _preview(lookup_key, error)
    except OutcomeUnknown:
        return _unclear("unclear")
    return _to_account(outcome)


def _preview(lookup_key: str, problem: CodeshelfError | None = None) -> Response:
    with asking():
        found = switching.preview(current_user.id, lookup_key)
    held = overview.holding(current_user.id)
    page = render_template("billing/change.html", preview=found, held=held, problem=problem)
    return make_response(page, problem.status if problem else 200)


def _done(work: Callable[[int], bool], sentence: str) -> Response:
    try:
        with asking():
            is_current = work(current_user.id)
    except PaymentsAway:
        return _unclear("not_told")
    except changes.NothingToChange:  # a second click: it is done
        return _to_account("")
    return _to_account(sentence, is_current=is_current)


def _unclear(sentence: str) -> Response:
    """The answer was lost: what our rows say may be old, and the worker is to look."""
    sync.refresh(current_user.id, UNCLEAR_SECONDS)
    return _to_account(sentence)


def _to_account(sentence: str, *, is_current: bool = True) -> Response:
    """Back to the account, which tells what was done; `checking` if our rows do not show it yet."""
    told = sentence if is_current else "checking"
    return redirect(f"/account?done={told}" if told else "/account", 303)
