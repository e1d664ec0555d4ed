"""Prices at Stripe: one for each lookup key on sale; a changed one is replaced, what is sold no longer is switched off.

An amount cannot be changed at Stripe. Who holds an old price keeps paying it and keeps the plan: the price keeps its
metadata, and our table its row (https://docs.stripe.com/products-prices/manage-prices).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from webapp.billing.plans import Plan, Price
from webapp.billing.setup.run import NEW, PAGE, Document, Found, Run, covers, key_of, money

LOOKUP_KEYS = 10
"""As many as one listing may ask for (https://docs.stripe.com/api/prices/list)."""


def push(run: Run, plan: Plan, product: Document, *, new: bool) -> list[str]:
    """Bring a plan's prices to what the file says. Return the ids of those on sale."""
    holders = _by_lookup_key(run, [price.lookup_key for price in plan.prices] + plan.retired)
    others = [] if new else _of_product(run, product["id"])
    run.remember(holders.values())
    run.remember(others)
    current = [_current(run, plan, product["id"], price, holders.get(price.lookup_key)) for price in plan.prices]
    old = {price["id"]: price for price in (*others, *holders.values()) if price["id"] not in current}
    for price in old.values():
        if price["active"]:
            _retire(run, price, plan.key, product, instead=current[0])
    return current


def retire_all(run: Run, product: Document) -> None:
    """Switch off every price of a product whose plan is not on sale."""
    found = _of_product(run, product["id"])
    run.remember(found)
    for price in found:
        if price["active"] and price["id"] != product.get("default_price"):  # Stripe keeps that one; its product goes
            _retire(run, price, product["metadata"].get("plan"), product, instead=None)


def _by_lookup_key(run: Run, keys: list[str]) -> dict[str, Document]:
    """Return the prices that lookup keys lead to, active or not."""
    api = run.gateway.client.v1.prices
    found: dict[str, Document] = {}
    for start in range(0, len(keys), LOOKUP_KEYS):
        asked = keys[start : start + LOOKUP_KEYS]
        listed = run.every(partial(api.list, {"lookup_keys": asked, "limit": PAGE}))
        found |= {price["lookup_key"]: price for price in listed}
    return found


def _of_product(run: Run, product: str) -> list[Document]:
    return run.every(lambda: run.gateway.client.v1.prices.list({"product": product, "limit": PAGE}))


def _current(run: Run, plan: Plan, product: str, price: Price, holder: Document | None) -> str:
    """Return the id of the price that the lookup key leads to from now on."""
    terms: dict[str, Any] = {
        "product": product,
        "currency": run.catalogue.currency,
        "unit_amount": price.amount,
        "recurring": {"interval": price.interval, "interval_count": 1},
    }
    what = f"price {price.lookup_key}: {money(price.amount, run.catalogue.currency)} a {price.interval}"
    standing: Any = {"active": True, "metadata": {"plan": plan.key}}
    if holder is None or not covers(holder, terms):
        return _create(run, what, price.lookup_key, terms | {"metadata": standing["metadata"]}, holder)
    price_id: str = holder["id"]
    if covers(holder, standing):
        run.unchanged(what)
    elif done := run.write("changed", what, lambda: run.gateway.client.v1.prices.update(price_id, standing)):
        run.remember([done])
    return price_id


def _create(run: Run, what: str, lookup_key: str, terms: dict[str, Any], holder: Document | None) -> str:
    """Make a price that takes the lookup key over. Two pushes at once make one: both replace the same holder."""
    params: Any = {**terms, "lookup_key": lookup_key, "transfer_lookup_key": True}
    options: Any = {"idempotency_key": key_of("price", params, holder["id"] if holder else None)}
    if holder:
        what += f", instead of {money(holder['unit_amount'], holder['currency'])}"
    done = run.write("created", what, lambda: run.gateway.client.v1.prices.create(params, options))
    if done is None:
        return NEW
    run.remember([done])
    return str(done["id"])


def _retire(run: Run, price: Document, plan_key: str | None, product: Document, *, instead: str | None) -> None:
    """Switch a price off. What holds it is left as it is."""
    v1, price_id = run.gateway.client.v1, price["id"]
    what = f"price {price['lookup_key'] or price_id}: {money(price['unit_amount'], price['currency'])}"
    off: Any = {"active": False}
    if plan_key and "plan" not in price["metadata"]:
        off["metadata"] = {"plan": plan_key}

    def do() -> Found:
        if instead and product.get("default_price") == price_id:
            v1.products.update(product["id"], {"default_price": instead})
        return v1.prices.update(price_id, off)

    if done := run.write("retired", what, do):
        run.remember([done])
