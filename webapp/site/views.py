"""Home, pricing, legal pages, and what crawlers and browsers ask every site for."""

from __future__ import annotations

import functools

from flask import Blueprint, Response, current_app, render_template, request

from webapp.access.web import current_visitor
from webapp.billing import checkout, overview, payments
from webapp.billing.plans import Plan, Trial, catalogue
from webapp.codes import browse, service
from webapp.codes.document import Link
from webapp.codes.service import SystemInfo
from webapp.core.errors import NotFound
from webapp.core.net import own_path
from webapp.extensions import settings
from webapp.site import dev, pricing, sections, sitemaps, static_files

blueprint = Blueprint("site", __name__)
blueprint.register_blueprint(dev.blueprint)

LEGAL_TITLES = {
    "terms": "Terms of use",
    "privacy": "Privacy",
    "imprint": "Imprint",
    "disclaimer": "Disclaimer",
}

DATA_TOOLS = ("/tools/", "/tools/claim-check", "/tools/prices", "/tools/raf")
TEXT_TOOLS = ("/tools/detecticd10cm", "/tools/detecticd10cm/batch")
TOOL_PATHS = (*DATA_TOOLS, *TEXT_TOOLS)
OWN_PATHS = ("/", "/codes/", "/pricing", "/scoreboard", *TOOL_PATHS, *(f"/{name}" for name in LEGAL_TITLES))


@blueprint.get("/")
def home() -> str:
    """The start page: search, systems, the first system's chapters, what is free."""
    systems, chapters = _contents(settings().sqlalchemy_url, service.catalogue_stamp())
    return render_template("site/home.html", systems=systems, chapters=chapters, views=pricing.columns(catalogue()))


@functools.lru_cache(maxsize=2)
def _contents(_database: str, _stamp: str) -> tuple[list[SystemInfo], list[Link]]:
    """Return the systems that have a release, and the chapters of the first."""
    systems = [system for system in service.systems() if system.release]
    return systems, browse.chapters(systems[0].key) if systems else []


@blueprint.get("/pricing")
def pricing_page() -> str:
    """The plans that can be had today, side by side."""
    plans, user_id = catalogue(), current_visitor().user_id
    held = overview.holding(user_id) if user_id is not None else None
    return render_template(
        "site/pricing.html",
        signed_in=user_id is not None,
        held=held,
        can_pay=payments.enabled(),
        trials={plan.key: _trial(user_id, plan) for plan in plans.on_sale()},
        next_path=own_path(request.args.get("next")),
        plans=pricing.columns(plans),
        groups=pricing.groups(plans, current_app.extensions["tools"], sections.in_use()),
        currency=plans.currency,
        sold=bool(plans.on_sale()),
    )


def _trial(user_id: int | None, plan: Plan) -> Trial | None:
    """Return the trial that whoever looks may have; of guests nothing is known."""
    return checkout.trial_for(user_id, plan) if user_id is not None else plan.trial


@blueprint.get("/<any(terms, privacy, imprint, disclaimer):name>")
def legal(name: str) -> str:
    """A legal page; its text is the operator's to edit."""
    return render_template("site/legal.html", name=name, title=LEGAL_TITLES[name])


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """The icon, for browsers that ask for it by habit."""
    return static_files.respond(current_app.extensions["static_files"]["favicon.svg"], for_good=False)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """What crawlers may look at."""
    return Response(sitemaps.robots(settings().public_url), mimetype="text/plain")


@blueprint.get("/sitemap.xml")
def sitemap_index() -> Response:
    """The index of all sitemaps."""
    days = service.loaded_days()
    found = [(system.key, service.sitemap_count(system.key), days.get(system.key)) for system in service.systems()]
    return Response(sitemaps.index(settings().public_url, found), mimetype="application/xml")


@blueprint.get("/sitemaps/pages.xml")
def sitemap_of_own_pages() -> Response:
    """The pages that are not codes."""
    loaded = [system.key for system in service.systems() if system.release]
    paths = (*OWN_PATHS, *(f"/codes/{key}/{page}" for key in loaded for page in ("", "releases")))
    return Response(sitemaps.urls(settings().public_url, paths), mimetype="application/xml")


@blueprint.get("/sitemaps/<system>-<int(min=1, max=9999):number>.xml")
def sitemap(system: str, number: int) -> Response:
    """One file of a system's code pages. 404 beyond the last."""
    keys = service.sitemap_keys(system, (number - 1) * sitemaps.URLS_PER_FILE, sitemaps.URLS_PER_FILE)
    if not keys:
        raise NotFound
    paths = (f"/codes/{system}/{key}" for key in keys)
    day = service.loaded_days().get(system)
    return Response(sitemaps.urls(settings().public_url, paths, day), mimetype="application/xml")
