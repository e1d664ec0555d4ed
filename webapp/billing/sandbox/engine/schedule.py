"""What an update plans for later: a cancellation, a pause of collecting."""

from __future__ import annotations

from typing import Any

from webapp.billing.sandbox.engine import subscriptions
from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.state import Document, State


def apply(state: State, after: Document, params: dict[str, Any]) -> None:
    """Take `cancel_at_period_end`, `cancel_at` and `pause_collection`. Errors: ApiError for an instant in the past."""
    if params.get("cancel_at") not in {None, ""} and params.get("cancel_at_period_end"):
        raise invalid("You may only specify one of these parameters: cancel_at, cancel_at_period_end.", "cancel_at")
    if "cancel_at_period_end" in params:
        end = subscriptions.current_end(after) if params["cancel_at_period_end"] else None
        plan_end(state, after, end, at_period_end=params["cancel_at_period_end"])
    if "cancel_at" in params:
        plan_end(state, after, _cancel_at(state, after, params["cancel_at"]), at_period_end=False)
    if "pause_collection" in params:
        pause = params["pause_collection"]
        if pause and pause.get("resumes_at", state.now + 1) <= state.now:
            raise invalid("`resumes_at` must be in the future.", "pause_collection[resumes_at]")
        after["pause_collection"] = {"resumes_at": None, **pause} if pause else None


def plan_end(state: State, after: Document, at: int | None, *, at_period_end: bool) -> None:
    """Plan the end of a subscription, or take the plan back with None."""
    details = after["cancellation_details"]
    asked_before = after["canceled_at"] if after["cancel_at"] is not None else None
    after.update(cancel_at=at, cancel_at_period_end=at_period_end)
    after["canceled_at"] = None if at is None else (asked_before or state.now)
    reason = None if at is None else "cancellation_requested"
    after["cancellation_details"] = {**details, "reason": reason}


def _cancel_at(state: State, after: Document, wanted: int | str) -> int | None:
    if wanted == "":
        return None
    ends: list[int] = [item["current_period_end"] for item in subscriptions.items(after)]
    if wanted in {"min_period_end", "max_period_end", "max_billed_until"}:
        return min(ends) if wanted == "min_period_end" else max(ends)
    if int(wanted) <= state.now:
        raise invalid("`cancel_at` must be in the future.", "cancel_at")
    return int(wanted)
