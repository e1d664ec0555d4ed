"""Articles from CSV and JSON Lines say the same as from Markdown files, and leave a revision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from webapp.codes import article_history, article_tables, service
from webapp.codes.article_history import ArticleRevision
from webapp.codes.document import parse
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused
from webapp.extensions import db, transaction

MARKDOWN = """---
system: hcpcs
code: G0000
title: 'Weighing: a dragon'
author: Alice
updated: 2026-03-01
sources:
- The handbook, page 7
- The other one
---

## Indications

A **heavy** dragon.

## Procedure

1. Access — The cave is opened.
2. Scales — It sits down.
"""
CSV = """System,code,title,author,updated,sources,Indications,procedure,post_procedure
hcpcs,G0000,Weighing: a dragon,Alice,2026-03-01,"The handbook, page 7
The other one",A **heavy** dragon.,"1. Access — The cave is opened.
2. Scales — It sits down.",
hcpcs,G0001,Feeding,Bob,2026-03-02,,Hunger.,,Sleep.
"""
ROW = {
    "system": "hcpcs",
    "code": "G0000",
    "title": "Weighing: a dragon",
    "author": "Alice",
    "updated": "2026-03-01",
    "sources": ["The handbook, page 7", "The other one"],
    "Indications": "A **heavy** dragon.",
    "procedure": "1. Access — The cave is opened.\n2. Scales — It sits down.",
    "post_procedure": None,
}


def read(text: str, name: str = "articles.csv") -> list[article_tables.Written]:
    return article_tables.read(SourceFile(name, text.encode()))


def test_a_row_makes_the_article_that_a_file_would() -> None:
    first, second = read(CSV)
    assert first.markdown == MARKDOWN
    assert [section.key for section in second.sections] == ["indications", "post_procedure"]
    assert second.sources == []


def test_json_lines_make_the_same() -> None:
    (article,) = read(json.dumps(ROW, ensure_ascii=False) + "\n\n", "articles.jsonl")
    assert article.markdown == MARKDOWN


@pytest.mark.parametrize(
    "name", ["common_language_description", "Common language description", "COMMON-LANGUAGE DESCRIPTION"]
)
def test_sections_are_named_by_their_heading_however_it_is_written(name: str) -> None:
    (article,) = read(json.dumps({**ROW, name: "Plain words."}), "a.jsonl")
    assert "## Common language description\n\nPlain words." in article.markdown


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("System,code", "System,key", "articles.csv, line 1: 'key' is no field of an article"),
        ("System,code", "code,code", "articles.csv, line 1: the field 'code' stands there twice"),
        (",author,", ",", "articles.csv, line 1: the field 'author' is missing"),
        ("Alice,2026-03-01", "Alice,spring", "articles.csv, line 2: 'updated' is no date"),
        ("Hunger.,,Sleep.", "Hunger.,", "articles.csv, line 5: 8 columns, not 9"),
        ("Hunger.,,Sleep.", ",,", "articles.csv, line 5: the article that it makes has no section"),
        ("G0001", "g0000", "articles.csv, line 5: hcpcs G0000 stands in the file twice"),
        ("hcpcs,G0001", "hcpcs,G00000000000000000000X", "the article that it makes, line 3: 'G0000000"),
        ("Feeding", "", "articles.csv, line 5: the article that it makes, line 4: 'title' is missing"),
        ("Hunger.", "## Elves", "articles.csv, line 5: the article that it makes"),
        ("Hunger.", '"Hunger', "no valid CSV"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(old: str, new: str, complaint: str) -> None:
    assert old in CSV
    with pytest.raises(FileRefused) as refusal:
        read(CSV.replace(old, new, 1))
    assert complaint in refusal.value.message


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{}", "line 1: the field 'system' is missing"),
        ("[1]", "line 1: a JSON object was expected"),
        ("\n{", "line 2: no valid JSON"),
        (json.dumps({**ROW, "sources": "one"}), "line 1: 'sources' is no list of texts"),
        (json.dumps({**ROW, "title": 5}), "line 1: 'title' is no text"),
        (json.dumps({**ROW, "updated": None}), "line 1: 'updated' is no date"),
        (json.dumps({**ROW, "dragons": ""}), "line 1: 'dragons' is no field"),
        ("", "a.jsonl holds no article"),
    ],
)
def test_a_wrong_line_of_json_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(text, "a.jsonl")
    assert complaint in refusal.value.message


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(FileRefused, match=r"a\.txt is neither a folder"):
        read(CSV, "a.txt")
    with pytest.raises(FileRefused, match="no text in UTF-8"):
        article_tables.read(SourceFile("a.jsonl", b"\xff"))


def test_tables_are_stored_whole_with_a_revision_each(empty: Flask, tmp_path: Path) -> None:
    path = tmp_path / "articles.csv"
    path.write_text(CSV)
    with transaction():
        assert article_tables.store(path) == (2, 2)
    assert parse(service.document("hcpcs", "G0000") or b"").author == "Alice"
    with transaction():
        assert article_tables.store(path) == (2, 0)
    rows = db.session.scalars(select(ArticleRevision).order_by(ArticleRevision.id)).all()
    assert [(row.action, row.staff_id) for row in rows] == [("imported", None), ("imported", None)]
    assert rows[0].markdown == MARKDOWN
    path.write_text(CSV.replace("Hunger.", "Thirst.").replace("hcpcs,G0000", "elves,G0000"))
    with pytest.raises(FileRefused), transaction():
        article_tables.store(path)
    assert db.session.scalar(select(ArticleRevision).where(ArticleRevision.markdown.contains("Thirst"))) is None


def test_a_folder_is_stored_as_before_and_leaves_revisions_too(empty: Flask, tmp_path: Path) -> None:
    (tmp_path / "hcpcs").mkdir()
    (tmp_path / "hcpcs" / "G0000.md").write_text(MARKDOWN)
    with transaction():
        assert article_tables.store(tmp_path) == (1, 1)
    resolved = service.resolve("hcpcs", "G0000")
    assert resolved
    (change,) = article_history.of(resolved.code_id)
    assert (change.row.action, change.by, change.row.markdown) == ("imported", "", MARKDOWN)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_garbled_table_is_read_or_refused(data: st.DataObject) -> None:
    lines = json.dumps(ROW) + "\n"
    name, whole = data.draw(st.sampled_from([("a.csv", CSV.encode()), ("a.jsonl", lines.encode())]))
    start = data.draw(st.integers(0, len(whole) - 1))
    end = start + data.draw(st.integers(0, 40))
    put = data.draw(st.binary(max_size=8) | st.sampled_from([b'"', b"\n", b",", b"## X", b"---\n", b"\0", b"[" * 3000]))
    try:
        found = article_tables.read(SourceFile(name, whole[:start] + put + whole[end:]))
    except FileRefused:
        return
    assert all(article.sections for article in found)
