"""What every kind of document needs: lists, metadata, and what changed between two versions."""

from __future__ import annotations

import copy
from typing import Any

from webapp.billing.sandbox.state import Document, State


def list_of(rows: list[Document], url: str) -> Document:
    """Return a whole list that is embedded in another document."""
    return {"object": "list", "data": rows, "has_more": False, "total_count": len(rows), "url": url}


def metadata_after(current: dict[str, str] | None, given: dict[str, str] | str | None) -> dict[str, str]:
    """Merge metadata as Stripe does: an empty value removes its key, an empty string removes all."""
    if given == "":
        return {}
    if given is None or isinstance(given, str):
        return dict(current or {})
    merged = {**(current or {}), **given}
    return {name: str(value) for name, value in merged.items() if value != ""}


def differences(before: Document, after: Document) -> Document:
    """Return `previous_attributes`: the old values of what changed, nested in hashes, whole for lists."""
    previous: Document = {}
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if name.startswith("_") or old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            nested = differences(old, new)
            if nested:
                previous[name] = nested
        else:
            previous[name] = copy.deepcopy(old)
    return previous


def save_change(state: State, type: str, before: Document, after: Document) -> Document:
    """Write `after`; emit `type` with what changed, unless nothing that Stripe shows did."""
    state.put(after)
    previous = differences(before, after)
    if previous:
        state.emit(type, after, previous)
    return after


def assign(document: Document, params: dict[str, Any], *names: str) -> None:
    """Copy the named parameters that were sent; an empty string clears the field."""
    for name in names:
        if name in params:
            document[name] = None if params[name] == "" else params[name]
