"""/v1/tax: how Stripe Tax is set up. The sandbox works out no tax; a test may put another setting into the state."""

from __future__ import annotations

from typing import Any

from stripe.params.tax import RegistrationListParams, SettingsRetrieveParams

from webapp.billing.sandbox.routing import listing, route
from webapp.billing.sandbox.state import Document, State

KIND = "tax.settings"


@route("GET", "/v1/tax/settings", SettingsRetrieveParams)
def retrieve_settings(state: State, params: dict[str, Any]) -> Document:
    return state.get(KIND, KIND) or {
        "object": KIND,
        "defaults": {"provider": "stripe", "tax_behavior": "exclusive", "tax_code": None},
        "head_office": {"address": {"country": "US", "state": "CA"}},
        "livemode": False,
        "status": "active",
        "status_details": {"active": {}},
    }


@route("GET", "/v1/tax/registrations", RegistrationListParams)
def list_registrations(state: State, params: dict[str, Any]) -> Document:
    wanted = params.get("status", "all")
    rows = [row for row in state.find("tax.registration") if wanted in {"all", row["status"]}]
    return listing(rows, params, url="/v1/tax/registrations")
