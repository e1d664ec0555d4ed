"""What one line pays in one place and setting before the rules: from rows of the datasets to services.

Pure: everything that is needed is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from webapp.codes.datasets.reading import Facts, Row
from webapp.codes.facts.indicators import meaning
from webapp.codes.prices.draft import Payment, Service, Step
from webapp.codes.prices.engine import NATIONAL, Gpci, Rvu, cents, dollars, formula, price
from webapp.codes.prices.lines import Line

ROWS = ("26", "TC", "53")
"""Modifiers that have rows of their own in the fee schedule."""
PRICED = ("A", "R", "T")
"""Status codes that are paid by relative value units, where there are any."""
ANESTHESIA = "J"
ZERO = Decimal(0)
Caps = Mapping[tuple[str, str, str], tuple[Decimal, Decimal]]
"""OPPS caps in dollars, non-facility and facility, by code, modifier and locality."""


@dataclass(frozen=True, slots=True)
class Locality:
    """A payment locality. `key` is the contractor's number and the locality's; `anesthesia` its conversion factor."""

    key: str
    name: str
    state: str = ""
    gpci: Gpci = NATIONAL
    anesthesia: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """A line with its row of the fee schedule, and the row of its endoscopic base."""

    line: Line
    row: Row
    base: Row | None = None

    @property
    def is_anesthesia(self) -> bool:
        return self.row["status"] == ANESTHESIA


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A line without a price, and why."""

    line: Line
    problem: str


def find_row(line: Line, facts: Facts, dataset: str) -> Row | Unpriced:
    """Return the row of the fee schedule that prices a line, or why there is none."""
    rows = {row.part: row for row in facts.rows(dataset)}
    if not rows:
        return Unpriced(line, "The code is unknown to the fee schedule of this day.")
    if {"26", "TC"} <= set(line.modifiers):
        return Unpriced(line, "Modifiers 26 and TC do not stand on one line: without them the price is for both.")
    wanted = next((modifier for modifier in line.modifiers if modifier in ROWS and modifier in rows), "")
    row = rows.get(wanted)
    if row is None:
        return Unpriced(line, f"The fee schedule prices this code with {' or '.join(sorted(rows))} only.")
    part = next((modifier for modifier in line.modifiers if modifier in ("26", "TC") and modifier != wanted), None)
    if part is not None:
        told = _told("mpfs.pctc", row["pctc"])
        return Unpriced(line, f"Modifier {part} does not go with this code: PC/TC indicator {told}.")
    problem = _why_unpaid(line, row)
    return Unpriced(line, problem) if problem else row


def _why_unpaid(line: Line, row: Row) -> str:
    status = row["status"]
    if status == ANESTHESIA:
        if line.units is None:
            return (
                "Anesthesia is paid by base units and time units together, times the locality's conversion factor. "
                "Base units are in none of the files here: give both together as the units."
            )
        return ""
    if status not in PRICED:
        return f"Not paid by relative value units: status {_told('mpfs.status', status)}."
    if not any(number(row[total]) for total in ("non_facility_total", "facility_total")):
        return f"The fee schedule gives no relative value units: the contractor sets the price (status {status})."
    if line.units is not None and line.units % 1:
        return "Units of this code are whole numbers."
    return ""


def service(priced: Priced, place: Locality, facility: bool, caps: Caps) -> Service | Payment:
    """Return a line as the rules take it, or the payment where they have no part: anesthesia, or none is set."""
    row, line = priced.row, priced.line
    if priced.is_anesthesia:
        return _anesthesia(line, place)
    if row["facility_na" if facility else "non_facility_na"]:
        where = "a facility" if facility else "an office"
        return Payment(None, (Step("", f"NA: the service is rarely or never performed in {where}; no price is set."),))
    fee, figures = unit_price(row, place, facility, caps)
    return Service(
        number=line.number,
        code=line.code,
        modifiers=line.modifiers,
        units=int(line.units or 1),
        fee=fee,
        formula=figures,
        row=row.part,
        status=row["status"],
        multiple=row["multiple"],
        bilateral=row["bilateral"],
        assistant=row["assistant"],
        co_surgeons=row["co_surgeons"],
        team=row["team"],
        pre_op=number(row["pre_op"]),
        intra_op=number(row["intra_op"]),
        post_op=number(row["post_op"]),
        endoscopic_base=row["endoscopic_base"],
        base_fee=price(rvu_of(priced.base), place.gpci, _factor(priced.base), facility) if priced.base else None,
    )


def unit_price(row: Row, place: Locality, facility: bool, caps: Caps) -> tuple[Decimal, str]:
    """Return the price of one unit, no more than the OPPS pays for the same image, and its figures."""
    rvu, factor = rvu_of(row), _factor(row)
    fee, figures = price(rvu, place.gpci, factor, facility), formula(rvu, place.gpci, factor, facility)
    published = caps.get((row.code, row.part, place.key))
    cap = published[facility] if published else _cap(row, rvu.work, place, facility)
    if cap is None or cap >= fee:
        return fee, figures
    return cap, f"{figures}; OPPS cap {dollars(cap)} is lower"


def _cap(row: Row, work: Decimal, place: Locality, facility: bool) -> Decimal | None:
    """Return the cap by the units that the fee schedule gives for it, as CMS reckon the published ones.

    The file of caps has some of California's localities under another contractor than the file of indices.
    """
    outside, inside, mp = (number(row[name]) for name in ("opps_non_facility_pe", "opps_facility_pe", "opps_mp"))
    if not (outside or inside or mp):
        return None
    return price(Rvu(work, outside, inside, mp), place.gpci, _factor(row), facility)


def _anesthesia(line: Line, place: Locality) -> Payment:
    if place.anesthesia is None:
        return Payment(None, (Step("", "The files here give no anesthesia conversion factor for this place."),))
    units = line.units or ZERO
    paid = cents(units * place.anesthesia)
    step = Step(
        f"{units} × {place.anesthesia} = {dollars(paid)}",
        "Base and time units together, times the locality's anesthesia conversion factor.",
    )
    if not line.modifiers:
        return Payment(paid, (step,))
    return Payment(paid, (step, Step("", f"No payment rule is computed for {', '.join(line.modifiers)}.")))


def caps_of(facts: Sequence[Facts]) -> Caps:
    """Return the OPPS caps of some codes."""
    found = {}
    for each in facts:
        for row in each.rows("oppscap"):
            modifier = row.part.split()[0] if row.part.count(" ") > 1 else ""
            key = (row.code, modifier, row["mac"] + row["locality"])
            found[key] = (number(row["non_facility"]), number(row["facility"]))
    return found


def rvu_of(row: Row) -> Rvu:
    return Rvu(*(number(row[name]) for name in ("work", "non_facility_pe", "facility_pe", "mp")))


def _factor(row: Row) -> Decimal:
    return number(row["factor"])


def number(text: str) -> Decimal:
    """Return an amount of a record; one that the file leaves open is nought."""
    return Decimal(text or 0)


def _told(kind: str, value: str) -> str:
    return " – ".join(filter(None, (value or "open", meaning(kind, value).rstrip("."))))
