"""The section “Code information”: what the publishers' indicators say of a code, with what they mean."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from webapp.codes.datasets import reading
from webapp.codes.datasets.reading import Row
from webapp.codes.document import Block, Cell
from webapp.codes.facts.indicators import meaning
from webapp.codes.facts.subject import HCPCS, ICD10CM, Subject, procedure
from webapp.codes.facts.wording import day, dollars

COLUMNS = ["Field", "Value", "Meaning"]
Rows = list[list[Cell]]
CODE_LENGTH = 5

FEE_SCHEDULE = (
    ("Status Code", "status", "mpfs.status"),
    ("Global Days", "global_days", "mpfs.global_days"),
    ("PC/TC (26, TC)", "pctc", "mpfs.pctc"),
    ("Multiple Procedures (51)", "multiple", "mpfs.mult_proc"),
    ("Bilateral Surgery (50)", "bilateral", "mpfs.bilateral"),
    ("Physician Supervision", "supervision", "mpfs.phys_supervision"),
    ("Assistant Surgeon (80, 82)", "assistant", "mpfs.asst_surg"),
    ("Co-Surgeons (62)", "co_surgeons", "mpfs.co_surg"),
    ("Team Surgery (66)", "team", "mpfs.team_surg"),
    ("Diagnostic Imaging Family", "imaging_family", "mpfs.imaging_family"),
)
"""Field, column, and the kind of its indicators."""
OUTPATIENT = (
    ("APC Payment Rate", "rate", "Hospital outpatient rate, national and unadjusted."),
    ("APC Copayment", "copayment", "The patient's share, national and unadjusted."),
    ("APC Minimum Copayment", "minimum_copayment", "The least that the patient's share may be."),
)
EXCLUDED = "Not paid to ambulatory surgical centers."
LEVEL_TWO = (
    ("Type of Service (TOS)", "tos", "tos"),
    ("BETOS", "betos", "betos"),
    ("Coverage", "coverage", "hcpcs.coverage"),
    ("Pricing", "pricing", "hcpcs.pricing"),
    ("Multiple Pricing", "multiple_pricing", "hcpcs.mult_pricing"),
    ("Action", "action", "hcpcs.action"),
)
DATES = (
    ("Added on", "added", "The first day of the code."),
    ("Action effective on", "action_date", "The day from which the last action holds."),
    ("Last usable day", "termination", "The code may not be used after this day."),
)
PLACES = (
    ("Statute", "statute", "Number in the Social Security Act."),
    ("Coverage Issues Manual (CIM)", "cim", "Section that tells when the item is covered."),
    ("Medicare Carriers Manual (MCM)", "mcm", "Section that tells how the item is covered or paid."),
    ("Laboratory Certification", "lab_certification", "Specialty that a laboratory must be certified in."),
    ("Processing Note", "processing_note", "Number of a note in the publisher's file of notes."),
)


def blocks(subject: Subject) -> list[Block]:
    """Return a table for each dataset that says something of the code."""
    tables: tuple[tuple[str, Rows], ...]
    if subject.document.system == ICD10CM:
        tables = (("ccir", _chronic(subject)),)
    else:
        tables = tuple((dataset, read(subject)) for dataset, read in READERS.items())
    return [subject.table(COLUMNS, rows, dataset) for dataset, rows in tables if rows]


def fee_schedule_row(subject: Subject) -> Row | None:
    """Return the code's row of the fee schedule: without modifier, or the first where there are others only."""
    rows = subject.facts.rows("mpfs")
    return rows[0] if rows else None


def _fee_schedule(subject: Subject) -> Rows:
    row = fee_schedule_row(subject)
    if row is None:
        return []
    rows: Rows = [[field, row[column], meaning(kind, row[column])] for field, column, kind in FEE_SCHEDULE]
    if row["endoscopic_base"]:
        base = procedure(row["endoscopic_base"])
        rows.append(["Endoscopic Base Code", base, "The code that its endoscopic family is reckoned from."])
    return rows


