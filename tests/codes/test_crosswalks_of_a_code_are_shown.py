"""The section “Crosswalks”: what a code leads to, why, and from which file."""

from __future__ import annotations

from flask import Flask

from tests.codes import given_rows
from tests.codes.given_rows import texts
from webapp.codes.document import Block, Reference
from webapp.codes.facts import crosswalks

SAME = {"approximate": "0", "no_map": "0", "combination": "0", "scenario": "0", "choice": "0"}
NEAR = {**SAME, "approximate": "1"}


def of(key: str, system: str) -> list[Block]:
    return crosswalks.blocks(given_rows.subject(key, system))


def test_equivalents_have_titles_and_reasons(empty: Flask) -> None:
    given_rows.load(
        {
            "gem-10to9": {
                ("E119", "25000 0 0"): {"other": "25000", **NEAR},
                ("E119", "V4581 1 2"): {"other": "V4581", **NEAR, "combination": "1", "scenario": "1", "choice": "2"},
            },
            "gem-9to10": {("E119", "E8120 0 0"): {"other": "E8120", **SAME}},
            "icd9-titles": {("25000", ""): {"title": "Made-up title of the ninth revision"}},
        },
        name="2018",
    )
    forward, backward = of("E11.9", "icd-10-cm")
    assert texts(forward) == [
        ["250.00", "Made-up title of the ninth revision", "The nearest ICD-9-CM code, approximate."],
        ["V45.81", "", "The nearest ICD-9-CM code, approximate, together with others: combination 1, part 2."],
    ]
    assert forward.source == (
        "General equivalence mappings, ICD-10-CM to ICD-9-CM, 2018; ICD-9-CM diagnosis titles, 2018"
    )
    assert backward.source == "General equivalence mappings, ICD-9-CM to ICD-10-CM, 2018"
    assert texts(backward) == [["E812.0", "", "This code is the nearest to the ICD-9-CM code, identical."]]


def test_a_code_without_equivalent_says_so(empty: Flask) -> None:
    given_rows.load({"gem-10to9": {("Y999", "no map"): {**NEAR, "no_map": "1"}}})
    [table] = of("Y99.9", "icd-10-cm")
    assert texts(table) == [["None", "", "No ICD-9-CM code is near."]]


def test_condition_categories_are_named_for_each_model(empty: Flask) -> None:
    given_rows.load(
        {
            "hcc-v24": {("E119", "19"): {"cc": "19"}},
            "hcc-v28": {("E119", "38"): {"cc": "38"}},
            "hcc-rx-v08": {("E119", "31"): {"cc": "31"}},
            "hcc-labels": {
                ("V24:HCC19", "CMS-HCC"): {"label": "Made-up older name"},
                ("V24:HCC19", "ESRD"): {"label": "Made-up name of another model"},
                ("R08:RXHCC31", "RxHCC"): {"label": "Made-up name for drugs"},
            },
        },
        name="2026",
    )
    [table] = of("E11.9", "icd-10-cm")
    assert [row[:3] for row in texts(table)] == [
        ["CMS-HCC V28", "HCC38", ""],
        ["CMS-HCC V24", "HCC19", "Made-up older name"],
        ["RxHCC V08", "RXHCC31", "Made-up name for drugs"],
    ]
    assert table.source == (
        "Mapping to CMS-HCC V28, 2026; Mapping to CMS-HCC V24, 2026; Mapping to RxHCC V08, 2026; "
        "Names of the condition categories, 2026"
    )


def test_clinical_categories_tell_the_default(empty: Flask) -> None:
    default = {"default_ip": "END002", "default_op": "END002"}
    given_rows.load(
        {
            "ccsr": {
                ("E119", "END002"): {"category": "END002", **default},
                ("E119", "END005"): {"category": "END005", **default},
            },
            "ccsr-categories": {("END002", ""): {"label": "Made-up group"}},
        }
    )
    [table] = of("E11.9", "icd-10-cm")
    assert texts(table) == [
        ["END002", "Made-up group", "The default category of inpatient and outpatient data."],
        ["END005", "", "One more category of the code."],
    ]


def test_a_procedure_has_references_and_groups(empty: Flask) -> None:
    given_rows.load(
        {
            "hcpcs": {("G0001", ""): {"cross_references": "G0002 10001 J99"}},
            "rbcs": {
                ("G0001", ""): {
                    "id": "PA001N",
                    "category_name": "Made-up category",
                    "subcategory_name": "Made-up part",
                    "family_name": "Made-up family",
                }
            },
            "ccs": {("G0000", ""): {"last": "G0009", "category": "76", "label": "Made-up procedures"}},
        }
    )
    references, family, group = of("G0001", "hcpcs")
    assert [row[0] for row in references.rows] == [Reference("hcpcs", "G0002"), Reference("cpt", "10001"), "J99"]
    assert texts(family)[0][:2] == ["PA001N", "Made-up category > Made-up part > Made-up family"]
    assert texts(group) == [["76", "Made-up procedures", "The code is in the range G0000 to G0009."]]


def test_a_code_that_leads_nowhere_has_no_table(empty: Flask) -> None:
    given_rows.load({"hcpcs": {("G0001", ""): {}}})
    assert of("G0001", "hcpcs") == []
    assert of("A00.0", "icd-10-cm") == []
