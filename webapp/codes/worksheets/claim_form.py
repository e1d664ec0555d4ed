"""The claim check's form: from a reader's text to a claim, and from the findings to what stands beside each line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from wtforms import DateField, IntegerField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional, ValidationError

from webapp.codes.claims import procedures, service
from webapp.codes.claims.check import datasets_for
from webapp.codes.claims.lines import MOST_DIAGNOSES, MOST_LINES, parse, parse_diagnoses
from webapp.codes.claims.model import SETTINGS, Claim, Finding, Line, Report, Setting
from webapp.codes.worksheets.fields import SheetForm, complain, not_too_long
from webapp.codes.worksheets.loaded import DIAGNOSES, PROCEDURES, Needed, Page, pages

OLDEST = 130
"""Years."""
EXAMPLE = {
    "lines": "45378, 1\n36000, 1, 59\n49327, 1\nG0105, 1\n",
    "diagnoses": "Z12.11, E11.9, E10.9",
    "setting": "practitioner",
    "age": "60",
    "sex": "male",
}
USES = {
    "ptp": "Procedure pairs",
    "mue": "Units",
    "aoc": "Add-on codes",
}
"""What a dataset is for, by its importer."""


class ClaimForm(SheetForm):
    """The lines of one claim, its diagnoses, and what is known of the patient."""

    lines = TextAreaField(
        "Service lines",
        [not_too_long],
        description="One a line: code, units, modifiers, date of service, parted by commas or tabs, as in "
        f"“36000, 1, 59, 2026-03-01”. Units, modifiers and date may be left out. {MOST_LINES} lines at most.",
    )
    day = DateField("Date of service", [Optional()], description="Of lines without a date of their own.")
    diagnoses = TextAreaField(
        "Diagnoses",
        [not_too_long],
        description=f"ICD-10-CM codes, parted by blanks, commas or lines. {MOST_DIAGNOSES} at most.",
    )
    setting = SelectField(
        "Setting",
        choices=[SelectChoice(key, name) for key, name in SETTINGS.items()],
        default="practitioner",
        description="Whose NCCI edits count. Ambulatory surgical centers have those of practitioners.",
    )
    age = IntegerField(
        "Age",
        [Optional(), NumberRange(0, OLDEST, f"An age is 0 to {OLDEST} whole years.")],
        description="In whole years; may stay empty.",
    )
    sex = SelectField(
        "Sex",
        choices=[SelectChoice("", "Not given"), SelectChoice("female", "Female"), SelectChoice("male", "Male")],
        default="",
        description="May stay open.",
    )

    def validate_lines(self, field: TextAreaField) -> None:
        if not (field.data or "").strip() and not (self.diagnoses.data or "").strip():
            raise ValidationError("Write one line or more, or one diagnosis or more.")
        errors = parse(field.data or "", self.day.data).errors
        complain(field, (f"Line {error.number}: {error.message}" for error in errors))

    def validate_diagnoses(self, field: TextAreaField) -> None:
        complain(field, parse_diagnoses(field.data or "")[1])


@dataclass(frozen=True, slots=True)
class Numbered:
    """A finding with its number on the page."""

    number: int
    finding: Finding


@dataclass(slots=True)
class Group:
    """A line with what was found on it. `elsewhere`: findings that stand with an earlier line that they concern too."""

    line: Line
    here: list[Numbered] = field(default_factory=list)
    elsewhere: list[Numbered] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check says of a claim, as the page shows it. `quiet`: numbers of lines on which nothing was found."""

    claim: Claim
    report: Report
    groups: list[Group]
    diagnoses: list[Numbered]
    quiet: list[int]
    pages: dict[str, Page]
    """By the codes as findings and lines name them."""


def claim(form: ClaimForm) -> Claim:
    """Return the claim of a form that is in order."""
    return Claim(
        lines=parse(form.lines.data or "", form.day.data).lines,
        diagnoses=parse_diagnoses(form.diagnoses.data or "")[0],
        setting=form.setting.data,
        age=form.age.data,
        sex=form.sex.data or None,
        day=form.day.data,
    )


def check(form: ClaimForm) -> Checked:
    """Check the claim of a form that is in order."""
    asked = claim(form)
    report = service.check(asked)
    numbered = [Numbered(number, finding) for number, finding in enumerate(report.findings, 1)]
    groups = {line.number: Group(line) for line in asked.lines}
    for each in numbered:
        for at, number in enumerate(each.finding.lines):
            group = groups[number]
            (group.elsewhere if at else group.here).append(each)
    found = [group for group in groups.values() if group.here or group.elsewhere]
    quiet = [number for number, group in groups.items() if group not in found]
    return Checked(
        asked, report, found, [each for each in numbered if not each.finding.lines], quiet, _pages(asked, report)
    )


def needed(form: ClaimForm) -> list[Needed]:
    """Return what a claim of the setting that is chosen is checked with."""
    settings: list[Setting] = [setting for setting in SETTINGS if setting == form.setting.data]
    setting = settings[0] if settings else "practitioner"
    return [
        Needed(procedures.LEVEL_TWO, "Whether HCPCS Level II codes are in force"),
        *(Needed(dataset, "Whether CPT codes are in force") for dataset in ("mpfs", "opps")),
        *(Needed(dataset, USES[dataset.split("-")[0]]) for dataset in datasets_for(Claim(setting=setting))),
        Needed(DIAGNOSES, "Diagnoses: in force, billable, Excludes1, sex and age"),
    ]


def example(day: date) -> dict[str, str | list[str]]:
    """Return what the form holds for a look at it: made up, and with something to find."""
    return {**EXAMPLE, "day": day.isoformat()}


def for_code(code: str, day: date) -> dict[str, str | list[str]]:
    """Return what the form holds for one procedure code."""
    return {"lines": code, "setting": "practitioner", "day": day.isoformat()}


def _pages(asked: Claim, report: Report) -> dict[str, Page]:
    named = {code for finding in report.findings if finding.lines for code in finding.codes}
    diagnoses = {code for finding in report.findings if not finding.lines for code in finding.codes}
    return pages({*named, *(line.code for line in asked.lines)}, PROCEDURES) | pages(diagnoses, (DIAGNOSES,))
