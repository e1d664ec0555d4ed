"""The data tools: the claim check, Medicare prices and risk adjustment. What readers send is never stored or logged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from flask import Blueprint, Response, render_template, request
from werkzeug.datastructures import MultiDict

from webapp.access.web import current_visitor
from webapp.codes import feature_gate
from webapp.codes.claims import lines as claim_lines
from webapp.codes.export import download
from webapp.codes.prices import service as prices_service
from webapp.codes.raf import service as raf_service
from webapp.codes.raf.service import Answer
from webapp.codes.worksheets import claim_form, loaded, price_form, raf_form
from webapp.codes.worksheets.claim_form import ClaimForm
from webapp.codes.worksheets.fields import SheetForm
from webapp.codes.worksheets.loaded import DIAGNOSES, PROCEDURES
from webapp.codes.worksheets.price_form import PriceForm
from webapp.codes.worksheets.raf_form import RafForm
from webapp.codes.worksheets.sheets import CLAIM_CHECK, PRICES, RAF, SHEETS, Sheet
from webapp.core import clock

blueprint = Blueprint("worksheets", __name__)

CODE = re.compile(r"[0-9A-Z]{3,7}")
"""A code in an address, without its dot."""
Values = MultiDict[str, str]


class _Filling(Protocol):
    """What fills in a form for a look at it."""

    def example(self, day: date) -> Mapping[str, str | list[str]]: ...

    def for_code(self, code: str, day: date) -> Mapping[str, str | list[str]]: ...


@blueprint.get("/tools/")
def index() -> str:
    """The tools there are."""
    return render_template("worksheets/index.html", sheets=SHEETS)


@blueprint.route("/tools/claim-check", methods=["GET", "POST"])
def claim_check() -> Response:
    """Check a claim. POST: its result as a page, or with `format=csv` as a file; 422 with errors. Errors: NotInPlan."""
    values = _values(CLAIM_CHECK, claim_form)
    form = ClaimForm(values, day=clock.today())
    found = claim_form.check(form) if values is not None and form.validate() else None
    if found and _wants_file():
        header, *rows = claim_lines.csv_rows(found.report)
        return download(f"claim-check-{form.asked_day}.csv", header, rows, bom=True)
    return _page(CLAIM_CHECK, form, claim_form.needed(form), found=found)


@blueprint.route("/tools/prices", methods=["GET", "POST"])
def prices() -> Response:
    """Price lines. POST: as for the claim check."""
    values = _values(PRICES, price_form)
    form = PriceForm(values, day=clock.today())
    form.offer_places()
    found = price_form.prices(form) if values is not None and form.validate() else None
    if found and _wants_file():
        rows = prices_service.csv_rows(found)
        return download(f"medicare-prices-{found.on}.csv", prices_service.HEADER, rows, bom=True)
    pages = loaded.pages([answer.line.code for answer in found.answers] if found else [], PROCEDURES)
    return _page(PRICES, form, price_form.NEEDED, found=found, pages=pages)


@blueprint.route("/tools/raf", methods=["GET", "POST"])
def raf() -> Response:
    """Count diagnoses by risk adjustment models. POST: as for the claim check."""
    values = _values(RAF, raf_form)
    form = RafForm(values, day=clock.today())
    form.offer_models()
    found = raf_form.scores(form) if values is not None and form.validate() else None
    if found and _wants_file():
        return download(f"risk-adjustment-{found.on}.csv", raf_service.HEADER, raf_service.csv_rows(found), bom=True)
    pages = loaded.pages(_diagnoses(found), (DIAGNOSES,)) if found else {}
    return _page(RAF, form, list(raf_form.needed(form)), found=found, pages=pages, simple=raf_service.SIMPLE)


def _values(sheet: Sheet, filling: _Filling) -> Values | None:
    """Return what a form is filled with: what was sent, the example or a code that the address asks for, or None.

    Errors: NotInPlan.
    """
    if request.method == "POST":
        feature_gate.require(sheet.feature)
        return request.form
    if not feature_gate.has(sheet.feature):
        return None
    if "example" in request.args:
        return MultiDict(filling.example(clock.today()))
    code = request.args.get("code", "").replace(".", "").strip().upper()
    return MultiDict(filling.for_code(code, clock.today())) if CODE.fullmatch(code) else None


def _wants_file() -> bool:
    return request.form.get("format") == "csv"


def _diagnoses(found: Answer) -> list[str]:
    categories = [category for result in found.results for category in result.score.categories]
    return [*found.unmapped, *(code for category in categories for code in category.codes)]


def _page(sheet: Sheet, form: SheetForm, needed: Sequence[loaded.Needed], **values: object) -> Response:
    """Return the page of a tool: the form and its result for readers who may, and what it does for all."""
    day = form.asked_day
    html = render_template(
        f"worksheets/{sheet.feature}.html",
        sheet=sheet,
        form=form,
        may=feature_gate.has(sheet.feature),
        wall=feature_gate.wall(sheet.feature),
        used=loaded.on(day, needed),
        day=day,
        staff=current_visitor().staff,
        **values,
    )
    return Response(html, 422 if form.errors else 200, content_type="text/html; charset=utf-8")
