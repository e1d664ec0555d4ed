"""From a price to the checkout, and back from it."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from webapp.billing import checkout, manage_views, overview, payments, service
from webapp.billing.asking import asking
from webapp.billing.plans import catalogue
from webapp.billing.standing import ends_at
from webapp.core.net import own_path

blueprint = Blueprint("billing", __name__)
blueprint.register_blueprint(manage_views.blueprint)

ACCOUNT = "/account"
LOOK_AGAIN_SECONDS = 5


@blueprint.get("/subscribe/<lookup_key>")
@login_required  # type: ignore[untyped-decorator]  # the library is untyped
def confirm(lookup_key: str) -> Response:
    """What is bought, what it costs and what happens next, with the one button that leads to the checkout."""
    plan, price = checkout.on_offer(lookup_key)
    if not payments.enabled():
        return redirect("/pricing", 303)
    if service.is_on_its_way(current_user.id):
        return redirect(ACCOUNT, 303)
    if overview.holding(current_user.id) is not None:
        return redirect(f"{ACCOUNT}?done=already", 303)
    if service.held(current_user.id):
        raise checkout.OnHold
    page = render_template(
        "billing/subscribe.html",
        plan=plan,
        price=price,
        currency=catalogue().currency,
        taxed=catalogue().billing.automatic_tax,
        trial=checkout.trial_for(current_user.id, plan),
        next_path=own_path(request.args.get("next")),
    )
    return make_response(page)


@blueprint.post("/subscribe/<lookup_key>")
@login_required  # type: ignore[untyped-decorator]  # the library is untyped
def subscribe(lookup_key: str) -> Response:
    """Lead to the checkout; who has a subscription is led to the account instead."""
    try:
        with asking():
            url = checkout.start(current_user.id, current_user.email, lookup_key, own_path(request.form.get("next")))
    except checkout.AlreadySubscribed:
        return redirect(f"{ACCOUNT}?done=already", 303)
    return redirect(url, 303)


@blueprint.get(checkout.SUCCESS_PATH)
@login_required  # type: ignore[untyped-decorator]  # the library is untyped
def success() -> Response:
    """Say what the reader has now. Stripe is asked: what the browser brings along proves nothing."""
    try:
        with asking():
            result = checkout.result(current_user.id, request.args.get("session_id", ""))
    except payments.PaymentsAway:
        return _success_page("away", checkout.Result("checking", "/"), 503)
    return _success_page(result.state, result)


def _success_page(state: str, result: checkout.Result, status: int = 200) -> Response:
    subscription = service.live_subscription(current_user.id)
    plan = catalogue().get(subscription.plan_key or "") if subscription else None
    page = render_template(
        "billing/success.html",
        state=state,
        result=result,
        plan_name=plan.name if plan else "",
        ends_on=ends_at(subscription) if subscription else None,
        subscription=subscription,
        again=request.full_path,
    )
    response = make_response(page, status)
    if state in {"checking", "away"}:
        response.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return response
