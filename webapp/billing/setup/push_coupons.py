"""Coupons and the promotion codes that lead to them.

What a coupon gives cannot be changed at Stripe, so its terms are part of its id: changed terms make another coupon, and
the codes move there. Neither coupons nor codes are deleted: who has redeemed one keeps it.
"""

from __future__ import annotations

from typing import Any

from webapp.billing.plans import Coupon
from webapp.billing.setup.run import PAGE, Document, PushFailed, Run, covers, key_of

PREFIX = "codeshelf_"


def refuse_shared_codes(run: Run) -> None:
    """Errors: PushFailed if two coupons share a code."""
    seen: dict[str, str] = {}
    for name, coupon in run.catalogue.coupons.items():
        for code in coupon.codes:
            if seen.setdefault(code, name) != name:
                raise PushFailed(f"plans file: coupons.{seen[code]} and coupons.{name} share the code {code}.")


def push(run: Run) -> None:
    """Bring coupons and codes to what the file says: first close what is over, so that its codes are free again."""
    found = run.every(lambda: run.gateway.client.v1.coupons.list({"limit": PAGE}))
    there = {coupon["id"]: coupon for coupon in found if coupon["id"].startswith(PREFIX)}
    wanted = {
        coupon_id(name, coupon, run.catalogue.currency): (name, coupon)
        for name, coupon in run.catalogue.coupons.items()
    }
    codes = {coupon: _codes(run, coupon) for coupon in there}
    for own_id, rows in codes.items():
        open_ones = wanted[own_id][1].codes if own_id in wanted else []
        for row in rows:
            if row["active"] and row["code"] not in open_ones:
                _set_code(run, row, active=False)
    for own_id, (name, coupon) in wanted.items():
        _coupon(run, own_id, name, coupon, there.get(own_id))
        for code in coupon.codes:
            _code(run, own_id, code, [row for row in codes.get(own_id, []) if row["code"] == code])


def coupon_id(name: str, coupon: Coupon, currency: str) -> str:
    """Return an id that says what the coupon gives, as in `codeshelf_welcome_20pct_once`."""
    if coupon.percent_off is not None:
        off = f"{coupon.percent_off:g}pct".replace(".", "-")
    else:
        off = f"{coupon.amount_off}{currency}"
    return f"{PREFIX}{name}_{off}_{coupon.duration}{coupon.months or ''}"


def _coupon(run: Run, own_id: str, name: str, coupon: Coupon, there: Document | None) -> None:
    api, what, shown = run.gateway.client.v1.coupons, f"coupon {own_id}", name.replace("_", " ").capitalize()[:40]
    if there is None:
        params: Any = {"id": own_id, "name": shown, "duration": coupon.duration, "metadata": {"codeshelf": name}}
        if coupon.percent_off is not None:
            params["percent_off"] = coupon.percent_off
        else:
            params |= {"amount_off": coupon.amount_off, "currency": run.catalogue.currency}
        if coupon.months is not None:
            params["duration_in_months"] = coupon.months
        run.write("created", what, lambda: api.create(params))
    elif covers(there, {"name": shown}):
        run.unchanged(what)
    else:
        run.write("changed", what, lambda: api.update(own_id, {"name": shown}))


def _codes(run: Run, coupon: str) -> list[Document]:
    return run.every(lambda: run.gateway.client.v1.promotion_codes.list({"coupon": coupon, "limit": PAGE}))


def _code(run: Run, coupon: str, code: str, there: list[Document]) -> None:
    what = f"promotion code {code}"
    if any(row["active"] for row in there):
        run.unchanged(what)
    elif there:
        _set_code(run, there[0], active=True)
    else:
        params: Any = {"promotion": {"type": "coupon", "coupon": coupon}, "code": code}
        options: Any = {"idempotency_key": key_of("code", params)}
        run.write("created", what, lambda: run.gateway.client.v1.promotion_codes.create(params, options))


def _set_code(run: Run, row: Document, *, active: bool) -> None:
    api, what = run.gateway.client.v1.promotion_codes, f"promotion code {row['code']}"
    run.write("changed" if active else "retired", what, lambda: api.update(row["id"], {"active": active}))
