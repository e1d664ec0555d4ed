"""`expand`: ids replaced by their objects (https://docs.stripe.com/expand)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from webapp.billing.sandbox.errors import invalid
from webapp.billing.sandbox.state import Document, State

MOST_LEVELS = 4
Includable = Callable[[State, Document], Any]
INCLUDABLES: dict[tuple[str, str], Includable] = {}


def includable(kind: str, field: str) -> Callable[[Includable], Includable]:
    """Register how to find a field that objects of `kind` show only when it is expanded."""

    def register(find: Includable) -> Includable:
        INCLUDABLES[kind, field] = find
        return find

    return register


def expand(state: State, obj: Document, paths: list[str]) -> Document:
    """Replace what each path, such as `data.latest_invoice`, names. Errors: ApiError for what cannot be expanded."""
    for position, path in enumerate(paths):
        names = path.split(".")
        if len([name for name in names if name != "data"]) > MOST_LEVELS:
            raise invalid(f"You cannot expand more than {MOST_LEVELS} levels of a property", f"expand[{position}]")
        _expand(state, obj, names, path, f"expand[{position}]")
    return obj


def _expand(state: State, obj: Document, names: list[str], path: str, param: str) -> None:
    name, rest = names[0], names[1:]
    finder = INCLUDABLES.get((obj.get("object", ""), name))
    if finder is not None and name not in obj:
        obj[name] = finder(state, obj)
    if name not in obj:
        raise invalid(f"This property cannot be expanded ({path}).", param)
    value = obj[name]
    children = value if isinstance(value, list) else [value]
    found = [_object(state, child, name) for child in children]
    if value not in (None, []) and None in found:
        raise invalid(f"This property cannot be expanded ({path}).", param)
    if None not in found:
        obj[name] = found if isinstance(value, list) else found[0]
    for child in found:
        if rest and child is not None:
            _expand(state, child, rest, path, param)


def _object(state: State, value: Any, hint: str) -> Document | None:
    """Return what stands there already or what an id names, or None."""
    if isinstance(value, dict):
        return value
    return state.lookup(value, hint) if isinstance(value, str) else None
