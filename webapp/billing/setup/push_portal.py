"""What readers may do in Stripe's portal: one configuration, found again by its metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.billing.payments import PORTAL_MARK
from webapp.billing.setup.run import PAGE, Document, Run, covers, digest, key_of

TERMS = "codeshelf_terms"
"""Metadata with a digest of what was asked for: Stripe's answers may leave out the products on offer."""
REASONS = [
    "too_expensive",
    "missing_features",
    "switched_service",
    "unused",
    "customer_service",
    "too_complex",
    "low_quality",
    "other",
]


def push(run: Run, on_sale: Mapping[str, list[str]]) -> None:
    """Make the configuration or change it. `on_sale`: the prices of each product, by id."""
    api = run.gateway.client.v1.billing_portal.configurations
    there, what = find(run), "portal configuration"
    terms = wanted(on_sale, run.site_url, tax=run.catalogue.billing.automatic_tax)
    params: Any = {**terms, "metadata": PORTAL_MARK | {TERMS: digest(terms)}}
    again: Any = {**params, "active": True}
    if there is None:
        options: Any = {"idempotency_key": key_of("portal", params)}
        run.write("created", what, lambda: api.create(params, options))
    elif covers(there, _comparable(again)):
        run.unchanged(what)
    else:
        run.write("changed", what, lambda: api.update(there["id"], again))


def find(run: Run) -> Document | None:
    """Return our configuration, the oldest if there are several; also one that was switched off."""
    listed = run.every(lambda: run.gateway.client.v1.billing_portal.configurations.list({"limit": PAGE}))
    ours = [one for one in listed if covers(one["metadata"] or {}, PORTAL_MARK)]
    return min(ours, key=lambda one: (not one["active"], one["created"]), default=None)


def wanted(on_sale: Mapping[str, list[str]], site_url: str, *, tax: bool) -> dict[str, Any]:
    """Return the configuration as ConfigurationCreateParams. The e-mail address is changed on our side only."""
    change: dict[str, Any] = {"enabled": bool(on_sale)}
    if on_sale:
        change["default_allowed_updates"] = ["price"]
        change["products"] = [{"product": product, "prices": sorted(ids)} for product, ids in sorted(on_sale.items())]
        change["proration_behavior"] = "always_invoice"
    terms: dict[str, Any] = {
        "features": {
            "customer_update": {"enabled": True, "allowed_updates": ["address", "tax_id"] if tax else ["address"]},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {
                "enabled": True,
                "mode": "at_period_end",
                "cancellation_reason": {"enabled": True, "options": REASONS},
            },
            "subscription_update": change,
        }
    }
    if site_url:  # pages at a machine's own address are nothing to link to from Stripe
        links = {"privacy_policy_url": f"{site_url}/privacy", "terms_of_service_url": f"{site_url}/terms"}
        terms["business_profile"] = links
    return terms


def _comparable(params: dict[str, Any]) -> dict[str, Any]:
    """Return `params` without the products, which Stripe tells in another shape or not at all: the digest has them."""
    change = {name: value for name, value in params["features"]["subscription_update"].items() if name != "products"}
    return {**params, "features": {**params["features"], "subscription_update": change}}
