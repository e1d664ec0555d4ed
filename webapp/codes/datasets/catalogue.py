"""The datasets: what each one is, who publishes it, and what the columns of its records are.

Every value is text as the publisher gives it, blanks cut off; an empty text says that the file leaves it open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Cadence = Literal["quarter", "half-year", "year", "never"]
"""How often the publisher brings a new release; `never` for what is published no more, or as needed."""

CMS = "Centers for Medicare & Medicaid Services"
NCHS = "National Center for Health Statistics (CDC)"
AHRQ = "Agency for Healthcare Research and Quality"
AMA = "American Medical Association"


@dataclass(frozen=True, slots=True)
class Dataset:
    """One table of a publisher. `source` is the importer that fills it, `cadence` how often a new file comes."""

    key: str
    source: str
    name: str
    publisher: str
    columns: tuple[str, ...]
    cadence: Cadence = "quarter"
    licensed: bool = False


ORDER = ("order", "valid", "short", "long")
INDEX = ("path", "kind", "code", "nonessential", "see")
"""`path`: the entry below its main term, levels parted by “ > ”; `kind`: code, manifestation, see, see_also."""
HCPCS = (
    *("short", "long", "pricing", "multiple_pricing", "cim", "mcm", "statute", "lab_certification", "cross_references"),
    *("coverage", "asc_group", "asc_date", "opps", "opps_pi", "opps_date", "processing_note", "betos", "tos"),
    *("anesthesia_units", "added", "action_date", "termination", "action"),
)
"""Several values of one kind are parted by blanks; dates are yyyymmdd."""
MPFS = (
    *("status", "not_used", "work", "non_facility_pe", "non_facility_na", "facility_pe", "facility_na", "mp"),
    *("non_facility_total", "facility_total", "pctc", "global_days", "pre_op", "intra_op", "post_op"),
    *("multiple", "bilateral", "assistant", "co_surgeons", "team", "pricing", "endoscopic_base", "factor"),
    *("supervision", "calculation", "imaging_family", "opps_non_facility_pe", "opps_facility_pe", "opps_mp"),
)
"""As the columns of PPRRVU from STATUS CODE on; `pricing` (PRIC IND) is empty before 2026. The part is the modifier."""
GEM = ("other", "approximate", "no_map", "combination", "scenario", "choice")
"""`other`: the code on the other side, empty without a map; the flags are digits."""
HCC = ("cc",)
MUE = ("value", "indicator", "rationale")
AOC = ("type", "other", "effective", "deletion", "addon_deletion", "primary_deletion", "notes")
"""Dates are yyyymmdd, empty for none; `other` is the primary code in `aoc` and the add-on in `aoc-primary`."""
ASC = ("comment", "discount", "indicator", "weight", "rate")

DATASETS: Mapping[str, Dataset] = {
    each.key: each
    for each in (
        Dataset("icd10cm-order", "icd10cm-order", "ICD-10-CM order file", NCHS, ORDER, "half-year"),
        Dataset("icd10cm-codes", "icd10cm-codes", "ICD-10-CM list of billable codes", NCHS, ("long",), "half-year"),
        Dataset("icd10cm-index", "icd10cm-index", "ICD-10-CM Alphabetic Index", NCHS, INDEX, "half-year"),
        Dataset("icd10cm-eindex", "icd10cm-index", "ICD-10-CM External Cause Index", NCHS, INDEX, "half-year"),
        Dataset("icd10cm-neoplasm", "icd10cm-index", "ICD-10-CM Table of Neoplasms", NCHS, INDEX, "half-year"),
        Dataset("icd10cm-drug", "icd10cm-index", "ICD-10-CM Table of Drugs and Chemicals", NCHS, INDEX, "half-year"),
        Dataset("hcpcs", "hcpcs", "HCPCS Level II", CMS, HCPCS),
        Dataset("hcpcs-modifiers", "hcpcs", "HCPCS Level II modifiers", CMS, HCPCS),
        Dataset("mpfs", "mpfs", "Medicare Physician Fee Schedule", CMS, MPFS),
        Dataset("mpfs-qpp", "mpfs", "Medicare Physician Fee Schedule, qualifying APM participants", CMS, MPFS),
        Dataset(
            "gpci",
            "gpci",
            "Geographic practice cost indices",
            CMS,
            ("mac", "state", "locality", "name", "work", "pe", "mp"),
            "year",
        ),
        Dataset(
            "locality",
            "locality",
            "Counties of the payment localities",
            CMS,
            ("mac", "locality", "state", "area", "counties"),
            "year",
        ),
        Dataset(
            "anesthesia",
            "anesthesia",
            "Anesthesia conversion factors",
            CMS,
            ("mac", "locality", "name", "factor"),
            "year",
        ),
        Dataset(
            "oppscap",
            "oppscap",
            "OPPS payment caps of imaging services",
            CMS,
            ("status", "mac", "locality", "facility", "non_facility"),
        ),
        Dataset(
            "opps",
            "opps",
            "OPPS Addendum B",
            CMS,
            (
                *("status", "apc", "weight", "rate", "copayment", "minimum_copayment", "note", "changed"),
                *("coinsurance", "adjusted_copayment", "pass_through_end"),
            ),
        ),
        Dataset("asc-aa", "asc", "ASC Addendum AA", CMS, ASC),
        Dataset("asc-bb", "asc", "ASC Addendum BB", CMS, ASC),
        Dataset("asc-ee", "asc", "ASC Addendum EE", CMS, ("excluded",)),
        Dataset("aoc", "aoc", "NCCI add-on code edits", CMS, AOC),
        Dataset("aoc-primary", "aoc", "NCCI add-on code edits, by primary code", CMS, AOC),
        Dataset("ptp-practitioner", "ptp", "NCCI procedure-to-procedure edits, practitioner services", CMS, ()),
        Dataset("ptp-hospital", "ptp", "NCCI procedure-to-procedure edits, outpatient hospital", CMS, ()),
        Dataset("mue-practitioner", "mue", "Medically unlikely edits, practitioner services", CMS, MUE),
        Dataset("mue-hospital", "mue", "Medically unlikely edits, outpatient hospital", CMS, MUE),
        Dataset("mue-dme", "mue", "Medically unlikely edits, DME suppliers", CMS, MUE),
        Dataset(
            "rbcs",
            "rbcs",
            "Restructured BETOS classification",
            CMS,
            (
                *("id", "category", "category_name", "subcategory", "subcategory_name", "family", "family_name"),
                *("major", "added", "ended", "assigned"),
            ),
            "year",
        ),
        Dataset("ccs", "ccs", "CCS for services and procedures", AHRQ, ("last", "category", "label"), "year"),
        Dataset("tos", "tos", "Type of service of procedures", CMS, ("tos",), "year"),
        Dataset("gem-10to9", "gem", "General equivalence mappings, ICD-10-CM to ICD-9-CM", CMS, GEM, "never"),
        Dataset("gem-9to10", "gem", "General equivalence mappings, ICD-9-CM to ICD-10-CM", CMS, GEM, "never"),
        Dataset("icd9-titles", "gem", "ICD-9-CM diagnosis titles", CMS, ("title",), "never"),
        *(
            Dataset(f"hcc-{model}", "hcc", f"Mapping to {name}", CMS, HCC, "year")
            for model, name in {
                "v20": "CMS-HCC V20",
                "v21": "CMS-HCC V21",
                "v22": "CMS-HCC V22",
                "v23": "CMS-HCC V23",
                "v24": "CMS-HCC V24",
                "v28": "CMS-HCC V28",
                "esrd-v21": "CMS-HCC ESRD V21",
                "esrd-v24": "CMS-HCC ESRD V24",
                "rx-v05": "RxHCC V05",
                "rx-v08": "RxHCC V08",
            }.items()
        ),
        Dataset("hcc-labels", "hcc", "Names of the condition categories", CMS, ("label",), "year"),
        Dataset("hcc-hierarchies", "hcc", "Hierarchies of the condition categories", CMS, ("child",), "year"),
        Dataset("hcc-factors", "hcc", "Relative factors of the condition categories", CMS, ("factor",), "year"),
        Dataset("ccsr", "ccsr", "CCSR for ICD-10-CM diagnoses", AHRQ, ("category", "default_ip", "default_op"), "year"),
        Dataset("ccsr-categories", "ccsr", "CCSR categories", AHRQ, ("label", "body_system"), "year"),
        Dataset("ccir", "ccsr", "Chronic Condition Indicator Refined", AHRQ, ("indicator",), "year"),
        Dataset("pos", "pos", "Place of service codes", CMS, ("type", "name", "description"), "never"),
        *(
            Dataset(f"cpt-{kind}", "cpt", f"CPT {name}", AMA, ("text",), "year", licensed=True)
            for kind, name in {
                "long": "long descriptors",
                "medium": "medium descriptors",
                "short": "short descriptors",
                "consumer": "consumer descriptors",
                "clinician": "clinician descriptors",
                "modifiers": "modifiers",
            }.items()
        ),
        *(
            Dataset(f"{table}-text", table.split("-")[0], f"Short descriptors in {name}", CMS, ("text",), licensed=True)
            for table, name in {
                "mpfs": "the fee schedule",
                "opps": "OPPS Addendum B",
                "asc-aa": "ASC Addendum AA",
                "asc-bb": "ASC Addendum BB",
                "asc-ee": "ASC Addendum EE",
            }.items()
        ),
    )
}
"""All datasets, by key."""

OF_DIAGNOSES = frozenset({"icd10cm-order", "icd10cm-codes", "icd10cm-index", "gem", "hcc", "ccsr"})
"""Sources that speak of diagnoses; the others speak of procedures, supplies and places."""


def of_diagnoses(dataset: str) -> bool:
    """Whether a dataset's codes are diagnoses. Plain codes alone do not tell: S50.00 and S5000 are both S5000."""
    return DATASETS[dataset].source in OF_DIAGNOSES
