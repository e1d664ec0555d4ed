"""The table of /v1 routes, and what handlers of lists share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from webapp.billing.sandbox.errors import ApiError, missing
from webapp.billing.sandbox.state import Document

Method = Literal["GET", "POST", "DELETE"]
Handler = Callable[..., Document]
DEFAULT_LIMIT = 10
LARGEST_LIMIT = 100


class Route(NamedTuple):
    """One method and path. `segments` in braces are arguments; `params` is a TypedDict of the library, or None."""

    method: str
    segments: tuple[str, ...]
    params: type | None
    handler: Handler


ROUTES: list[Route] = []


def route(method: Method, path: str, params: type | None = None) -> Callable[[Handler], Handler]:
    """Register `handler(state, params, **path arguments)`, which returns a document.

    Before it runs, what is due has been done and `params` have been checked and made ints, bools, lists and dicts; a
    parameter that was not sent is not in them. `expand` is done afterwards by the router, which also leaves out
    fields whose names begin with an underscore. An ApiError with `keep` commits what was written before it.
    """

    def register(handler: Handler) -> Handler:
        ROUTES.append(Route(method, tuple(path.strip("/").split("/")), params, handler))
        return handler

    return register


def match(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Return the route and its path's arguments; a literal segment goes before an argument. Errors: ApiError 404."""
    parts = tuple(path.strip("/").split("/"))
    found = [
        (sum(segment.startswith("{") for segment in route.segments), route)
        for route in ROUTES
        if route.method == method and len(route.segments) == len(parts) and _fits(route.segments, parts)
    ]
    if not found:
        raise ApiError(
            f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
            "https://support.stripe.com/.",
            status=404,
        )
    best = min(found, key=lambda pair: pair[0])[1]
    arguments = {name[1:-1]: part for name, part in zip(best.segments, parts, strict=True) if name.startswith("{")}
    return best, arguments


def _fits(segments: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    return all(part and (name == part or name.startswith("{")) for name, part in zip(segments, parts, strict=True))


def listing(rows: list[Document], params: dict[str, Any], *, url: str) -> Document:
    """Return one page of `rows` (newest first) as Stripe pages: limit, starting_after, ending_before.

    Errors: ApiError for a limit out of 1–100 or a cursor that is not among the rows.
    """
    limit = params.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= LARGEST_LIMIT:
        bound = f"less than or equal to {LARGEST_LIMIT}" if limit > LARGEST_LIMIT else "greater than or equal to 1"
        raise ApiError(f"This value must be {bound}.", code="parameter_invalid_integer", param="limit")
    if "ending_before" in params:
        before = rows[: _position(rows, params, "ending_before")]
        page, more = before[-limit:], len(before) > limit
    else:
        after = rows[_position(rows, params, "starting_after") + 1 :] if "starting_after" in params else rows
        page, more = after[:limit], len(after) > limit
    return {"object": "list", "data": page, "has_more": more, "url": url}


def _position(rows: list[Document], params: dict[str, Any], cursor: str) -> int:
    for position, row in enumerate(rows):
        if row["id"] == params[cursor]:
            return position
    raise missing(rows[0]["object"] if rows else "object", params[cursor], cursor)


def in_range(value: int | None, wanted: int | dict[str, int] | None) -> bool:
    """Whether a timestamp fits a filter such as `created`: an instant, or any of gt, gte, lt, lte. None fits all."""
    if wanted is None:
        return True
    if value is None:
        return False
    if isinstance(wanted, int):
        return value == wanted
    return (
        value > wanted.get("gt", value - 1)
        and value >= wanted.get("gte", value)
        and value < wanted.get("lt", value + 1)
        and value <= wanted.get("lte", value)
    )
