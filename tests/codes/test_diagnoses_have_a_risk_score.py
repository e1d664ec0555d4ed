"""Condition categories of diagnoses: hierarchies, sums, what is not loaded, and what is no code."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.codes import given_rows
from tests.codes.given_rows import DAY
from webapp.codes.datasets.parsed import Given
from webapp.codes.importers import hcc
from webapp.codes.importers.files import SourceFile
from webapp.codes.raf import service
from webapp.codes.raf.engine import score
from webapp.codes.raf.models import MODELS
from webapp.codes.raf.service import Answer, Result

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "hcc"

MAPPINGS = {
    "hcc-v28": {("E119", "38"): {"cc": "38"}, ("E1121", "37"): {"cc": "37"}, ("I509", "226"): {"cc": "226"}},
    "hcc-v24": {("E1121", "18"): {"cc": "18"}, ("A0000", "8"): {"cc": "8"}},
    "hcc-esrd-v24": {("A0000", "8"): {"cc": "8"}, ("A0001", "9"): {"cc": "9"}},
    "hcc-rx-v08": {("E119", "31"): {"cc": "31"}},
}
NAMES = {
    "hcc-labels": {
        ("V28:HCC37", "CMS-HCC"): {"label": "Made-up sweetness"},
        ("V24:HCC8", "CMS-HCC"): {"label": "Made-up growth"},
        ("V24:HCC8", "ESRD"): {"label": "Made-up growth of the kidney model"},
        ("R08:RXHCC31", "RxHCC"): {"label": "Made-up sweetness, drugs"},
    },
    "hcc-hierarchies": {
        ("V28:37", "38 CMS-HCC"): {"child": "38"},
        ("V24:8", "9 ESRD"): {"child": "9"},
    },
}
FACTORS = {
    "hcc-factors": {
        ("V28:HCC37", "CNA"): {"factor": "0.166"},
        ("V28:HCC37", "INS"): {"factor": "0.2"},
        ("V28:HCC38", "CNA"): {"factor": "0.166"},
        ("V28:HCC226", "CNA"): {"factor": "0.360"},
        ("V28", "CNA F65_69"): {"factor": "0.33"},
    }
}


@pytest.fixture
def models(empty: Flask) -> Flask:
    given_rows.load({**MAPPINGS, **NAMES}, last=date(2026, 12, 31), name="2026")
    return empty


@pytest.fixture
def with_factors(models: Flask) -> Flask:
    given_rows.load(FACTORS, name="2026 factors")
    return models


def of(answer: Answer, name: str) -> Result:
    return next(result for result in answer.results if result.model.name == name)


def stands(result: Result) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.number, each.dropped_by) for each in result.score.categories]


def test_each_model_has_its_categories_and_names(models: Flask) -> None:
    answer = service.scores(["E1121", "E119", "A0000"], DAY)
    assert [result.model.name for result in answer.results] == [
        "CMS-HCC V28",
        "CMS-HCC V24",
        "CMS-HCC ESRD V24",
        "RxHCC V08",
    ]
    assert stands(of(answer, "CMS-HCC V28")) == [("37", ()), ("38", ("37",))]
    assert of(answer, "CMS-HCC V28").labels == {"37": "Made-up sweetness"}
    assert of(answer, "RxHCC V08").labels == {"31": "Made-up sweetness, drugs"}
    assert (answer.unmapped, answer.problems) == ([], [])


def test_models_of_one_version_keep_their_own_names_and_hierarchies(models: Flask) -> None:
    answer = service.scores(["A0000", "A0001"], DAY)
    assert of(answer, "CMS-HCC V24").labels == {"8": "Made-up growth"}
    assert of(answer, "CMS-HCC ESRD V24").labels == {"8": "Made-up growth of the kidney model"}
    assert stands(of(answer, "CMS-HCC ESRD V24")) == [("8", ()), ("9", ("8",))]


def test_without_factors_there_is_no_sum_and_it_is_told(models: Flask) -> None:
    result = of(service.scores(["E1121"], DAY, "CNA"), "CMS-HCC V28")
    assert result.score.total is None
    assert result.note == "The factors of this model are not loaded, so there is no sum."


def test_the_sum_leaves_out_what_is_dropped(with_factors: Flask) -> None:
    result = of(service.scores(["E1121", "E119", "I509"], DAY, "CNA", ["F65_69"]), "CMS-HCC V28")
    assert result.score.total == Decimal("0.856")  # 0.166 + 0.360 + 0.33, without category 38
    assert result.note == ""
    assert result.segments == ["CNA", "INS"]


def test_what_a_segment_has_no_factor_for_is_named(with_factors: Flask) -> None:
    result = of(service.scores(["E1121", "I509"], DAY, "INS", ["F65_69"]), "CMS-HCC V28")
    assert result.score.total == Decimal("0.2")
    assert result.note == "Without a factor in this segment, and left out of the sum: HCC226, F65_69."


@pytest.mark.parametrize("segment", ["", "CNX"])
def test_a_segment_is_needed_for_a_sum(with_factors: Flask, segment: str) -> None:
    result = of(service.scores(["E1121"], DAY, segment), "CMS-HCC V28")
    assert result.score.total is None
    assert result.note == "There is no sum without a segment: one of CNA, INS."


def test_codes_without_category_and_unknown_codes_are_told(models: Flask) -> None:
    answer = service.scores(["E119", "Z999"], DAY)
    assert answer.unmapped == ["Z999"]
    assert answer.problems == ["Z999 is no ICD-10-CM code that is loaded here."]


def test_a_known_code_without_category_is_no_problem(catalogue: Flask) -> None:
    given_rows.load(MAPPINGS)
    answer = service.scores(["A009"], DAY)
    assert (answer.unmapped, answer.problems) == (["A009"], [])


def test_a_release_that_ended_says_so(models: Flask) -> None:
    answer = service.scores(["E119"], date(2027, 2, 1))
    assert of(answer, "CMS-HCC V28").release == "2026, ended 2026-12-31"


def test_no_model_is_told(empty: Flask) -> None:
    assert service.scores(["E119"], DAY).problems == ["No mapping to condition categories is loaded for this day."]


def test_an_export_has_categories_variables_and_the_sum(with_factors: Flask) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(service.HEADER)
    writer.writerows(service.csv_rows(service.scores(["E1121", "E119"], DAY, "CNA", ["F65_69"])))
    rows = [row for row in csv.DictReader(io.StringIO(text.getvalue())) if row["Model"] == "CMS-HCC V28"]
    assert [(row["Category"], row["Codes"], row["Dropped by"], row["Factor"]) for row in rows] == [
        ("HCC37", "E1121", "", "0.166"),
        ("HCC38", "E119", "HCC37", "0.166"),
        ("F65_69", "", "", "0.33"),
        ("Sum", "", "", "0.496"),
    ]
    assert rows[3]["Note"] == service.SIMPLE


def test_one_that_is_dropped_drops_none() -> None:
    mapped = {"A": ["62"], "B": ["63"], "C": ["202"]}
    found = score(mapped, {"62": ["63"], "63": ["202"]}, {}, {})
    assert [(each.number, each.dropped_by) for each in found.categories] == [("62", ()), ("63", ("62",)), ("202", ())]
    assert found.total is None


def test_a_category_of_several_codes_counts_once() -> None:
    found = score({"A": ["5"], "B": ["5", "6"]}, {}, {"5": Decimal("0.5"), "6": Decimal("0.25")}, {})
    assert [each.codes for each in found.categories] == [("A", "B"), ("B",)]
    assert found.total == Decimal("0.75")


@pytest.mark.parametrize(
    ("text", "codes", "problems"),
    [
        ("E11.9, i50.22;E119\nZ99", ["E119", "I5022", "Z99"], []),
        ("", [], []),
        ("E11.9 99213", ["E119"], ["'99213' is no ICD-10-CM code."]),
        ("E1.1.9", [], ["'E1.1.9' is no ICD-10-CM code."]),
    ],
)
def test_codes_are_read(text: str, codes: list[str], problems: list[str]) -> None:
    assert service.read(text) == service.Question(codes, problems)


def test_more_codes_than_are_scored_are_told() -> None:
    found = service.read(" ".join(f"A{number:03}" for number in range(201)))
    assert len(found.codes) == 200
    assert found.problems == ["Codes after the first 200 are left out."]


def test_the_publishers_files_fit_the_models() -> None:
    """Every name and hierarchy of CMS's files is found by the keys that the models give."""
    known = {(model.version, model.domain) for model in MODELS}
    for name, dataset in (("ra_labels_2026.csv", "hcc-labels"), ("ra_hierarchies_2026.csv", "hcc-hierarchies")):
        if not (SHARED / name).exists():
            pytest.skip("the publisher's files are not on this machine")
        table = hcc.read(SourceFile(name, (SHARED / name).read_bytes()), Given()).tables[0]
        assert table.dataset == dataset
        for code, part in table.rows:
            assert (code.split(":")[0], part.split()[-1]) in known


@settings(max_examples=50)
@given(st.text(alphabet="AE0123.;, \n½²", max_size=60))
def test_any_text_is_read_or_told(text: str) -> None:
    found = service.read(text)
    assert all(service.CODE.fullmatch(code) for code in found.codes)
    assert len(found.codes) + len(found.problems) <= len(re.split(r"[\s,;]+", text))
