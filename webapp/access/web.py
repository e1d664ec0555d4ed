"""The gate in Flask: the visitor of a request, the guest's cookie, and what every page says of its reader."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, current_app, g, has_request_context, render_template, request
from markupsafe import Markup

from webapp.access.gate import Gate
from webapp.access.guests import COOKIE_SECONDS, Guests
from webapp.access.policy import Purpose
from webapp.access.sentences import PATH_SLOT, alarm
from webapp.access.visitor import Visitor
from webapp.billing.plans import FREE
from webapp.billing.service import entitlement_of
from webapp.core import clock
from webapp.core.net import LONGEST_PATH, own_path
from webapp.extensions import reader_logged_in, reader_registered, redis, settings
from webapp.metering.counts import Counts

PRIVATE = "private, no-store"


def init_app(app: Flask) -> None:
    """Build the gate of an application and hook it up."""
    site = app.extensions["settings"]
    guests = Guests(site.signing_keys(), site.network_soft_ceiling, site.network_hard_ceiling)
    counts = Counts(redis)
    app.extensions["counts"] = counts
    app.extensions["gate"] = Gate(
        redis, app.extensions["plans"], guests, counts, crawlers_read=site.crawler_rendition == "guest"
    )
    app.extensions["guest_cookie"] = f"{site.cookie_prefix}guest"
    app.extensions["session_cookie"] = f"{site.cookie_prefix}session"
    app.after_request(_send_guest_cookie)
    app.after_request(_keep_private)
    app.context_processor(_about_the_reader)
    reader_registered.connect(_merge_guest_into_new)
    reader_logged_in.connect(_merge_guest)


def gate() -> Gate:
    """The gate of the running application."""
    found: Gate = current_app.extensions["gate"]
    return found


def purpose() -> Purpose:
    """What the request is for: HEAD and prefetch only look."""
    if request.method != "GET" or "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return "look"
    return "read"


def current_visitor() -> Visitor:
    """Whoever sent the request, resolved once."""
    visitor: Visitor | None = g.get("visitor")
    if visitor is None:
        cookies = request.cookies
        extensions = current_app.extensions
        visitor = g.visitor = gate().visitor(
            session_cookie=cookies.get(extensions["session_cookie"]),
            guest_cookie=cookies.get(extensions["guest_cookie"]),
            user_agent=request.headers.get("User-Agent", ""),
            address=_address,
            welcome=_may_welcome(),
        )
    return visitor


def _may_welcome() -> bool:
    """Whether a newcomer may be given an identity: on pages for people, not for icons, probes and unknown addresses."""
    if purpose() != "read" or request.endpoint is None or g.get("turned_away"):
        return False
    return request.headers.get("Sec-Fetch-Dest", "document") == "document"


def turn_away() -> None:
    """Say that the answer will be an error page: it gives no identity, and counts for no network."""
    g.turned_away = True


def _address() -> str:
    return request.remote_addr or ""


def return_path() -> str:
    """Where a reader comes back to after a login begun on this page: the page, or where it would have led."""
    wanted = request.args.get("next")
    if wanted is not None or request.blueprint == "auth":
        return quote(own_path(wanted), safe="/")
    query = request.query_string.decode("utf-8", "replace")
    here = f"{request.path}?{query}" if query else request.path
    return quote(here if len(here) <= LONGEST_PATH else "/", safe="/")


def account_nav(path: str) -> Markup:
    """The part of the header that depends on the reader, for a page at `path` (quoted, so that it is safe: S704)."""
    visitor = current_visitor()
    return Markup(render_template("parts/account_nav.html", visitor=visitor).replace(PATH_SLOT, path))  # noqa: S704


def _about_the_reader() -> dict[str, object]:
    return {"account_nav": _LazyNav(), "banner": _LazyBanner()}


class _LazyNav:
    """The header's part, rendered only if the page prints it: a page's own value comes first."""

    def __html__(self) -> str:
        return str(account_nav(return_path()))


class _LazyBanner:
    """What must be told on every page: a payment that failed."""

    def __html__(self) -> str:
        unpaid = current_visitor().unpaid
        return render_template("parts/alarm.html", alarm=alarm(unpaid, clock.now())) if unpaid else ""


def _send_guest_cookie(response: Response) -> Response:
    visitor: Visitor | None = g.get("visitor")
    if visitor is not None and visitor.new_cookie:
        response.set_cookie(
            current_app.extensions["guest_cookie"],
            visitor.new_cookie,
            max_age=COOKIE_SECONDS,
            secure=settings().secure,
            httponly=True,
            samesite="Lax",
        )
    return response


def _keep_private(response: Response) -> Response:
    """Pages show who reads them, or set a cookie: no cache may keep them, unless a view says otherwise."""
    if response.mimetype == "text/html" and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = PRIVATE
    return response


def _merge_guest_into_new(_sender: object, user_id: int) -> None:
    """A reader registered, and has no plan yet: what was open as a guest in this browser stays open."""
    _merge(user_id, FREE)


def _merge_guest(_sender: object, user_id: int) -> None:
    """A reader logged in: what was open as a guest in this browser stays open."""
    if not g.get("guest_merged"):
        _merge(user_id, entitlement_of(user_id).plan.key)


def _merge(user_id: int, plan_key: str) -> None:
    if not has_request_context():
        return  # an account made by a command: there is no browser whose pages could move
    guest_cookie = request.cookies.get(current_app.extensions["guest_cookie"])
    gate().merge(guest_cookie, user_id, plan_key)
    g.guest_merged = True
