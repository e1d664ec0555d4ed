"""A CPT page with everything: licensed text, an article, data; in order, and nothing locked for a guest."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.codes import given_rows
from tests.support import people
from webapp.codes import article_files
from webapp.codes.datasets import licences
from webapp.codes.document import SECTIONS
from webapp.extensions import transaction

CODE = "12345"
PAGE = f"/codes/cpt/{CODE}"
LINE = "CPT of a made-up year. All rights reserved."
FIRST = date(2026, 1, 1)
OF_ICD10CM = {"notes", "seventh_characters", "index_terms"}
"""Sections that CPT has nothing for."""
FREE = {"descriptor", "billable", "common_language"}

ARTICLE = """---
system: cpt
code: "12345"
title: A made-up procedure
author: The tests
updated: 2026-01-01
---

## Common language description

canary-common_language

## Indications

canary-indications

## Procedure

1. Beginning — canary-procedure
2. Ending — canary-procedure

## Post-procedure

canary-post_procedure
"""
UNITS = {"work": "1.00", "non_facility_pe": "2.00", "facility_pe": "1.00", "mp": "0.10"}
FEES = {
    **UNITS,
    "status": "A",
    "global_days": "010",
    "pctc": "0",
    "multiple": "2",
    "bilateral": "0",
    "assistant": "2",
    "co_surgeons": "1",
    "team": "0",
    "supervision": "09",
    "imaging_family": "99",
    "factor": "30.0000",
    "non_facility_total": "3.10",
    "facility_total": "2.10",
}
RECORDS = {
    "mpfs": {(CODE, ""): FEES},
    "opps": {(CODE, ""): {"status": "T", "rate": "10.00"}},
    "asc-aa": {(CODE, ""): {"indicator": "A2"}},
    "aoc-primary": {(CODE, "12346 1 20200101"): {"type": "1", "other": "12346", "effective": "20200101"}},
    "mue-practitioner": {(CODE, ""): {"value": "1", "indicator": "2", "rationale": "canary-edits"}},
    "rbcs": {(CODE, ""): {"id": "PX001N", "family_name": "canary-crosswalks", "category_name": "Procedure"}},
    "cpt-long": {(CODE, ""): {"text": "canary-licensed"}},
}


@pytest.fixture
def site(app, tmp_path):
    """A site with one whole CPT page, and the history of a second release."""
    article = tmp_path / "articles" / "cpt" / f"{CODE}.md"
    article.parent.mkdir(parents=True)
    article.write_text(ARTICLE)
    with app.app_context():
        with transaction():
            licences.install("cpt", "The tests", LINE, None)
        licensed = {"cpt-long": RECORDS["cpt-long"]}
        given_rows.load({key: rows for key, rows in RECORDS.items() if key not in licensed}, FIRST)
        given_rows.load(licensed, FIRST)
        given_rows.load({"mpfs": {(CODE, ""): {**FEES, "status": "R"}}}, date(2026, 4, 1), name="April 2026")
        with transaction():
            article_files.store(tmp_path / "articles")
    return app


def sections(page) -> list[str]:
    return re.findall(r'data-section="([a-z_]+)"', page.text)


def test_a_subscriber_finds_every_section_in_order(site):
    page = people.client_for(site, people.add_reader(site, "pro@example.org", "pro")).get(PAGE)
    assert page.status_code == 200
    assert sections(page) == [key for key in SECTIONS if key not in OF_ICD10CM]
    for key in ("licensed", "common_language", "indications", "procedure", "post_procedure", "edits", "crosswalks"):
        assert f"canary-{key}" in page.text
    assert LINE in page.text
    assert "Status A → R" in page.text


def test_a_guest_finds_the_same_headings_and_not_one_locked_sentence(site):
    page = site.test_client().get(PAGE)
    assert page.status_code == 200
    assert sections(page) == [key for key in SECTIONS if key not in OF_ICD10CM]
    shown = set(re.findall(r"canary-([a-z_]+)", page.text))
    assert shown == {"licensed", "common_language"}
    for word in ("30.0000", "T</td>", "010", "12346", "Multiple Procedures"):
        assert word not in page.text


def test_the_preview_holds_no_licensed_text(site):
    guest = site.test_client()
    guest.get(PAGE)
    for answer in (site.test_client().get(PAGE, headers={"User-Agent": "Googlebot/2.1"}), guest.get("/search?q=12345")):
        assert answer.status_code == 200
        assert "canary" not in answer.text
