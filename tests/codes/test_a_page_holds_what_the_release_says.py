"""Page documents as the bulk load makes them."""

from __future__ import annotations

from flask import Flask

from webapp.codes import service
from webapp.codes.document import Block, Document, Link, Note, Section, Step, dump, parse


def page_of(key: str) -> Document:
    return parse(service.document("icd-10-cm", key) or b"")


def test_a_page_tells_its_code_and_release(catalogue: Flask) -> None:
    page, code = page_of("A00.9"), service.resolve("icd-10-cm", "A00.9")
    assert code
    assert (page.system, page.system_name, page.key) == ("icd-10-cm", "ICD-10-CM", "A00.9")
    assert (page.code_id, page.meter_id) == (code.code_id, code.meter_id)
    assert (page.kind, page.title, page.billable) == ("code", "Dragon fever, unspecified", True)
    assert (page.release, page.release_from, page.release_to) == ("April 2026", "2026-04-01", "2026-09-30")
    assert (page.valid_to, page.title_is_official) == ("", True)
    assert page.terms == ["Smouldering NOS", "Ember disease"]


def test_inherited_notes_come_after_its_own_nearest_first_with_their_origin(catalogue: Flask) -> None:
    assert page_of("A00.9").notes == [
        Note("excludes2", "hearth fever (B10)"),
        Note("excludes1", "wyvern fever (A05.-)", "A00"),
        Note("code_first", "the burn, if any", "A00-A03"),
        Note("includes", "fevers caught from dragons", "chapter-1"),
        Note("use_additional_code", "code for the dragon's colour (Z16.-)", "chapter-1"),
    ]


def test_a_page_links_up_down_and_sideways(catalogue: Flask) -> None:
    page = page_of("A00")
    assert [link.key for link in page.path] == ["chapter-1", "A00-A09", "A00-A03"]
    assert page.path[2] == Link("A00-A03", "Very hot fevers")
    assert page.children == [
        Link("A00.0", "Dragon fever with smóke", True),
        Link("A00.9", "Dragon fever, unspecified", True),
    ]
    assert page.siblings == [Link("A00", "Dragon fever")]


def test_chapters_are_siblings(catalogue: Flask) -> None:
    page = page_of("chapter-19")
    assert page.path == []
    assert [link.key for link in page.siblings] == ["chapter-1", "chapter-19"]


def test_a_stem_lists_its_seventh_characters(catalogue: Flask) -> None:
    page = page_of("S52.0")
    assert page.seventh == [Link("S52.0XXA", "first flight", True), Link("S52.0XXD", "later flight", True)]
    assert page.children == []
    assert not page.billable


def test_a_seventh_character_code_shows_the_others_and_its_stems_terms(catalogue: Flask) -> None:
    page = page_of("S52.0XXD")
    assert page.seventh == page_of("S52.0").seventh
    assert [link.key for link in page.siblings] == ["S52.0XXA", "S52.0XXD"]
    assert page.siblings[1] == Link("S52.0XXD", "Broken wing tip, later flight", True)
    assert page.terms == ["Clipped wing"]
    assert page.title == "Broken wing tip, later flight"


def test_a_page_packed_by_itself_reads_the_same(catalogue: Flask) -> None:
    for key in ("chapter-1", "A00-A03", "A00", "A00.9", "S52", "S52.0", "S52.0XXA", "S52.501B"):
        page = page_of(key)
        assert parse(dump(page)) == page


def test_packing_keeps_every_kind_of_block() -> None:
    page = Document(
        system="hcpcs",
        system_name="HCPCS",
        key="G0000",
        code_id=1,
        meter_id=1,
        kind="code",
        title="Ünicode “title”",
        title_is_official=False,
        billable=True,
        release="r",
        release_from="2026-01-01",
        release_to="",
        valid_from="2026-01-01",
        sections=[
            Section("procedure", [Block("prose", html="<p>a</p>"), Block("steps", steps=[Step("t", "<p>x</p>")])]),
            Section("rvus", [Block("rows", columns=["a", "b"], rows=[["1", "2"]], source="s")]),
        ],
        sources=["one"],
    )
    assert parse(dump(page)) == page
    assert [section.extent for section in page.sections] == ["1 step", "1 row"]


def test_no_page_for_what_is_no_key(catalogue: Flask) -> None:
    for key in ("a00.9", "A009", "A00.8", "", "A00.9\x00", "A00.9 ", "ä", "x" * 5000):
        assert service.document("icd-10-cm", key) is None
    assert service.document("hcpcs", "A00.9") is None
    assert service.document("nothing", "A00.9") is None
