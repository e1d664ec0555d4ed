"""What the owner of a Stripe account sets in the Dashboard, and where the sandbox's pages are."""

from __future__ import annotations

from webapp.billing.sandbox.state import Document, State

KIND, ID = "_settings", "_settings"
DEFAULTS: Document = {
    "dunning_end": "cancel",
    "base_url": "http://127.0.0.1",
    "account_name": "Sandbox",
    "account_country": "US",
}


def read(state: State) -> Document:
    """Return all settings: `dunning_end` says what becomes of a subscription whose last retry fails."""
    return {**DEFAULTS, **(state.get(KIND, ID) or {})}


def save(state: State, **changes: str) -> Document:
    """Change some settings and return all."""
    unknown = set(changes) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
    if changes.get("dunning_end", "cancel") not in {"cancel", "unpaid", "leave"}:
        raise ValueError("dunning_end is cancel, unpaid or leave")
    return state.put({**read(state), **changes, "id": ID, "object": KIND})


def url(state: State, path: str) -> str:
    """Return the address of one of the sandbox's pages."""
    return f"{read(state)['base_url']}{path}"
