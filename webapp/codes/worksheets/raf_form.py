"""The form of risk adjustment: diagnoses, and the model and segment that they are counted in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, ValidationError

from webapp.codes.datasets import reading, releases
from webapp.codes.raf import service
from webapp.codes.raf.models import MODELS
from webapp.codes.raf.service import Answer, Question
from webapp.codes.worksheets.fields import SheetForm, not_too_long
from webapp.codes.worksheets.loaded import DIAGNOSES, Needed

EXAMPLE = "E11.9, E11.22, I50.9, N18.4, J44.9, E66.01"
FACTORS = "hcc-factors"
MOST_VARIABLES = 20
LONGEST_VARIABLES = 400
SEGMENTS = {
    "CNA": "community, not dual, aged",
    "CND": "community, not dual, disabled",
    "CFA": "community, full benefit dual, aged",
    "CFD": "community, full benefit dual, disabled",
    "CPA": "community, partial benefit dual, aged",
    "CPD": "community, partial benefit dual, disabled",
    "INS": "institutional",
    "NE": "new enrollee",
    "SNPNE": "new enrollee of a chronic condition special needs plan",
}
"""Segments of the CMS-HCC models by CMS's names; others are shown by name alone."""


class RafForm(SheetForm):
    """Diagnoses of one patient, and how they are counted."""

    codes = TextAreaField(
        "Diagnoses",
        [not_too_long],
        description="ICD-10-CM codes with or without dots, parted by blanks, commas or lines; each counts once. "
        f"{service.MOST_CODES} at most.",
    )
    day = DateField("Day", [Optional()], description="Of the payment year whose models count. Empty: today.")
    model = SelectField("Model", default="", validate_choice=False)
    segment = SelectField("Segment", default="", validate_choice=False)
    variables = StringField(
        "Other variables",
        [Length(max=LONGEST_VARIABLES)],
        description="Age and sex, interactions, counts of conditions: named as in the loaded factors, parted by "
        "blanks, as in “F65_69”. None is found by itself.",
    )

    def offer_models(self) -> None:
        """Offer the models of the day that is asked for, and the segments of which factors are loaded."""
        held = releases.on(self.asked_day)
        models = [SelectChoice(model.dataset, model.name) for model in MODELS if model.dataset in held]
        self.model.choices = [SelectChoice("", "All models"), *models]
        self.segment.choices = [SelectChoice("", "None: categories only")]
        if FACTORS in held:
            parts = {row.part for row in reading.whole(FACTORS, self.asked_day) if ":" in row.code}
            self.segment.choices += [SelectChoice(part, _segment(part)) for part in sorted(parts)]

    @property
    def has_factors(self) -> bool:
        """Whether there is a segment to choose."""
        return len(self.segment.choices) > 1

    def validate_codes(self, field: TextAreaField) -> None:
        question = read(field.data)
        if not question.codes:
            raise ValidationError(" ".join(question.problems) or "Write one ICD-10-CM code or more.")

    def validate_model(self, field: SelectField) -> None:
        _listed(field)

    def validate_segment(self, field: SelectField) -> None:
        _listed(field)

    def validate_variables(self, field: StringField) -> None:
        if len(_words(field.data)) > MOST_VARIABLES:
            raise ValidationError(f"Name {MOST_VARIABLES} variables at most.")


def read(text: str | None) -> Question:
    """Read the codes of a text."""
    return service.read(text or "")


def scores(form: RafForm) -> Answer:
    """Count the diagnoses of a form that is in order, in one model or all; what is no code is told."""
    question = read(form.codes.data)
    answer = service.scores(question.codes, form.asked_day, form.segment.data or "", _words(form.variables.data))
    wanted = form.model.data
    kept = [result for result in answer.results if wanted in ("", None, result.model.dataset)]
    mapped = {code for result in kept for category in result.score.categories for code in category.codes}
    left_out = [code for code in question.codes if code not in mapped]
    return replace(answer, results=kept, unmapped=left_out, problems=[*question.problems, *answer.problems])


def needed(form: RafForm) -> Iterable[Needed]:
    """Return what is needed: the models loaded, or the newest of each kind where none is."""
    models = [choice.value for choice in form.model.choices if choice.value] or ["hcc-v28", "hcc-rx-v08"]
    yield from (Needed(model, "Diagnoses of the model’s categories") for model in models)
    yield Needed("hcc-labels", "Names of categories")
    yield Needed("hcc-hierarchies", "Which category drops which")
    yield Needed(FACTORS, "Factors and their sum")
    yield Needed(DIAGNOSES, "Which diagnoses there are")


def example(day: date) -> dict[str, str | list[str]]:
    """Return what the form holds for a look at it."""
    return {"codes": EXAMPLE, "day": day.isoformat()}


def for_code(code: str, day: date) -> dict[str, str | list[str]]:
    """Return what the form holds for one diagnosis."""
    return {"codes": code, "day": day.isoformat()}


def _segment(part: str) -> str:
    return f"{part}: {SEGMENTS[part]}" if part in SEGMENTS else part


def _listed(field: SelectField) -> None:
    """A choice of another day may be none of the day that is asked for. Errors: ValidationError."""
    if field.data and field.data not in {choice.value for choice in field.choices}:
        raise ValidationError("This is not loaded for the day: choose another.")


def _words(text: str | None) -> list[str]:
    return list(dict.fromkeys(re.findall(r"[^\s,;]+", text or "")))
