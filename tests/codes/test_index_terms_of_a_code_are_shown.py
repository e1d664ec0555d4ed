"""The section “Index terms”: a table for each index that leads to the code."""

from __future__ import annotations

from flask import Flask

from tests.codes import given_rows
from tests.codes.given_rows import texts
from webapp.codes.facts import index_terms


def test_entries_have_their_levels_and_modifiers(empty: Flask) -> None:
    given_rows.load(
        {
            "icd10cm-index": {
                ("A000", "2"): {"path": "Plague > of dragons", "kind": "code", "code": "A00.0"},
                ("A000", "1"): {
                    "path": "Fever",
                    "kind": "manifestation",
                    "code": "A00.0",
                    "nonessential": "(green) (red)",
                },
                ("A000", "3"): {"path": "ague > cold", "kind": "code", "code": "A00.-", "nonessential": "shaking"},
            },
            "icd10cm-drug": {("A000", "1"): {"path": "Potion > poisoning", "kind": "code", "code": "A00.0"}},
        },
        name="April 2026",
    )
    index, drugs = index_terms.blocks(given_rows.subject("A00.0", "icd-10-cm"))
    assert index.columns == ["Index entry", "Leads to", "Kind"]
    assert texts(index) == [
        ["ague > cold (shaking)", "A00.-", "Code"],
        ["Fever (green) (red)", "A00.0", "Manifestation, coded second"],
        ["Plague > of dragons", "A00.0", "Code"],
    ]
    assert index.source == "ICD-10-CM Alphabetic Index, April 2026"
    assert texts(drugs) == [["Potion > poisoning", "A00.0", "Code"]]


def test_a_code_in_no_index_has_no_table(empty: Flask) -> None:
    assert index_terms.blocks(given_rows.subject("A00.0", "icd-10-cm")) == []
