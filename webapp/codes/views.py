"""Pages of the catalogue: systems, codes, search."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, current_app, redirect, render_template, request

from webapp.access.policy import Admission
from webapp.access.sentences import PATH_SLOT, wall
from webapp.access.visitor import Visitor
from webapp.access.web import PRIVATE, current_visitor, gate, purpose, return_path, turn_away
from webapp.billing.plans import catalogue
from webapp.codes import browse, finding, search, service, standing, telling
from webapp.codes.pages import CodePages, path_of
from webapp.core import clock
from webapp.core.errors import BadInput, NotFound

blueprint = Blueprint("codes", __name__)

LONGEST_KEY = 40
PERSONAL = (("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", PRIVATE))


@blueprint.get("/codes/<system>/<key>")
def code_page(system: str, key: str) -> Response:
    """A code page: what is asked for, who asks, whether they may, the page. `?on=2025-03-01`: as of that day."""
    pages: CodePages = current_app.extensions["code_pages"]
    day = _asked_day()
    target = pages.target(system, key) if day is None else pages.target_on(system, key, day)
    if target is None:
        return _elsewhere(system, key)
    visitor, asked_for = current_visitor(), purpose()
    admission = gate().admit(visitor, target, asked_for) if day is None or _may(visitor) else _not_as_of(visitor)
    try:
        page = pages.page(system, key, admission, day)
        body = pages.html(page, path_of(system, key), visitor, admission)
    except LookupError:  # a release without this code was loaded just now
        gate().refund(visitor, target, admission)
        return _elsewhere(system, key)
    except BaseException:
        gate().refund(visitor, target, admission)
        raise
    if asked_for == "read":
        gate().count(admission)
        if page.licensed and request.method == "GET":
            current_app.extensions["royalty"].record(page.licensed, visitor.subject)
    # A browser that fetches ahead keeps what came with 200: a preview must not stand for the page later.
    status = 402 if admission.reason == "look" and request.method == "GET" else admission.status
    return Response(body, status, PERSONAL)


def _asked_day() -> date | None:
    """Return the day that a page is asked for as of, None for today. Errors: BadInput."""
    text = request.args.get("on", "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"“{text[:20]}” is no day: write it as in 2025-03-01.") from None


def _may(visitor: Visitor) -> bool:
    return "as_of" in visitor.plan.features


def _not_as_of(visitor: Visitor) -> Admission:
    """The preview, which costs no view; machines get it without the wall."""
    return Admission(False, "bot" if visitor.bot else "as of", visitor.plan)


def _elsewhere(system: str, key: str) -> Response:
    """Lead another spelling to its code; tell what is near an unknown one."""
    turn_away()
    info = service.system(system)
    if info is None:
        raise NotFound(f"There is no code system “{system[:LONGEST_KEY]}” here.")
    found = service.resolve(system, key)
    if found is not None:
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        return redirect(path_of(system, found.key) + query, 301)  # type: ignore[return-value]  # one Response class
    near = browse.nearest(system, key)
    page = render_template("codes/unknown.html", text=key[:LONGEST_KEY], system=info, nearest=near)
    return Response(page, 404, content_type="text/html; charset=utf-8")


@blueprint.get("/codes/")
def systems() -> str:
    """All code systems."""
    return render_template("codes/systems.html", systems=service.systems())


@blueprint.get("/codes/<system>/")
def system_page(system: str) -> str:
    """A code system with its chapters."""
    info = service.system(system)
    if info is None:
        raise NotFound(f"There is no code system “{system[:LONGEST_KEY]}” here.")
    return render_template("codes/system.html", system=info, chapters=browse.chapters(system))


@blueprint.get("/search")
def search_page() -> str:
    """Codes found by number or words: titles only, never locked text. `?on=2025-03-01`: as of that day, by plan.

    Errors: NotBuilt while there is nothing to search in.
    """
    query = request.args.get("q", "")[: search.LONGEST_QUERY]
    system = request.args.get("system") or None
    if system is not None and service.system(system) is None:
        system = None
    page = max(1, min(request.args.get("page", 1, type=int), 100))
    asked, visitor = _asked_day(), current_visitor()
    on = asked if _may(visitor) else None
    show_terms = telling.shows_terms(visitor)
    results = finding.find(query, system, page, on=on, show_terms=show_terms) if query.strip() else None
    return render_template(
        "codes/search.html",
        query=query,
        system=system,
        systems=service.systems(),
        on=on,
        offer=wall(Admission(False, "as of", visitor.plan), catalogue()) if asked and not on else None,
        results=results,
        hits=[(hit, telling.told(hit, show_terms=show_terms)) for hit in results.hits] if results else [],
        most=search.MOST,
        ended=standing.ended({hit.system for hit in results.hits}, on or clock.today()) if results else [],
        slot=PATH_SLOT,
        here=return_path(),
    )
