"""The form of Medicare prices: lines, localities and a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from wtforms import BooleanField, DateField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from webapp.codes.prices import service
from webapp.codes.prices.lines import MOST_LINES, read
from webapp.codes.prices.service import COUNTRY, Prices
from webapp.codes.queries import fit
from webapp.codes.worksheets.fields import SheetForm, complain, not_too_long
from webapp.codes.worksheets.loaded import Needed

ALL = "all"
"""Stands for every locality in the form."""
MOST_PRICES = 2000
"""Lines times localities: what a page can show."""
EXAMPLE = "45385, 1\n45380, 1, 59\n27447, 1, 80\n99213, 1, 25\n"
NEEDED = (
    Needed("mpfs", "Relative value units, indicators and conversion factor"),
    Needed("mpfs-qpp", "The same for qualifying APM participants"),
    Needed("gpci", "Indices of cost by locality"),
    Needed("oppscap", "Caps of imaging prices"),
    Needed("anesthesia", "Conversion factors of anesthesia by locality"),
)


class PriceForm(SheetForm):
    """Lines of one patient, practitioner and day, and where they are paid."""

    lines = TextAreaField(
        "Lines",
        [not_too_long],
        description="One a line: code, units, modifiers, parted by commas, as in “45385, 1, 51 59” or “45385-26”. "
        f"Units and modifiers may be left out. {MOST_LINES} lines at most.",
    )
    day = DateField("Date of service", [Optional()], description="Empty: today.")
    places = SelectMultipleField("Localities", validate_choice=False, default=[COUNTRY.key])
    qualifying = BooleanField(
        "Qualifying APM participant",
        description="Takes the conversion factor that such practitioners have from 2026 on.",
    )

    def offer_places(self) -> None:
        """Offer the localities of the day that is asked for."""
        places = service.localities(self.asked_day)
        self.places.choices = [
            SelectChoice(COUNTRY.key, "National: units without indices of cost"),
            *([SelectChoice(ALL, f"All {len(places)} localities")] if places else []),
            *(SelectChoice(place.key, f"{place.state} – {place.name}") for place in places),
        ]

    def validate_lines(self, field: TextAreaField) -> None:
        found = read(field.data or "")
        complain(field, found.problems)
        if not found.lines and not found.problems:
            raise ValidationError("Write one line or more.")

    def validate_places(self, field: SelectMultipleField) -> None:
        places = len(self.keys()) if field.data else 0
        if not places:
            raise ValidationError("Choose one locality or more, or national.")
        lines_read = len(read(self.lines.data or "").lines)
        if lines_read * places > MOST_PRICES:
            raise ValidationError(
                f"{lines_read} lines in {places} localities are {lines_read * places:,} prices, and at most"
                f" {MOST_PRICES:,} are shown at once: choose fewer."
            )

    def keys(self) -> Sequence[str]:
        """Return the keys of the localities chosen."""
        chosen = dict.fromkeys(key for key in self.places.data or () if fit(key))
        if ALL not in chosen:
            return list(chosen)
        listed = [choice.value for choice in self.places.choices if choice.value not in (ALL, COUNTRY.key)]
        return [*([COUNTRY.key] if COUNTRY.key in chosen else []), *listed]


def prices(form: PriceForm) -> Prices:
    """Price the lines of a form that is in order."""
    found = read(form.lines.data or "").lines
    return service.prices(found, form.keys(), form.asked_day, qualifying=form.qualifying.data)


def example(day: date) -> dict[str, str | list[str]]:
    """Return what the form holds for a look at it: the country and its first locality."""
    return {
        "lines": EXAMPLE,
        "day": day.isoformat(),
        "places": [COUNTRY.key, *(place.key for place in service.localities(day)[:1])],
    }


def for_code(code: str, day: date) -> dict[str, str | list[str]]:
    """Return what the form holds for one procedure code."""
    return {"lines": code, "day": day.isoformat(), "places": [COUNTRY.key]}
