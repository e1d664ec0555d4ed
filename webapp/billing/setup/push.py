"""`plans.toml` to Stripe: products and the features they carry, then prices, coupons and the portal.

Everything is compared before it is written, so a push that stopped half-way is simply run again, and one more push
writes nothing. What is sold no longer is switched off and never taken from those who hold it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from webapp.billing import payments
from webapp.billing.plans import Plan, catalogue
from webapp.billing.setup import push_coupons, push_portal, push_prices
from webapp.billing.setup.run import PAGE, Document, Found, Line, PushFailed, Run, covers, explained
from webapp.core.errors import CodeshelfError
from webapp.extensions import settings

PRODUCT_PREFIX = "codeshelf_"
SECTION, TOOL = "section_", "tool_"


def push(tell: Callable[[Line], None], *, dry: bool = False) -> None:
    """Bring Stripe to what the catalogue says, telling of each thing. Commits. Errors: PushFailed."""
    try:
        run = Run(payments.gateway(), catalogue(), settings().site_url, dry, tell)
    except CodeshelfError as error:
        raise PushFailed(explained(error)) from error
    try:
        _push(run)
    except CodeshelfError as error:
        raise PushFailed(f"{run.doing}: {explained(error)}") from error


def _push(run: Run) -> None:
    push_coupons.refuse_shared_codes(run)
    products = run.every(lambda: run.gateway.client.v1.products.list({"limit": PAGE}))
    ours = {product["id"]: product for product in products if product["id"].startswith(PRODUCT_PREFIX)}
    features = _features(run)
    on_sale: dict[str, list[str]] = {}
    for plan in run.catalogue.on_sale():
        there = ours.pop(product_id(plan), None)
        product = _product(run, plan, there)
        on_sale[product["id"]] = push_prices.push(run, plan, product, new=there is None)
        _attach(run, plan, product["id"], features, new=there is None)
    for product in ours.values():
        _retire_product(run, product)
    push_coupons.push(run)
    push_portal.push(run, on_sale)


def product_id(plan: Plan) -> str:
    return f"{PRODUCT_PREFIX}{plan.key}"


def _product(run: Run, plan: Plan, there: Document | None) -> Document:
    products, own_id = run.gateway.client.v1.products, product_id(plan)
    wanted: Any = {"name": plan.name, "description": plan.summary, "active": True, "metadata": {"plan": plan.key}}
    what = f"product {own_id}"
    if there is None:
        given: Any = {"id": own_id, **{name: value for name, value in wanted.items() if value != ""}}
        return run.write("created", what, lambda: products.create(given)) or dict(given)
    if covers(there, wanted):
        run.unchanged(what)
        return there
    return run.write("changed", what, lambda: products.update(own_id, wanted)) or there


def _retire_product(run: Run, product: Document) -> None:
    """Switch off a product whose plan is not on sale, and its prices. Subscriptions to it go on."""
    products, own_id = run.gateway.client.v1.products, product["id"]
    push_prices.retire_all(run, product)
    if product["active"]:
        run.write("retired", f"product {own_id}", lambda: products.update(own_id, {"active": False}))


def _features(run: Run) -> dict[str, Document]:
    """Return all features by lookup key. Archived ones are listed apart, and their lookup keys stay taken."""
    features = run.gateway.client.v1.entitlements.features
    archived = run.every(lambda: features.list({"limit": PAGE, "archived": True}))
    current = run.every(lambda: features.list({"limit": PAGE}))
    return {feature["lookup_key"]: feature for feature in (*archived, *current)}


def _attach(run: Run, plan: Plan, product: str, features: dict[str, Document], *, new: bool) -> None:
    """Let the product carry one feature for each section and tool of the plan, and none of ours beside."""
    attached = run.gateway.client.v1.products.features
    there = [] if new else run.every(lambda: attached.list(product, {"limit": PAGE}))
    held = {one["entitlement_feature"]["lookup_key"]: one["id"] for one in there}
    wanted = [f"{SECTION}{key}" for key in sorted(plan.sections)] + [f"{TOOL}{key}" for key in plan.tools]
    for key in wanted:
        _feature(run, product, key, features, attached=key in held)
    for key in held:
        if key not in wanted and key.startswith((SECTION, TOOL)):
            run.write("retired", f"feature {key} of {product}", partial(attached.delete, product, held[key]))


def _feature(run: Run, product: str, key: str, features: dict[str, Document], *, attached: bool) -> None:
    """Make the feature if there is none, bring it back if it was archived, and attach it."""
    v1, there = run.gateway.client.v1, features.get(key)

    def make() -> Found:
        if there is None:
            name = key.replace("_", ": ", 1).replace("_", " ")
            feature = v1.entitlements.features.create({"lookup_key": key, "name": name})
        else:
            feature = v1.entitlements.features.update(there["id"], {"active": True})
        features[key] = feature.to_dict()
        return feature if attached else attach()

    def attach() -> Found:
        return v1.products.features.create(product, {"entitlement_feature": features[key]["id"]})

    usable = there is not None and there["active"]
    what = f"feature {key} of {product}"
    if attached and usable:
        run.unchanged(what)
    else:
        run.write("changed" if attached else "created", what, attach if usable else make)
