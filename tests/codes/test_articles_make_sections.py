"""Articles in Markdown, and rows of code information, on the pages of their codes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask

from tests.codes import tabular
from webapp.codes import article_files, articles, browse, information, loader, rollback, search, service, standing
from webapp.codes.document import Document, parse
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import Entry, FileRefused, Listing
from webapp.codes.markdown import parse_article
from webapp.codes.terms import keeping
from webapp.extensions import transaction

ARTICLE = """---
system: hcpcs
code: G0000
title: Weighing of a dragon
author: Alice
updated: 2026-03-01
sources:
  - "The handbook, page 7"
---

## Common language description

A dragon is put on **scales**.

## Procedure

The keeper goes first.

1. Step 1: Establishing access — The cave is *opened*.
2. Calming the dragon — One speaks softly.

   And waits.
3. Reading the scales

Two keepers are needed.
"""

CSV = """system,code,section,field,value,meaning,source
hcpcs,G0000,information,Status Code,A,Active,Schedule 1
hcpcs,G0000,information,Global Days,000,None,Schedule 1
hcpcs,G0000,information,APC,5,"Weighing, large",Schedule 2
hcpcs,G0000,modifiers,26,Professional,,Schedule 1
"""


def store(text: str = ARTICLE) -> bool:
    with transaction():
        stored = articles.store_article(parse_article(text, "article"))
    keeping.keep()
    return stored


def import_rows(text: str = CSV, *, missing_only: bool = False) -> tuple[int, int]:
    with transaction():
        return information.import_information(SourceFile("rows.csv", text.encode()), missing_only=missing_only)


def page_of(system: str = "hcpcs", key: str = "G0000") -> Document:
    return parse(service.document(system, key) or b"")


def test_headings_name_the_sections_and_a_list_makes_the_steps() -> None:
    written = parse_article(ARTICLE, "article")
    assert [section.key for section in written.sections] == ["common_language", "procedure"]
    before, steps, after = written.sections[1].blocks
    assert (before.kind, before.html) == ("prose", "<p>The keeper goes first.</p>")
    assert [(step.title, step.html) for step in steps.steps] == [
        ("Establishing access", "<p>The cave is <em>opened</em>.</p>"),
        ("Calming the dragon", "<p>One speaks softly.</p>\n<p>And waits.</p>"),
        ("", "<p>Reading the scales</p>"),
    ]
    assert after.html == "<p>Two keepers are needed.</p>"
    assert written.sections[1].extent == "3 steps"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        "<a href=//x onclick=y>z</a>",
    ],
)
def test_markup_in_an_article_is_text_or_gone(hostile: str) -> None:
    html = parse_article(ARTICLE.replace("A dragon is", hostile), "article").sections[0].blocks[0].html
    for forbidden in ("<script", "<img", "<a"):
        assert forbidden not in html


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("---\nsystem", "system", "line 1: an article begins with front matter"),
        ("author: Alice", "auther: Alice", "line 5: 'auther' is no key"),
        ("author: Alice\n", "", "'author' is missing"),
        ("code: G0000", "code: 12345", "line 3: 'code' is missing or no text"),
        ("updated: 2026-03-01", "updated: spring", "line 6: 'updated' is no date"),
        ("updated: 2026-03-01", "updated: 2026-13-01", "value that is none"),
        ("updated: 2026-03-01", "updated: 2026-03-01 10:00:00", "line 6: 'updated' is no date"),
        ("title: Weighing", "title: a: b: Weighing", "line 4: the front matter is no YAML"),
        ('  - "The handbook, page 7"', "  - {a: b}", "line 7: 'sources' is no list of printable texts"),
        ('  - "The handbook, page 7"', '  - "\\0"', "line 7: 'sources' is no list of printable texts"),
        ('  - "The handbook, page 7"', "  - " + "[" * 5000, "line 2: the front matter is nested too deeply"),
        ("author: Alice", 'author: "\\0"', "line 5: 'author' holds characters that cannot be printed"),
        ("**scales**", "\0", "line 13: it holds a NUL character"),
        ("**scales**", "\ud800", "or half a surrogate pair"),
        ("## Procedure", "## Procedures", "line 15: “Procedures” is no section"),
        ("## Procedure", "## Common language description", "line 15: the section “Common language description” stands"),
        ("## Common language description\n", "", "line 12: text stands before the first section"),
        ("A dragon is put on **scales**.", "", "line 11: the section “Common language description” is empty"),
    ],
)
def test_a_wrong_article_is_refused_with_its_line(old: str, new: str, complaint: str) -> None:
    assert old in ARTICLE
    with pytest.raises(FileRefused) as refusal:
        parse_article(ARTICLE.replace(old, new, 1), "a.md")
    assert complaint in refusal.value.message
    assert refusal.value.message.startswith("a.md")


def test_front_matter_alone_is_no_article() -> None:
    with pytest.raises(FileRefused, match="has no section"):
        parse_article(ARTICLE[: ARTICLE.index("## ")], "a.md")


def test_an_article_makes_a_code_that_no_release_has(empty: Flask) -> None:
    assert store()
    page, code = page_of(), service.resolve("hcpcs", "g0000")
    assert code
    assert code.billable
    assert code.meter_id == code.code_id == page.code_id
    assert (page.title, page.title_is_official, page.release) == ("Weighing of a dragon", False, "Starter articles")
    assert (page.author, page.updated, page.sources) == ("Alice", "2026-03-01", ["The handbook, page 7"])
    assert [section.key for section in page.sections] == ["common_language", "procedure"]
    assert [link.key for link in browse.chapters("hcpcs")] == ["G0000"]
    info = service.system("hcpcs")
    assert info
    assert (info.release, info.valid_from) == ("Starter articles", None)


def test_an_articles_code_is_found_by_search(empty: Flask) -> None:
    store()
    assert [hit.key for hit in search.search("weighing drag").hits] == ["G0000"]
    assert [hit.key for hit in search.search("g000").hits] == ["G0000"]
    assert search.search("scales").total == 0  # what an article says may be locked


def test_an_article_for_a_known_code_stands_on_its_page(catalogue: Flask) -> None:
    store(ARTICLE.replace("hcpcs", "icd-10-cm").replace("G0000", "A009"))
    page = page_of("icd-10-cm", "A00.9")
    assert (page.title, page.title_is_official) == ("Dragon fever, unspecified", True)
    assert page.section("procedure")
    assert len(page.notes) == 5


def test_an_article_survives_the_next_release(catalogue: Flask) -> None:
    store(ARTICLE.replace("hcpcs", "icd-10-cm").replace("G0000", "A00.9"))
    with transaction():
        loader.load(tabular.later_listing())
    page = page_of("icd-10-cm", "A00.9")
    assert page.release == "October 2026"
    assert page.author == "Alice"
    assert page.section("procedure")


def test_an_article_for_an_unknown_code_of_a_loaded_system_is_refused(catalogue: Flask) -> None:
    with pytest.raises(FileRefused, match="'Z99' is no code of ICD-10-CM April 2026"):
        store(ARTICLE.replace("hcpcs", "icd-10-cm").replace("G0000", "Z99"))
    with pytest.raises(FileRefused, match="no code system 'elves'"):
        store(ARTICLE.replace("hcpcs", "elves"))


@pytest.mark.parametrize("first", [date(2026, 10, 1), date(2025, 10, 1)], ids=["later", "older than the articles"])
def test_a_publishers_release_takes_over_codes_known_from_articles(empty: Flask, first: date) -> None:
    store()
    store(ARTICLE.replace("G0000", "G0001"))
    import_rows()
    before = page_of().code_id
    release = Listing(
        system="hcpcs",
        source="hcpcs",
        release="October 2026",
        valid_from=first,
        valid_to=None,
        file_name="h.txt",
        sha256="1" * 64,
        entries=[Entry("G0000", "code", "Official dragon scale service", billable=True)],
    )
    with transaction():
        report = loader.load(release)
    page = page_of()
    assert (report.added, report.changed, report.ended) == (1, 0, 1)
    assert (page.code_id, page.title, page.title_is_official) == (before, "Official dragon scale service", True)
    assert (page.release, page.author) == ("October 2026", "Alice")
    assert page.section("information")
    assert [link.key for link in browse.chapters("hcpcs")] == ["G0000"]
    assert page_of(key="G0001").valid_to == (first - timedelta(days=1)).isoformat()
    store(ARTICLE.replace("Weighing", "Feeding"))
    assert page_of().title == "Official dragon scale service"
    for day in (first, date(2026, 11, 1)):
        then = standing.document("hcpcs", "G0000", day)
        assert then
        assert then.title == "Official dragon scale service"


def test_articles_stand_in_again_once_the_only_release_is_taken_back(empty: Flask) -> None:
    store()
    entries = [Entry("G0000", "code", "Official service", billable=True), Entry("G0001", "code", "Other service")]
    with transaction():
        loader.load(Listing("hcpcs", "hcpcs", "October 2026", date(2026, 10, 1), None, "h.txt", "1" * 64, entries))
    with transaction():
        rollback.roll_back("hcpcs")
    keeping.keep()
    page = page_of()
    assert (page.title, page.release, bool(page.section("procedure"))) == (
        "Weighing of a dragon",
        "Starter articles",
        True,
    )
    assert [hit.key for hit in search.search("weighing").hits] == ["G0000"]
    store(ARTICLE.replace("G0000", "G0001"))
    assert page_of(key="G0001").title == "Weighing of a dragon"
    with pytest.raises(FileRefused, match="Nothing of 'articles' is loaded"):
        rollback.newest("articles")


def test_what_a_fresh_site_brings_passes_over_codes_that_a_release_lacks(catalogue: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "icd-10-cm"
    folder.mkdir()
    (folder / "Z99.md").write_text(ARTICLE.replace("hcpcs", "icd-10-cm").replace("G0000", "Z99"))
    with transaction():
        assert article_files.store(tmp_path, newer_only=True) == (1, 0)
    assert import_rows(CSV, missing_only=True) == (4, 0)


def test_the_same_article_again_does_nothing(empty: Flask) -> None:
    store()
    stamp = service.catalogue_stamp()
    assert not store()
    assert service.catalogue_stamp() == stamp


def test_an_article_that_changes_rebuilds_the_page(empty: Flask) -> None:
    store()
    import_rows()
    stamp, code_id = service.catalogue_stamp(), page_of().code_id
    assert store(ARTICLE.replace("Weighing", "Feeding").replace("**scales**", "**grass**"))
    page = page_of()
    assert (page.title, page.code_id) == ("Feeding of a dragon", code_id)
    assert "grass" in page.sections[0].blocks[0].html
    assert page.section("information")
    assert service.catalogue_stamp() != stamp
    assert search.search("weighing").total == 0
    assert search.search("feeding").total == 1


def test_rows_become_tables_by_section_and_source(empty: Flask) -> None:
    store()
    assert import_rows() == (4, 1)
    page = page_of()
    assert [section.key for section in page.sections] == ["common_language", "procedure", "information", "modifiers"]
    section = page.section("information")
    assert section
    assert [(block.columns, block.rows, block.source) for block in section.blocks] == [
        (["Field", "Value", "Meaning"], [["Status Code", "A", "Active"], ["Global Days", "000", "None"]], "Schedule 1"),
        (["Field", "Value", "Meaning"], [["APC", "5", "Weighing, large"]], "Schedule 2"),
    ]
    assert import_rows() == (4, 0)


def test_rows_replace_those_that_were_there(empty: Flask) -> None:
    store()
    import_rows()
    fewer = "\n".join(CSV.splitlines()[:2]) + "\n"
    assert import_rows(fewer, missing_only=True) == (1, 0)
    assert import_rows(fewer) == (1, 1)
    section = page_of().section("information")
    assert section
    assert section.extent == "1 row"
    assert page_of().section("modifiers") is None


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("system,code,", "system,key,", "line 1: columns must be"),
        ("meaning,source", "meaning", "line 1"),
        ("modifiers,26", "dragons,26", "line 5: 'dragons' is no data section"),
        ("modifiers,26", "procedure,26", "line 5: 'procedure' is no data section"),
        ("26,Professional,,", "26,", "line 5: 5 columns, not 7"),
        ('"Weighing, large"', '"Weighing, large', "no valid CSV"),
        ("hcpcs,G0000,modifiers", "hcpcs,G9999,modifiers", "hcpcs has no code 'G9999'"),
        ("hcpcs,G0000,modifiers", "elves,G0000,modifiers", "no code system 'elves'"),
    ],
)
def test_wrong_rows_are_refused_and_change_nothing(empty: Flask, old: str, new: str, complaint: str) -> None:
    store()
    stamp = service.catalogue_stamp()
    with pytest.raises(FileRefused) as refusal:
        import_rows(CSV.replace(old, new))
    assert complaint in refusal.value.message
    assert service.catalogue_stamp() == stamp
    assert page_of().section("information") is None


def test_a_folder_of_articles_is_loaded_whole_or_not_at_all(empty: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "hcpcs"
    folder.mkdir()
    (folder / "G0000.md").write_text(ARTICLE)
    (folder / "G0001.md").write_text(ARTICLE)
    with (
        pytest.raises(FileRefused, match=r"hcpcs/G0001\.md, line 2: the front matter is of hcpcs/G0000"),
        transaction(),
    ):
        article_files.store(tmp_path)
    assert service.document("hcpcs", "G0000") is None
    (folder / "G0001.md").write_text(ARTICLE.replace("G0000", "G0001"))
    with transaction():
        assert article_files.store(tmp_path) == (2, 2)
    with transaction():
        assert article_files.store(tmp_path, newer_only=True) == (2, 0)


def test_a_folder_without_articles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="holds no article"):
        article_files.read(tmp_path)
