"""Stripe's form encoding: `items[0][price]=price_1&expand[]=customer` as nested dicts and lists."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from webapp.billing.sandbox.errors import invalid

MOST_LEVELS = 10
KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")


def decode(text: str) -> dict[str, Any]:
    """Return the nested parameters of a body or query. Leaves are strings; `a[]` and `a[0]` make lists.

    Errors: ApiError for a key that cannot be read or that is both a value and a group.
    """
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        found = KEY.match(key)
        if found is None:
            raise invalid(f"Invalid request (check that your POST content type is correct): {key}", key)
        parts = [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])]
        if len(parts) > MOST_LEVELS:
            raise invalid(f"Parameter is nested too deeply: {key}", key)
        _put(tree, parts, value, key)
    return {name: _lists(value) for name, value in tree.items()}


def _put(tree: dict[str, Any], parts: list[str], value: str, key: str) -> None:
    """Write one value. Until the end lists are dicts by position, since positions may come in any order."""
    for part in parts[:-1]:
        tree = tree.setdefault(_name(tree, part), {})
        if not isinstance(tree, dict):
            raise invalid(f"Invalid object: {key} is given as a value and as a group", key)
    name = _name(tree, parts[-1])
    if isinstance(tree.get(name), dict):
        raise invalid(f"Invalid object: {key} is given as a value and as a group", key)
    tree[name] = value


def _name(tree: dict[str, Any], part: str) -> str:
    return part or str(len(tree))


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    children = {name: _lists(child) for name, child in value.items()}
    if children and all(name.isdecimal() for name in children):
        return [children[name] for name in sorted(children, key=int)]
    return children
