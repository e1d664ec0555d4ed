"""The limits of metadata (https://docs.stripe.com/metadata#data)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from webapp.billing.sandbox.errors import invalid

MOST_KEYS = 50
LONGEST_KEY = 40
LONGEST_VALUE = 500


def check(params: dict[str, Any]) -> None:
    """Check all metadata within `params`. Errors: ApiError 400."""
    for param, values in _found(params, ""):
        _check(values, param)


def _found(value: Any, param: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Find the metadata, at any depth."""
    children = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for name, child in children:
        inside = f"{param}[{name}]" if param else str(name)
        if name == "metadata" and isinstance(child, dict):
            yield inside, child
        else:
            yield from _found(child, inside)


def _check(values: dict[str, str], param: str) -> None:
    if len(values) > MOST_KEYS:
        raise invalid(f"Metadata can have up to {MOST_KEYS} keys, but you passed in {len(values)}.", param)
    for name, value in values.items():
        if len(name) > LONGEST_KEY:
            message = (
                f"Metadata keys can have up to {LONGEST_KEY} characters, but you passed in a key that is "
                f"{len(name)} characters. Invalid key: {name}"
            )
            raise invalid(message, param)
        if len(value) > LONGEST_VALUE:
            message = (
                f"Metadata values can have up to {LONGEST_VALUE} characters, but you passed in a value that "
                f"is {len(value)} characters. Invalid value: {value}"
            )
            raise invalid(message, f"{param}[{name}]")
