"""/v1/billing_portal/configurations and /v1/billing_portal/sessions."""

from __future__ import annotations

from typing import Any

from stripe.params.billing_portal import (
    ConfigurationCreateParams,
    ConfigurationListParams,
    ConfigurationRetrieveParams,
    ConfigurationUpdateParams,
    SessionCreateParams,
)

from webapp.billing.sandbox.engine import portal_documents
from webapp.billing.sandbox.routing import listing, route
from webapp.billing.sandbox.state import Document, State


@route("POST", "/v1/billing_portal/configurations", ConfigurationCreateParams)
def create_configuration(state: State, params: dict[str, Any]) -> Document:
    return portal_documents.create_configuration(state, params)


@route("GET", "/v1/billing_portal/configurations/{id}", ConfigurationRetrieveParams)
def retrieve_configuration(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("billing_portal.configuration", id)


@route("POST", "/v1/billing_portal/configurations/{id}", ConfigurationUpdateParams)
def update_configuration(state: State, params: dict[str, Any], *, id: str) -> Document:
    return portal_documents.update_configuration(state, id, params)


@route("GET", "/v1/billing_portal/configurations", ConfigurationListParams)
def list_configurations(state: State, params: dict[str, Any]) -> Document:
    same = {name: params[name] for name in ("active", "is_default") if name in params}
    rows = state.find("billing_portal.configuration", **same)
    return listing(rows, params, url="/v1/billing_portal/configurations")


@route("POST", "/v1/billing_portal/sessions", SessionCreateParams)
def create_session(state: State, params: dict[str, Any]) -> Document:
    return portal_documents.create_session(state, params)
