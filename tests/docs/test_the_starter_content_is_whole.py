"""The starter articles and their code information: complete, consistent, in words of our own."""

from __future__ import annotations

import csv
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
import yaml

import config
from webapp.codes.document import SECTIONS

STARTER = config.ROOT / "webapp" / "codes" / "starter"
ARTICLES = sorted(STARTER.glob("articles/*/*.md"))
HEADINGS = ["Common language description", "Indications", "Procedure", "Post-procedure"]
COLUMNS = ["system", "code", "section", "field", "value", "meaning", "source"]


def facts() -> list[dict[str, str]]:
    with (STARTER / "code_information.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sections(article: Path) -> dict[str, str]:
    _, _, body = article.read_text("utf-8").split("---\n", 2)
    parts = re.split(r"^## (.+)\n", body, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_there_are_at_least_eight() -> None:
    assert len(ARTICLES) >= 8


@pytest.mark.parametrize("article", ARTICLES, ids=lambda path: path.stem)
def test_an_article_says_where_it_comes_from(article: Path) -> None:
    front = yaml.safe_load(article.read_text("utf-8").split("---\n", 2)[1])
    assert front.keys() == {"system", "code", "title", "author", "updated", "sources"}
    assert (front["system"], front["code"]) == (article.parent.name, article.stem)
    assert front["title"]
    assert front["sources"]


@pytest.mark.parametrize("article", ARTICLES, ids=lambda path: path.stem)
def test_an_article_has_its_four_sections_at_a_readable_length(article: Path) -> None:
    found = sections(article)
    assert list(found) == HEADINGS
    for heading, text in found.items():
        assert 120 <= len(text.split()) <= 250, heading


@pytest.mark.parametrize("article", ARTICLES, ids=lambda path: path.stem)
def test_every_step_has_a_short_title_and_a_text(article: Path) -> None:
    steps = re.findall(r"^(\d+)\. (.+)$", sections(article)["Procedure"], re.MULTILINE)
    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    assert len(steps) >= 6
    for _, step in steps:
        title, dash, text = step.partition(" — ")
        assert dash
        assert text
        assert len(title) <= 40
        assert "*" not in title


def test_every_article_has_code_information_and_nothing_else_has() -> None:
    rows = facts()
    assert list(rows[0]) == COLUMNS
    assert {(row["system"], row["code"]) for row in rows} == {(path.parent.name, path.stem) for path in ARTICLES}


def test_every_fact_belongs_to_a_section_of_the_page_and_names_its_source() -> None:
    for row in facts():
        assert row["section"] in SECTIONS
        assert row["field"]
        assert row["value"]
        assert re.search(r"\d{4}", row["source"]), row


@pytest.mark.parametrize("place", ["Non-facility", "Facility"])
def test_totals_are_sums_and_amounts_are_totals_times_the_factor_to_the_cent(place: str) -> None:
    for article in ARTICLES:
        mine = [row for row in facts() if row["code"] == article.stem and row["section"] == "rvus"]
        value = {row["field"]: Decimal(row["value"]) for row in mine}
        assert value["Work RVU"] + value[f"{place} PE RVU"] + value["Malpractice RVU"] == value[f"{place} total"], (
            article.stem
        )
        totals = [row for row in mine if row["field"].startswith(f"{place} total")]
        for row in totals:
            amount = (Decimal(row["value"]) * value["Conversion factor"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert row["meaning"].startswith(f"${amount:,}, national and unadjusted"), article.stem
