"""Hierarchical condition categories: mappings of every model, labels, hierarchies, factors."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from tests.codes import garbling
from webapp.codes.datasets import loading, reading
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers import hcc
from webapp.codes.importers.files import SourceFile, open_source
from webapp.extensions import transaction

REAL = garbling.SHARED / "hcc"
FORMAT = "A0104\t92\t\r\nB377\t6\t\r\nB377\t298\tD\r\nE119\t38\r\n"
MAPPING = (
    "diagnosis_code,cc,model_name\n"
    "A0104,39,CMS-HCC ESRD Model V21\n"
    "A0104,39,CMS-HCC Model V24\n"
    "A0104,92,CMS-HCC Model V28\n"
    "B377,6,CMS-HCC Model V28\n"
    "B377,298,CMS-HCC Model V28\n"
    "Z9484,395,RxHCC Model V08\n"
)
LABELS = (
    "cc,label,model_domain,model_version,model_fullname\r\n"
    'HCC1,"One made-up name,\r\non two lines",CMS-HCC,V24,V24H86L1\r\n'
    'HCC1,A name with a ""quote"" in it,ESRD,V24,V24H86L1\r\n'
    "RXHCC98,Another,RxHCC,R08,R08X84L1"
)
HIERARCHIES = (
    "cc_parent,cc_child,model_domain,model_version,model_fullname\n"
    "8,9,CMS-HCC,V24,V24H86H1\n"
    "8,9,ESRD,V24,V24H86H1\n"
    "8,10,CMS-HCC,V24,V24H86H1\n"
)
FACTORS = "version,segment,variable,factor\nV28,CNA,HCC36,0.166\nV28,CNA,DIABETES_HF_V28,0.112\nV28,CFA,HCC36,-0.1\n"


def read(text: str, name: str, given: Given | None = None) -> Parsed:
    return hcc.read(SourceFile(name, text.encode()), given or Given())


def test_a_format_is_of_the_model_and_the_years_in_its_name() -> None:
    done = read(FORMAT, "F2823T2N_FY22FY23.TXT")
    (table,) = done.tables
    assert (table.dataset, done.read) == ("hcc-v28", 4)
    assert (done.release, str(done.valid_from), str(done.valid_to)) == ("2024", "2024-01-01", "2024-12-31")
    assert table.rows == {
        ("A0104", "92"): ("92",),
        ("B377", "6"): ("6",),
        ("B377", "298"): ("298",),
        ("E119", "38"): ("38",),
    }


@pytest.mark.parametrize(("name", "dataset"), [("F2422P1M.TXT", "hcc-v24"), ("F0825T1P.TXT", "hcc-rx-v08")])
def test_a_format_without_fiscal_years_needs_a_day(name: str, dataset: str) -> None:
    assert "--effective" in garbling.refusal(hcc.read, SourceFile(name, FORMAT.encode()))
    done = read(FORMAT, name, Given(effective=date(2022, 1, 1)))
    assert (done.tables[0].dataset, done.release, str(done.valid_to)) == (dataset, "2022", "2022-12-31")


def test_a_mapping_of_all_models_is_a_table_for_each() -> None:
    done = read(MAPPING, "ra_dx_to_cc_2026.csv")
    assert (done.read, str(done.valid_from), str(done.valid_to)) == (6, "2026-01-01", "2026-12-31")
    assert {table.dataset: sorted(part for _, part in table.rows) for table in done.tables} == {
        "hcc-esrd-v21": ["39"],
        "hcc-v24": ["39"],
        "hcc-v28": ["298", "6", "92"],
        "hcc-rx-v08": ["395"],
    }


def test_labels_may_hold_commas_quotes_and_lines() -> None:
    (table,) = read(LABELS, "ra_labels_2026.csv").tables
    assert table.rows == {
        ("V24:HCC1", "CMS-HCC"): ("One made-up name, on two lines",),
        ("V24:HCC1", "ESRD"): ('A name with a ""quote"" in it',),
        ("R08:RXHCC98", "RxHCC"): ("Another",),
    }


def test_a_hierarchy_stands_under_the_parent() -> None:
    (table,) = read(HIERARCHIES, "ra_hierarchies_2026.csv").tables
    assert table.rows == {
        ("V24:8", "9 CMS-HCC"): ("9",),
        ("V24:8", "9 ESRD"): ("9",),
        ("V24:8", "10 CMS-HCC"): ("10",),
    }


def test_factors_of_categories_stand_under_the_category() -> None:
    (table,) = read(FACTORS, "factors_2026.csv").tables
    assert table.rows == {
        ("V28:HCC36", "CNA"): ("0.166",),
        ("V28", "CNA DIABETES_HF_V28"): ("0.112",),
        ("V28:HCC36", "CFA"): ("-0.1",),
    }


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (FORMAT, "F9924T1N_FY24FY25.TXT", "is of model F99, which is none of"),
        (FORMAT.replace("B377\t6", "B377 6"), "F2824T1N_FY22FY23.TXT", "line 2: 'B377 6\\t' is no code and category"),
        (FORMAT.replace("A0104", "A01.04"), "F2824T1N_FY22FY23.TXT", "line 1"),
        (FORMAT.replace("298", "6"), "F2824T1N_FY22FY23.TXT", "line 3: B377 6 stands in the file twice"),
        (FORMAT[:-3], "F2824T1N_FY22FY23.TXT", "its last line has no end"),
        (MAPPING.replace(",cc,", ",hcc,"), "ra_dx_to_cc_2026.csv", "column 2 is 'hcc', and 'cc' is wanted"),
        (MAPPING.replace("Model V24", "Model V99"), "ra_dx_to_cc_2026.csv", "row 3: column model_name"),
        (MAPPING.replace("Z9484,395", "395,Z9484"), "ra_dx_to_cc_2026.csv", "row 7: '395' is no ICD-10-CM code"),
        (MAPPING[:-9], "ra_dx_to_cc_2026.csv", "row 7: column model_name"),
        (MAPPING, "mapping.csv", "--effective"),
        (LABELS[:-1], "ra_labels_2026.csv", "row 4: 'R08X84L' is no model_fullname"),
        (LABELS.replace("Another", ""), "ra_labels_2026.csv", "row 4: RXHCC98 has no label"),
        (LABELS, "labels.csv", "--effective"),
        (
            HIERARCHIES.replace("8,10", "8,9"),
            "ra_hierarchies_2026.csv",
            "row 4: V24:8 9 CMS-HCC stands in the file twice",
        ),
        (FACTORS.replace("0.166", "much"), "factors_2026.csv", "row 2: 'much' is no factor"),
        (FACTORS[:-2], "factors_2026.csv", "its last line has no end"),
        ("code,category\nA,B\n", "other_2026.csv", "column 1 is 'code', and not diagnosis_code or cc or cc_parent"),
        ("diagnosis_code,cc,model_name\n", "ra_dx_to_cc_2026.csv", "no row"),
    ],
)
def test_a_file_that_is_wrong_is_refused_whole(text: str, name: str, told: str) -> None:
    assert told in garbling.refusal(hcc.read, SourceFile(name, text.encode()))


def test_a_day_of_another_year_than_the_name_is_refused() -> None:
    file = SourceFile("ra_dx_to_cc_2026.csv", MAPPING.encode())
    assert "does not lie" in garbling.refusal(hcc.read, file, Given(effective=date(2027, 1, 1)))


@over(st.data())
@settings(max_examples=50, deadline=None)
def test_a_garbled_file_does_no_harm(data: st.DataObject) -> None:
    good = data.draw(st.sampled_from([MAPPING, LABELS, HIERARCHIES, FACTORS]))
    broken = data.draw(garbling.garbled(good.encode()))
    garbling.is_refused_or_fit_to_store(hcc.read, SourceFile("ra_2026.csv", broken), Given())


@over(garbling.garbled(FORMAT.encode(), b"\t"))
@settings(max_examples=50, deadline=None)
def test_a_garbled_format_does_no_harm(data: bytes) -> None:
    garbling.is_refused_or_fit_to_store(hcc.read, SourceFile("F2824T1N_FY22FY23.TXT", data), Given())


def test_a_format_and_a_mapping_of_the_same_year_replace_each_other(empty: Flask) -> None:
    for name, text in {"F2823T2N_FY24FY25.TXT": FORMAT, "ra_dx_to_cc_2026.csv": MAPPING}.items():
        file = SourceFile(name, text.encode())
        with transaction():
            loading.load(file, hcc.read(file, Given()))
    day = date(2026, 6, 1)
    assert [row["cc"] for row in reading.facts("B377", day).rows("hcc-v28")] == ["298", "6"]
    assert reading.facts("E119", day).rows("hcc-v28") == []


@pytest.mark.skipif(not REAL.exists(), reason=garbling.ABSENT)
@pytest.mark.parametrize(
    ("name", "count", "models"),
    [
        ("ra_dx_to_cc_2026.csv", 55_297, 6),
        ("ra_dx_to_cc_2027.csv", 44_860, 5),
        ("ra_labels_2026.csv", 783, 1),
        ("ra_hierarchies_2026.csv", 734, 1),
    ],
)
def test_the_files_of_a_payment_year_are_read_whole(name: str, count: int, models: int) -> None:
    done = hcc.read(open_source(REAL / name), Given())
    assert (done.read, sum(len(table.rows) for table in done.tables), done.refused) == (count, count, [])
    assert len(done.tables) == models


@pytest.mark.skipif(not REAL.exists(), reason=garbling.ABSENT)
@pytest.mark.parametrize(("name", "count"), [("F2422P1M.TXT", 9_875), ("F2824T1N.TXT", 8_090)])
def test_the_publishers_formats_are_read_whole(name: str, count: int) -> None:
    done = hcc.read(open_source(REAL / name), Given(effective=date(2025, 1, 1)))
    assert (done.read, len(done.tables[0].rows), done.refused) == (count, count, [])
