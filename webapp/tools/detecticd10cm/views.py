"""DetectICD10CM in the browser: one note at a time. What readers send is never stored, logged or sent anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request

from webapp.access.sentences import Wall
from webapp.access.web import current_visitor
from webapp.billing.plans import FREE, catalogue
from webapp.codes import feature_gate
from webapp.codes.export import download
from webapp.codes.terms.keeping import NotBuilt
from webapp.core.errors import CodeshelfError
from webapp.tools import answers, quotas, words
from webapp.tools.detecticd10cm import advising, cards, forms, marking, rows, service
from webapp.tools.detecticd10cm.advising import Group
from webapp.tools.detecticd10cm.cards import STATUSES, Card
from webapp.tools.detecticd10cm.forms import Asked, NoteForm
from webapp.tools.detecticd10cm.marking import Mark
from webapp.tools.detecticd10cm.samples import SAMPLES
from webapp.tools.detecticd10cm.service import Detection
from webapp.tools.quotas import CookieNeeded, Left, QuotaExceeded

TOOL = "detecticd10cm"
PATH = "/tools/detecticd10cm"

blueprint = Blueprint("detecticd10cm", __name__, url_prefix=PATH)
OWN_TEXT = "Only the sample notes can be read here. Notes of your own need {plan}."


@dataclass(frozen=True, slots=True)
class Result:
    """What the page shows of a note. `accepted` holds the values of the cards that are chosen."""

    asked: Asked
    found: Detection
    cards: list[Card]
    marks: list[Mark]
    advice: list[Group]
    accepted: frozenset[str]
    receipt: str

    @property
    def codes(self) -> list[str]:
        """The codes of the cards that are chosen, each once."""
        return list(dict.fromkeys(card.finding.code for card in self.cards if card.value in self.accepted))

    @property
    def statuses(self) -> list[tuple[str, list[Card]]]:
        """The cards by status, with the name of each."""
        named = [
            (name, [card for card in self.cards if card.finding.status == key]) for key, (name, _) in STATUSES.items()
        ]
        return [each for each in named if each[1]]


@blueprint.get("")
def page() -> Response:
    """The form and the sample notes."""
    return _page(NoteForm())


@blueprint.post("")
def detect() -> Response:
    """Answer with the codes of a note: as a page, or with `format=csv` (all) or `format=accepted` (chosen) as a file.

    402 for a note of one's own where the plan has the samples only, 422 with errors, 429 when the uses are used up; in
    each case the page holds what was sent. Errors: NotInPlan for a day where the plan has none.
    """
    asked = forms.asked()
    if asked.form.on.data:
        feature_gate.require("as_of")
    if quotas.left(TOOL).sample_only and not asked.sample:
        return _page(asked.form, 402, wall=_wall())
    if not asked.form.validate():
        return _page(asked.form, 422)
    try:
        if forms.is_paid(current_visitor().subject, asked.text, request.form.get("receipt", "")):
            return _answer(asked)
        with quotas.use(TOOL):
            return _answer(asked)
    except (QuotaExceeded, CookieNeeded, NotBuilt) as error:
        return _page(asked.form, error.status, refused=error)


def _answer(asked: Asked) -> Response:
    found = service.detect(asked.text, on=asked.form.day, setting=asked.form.chosen_setting)
    sections = current_visitor().plan.sections
    wanted = request.form.get("format")
    if wanted in ("csv", "accepted"):
        chosen = frozenset(request.form.getlist("accept"))
        kept = [each for each in found.findings if wanted == "csv" or f"{each.code} {each.status}" in chosen]
        return download(f"codes-{found.on}.csv", rows.HEADER, rows.rows(kept, sections), bom=True)
    shown = cards.cards(asked.text, found.findings, sections, found.on)
    return _page(asked.form, result=_result(asked, found, shown))


def _result(asked: Asked, found: Detection, shown: list[Card]) -> Result:
    sections = current_visitor().plan.sections
    if request.form.get("do") == "list":
        accepted = frozenset(request.form.getlist("accept"))
    else:
        accepted = frozenset(card.value for card in shown if card.finding.status == "present")
    card_of = {(card.finding.code, card.finding.status): card.number for card in shown}
    return Result(
        asked,
        found,
        shown,
        marking.mark(asked.text, found.findings, card_of),
        advising.groups(found.advice) if "notes" in sections else [],
        accepted,
        forms.receipt(current_visitor().subject, asked.text),
    )


def _page(
    form: NoteForm,
    status: int = 200,
    *,
    result: Result | None = None,
    wall: Wall | None = None,
    refused: CodeshelfError | None = None,
) -> Response:
    left: Left = quotas.left(TOOL)
    html = render_template(
        "tools/detecticd10cm.html",
        form=form,
        result=result,
        wall=wall or (answers.wall(refused.message, refused.offer) if isinstance(refused, QuotaExceeded) else None),
        refused=refused,
        left=left,
        samples=SAMPLES,
        may_choose_day=feature_gate.has("as_of"),
        may_batch=feature_gate.has("batch"),
        statuses=STATUSES,
    )
    return answers.page(html, status, refused)


def _wall() -> Wall:
    """Return what stands in the way of a note of one's own, with the least plan that takes such notes."""
    plans, own = catalogue(), current_visitor().plan
    takers = (plan for plan in plans.plans.values() if plan.rank > own.rank and (plan.on_sale or plan == plans.free))
    for plan in takers:
        given = plan.tools.get(TOOL)
        if given and given.limit != 0 and not given.sample_only:
            offer = words.offer_of(plan)
            return answers.wall(OWN_TEXT.format(plan="a free account" if plan.key == FREE else plan.name), offer)
    return answers.wall("Only the sample notes can be read here.", None)
