"""/v1/disputes, /v1/refunds and /v1/radar/early_fraud_warnings."""

from __future__ import annotations

from typing import Any

from stripe.params import (
    DisputeCloseParams,
    DisputeListParams,
    DisputeRetrieveParams,
    DisputeUpdateParams,
    RefundCreateParams,
    RefundListParams,
    RefundRetrieveParams,
    RefundUpdateParams,
)
from stripe.params.radar import EarlyFraudWarningListParams, EarlyFraudWarningRetrieveParams

from webapp.billing.sandbox.engine import disputes
from webapp.billing.sandbox.engine.documents import metadata_after, save_change
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.routing import in_range, listing, route
from webapp.billing.sandbox.state import Document, State


@route("GET", "/v1/disputes/{id}", DisputeRetrieveParams)
def retrieve(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("dispute", id)


@route("GET", "/v1/disputes", DisputeListParams)
def list_all(state: State, params: dict[str, Any]) -> Document:
    return _listed(state, "dispute", params, "/v1/disputes")


@route("POST", "/v1/disputes/{id}", DisputeUpdateParams)
def update(state: State, params: dict[str, Any], *, id: str) -> Document:
    return disputes.update_dispute(state, id, params)


@route("POST", "/v1/disputes/{id}/close", DisputeCloseParams)
def close(state: State, params: dict[str, Any], *, id: str) -> Document:
    """Accept the dispute: it is lost."""
    return disputes.close_dispute(state, id, won=False)


@route("POST", "/v1/refunds", RefundCreateParams)
def create_refund(state: State, params: dict[str, Any]) -> Document:
    charge = params.get("charge")
    if charge is None and "payment_intent" in params:
        charge = state.require("payment_intent", params["payment_intent"], "payment_intent")["latest_charge"]
    if charge is None:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    metadata = metadata_after(None, params.get("metadata"))
    return disputes.refund(state, charge, params.get("amount"), reason=params.get("reason"), metadata=metadata)


@route("GET", "/v1/refunds/{id}", RefundRetrieveParams)
def retrieve_refund(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("refund", id)


@route("POST", "/v1/refunds/{id}", RefundUpdateParams)
def update_refund(state: State, params: dict[str, Any], *, id: str) -> Document:
    before = state.require("refund", id)
    after = {**before, "metadata": metadata_after(before["metadata"], params.get("metadata"))}
    return save_change(state, "refund.updated", before, after)


@route("GET", "/v1/refunds", RefundListParams)
def list_refunds(state: State, params: dict[str, Any]) -> Document:
    return _listed(state, "refund", params, "/v1/refunds")


@route("GET", "/v1/radar/early_fraud_warnings/{id}", EarlyFraudWarningRetrieveParams)
def retrieve_warning(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("radar.early_fraud_warning", id)


@route("GET", "/v1/radar/early_fraud_warnings", EarlyFraudWarningListParams)
def list_warnings(state: State, params: dict[str, Any]) -> Document:
    return _listed(state, "radar.early_fraud_warning", params, "/v1/radar/early_fraud_warnings")


def _listed(state: State, kind: str, params: dict[str, Any], url: str) -> Document:
    same = {name: params[name] for name in ("charge", "payment_intent") if name in params}
    rows = [row for row in state.find(kind, **same) if in_range(row["created"], params.get("created"))]
    return listing(rows, params, url=url)
