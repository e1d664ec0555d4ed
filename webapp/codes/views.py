"""Pages of the catalogue: systems, codes, search."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, redirect, render_template, request

from webapp.access.web import PRIVATE, current_visitor, gate, purpose, turn_away
from webapp.codes import browse, search, service
from webapp.codes.pages import CodePages, path_of
from webapp.core.errors import NotFound

blueprint = Blueprint("codes", __name__)

LONGEST_KEY = 40
PERSONAL = (("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", PRIVATE))


@blueprint.get("/codes/<system>/<key>")
def code_page(system: str, key: str) -> Response:
    """A code page: what is asked for, who asks, whether they may, the page."""
    pages: CodePages = current_app.extensions["code_pages"]
    target = pages.target(system, key)
    if target is None:
        return _elsewhere(system, key)
    visitor, asked_for = current_visitor(), purpose()
    admission = gate().admit(visitor, target, asked_for)
    try:
        body = pages.html(pages.page(system, key, admission), path_of(system, key), visitor, admission)
    except LookupError:  # a release without this code was loaded just now
        gate().refund(visitor, target, admission)
        return _elsewhere(system, key)
    except BaseException:
        gate().refund(visitor, target, admission)
        raise
    if asked_for == "read":
        gate().count(admission)
    # A browser that fetches ahead keeps what came with 200: a preview must not stand for the page later.
    status = 402 if admission.reason == "look" and request.method == "GET" else admission.status
    return Response(body, status, PERSONAL)


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
    """Codes found by number or words: titles only, never locked text."""
    query = request.args.get("q", "")[: search.LONGEST_QUERY]
    system = request.args.get("system") or None
    if system is not None and service.system(system) is None:
        system = None
    page = max(1, min(request.args.get("page", 1, type=int), 100))
    return render_template(
        "codes/search.html",
        query=query,
        system=system,
        systems=service.systems(),
        results=search.search(query, system, page, show_terms=_shows_notes()) if query.strip() else None,
    )


def _shows_notes() -> bool:
    """Whether the reader's plan shows inclusion terms, which stand among the coding notes."""
    return "notes" in current_visitor().plan.sections
