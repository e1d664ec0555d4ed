"""Pages of releases: which are loaded, and what changed between two of them, as a page and as a file."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, render_template, request
from sqlalchemy import select

from webapp.codes import comparison, feature_gate, release_list
from webapp.codes.comparison import Pair
from webapp.codes.export import download
from webapp.codes.models import CodeSystem
from webapp.codes.queries import fit
from webapp.core import clock
from webapp.core.errors import BadInput, NotFound
from webapp.extensions import db

blueprint = Blueprint("code_releases", __name__)

FEATURE = "differences"
PAGE_SIZE = 200
COLUMNS = ("code", "part", "change", "field", "before", "after")


@blueprint.get("/codes/<system>/releases")
def releases(system: str) -> str:
    """All loaded releases of a system's codes and of the datasets that speak of them."""
    found = _system(system)
    return render_template(
        "codes/releases.html", system=found, shelves=release_list.shelves(found, clock.today()), today=clock.today()
    )


@blueprint.get("/codes/<system>/releases/differences")
def differences(system: str) -> Response:
    """What changed between two releases: figures for all, the changes themselves by plan."""
    found = _system(system)
    pair = _pair(found)
    counts, may = comparison.counts(pair), feature_gate.has(FEATURE)
    pages = max(1, -(-counts.lines // PAGE_SIZE))
    page = max(1, min(request.args.get("page", 1, type=int), pages))
    rows = comparison.rows(pair)[(page - 1) * PAGE_SIZE : page * PAGE_SIZE] if may else []
    wall = feature_gate.wall(FEATURE)
    html = render_template(
        "codes/differences.html",
        system=found,
        pair=pair,
        counts=counts,
        may=may,
        wall=wall,
        rows=rows,
        places=comparison.places(pair, {row.code for row in rows}),
        shelf=_shelf(found, pair),
        page=page,
        pages=pages,
    )
    return Response(html, 402 if wall else 200, content_type="text/html; charset=utf-8")


@blueprint.get("/codes/<system>/releases/differences.csv")
def differences_file(system: str) -> Response:
    """All that changed between two releases, as CSV."""
    pair = _pair(_system(system))
    feature_gate.require(FEATURE)
    name = f"{pair.system}-{pair.dataset or 'codes'}-{pair.old.first}-{pair.new.first}.csv"
    rows = ((row.code, row.part, row.what, row.field, row.old, row.new) for row in comparison.rows(pair))
    return download(name, COLUMNS, rows)


def _system(key: str) -> CodeSystem:
    """Return a code system. Errors: NotFound."""
    found = db.session.scalars(select(CodeSystem).where(CodeSystem.key == key)).first() if fit(key) else None
    if found is None:
        raise NotFound(f"There is no code system “{key[:40]}” here.")
    return found


def _pair(system: CodeSystem) -> Pair:
    """Return what the address asks to compare. Errors: BadInput, NotFound."""
    return comparison.pair(system, request.args.get("dataset", ""), _day("from"), _day("to"))


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(f"“{text[:20]}” is no day: write it as in 2025-03-01.") from None


def _shelf(system: CodeSystem, pair: Pair) -> release_list.Shelf | None:
    """Return the releases that may be chosen instead."""
    shelves = release_list.shelves(system, clock.today())
    return next((shelf for shelf in shelves if shelf.dataset == pair.dataset and shelf.comparable), None)
