"""Case2Code's page. What readers send is worked on in memory: it is neither stored nor logged, and in no address."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from webapp.access.sentences import Wall
from webapp.access.web import current_visitor
from webapp.codes import feature_gate, standing, telling
from webapp.codes.export import Value, download
from webapp.tools import answers, quotas
from webapp.tools.case2code import service
from webapp.tools.case2code.form import SAMPLE, CaseForm
from webapp.tools.case2code.service import Answers

TOOL = "case2code"
HEADER = ("line", "statement", "place", "code", "system", "title", "billable", "score", "found_by")

blueprint = Blueprint(TOOL, __name__)


@blueprint.get("/tools/case2code")
def case2code() -> Response:
    """What the tool does, and its form with a sample."""
    return _page(CaseForm(data={"text": SAMPLE}))


@blueprint.post("/tools/case2code")
def find() -> Response:
    """The codes for each line, as a page or with `format=csv` as a file; one use. 422 with errors, 429 when used up.

    Errors: NotInPlan for a day that the plan does not allow, CookieNeeded, NotBuilt.
    """
    form = CaseForm(request.form)
    if not form.validate():
        return _page(form, status=422)
    if form.on.data is not None:
        feature_gate.require("as_of")
    try:
        with quotas.use(TOOL):
            show_terms = telling.shows_terms(current_visitor())
            found = service.find(form.statements, form.system.data or None, form.on.data, show_terms=show_terms)
            if request.form.get("format") == "csv":
                rows = _rows(found, show_terms=show_terms)
                return download(f"case2code-{form.day}.csv", HEADER, rows, bom=True)
            return _page(form, found)
    except quotas.QuotaExceeded as error:
        return _page(form, wall=answers.wall(error.message, error.offer), status=error.status)


def _rows(found: Answers, *, show_terms: bool) -> list[tuple[Value, ...]]:
    """Return the lines of the file; a statement without a code has a line too."""
    rows: list[tuple[Value, ...]] = []
    for answer in found.answers:
        line, text = answer.statement.line, answer.statement.text
        for place, each in enumerate(answer.found, 1):
            hit, told = each.hit, telling.told(each.hit, show_terms=show_terms)
            said = (hit.key, hit.system_name, hit.title, "yes" if hit.billable else "no", f"{hit.score:.2f}")
            rows.append((line, text, place, *said, "; ".join([told.found_by, *told.read_as])))
        if not answer.found:
            rows.append((line, text, "", "", "", "", "", "", "no code found"))
    return rows


def _page(form: CaseForm, found: Answers | None = None, wall: Wall | None = None, status: int = 200) -> Response:
    visitor = current_visitor()
    show_terms = telling.shows_terms(visitor)
    systems = {facet.key for facet in found.systems} if found else set()
    html = render_template(
        "tools/case2code.html",
        form=form,
        found=found,
        told=lambda hit: telling.told(hit, show_terms=show_terms),
        wall=wall,
        left=quotas.left(TOOL),
        may_choose_day="as_of" in visitor.plan.features,
        ended=standing.ended(systems, form.day),
    )
    return answers.page(html, status)
