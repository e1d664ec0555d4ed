"""Checks decoded parameters against the library's own TypedDicts and makes ints, bools and lists of strings.

The messages and codes are Stripe's (https://docs.stripe.com/error-codes). The library writes an enumeration as
`Literal[…] | str`, since values may be added to later versions; Stripe itself refuses a value it does not know.
"""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import get_type_hints, is_typeddict

from webapp.billing.sandbox import metadata
from webapp.billing.sandbox.errors import ApiError, invalid

LONGEST_TEXT = 5000
INTEGER = re.compile(r"-?\d{1,18}\Z", re.ASCII)


class Shape(NamedTuple):
    """What a TypedDict allows."""

    fields: dict[str, Any]
    required: frozenset[str]


@cache
def shape(typed: type) -> Shape:
    """Return the parameters that a TypedDict of the library knows, without the options of a request."""
    own = vars(sys.modules[typed.__module__])
    hints = get_type_hints(typed, own, {"StripeContext": object, "Mapping": Mapping})  # of the options, left out below
    options = RequestOptions.__annotations__
    fields = {name: hint for name, hint in hints.items() if name not in options}
    return Shape(fields, frozenset(typed.__required_keys__))  # type: ignore[attr-defined]  # a TypedDict has it


def checked(params: dict[str, Any], typed: type | None) -> dict[str, Any]:
    """Return `params` with their values as Python has them. None: only `expand` is known. Errors: ApiError 400."""
    known = shape(typed) if typed else Shape({"expand": list[str]}, frozenset())
    done = _object(params, known, "")
    metadata.check(done)
    return done


def _object(value: Any, known: Shape, param: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid("Invalid object", param)
    strange = [_inside(param, name) for name in value if name not in known.fields]
    if strange:
        plural = "s" if len(strange) > 1 else ""
        message = f"Received unknown parameter{plural}: {', '.join(strange)}"
        raise invalid(message, strange[0], "parameter_unknown")
    for name in sorted(known.required - value.keys()):
        missing = _inside(param, name)
        raise invalid(f"Missing required param: {missing}.", missing, "parameter_missing")
    return {name: _value(child, known.fields[name], _inside(param, name)) for name, child in value.items()}


def _inside(param: str, name: str | int) -> str:
    return f"{param}[{name}]" if param else str(name)


def _value(value: Any, hint: Any, param: str) -> Any:
    """Return `value` as `hint` asks. A union is tried narrowest first: empty, enumeration, container, bare."""
    members = list(_members(hint))
    if value == "" and any(get_origin(member) is Literal and "" in get_args(member) for member in members):
        return ""
    choices = [choice for member in members if get_origin(member) is Literal for choice in get_args(member) if choice]
    if value in choices:
        return value
    others = [member for member in members if get_origin(member) is not Literal]
    if choices and all(member is str for member in others):
        raise _not_a_choice(value, choices, param)
    if not others:
        raise _not_a_choice(value, choices, param)
    fitting = [member for member in others if _is_group(member) is not isinstance(value, str)]
    return _bare(value, (fitting or others)[0], param)


def _is_group(kind: Any) -> bool:
    return is_typeddict(kind) or get_origin(kind) in {list, dict}


def _members(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in {Union, types.UnionType}:
        for member in get_args(hint):
            yield from _members(member)
    elif get_origin(hint) is not UntypedStripeObject and hint is not type(None):
        yield hint


def _bare(value: Any, kind: Any, param: str) -> Any:
    """Return `value` as one type that is no union and no enumeration."""
    if is_typeddict(kind):
        return _object(value, shape(kind), param)
    if get_origin(kind) is list:
        return _list(value, get_args(kind)[0], param)
    if get_origin(kind) is dict:
        return _mapping(value, get_args(kind)[1], param)
    if not isinstance(value, str):
        raise invalid(f"Invalid {'string' if kind is str else kind.__name__}: {value}", param)
    _refuse_empty(value, param)
    return SCALARS[kind](value, param)


def _list(value: Any, item: Any, param: str) -> list[Any]:
    if value == "":
        return []
    if not isinstance(value, list):
        raise invalid("Invalid array", param)
    return [_value(child, item, _inside(param, position)) for position, child in enumerate(value)]


def _mapping(value: Any, item: Any, param: str) -> dict[str, Any]:
    if isinstance(value, list):  # its keys were all figures
        value = {str(position): child for position, child in enumerate(value)}
    if not isinstance(value, dict):
        raise invalid("Invalid object", param)
    if param.endswith(("metadata", "metadata]")):
        return {name: _text_or_empty(child, _inside(param, name)) for name, child in value.items()}
    return {name: _value(child, item, _inside(param, name)) for name, child in value.items()}


def _text_or_empty(value: Any, param: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"Invalid string: {value}", param)
    return value


def _integer(value: str, param: str) -> int:
    if not INTEGER.match(value):
        raise invalid(f"Invalid integer: {value}", param, "parameter_invalid_integer")
    return int(value)


def _boolean(value: str, param: str) -> bool:
    if value not in {"true", "false"}:
        raise invalid(f"Invalid boolean: {value}", param)
    return value == "true"


def _decimal(value: str, param: str) -> str:
    """Return a decimal as it was written, which is how Stripe's objects show it."""
    try:
        Decimal(value)
    except InvalidOperation:
        raise invalid(f"Invalid decimal: {value}", param) from None
    return value


def _float(value: str, param: str) -> float:
    return float(_decimal(value, param))


def _text(value: str, param: str) -> str:
    if len(value) > LONGEST_TEXT:
        message = f"Invalid string: {value[:20]}…; must be at most {LONGEST_TEXT} characters"
        raise invalid(message, param, "parameter_invalid_string_length")
    return value


SCALARS = {int: _integer, bool: _boolean, Decimal: _decimal, float: _float, str: _text}


def _refuse_empty(value: Any, param: str) -> None:
    if value == "":
        message = (
            f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{param}' cannot be unset. You should remove '{param}' from your request or supply a non-empty "
            "value."
        )
        raise invalid(message, param, "parameter_invalid_empty")


def _not_a_choice(value: Any, choices: list[str], param: str) -> ApiError:
    _refuse_empty(value, param)
    words = ", ".join(choices[:-1]) + f", or {choices[-1]}" if len(choices) > 1 else choices[0]
    return invalid(f"Invalid {param}: must be {'one of ' if len(choices) > 1 else ''}{words}", param)
