"""The reader's own page: plan, views used and left, what was opened."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from webapp.access.policy import Usage
from webapp.access.sentences import day
from webapp.access.visitor import Visitor
from webapp.access.web import current_visitor, gate
from webapp.account import closing
from webapp.billing import overview, payments
from webapp.billing import service as billing
from webapp.codes import service as codes
from webapp.codes.service import OpenedCode
from webapp.core import clock
from webapp.extensions import RedisUnavailable

blueprint = Blueprint("account", __name__)


@dataclass(frozen=True, slots=True)
class Views:
    """A reader's views in the current period, for the page."""

    used: int
    limit: int
    left: int
    resets_on: str


@blueprint.get("/account")
@login_required  # type: ignore[untyped-decorator]  # the library is untyped
def index() -> str:
    """Usage, plan and opened pages of the reader who is signed in."""
    visitor = current_visitor()
    usage, opened = _usage(visitor)
    return render_template(
        "account/index.html",
        email=visitor.email,
        staff=visitor.staff,
        plan=visitor.plan,
        usage=usage,
        opened=opened,
        entitlement=billing.entitlement_of(current_user.id),
        gifts=overview.gifts(billing.grants_of(current_user.id)),
        held=overview.holding(current_user.id),
        on_hold=billing.held(current_user.id),
        on_its_way=billing.is_on_its_way(current_user.id),
        now=clock.now(),
        invoices=billing.invoices_of(current_user.id),
        refunds=overview.refunds(billing.charges_of(current_user.id)),
        can_pay=payments.enabled(),
        done=overview.SENTENCES.get(request.args.get("done", "")),
        invoice_statuses=overview.STATUSES,
    )


@blueprint.route("/account/close", methods=["GET", "POST"])
@login_required  # type: ignore[untyped-decorator]  # the library is untyped
def close() -> Response:
    """Close the account for good."""
    return closing.page()


@blueprint.get(closing.CLOSED)
def closed() -> str:
    """What a reader who has just closed the account is told."""
    return render_template("account/closed.html")


def _usage(visitor: Visitor) -> tuple[Views | None, list[OpenedCode]]:
    """Return the reader's views and opened codes; (None, []) for a plan without limit or while Redis is away."""
    limit = visitor.plan.views.limit
    if limit is None or visitor.staff:
        return None, []
    window = visitor.plan.views.period.window(clock.now())
    try:
        opening = gate().meter.usage(visitor.subject, window)
        items = gate().meter.items(visitor.subject, window)
    except RedisUnavailable:
        return None, []
    usage = Usage(limit, min(opening.used, limit), opening.resets_at)
    resets_on = day(usage.resets_at) if usage.resets_at else ""
    return Views(usage.used, usage.limit, usage.left, resets_on), codes.opened(items)
