"""The form of Case2Code."""

from __future__ import annotations

from datetime import date

from wtforms import DateField, Form, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from webapp.codes.search import NAMES
from webapp.codes.worksheets.fields import complain, not_too_long
from webapp.core import clock
from webapp.tools.case2code import service
from webapp.tools.case2code.service import LONGEST_LINE, MOST_LINES, Statement

SAMPLE = """DM2 with CKD stage 3
HTN; long-term use of insulin
fell off a ladder; fracture of the right wrist, first visit
wheelchair, lightweight
"""
"""Made up."""


class CaseForm(Form):  # type: ignore[misc]  # wtforms has no types
    """The lines of a case, and which codes are looked for."""

    text = TextAreaField(
        "The case, in your own words",
        [not_too_long],
        description="One statement a line, or several parted by semicolons or full stops. "
        f"At most {MOST_LINES} lines of {LONGEST_LINE} characters.",
    )
    system = SelectField(
        "Code system",
        choices=[SelectChoice("", "All systems"), *(SelectChoice(key, name) for key, name in NAMES.items())],
        default="",
    )
    on = DateField("As of a date of service", [Optional()], description="Today, if it stays empty.")
    statements: list[Statement]

    def validate_text(self, field: TextAreaField) -> None:
        self.statements, wrong = service.statements(field.data or "")
        complain(field, wrong)

    def validate_on(self, field: DateField) -> None:
        if field.data is not None and field.data.year not in range(1900, 2101):
            raise ValidationError("This is no date of service.")

    @property
    def day(self) -> date:
        """The day that codes are looked up as of."""
        return self.on.data or clock.today()