def _outpatient(subject: Subject) -> Rows:
    row = subject.facts.row("opps")
    if row is None:
        return []
    rows: Rows = [["APC Status Indicator", row["status"], meaning("opps.si", row["status"])]]
    if row["apc"]:
        rows.append(["APC", row["apc"], "Ambulatory payment classification: the group it is paid in."])
    if row["weight"]:
        rows.append(["APC Relative Weight", row["weight"], ""])
    rows.extend([field, dollars(Decimal(row[column])), told] for field, column, told in OUTPATIENT if row[column])
    return rows


def _surgical_center(dataset: str) -> Callable[[Subject], Rows]:
    """Return the reader of an addendum. The first that has the code counts: AA, BB."""

    def read(subject: Subject) -> Rows:
        row = subject.facts.row(dataset)
        if row is None or (dataset == "asc-bb" and subject.facts.row("asc-aa")):
            return []
        rows: Rows = [["ASC Payment Indicator", row["indicator"], meaning("asc.pi", row["indicator"])]]
        if row["rate"]:
            rows.append(["ASC Payment Rate", dollars(Decimal(row["rate"])), "National and unadjusted."])
        if row["discount"] == "Y":
            rows.append(["ASC Multiple Procedure Discount", "Y", "Reduced when there are several procedures."])
        return rows

    return read


def _not_in_centers(subject: Subject) -> Rows:
    if subject.facts.row("asc-ee") is None or subject.facts.row("asc-aa") or subject.facts.row("asc-bb"):
        return []
    return [["ASC Payment Indicator", "excluded", EXCLUDED]]


def _level_two(subject: Subject) -> Rows:
    row = subject.facts.row("hcpcs")
    if row is None:
        return []
    rows: Rows = []
    for field, column, kind in LEVEL_TWO:
        rows.extend([field, value, meaning(kind, value)] for value in row[column].split())
    rows.extend([field, day(row[column]), told] for field, column, told in DATES if row[column])
    rows.extend(["Cross Reference", _linked(code), ""] for code in row["cross_references"].split())
    for field, column, told in PLACES:
        rows.extend([field, value, told] for value in row[column].split())
    if row["asc_group"]:
        since = f" since {day(row['asc_date'])}" if row["asc_date"] else ""
        rows.append(["ASC Group", row["asc_group"], f"May be done in an ambulatory surgical center{since}."])
    if row["anesthesia_units"].strip("0"):
        rows.append(["Anesthesia Base Units", row["anesthesia_units"], "Units that the time units are added to."])
    return rows


def _linked(code: str) -> Cell:
    """Return a link to a code; a cross reference may also be a modifier, or the beginning of codes."""
    return procedure(code) if len(code) == CODE_LENGTH else code


def _classification(subject: Subject) -> Rows:
    row = subject.facts.row("rbcs")
    if row is None:
        return []
    category = row["category_name"] or meaning("rbcs.category", row["category"])
    rows: Rows = [["RBCS", row["id"], ": ".join(filter(None, (category, row["subcategory_name"])))]]
    if row["family_name"]:
        rows.append(["RBCS Family", row["family"], row["family_name"]])
    if row["major"]:
        rows.append(["RBCS Major Indicator", row["major"], meaning("rbcs.major", row["major"])])
    return rows


def _clinical_class(subject: Subject) -> Rows:
    if "ccs" not in subject.releases:
        return []
    row = reading.in_range("ccs", subject.code, subject.on)
    return [["CCS", row["category"], row["label"]]] if row else []


def _service_types(subject: Subject) -> Rows:
    """Level II codes have theirs in their own file."""
    if subject.document.system == HCPCS and subject.facts.value("hcpcs", "tos"):
        return []
    values = subject.facts.value("tos", "tos").split()
    return [["Type of Service (TOS)", value, meaning("tos", value)] for value in values]


def _chronic(subject: Subject) -> Rows:
    value = subject.facts.value("ccir", "indicator")
    return [["Chronic Condition", value, meaning("ccir", value)]] if value else []


READERS: dict[str, Callable[[Subject], Rows]] = {
    "mpfs": _fee_schedule,
    "opps": _outpatient,
    "asc-aa": _surgical_center("asc-aa"),
    "asc-bb": _surgical_center("asc-bb"),
    "asc-ee": _not_in_centers,
    "hcpcs": _level_two,
    "tos": _service_types,
    "rbcs": _classification,
    "ccs": _clinical_class,
}
"""What makes the table of each dataset, in the order of the page."""
