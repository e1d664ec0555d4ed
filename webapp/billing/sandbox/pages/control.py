"""The control page: keys, clock, faults, requests, events, customers; and the same as JSON below /_sandbox."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request

from webapp.billing.sandbox.engine import settings
from webapp.billing.sandbox.errors import ApiError
from webapp.billing.sandbox.faults import default_endpoint
from webapp.billing.sandbox.pages import common
from webapp.billing.sandbox.pages.actions import ACTIONS, Given
from webapp.billing.sandbox.state import Document, State
from webapp.core import clock

pages = Blueprint("control", __name__)

EVENTS_SHOWN = 60
CUSTOMERS_SHOWN = 30


@pages.get("/")
def show() -> str:
    """Everything on one page."""
    sandbox = common.box()
    with common.session() as state:
        endpoint = default_endpoint(state)
        found = {
            "endpoint": endpoint,
            "dunning_end": settings.read(state)["dunning_end"],
            "events": _events(state),
            "customers": [_customer(state, row) for row in state.find("customer")[:CUSTOMERS_SHOWN]],
            "now": state.now,
        }
    return render_template(
        "control.html",
        sandbox=sandbox,
        secrets=sandbox.secrets(),
        offset=clock.offset(),
        wanted=sandbox.faults.wanted(),
        requests=list(sandbox.api.recent),
        said=request.args.get("said", ""),
        **found,
    )


@pages.get("/_sandbox")
def about() -> Response:
    """The same in short, as JSON: the key and what signs are in the folder's sandbox.json, for its owner only."""
    sandbox = common.box()
    with sandbox.store.session() as state:
        now = state.now
    return jsonify(
        url=sandbox.url,
        now=now,
        offset=int(clock.offset().total_seconds()),
        faults=sandbox.faults.wanted(),
        requests=list(sandbox.api.recent),
    )


@pages.post("/_sandbox/<name>")
def act(name: str) -> Any:
    """Do one action. JSON gets JSON; a form leads back to the control page."""
    if name not in ACTIONS:
        abort(404, "There is no such action.")
    fields = request.get_json() if request.is_json else request.form.to_dict()
    if not isinstance(fields, dict):
        abort(400, "The fields are to be a JSON object.")
    try:
        result = ACTIONS[name](common.box(), Given(fields))
    except (ApiError, LookupError, ValueError, TimeoutError) as error:
        if request.is_json:
            return jsonify(error=str(error)), 400
        return render_template("problem.html", message=str(error)), 400
    return jsonify(result=result) if request.is_json else redirect(f"/?said={name}", 303)


def _events(state: State) -> list[Document]:
    """Return the newest events, each with how its deliveries stand."""
    tries: dict[str, list[Document]] = {}
    for delivery in state.find("_delivery"):
        tries.setdefault(delivery["event"], []).append(delivery)
    return [
        {**event, "about": event["data"]["object"].get("id", ""), "tries": tries.get(event["id"], [])}
        for event in state.find("event")[:EVENTS_SHOWN]
    ]


def _customer(state: State, customer: Document) -> Document:
    """Return a customer with subscriptions, the newest charge that was paid and its open dispute."""
    charges = [charge for charge in state.find("charge", customer=customer["id"]) if charge["paid"]]
    charge = charges[0] if charges else None
    disputes = [row for row in state.find("dispute", charge=charge["id"]) if _open(row)] if charge else []
    return {
        **customer,
        "subscriptions": state.find("subscription", customer=customer["id"]),
        "charge": charge,
        "dispute": disputes[0] if disputes else None,
    }


def _open(dispute: Document) -> bool:
    return dispute["status"] not in {"won", "lost", "warning_closed"}
