"""/v1/entitlements/features, /v1/products/{id}/features and /v1/entitlements/active_entitlements."""

from __future__ import annotations

from typing import Any

from stripe.params import (
    ProductFeatureCreateParams,
    ProductFeatureDeleteParams,
    ProductFeatureListParams,
    ProductFeatureRetrieveParams,
)
from stripe.params.entitlements import (
    ActiveEntitlementListParams,
    FeatureCreateParams,
    FeatureListParams,
    FeatureRetrieveParams,
    FeatureUpdateParams,
)

from webapp.billing.sandbox.engine import entitlements
from webapp.billing.sandbox.errors import missing
from webapp.billing.sandbox.routing import listing, route
from webapp.billing.sandbox.state import Document, State


@route("POST", "/v1/entitlements/features", FeatureCreateParams)
def create(state: State, params: dict[str, Any]) -> Document:
    return entitlements.create_feature(state, params)


@route("GET", "/v1/entitlements/features/{id}", FeatureRetrieveParams)
def retrieve(state: State, params: dict[str, Any], *, id: str) -> Document:
    return state.require("entitlements.feature", id)


@route("POST", "/v1/entitlements/features/{id}", FeatureUpdateParams)
def update(state: State, params: dict[str, Any], *, id: str) -> Document:
    return entitlements.update_feature(state, id, params)


@route("GET", "/v1/entitlements/features", FeatureListParams)
def list_all(state: State, params: dict[str, Any]) -> Document:
    same: dict[str, Any] = {"lookup_key": params["lookup_key"]} if "lookup_key" in params else {}
    if "archived" in params:
        same["active"] = not params["archived"]
    return listing(state.find("entitlements.feature", **same), params, url="/v1/entitlements/features")


@route("POST", "/v1/products/{id}/features", ProductFeatureCreateParams)
def attach(state: State, params: dict[str, Any], *, id: str) -> Document:
    return entitlements.attach_feature(state, id, params["entitlement_feature"])


@route("GET", "/v1/products/{id}/features", ProductFeatureListParams)
def list_of_product(state: State, params: dict[str, Any], *, id: str) -> Document:
    state.require("product", id)
    return listing(state.find("product_feature", _product=id), params, url=f"/v1/products/{id}/features")


@route("GET", "/v1/products/{id}/features/{feature}", ProductFeatureRetrieveParams)
def retrieve_of_product(state: State, params: dict[str, Any], *, id: str, feature: str) -> Document:
    found = state.require("product_feature", feature)
    if found["_product"] != id:
        raise missing("product_feature", feature)
    return found


@route("DELETE", "/v1/products/{id}/features/{feature}", ProductFeatureDeleteParams)
def detach(state: State, params: dict[str, Any], *, id: str, feature: str) -> Document:
    state.remove("product_feature", retrieve_of_product(state, params, id=id, feature=feature)["id"])
    return {"id": feature, "object": "product_feature", "deleted": True}


@route("GET", "/v1/entitlements/active_entitlements", ActiveEntitlementListParams)
def list_active(state: State, params: dict[str, Any]) -> Document:
    rows = entitlements.active(state, params["customer"])
    return listing(rows, params, url="/v1/entitlements/active_entitlements")
