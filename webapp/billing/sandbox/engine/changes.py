"""What an update of a subscription would do: worked out without writing anything, for updates and previews alike.

https://docs.stripe.com/billing/subscriptions/change-price: within a period prices are prorated; a price of another
interval, a reset anchor or the end of a trial begins a new period, which is invoiced at once.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

from webapp.billing.sandbox.engine import lines, proration, schedule, subscriptions
from webapp.billing.sandbox.engine.creation import apply_options
from webapp.billing.sandbox.engine.lines import Line
from webapp.billing.sandbox.engine.periods import period_end
from webapp.billing.sandbox.errors import invalid, missing
from webapp.billing.sandbox.state import Document, State


class Change(NamedTuple):
    """The subscription afterwards and the lines it costs. `immediate`: they are invoiced now, not later."""

    after: Document
    lines: list[Line]
    immediate: bool


def plan(state: State, before: Document, params: dict[str, Any]) -> Change:
    """Work out an update. Errors: ApiError for what cannot be done."""
    after = copy.deepcopy(before)
    apply_options(state, after, params)
    _set_items(state, after, params.get("items", []))
    schedule.apply(state, after, params)
    behavior = params.get("proration_behavior", "create_prorations")
    at = _proration_date(state, before, params)
    was_trial = before["status"] == "trialing"
    trial_end = _trial_end(state, before, params)
    if trial_end is not None and trial_end > state.now:
        rows = [] if was_trial or behavior == "none" else proration.unused_time(state, before, at)
        _put_on_trial(state, before, after, trial_end)
        return Change(after, rows, False)
    if before["status"] == "paused":
        return Change(after, [], False)
    if was_trial or _reset(params) or _intervals(before) != _intervals(after):
        credit = [] if was_trial or behavior == "none" else proration.unused_time(state, before, at)
        return Change(after, [*credit, *_new_period(state, after)], True)
    rows = [] if behavior == "none" else _within_period(state, before, after, at)
    return Change(after, rows, behavior == "always_invoice" and bool(rows))


def _set_items(state: State, after: Document, rows: list[dict[str, Any]]) -> None:
    items = subscriptions.items(after)
    for row in rows:
        if "id" not in row:
            price = subscriptions.price_for(state, row)
            start, end = subscriptions.current_start(after), subscriptions.current_end(after)
            items.append(subscriptions.new_item(state, after["id"], row, price, start, end))
            continue
        item = next((item for item in items if item["id"] == row["id"]), None)
        if item is None:
            raise missing("subscription_item", row["id"], "items[0][id]")
        if row.get("deleted"):
            items.remove(item)
        else:
            subscriptions.change_item(state, item, row)
    ids = [item["price"]["id"] for item in items]
    if len(set(ids)) < len(ids):
        raise invalid("Cannot add multiple subscription items with the same price.", "items")
    if not items:
        raise invalid("A subscription must have at least one active item.", "items")
    if any(item["price"]["currency"] != after["currency"] for item in items):
        raise invalid(f"The price's currency must be the subscription's: {after['currency']}.", "items[0][price]")
    after["items"]["total_count"] = len(items)


def _proration_date(state: State, before: Document, params: dict[str, Any]) -> int:
    at: int = params.get("proration_date", state.now)
    if not subscriptions.current_start(before) <= at <= max(subscriptions.current_end(before), state.now):
        raise invalid("Cannot specify a proration date outside of the current period.", "proration_date")
    return at


def _trial_end(state: State, before: Document, params: dict[str, Any]) -> int | None:
    wanted = params.get("trial_end")
    if wanted == "now":
        return None
    if wanted is None:
        current: int | None = before["trial_end"] if before["status"] == "trialing" else None
        return current
    if wanted <= state.now:
        raise invalid("trial_end must be an integer Unix timestamp in the future.", "trial_end")
    return int(wanted)


def _put_on_trial(state: State, before: Document, after: Document, trial_end: int) -> None:
    if before["status"] != "trialing":
        after.update(status="trialing", trial_start=state.now)
    start = subscriptions.current_start(before) if before["status"] == "trialing" else state.now
    after.update(trial_end=trial_end, billing_cycle_anchor=trial_end)
    for item in subscriptions.items(after):
        subscriptions.set_period(item, start, trial_end)


def _reset(params: dict[str, Any]) -> bool:
    return bool(params.get("billing_cycle_anchor", {}).get("type") == "now")


def _intervals(subscription: Document) -> set[tuple[str, int]]:
    recurring = [item["price"]["recurring"] for item in subscriptions.items(subscription)]
    return {(one["interval"], one["interval_count"]) for one in recurring}


def _new_period(state: State, after: Document) -> list[Line]:
    """Begin a new period in `after`; return its lines."""
    if after["status"] == "trialing":
        after.update(status="active", trial_end=state.now)
    after["billing_cycle_anchor"] = state.now
    rows = []
    for item in subscriptions.items(after):
        end = period_end(state.now, state.now, item["price"]["recurring"])
        subscriptions.set_period(item, state.now, end)
        rows.append(lines.period_line(state, after, item, state.now, end))
    if after["cancel_at_period_end"]:
        after["cancel_at"] = subscriptions.current_end(after)
    return rows


def _within_period(state: State, before: Document, after: Document, at: int) -> list[Line]:
    """Return credits for what is gone or changed and charges for what is new or changed."""
    old = {item["id"]: item for item in subscriptions.items(before)}
    new = {item["id"]: item for item in subscriptions.items(after)}

    def terms(item: Document | None) -> tuple[str, int] | None:
        return (item["price"]["id"], item["quantity"]) if item else None

    gone = [item for id_, item in old.items() if terms(item) != terms(new.get(id_))]
    come = [item for id_, item in new.items() if terms(item) != terms(old.get(id_))]
    return [*proration.unused_time(state, before, at, gone), *proration.remaining_time(state, after, at, come)]
