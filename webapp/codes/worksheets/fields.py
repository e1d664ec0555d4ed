"""What the forms of the tools have in common: how long a text may be, days, and fields with several complaints."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from wtforms import DateField, Form, TextAreaField
from wtforms.validators import Length, Optional

from webapp.core import clock

LONGEST_TEXT = 50_000
"""Characters: far more than the lines that the tools take."""
COMPLAINTS_SHOWN = 20

not_too_long = Length(max=LONGEST_TEXT, message=f"Send {LONGEST_TEXT:,} characters at most.")


class SheetForm(Form):  # type: ignore[misc]  # wtforms has no types
    """A form that asks as of a day, today if none is given."""

    day = DateField("Day", [Optional()])

    @property
    def asked_day(self) -> date:
        return self.day.data or clock.today()


def complain(field: TextAreaField, complaints: Iterable[str]) -> None:
    """Put several complaints beside a field, the first ones if they are many."""
    found = list(complaints)
    field.errors.extend(found[:COMPLAINTS_SHOWN])
    if len(found) > COMPLAINTS_SHOWN:
        field.errors.append(f"And {len(found) - COMPLAINTS_SHOWN} more like these.")
