"""The section “RVUs and prices by locality”: relative value units of a procedure, and what Medicare pays for it."""

from __future__ import annotations

from markupsafe import escape

from webapp.codes.datasets import reading
from webapp.codes.datasets.reading import Row
from webapp.codes.document import Block, Cell
from webapp.codes.facts.indicators import meaning
from webapp.codes.facts.subject import ICD10CM, Subject
from webapp.codes.facts.wording import dollars
from webapp.codes.prices import service
from webapp.codes.prices.engine import NATIONAL, price
from webapp.codes.prices.fees import ANESTHESIA, PRICED, Caps, Locality, caps_of, number, rvu_of, unit_price

UNIT_COLUMNS = [
    *("Modifier", "Work RVU", "Non-facility PE RVU", "Facility PE RVU", "Malpractice RVU"),
    *("Non-facility total", "Facility total"),
]
UNITS = ("work", "non_facility_pe", "facility_pe", "mp", "non_facility_total", "facility_total")
SETTINGS = (("Non-facility", False), ("Facility", True))
"""Heading, and whether it is a facility."""
NA_COLUMNS = ("non_facility_na", "facility_na")
NOT_THERE = "NA"
ANESTHESIA_RULE = (
    "<p>Anesthesia has no RVUs. Medicare pays base units and time units together, times the conversion factor of the "
    "locality. The base units are in none of the files that this site loads for CPT codes.</p>"
)


def blocks(subject: Subject) -> list[Block]:
    """Return RVUs, national prices and prices by locality. Nothing where a code has no RVUs: its status says why."""
    if subject.document.system == ICD10CM:
        return []
    rows = subject.facts.rows("mpfs")
    if rows and rows[0]["status"] == ANESTHESIA:
        return _anesthesia(subject)
    valued = [row for row in rows if number(row["non_facility_total"]) or number(row["facility_total"])]
    if not valued:
        return []
    units: list[list[Cell]] = [[row.part or "none", *(row[name] for name in UNITS)] for row in valued]
    return [subject.table(UNIT_COLUMNS, units, "mpfs"), *_prices(subject, valued)]


def _prices(subject: Subject, valued: list[Row]) -> list[Block]:
    priced = [row for row in valued if row["status"] in PRICED]
    unpaid = {row["status"] for row in valued} - set(PRICED)
    said = [_reason(subject, status) for status in sorted(unpaid)]
    if not priced:
        return said
    return [*said, _national(subject, priced), *_by_locality(subject, priced)]


def _reason(subject: Subject, status: str) -> Block:
    text = f"No price where the status is {status}. {meaning('mpfs.status', status)}"
    return subject.prose(f"<p>{escape(text)}</p>", "mpfs")


def _national(subject: Subject, priced: list[Row]) -> Block:
    rows: list[list[Cell]] = [["Conversion factor", f"${priced[0]['factor']}", "Dollars for one RVU."]]
    for row in priced:
        for heading, facility in SETTINGS:
            field = f"{heading} price{', modifier ' + row.part if row.part else ''}"
            rows.append([field, _amount(row, service.COUNTRY, {}, facility), _told(row, facility)])
    return subject.table(["Field", "Value", "Meaning"], rows, "mpfs")


def _told(row: Row, facility: bool) -> str:
    """Say how a national price comes about."""
    if row[NA_COLUMNS[facility]]:
        return meaning("mpfs.na_indicator", NOT_THERE)
    rvu, factor = rvu_of(row), number(row["factor"])
    uncapped = price(rvu, NATIONAL, factor, facility)
    lower = unit_price(row, service.COUNTRY, facility, {})[0] < uncapped
    cap = f", which is {dollars(uncapped)}; what OPPS pays for such an image is lower" if lower else ""
    return f"National and unadjusted: {rvu.total(facility)} × {factor}{cap}."


def _by_locality(subject: Subject, priced: list[Row]) -> list[Block]:
    """Return the table of localities, for the service without modifier where it is paid."""
    row, places, caps = priced[0], service.localities(subject.on), caps_of([subject.facts])
    if not places:
        return []
    rows: list[list[Cell]] = [
        [place.name, place.state, *(_amount(row, place, caps, facility) for _, facility in SETTINGS)]
        for place in places
    ]
    kind = f", modifier {row.part}" if row.part else ""
    columns = ["Locality", "State", *(f"{heading}{kind}" for heading, _ in SETTINGS)]
    return [subject.table(columns, rows, "mpfs", "gpci", *(["oppscap"] if caps else []))]


def _amount(row: Row, place: Locality, caps: Caps, facility: bool) -> str:
    return NOT_THERE if row[NA_COLUMNS[facility]] else dollars(unit_price(row, place, facility, caps)[0])


def _anesthesia(subject: Subject) -> list[Block]:
    """Return how anesthesia is paid, with the conversion factors. The localities' states are in the cost indices."""
    factors = list(reading.whole("anesthesia", subject.on))
    if not factors:
        return []
    states = {row.code: row["state"] for row in reading.whole("gpci", subject.on)}
    named = sorted((states.get(row.code, ""), row["name"], f"${row['factor']}") for row in factors)
    rows: list[list[Cell]] = [[name, state, factor] for state, name, factor in named]
    table = subject.table(["Locality", "State", "Dollars for one unit"], rows, "anesthesia")
    return [subject.prose(ANESTHESIA_RULE, "mpfs"), table]
