"""/v1/checkout/sessions."""

from __future__ import annotations

from typing import Any

from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionLineItemListParams,
    SessionListParams,
    SessionRetrieveParams,
    SessionUpdateParams,
)

from webapp.billing.sandbox.engine import checkout, orders, sessions
from webapp.billing.sandbox.engine.documents import list_of, metadata_after
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.expansion import includable
from webapp.billing.sandbox.routing import in_range, listing, route
from webapp.billing.sandbox.state import Document, State


@route("POST", "/v1/checkout/sessions", SessionCreateParams)
def create(state: State, params: dict[str, Any]) -> Document:
    session = sessions.create_checkout(state, params)
    sessions.set_amounts(session, orders.order(state, session).invoice)
    return state.put(session)


@route("GET", "/v1/checkout/sessions/{id}", SessionRetrieveParams)
def retrieve(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("checkout.session", id)


@route("POST", "/v1/checkout/sessions/{id}", SessionUpdateParams)
def update(state: State, params: dict[str, Any], *, id: str) -> Document:
    for name in sorted(set(params) - {"metadata", "expand"}):
        raise invalid(f"The sandbox changes only the metadata of a session, not {name}.", name)
    session = state.require("checkout.session", id)
    session["metadata"] = metadata_after(session["metadata"], params.get("metadata"))
    return state.put(session)


@route("POST", "/v1/checkout/sessions/{id}/expire", SessionExpireParams)
def expire(state: State, params: dict[str, Any], *, id: str) -> Document:
    return checkout.expire(state, id)


@route("GET", "/v1/checkout/sessions", SessionListParams)
def list_all(state: State, params: dict[str, Any]) -> Document:
    same = {name: params[name] for name in ("customer", "subscription", "status") if name in params}
    email = params.get("customer_details", {}).get("email")
    rows = [
        row
        for row in state.find("checkout.session", **same)
        if in_range(row["created"], params.get("created"))
        and (email is None or (row["customer_details"] or {}).get("email") == email)
    ]
    return listing(rows, params, url="/v1/checkout/sessions")


@route("GET", "/v1/checkout/sessions/{id}/line_items", SessionLineItemListParams)
def list_line_items(state: State, params: dict[str, Any], *, id: str) -> Document:
    rows = sessions.line_items(state, state.require("checkout.session", id))
    return listing(rows, params, url=f"/v1/checkout/sessions/{id}/line_items")


@includable("checkout.session", "line_items")
def line_items(state: State, session: Document) -> Document:
    return list_of(sessions.line_items(state, session), f"/v1/checkout/sessions/{session['id']}/line_items")
