"""The page of staff for the royalty report: who opened licensed text, by month, and the same as a file."""

from __future__ import annotations

import io

from flask import Blueprint, Response, render_template

from webapp.admin.guard import staff_only
from webapp.codes import royalty
from webapp.codes.datasets import licences
from webapp.core import clock

blueprint = Blueprint("royalty", __name__, url_prefix="/staff/royalty")
blueprint.before_request(staff_only)

FILE_NAME = "royalty-{}.csv"


@blueprint.get("")
def page() -> str:
    """All months, the latest first."""
    return render_template("admin/royalty.html", rows=royalty.report(), holders=licences.HOLDERS)


@blueprint.get("/figures.csv")
def figures() -> Response:
    """The same figures as CSV."""
    text = io.StringIO()
    royalty.write_csv(royalty.report(), text)
    response = Response(text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f"attachment; filename={FILE_NAME.format(clock.today())}"
    response.headers["Cache-Control"] = "private, no-store"
    return response
