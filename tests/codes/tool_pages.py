"""What tests of the data tools stand on: a made-up release of all that they work with, and what readers send."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.codes import given_rows, ptp_files, tabular
from tests.support import kept, people
from webapp.codes import loader
from webapp.codes.datasets import ptp
from webapp.codes.datasets.parsed import Given
from webapp.codes.worksheets.sheets import SHEETS
from webapp.extensions import transaction

CLAIM, PRICES, RAF = (sheet.path for sheet in SHEETS)
HERE, THERE = "9990001", "9990002"
"""Two localities."""
PRICED = {
    "status": "A",
    "work": "2",
    "non_facility_pe": "3",
    "facility_pe": "1",
    "mp": "0.5",
    "factor": "10",
    "non_facility_total": "5.5",
    "facility_total": "3.5",
    "pctc": "0",
    "pre_op": "",
    "intra_op": "",
    "post_op": "",
    "multiple": "0",
    "bilateral": "0",
    "assistant": "0",
    "co_surgeons": "0",
    "team": "0",
}
UNITS = {"value": "2", "indicator": "3 Date of Service Edit", "rationale": "Made up"}
PLACE = {"mac": "99900", "locality": "01"}
TABLES: dict[str, given_rows.Given] = {
    "mpfs": {
        **{(code, ""): PRICED for code in ("10001", "45378", "36000")},
        ("10002", ""): {**PRICED, "status": "N"},
    },
    "gpci": {
        (HERE, ""): {**PLACE, "state": "ZZ", "name": "Here", "work": "1", "pe": "1.1", "mp": "0.9"},
        (THERE, ""): {**PLACE, "state": "AA", "name": "There", "work": "1.5", "pe": "1", "mp": "1"},
    },
    "mue-practitioner": {("36000", ""): UNITS},
    "hcpcs": {("G0105", ""): {"long": "Made-up text one"}},
    "hcc-v28": {("E119", "38"): {"cc": "38"}, ("E1121", "37"): {"cc": "37"}, ("I509", "226"): {"cc": "226"}},
    "hcc-v24": {("E1121", "18"): {"cc": "18"}, ("A000", "8"): {"cc": "8"}},
    "hcc-labels": {("V28:HCC37", "CMS-HCC"): {"label": "Made-up sweetness"}},
    "hcc-hierarchies": {("V28:37", "38 CMS-HCC"): {"child": "38"}},
    "hcc-factors": {
        ("V28:HCC37", "CNA"): {"factor": "0.166"},
        ("V28:HCC37", "INS"): {"factor": "0.2"},
        ("V28:HCC226", "CNA"): {"factor": "0.360"},
        ("V28", "CNA F65_69"): {"factor": "0.33"},
    },
}
CLAIM_FIELDS = {"lines": "45378\n36000, 3\n99998,2\n10001", "setting": "practitioner", "day": "2026-08-03"}
PRICE_FIELDS = {"lines": "10001, 2\n10002", "places": "national", "day": "2026-08-03"}
RAF_FIELDS = {"codes": "E11.21, E11.9 I509, B99", "day": "2026-08-03"}
ASKED = {CLAIM: CLAIM_FIELDS, PRICES: PRICE_FIELDS, RAF: RAF_FIELDS}


def subscriber(app: Flask, folder: Path) -> FlaskClient:
    """A browser of a subscriber on a site with a release of everything; `folder` takes the files."""
    edits = ptp_files.write(folder)

    def load() -> None:
        with transaction():
            loader.load(tabular.listing())
        given_rows.load(TABLES)
        with transaction():
            ptp.load([edits], Given())

    with app.app_context():
        kept.filled(app, "data tools", load)
    return people.client_for(app, people.add_reader(app, "alice@example.org", "pro"))


def token_of(page: TestResponse) -> str:
    """The CSRF token of a page with a form."""
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    assert found
    return unescape(found[1])


def typed(page: TestResponse, name: str) -> str:
    """What a field for several lines holds."""
    found = re.search(rf'<textarea[^>]* name="{name}"[^>]*>\r?\n(.*?)</textarea>', page.text, re.DOTALL)
    assert found
    return unescape(found[1])


def rows(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-store"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
