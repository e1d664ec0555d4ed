"""Made-up rows of the fee schedule and of localities, for tests of the sections that show them."""

from __future__ import annotations

PHYSICIAN = {
    "status": "A",
    "work": "2.00",
    "non_facility_pe": "3.00",
    "facility_pe": "1.00",
    "mp": "0.50",
    "non_facility_total": "5.50",
    "facility_total": "3.50",
    "pctc": "0",
    "global_days": "XXX",
    "pre_op": "0.00",
    "intra_op": "0.00",
    "post_op": "0.00",
    "multiple": "0",
    "bilateral": "0",
    "assistant": "1",
    "co_surgeons": "0",
    "team": "0",
    "factor": "30.0000",
    "supervision": "09",
    "calculation": "0",
    "imaging_family": "99",
}
"""A service without anything special: no modifier is allowed."""
NOTHING = {
    **dict.fromkeys(("work", "non_facility_pe", "facility_pe", "mp", "non_facility_total", "facility_total"), "0.00")
}
GPCI = {
    ("0000101", ""): {
        "mac": "00001",
        "state": "ZZ",
        "locality": "01",
        "name": "REST OF ZETALAND",
        "work": "1.000",
        "pe": "0.900",
        "mp": "0.500",
    },
    ("0000202", ""): {
        "mac": "00002",
        "state": "YY",
        "locality": "02",
        "name": "YPSILON CITY",
        "work": "1.100",
        "pe": "1.200",
        "mp": "1.001",
    },
}
