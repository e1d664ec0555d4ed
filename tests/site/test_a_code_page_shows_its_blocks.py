from __future__ import annotations

import dataclasses
import re
from types import SimpleNamespace

import pytest
from markupsafe import Markup

from webapp.codes.document import Document, Link
from webapp.codes.rendition import Entry
from webapp.site.samples import LONG_TITLE, sample_document, sample_entries

WALL = SimpleNamespace(
    sentence="You have opened your free code page.",
    offer="Create a free account",
    href="/register",
    login_href="/login",
)


@pytest.fixture
def page(render):
    def run(document: Document | None = None, **values: object) -> str:
        given: dict[str, object] = {
            "doc": document or sample_document(),
            "contents": sample_entries(),
            "wall": None,
            "preview": False,
            "ended": "",
            "json_ld": Markup('{"@type":"MedicalWebPage"}'),
            "canonical": "http://codes.example/codes/sample/X00.01",
            "noarchive": False,
            "account_nav": Markup("<!--account-->"),
            "banner": Markup("<!--banner-->"),
        }
        return render("codes/code.html", **given | values)

    return run


def sample(**changes: object) -> Document:
    return dataclasses.replace(sample_document(), **changes)


def test_open_and_locked_sections_have_their_hooks_in_order(page):
    found = re.findall(r'<section class="(section|locked)" data-section="(\w+)" id="\2"', page())
    assert found == [("locked" if entry.locked else "section", entry.key) for entry in sample_entries()]
    assert page().rindex("data-section") < page().index("<h2>Releases shown</h2>") < page().index("article-foot")
    assert "Releases shown" not in page(preview=True)


def test_a_locked_section_tells_what_is_there_and_how_to_open_it(page):
    html = page()
    assert '12 rows</span> <a href="#">Create a free account to unlock this content</a>' in html
    assert '1 row</span> <a href="#">Upgrade to Pro to unlock this content</a>' in html


def test_the_two_places_that_depend_on_the_reader_are_printed_once(page):
    html = page()
    assert html.count("<!--account-->") == html.count("<!--banner-->") == 1


def test_the_head_names_the_page_for_machines(page):
    html = page(noarchive=True)
    assert '<link rel="canonical" href="http://codes.example/codes/sample/X00.01">' in html
    assert '<meta name="robots" content="noarchive">' in html
    assert '<script type="application/ld+json">{"@type":"MedicalWebPage"}</script>' in html
    assert "noarchive" not in page()


def test_a_title_that_is_not_official_says_so(page):
    assert "<h2>Working title</h2>" in page()
    assert "<h2>Official descriptor</h2>" in page(sample(title_is_official=True))
    assert "our own wording" not in page(sample(title_is_official=True))


def test_the_breadcrumb_leads_from_the_system_down(page):
    crumbs = re.search(r'aria-label="Breadcrumb">(.*?)</nav>', page(), re.DOTALL)[1]
    assert re.findall(r'href="([^"]+)"', crumbs) == [
        "/codes/sample/",
        "/codes/sample/chapter-1",
        "/codes/sample/X00-X09",
        "/codes/sample/X00",
        "/codes/sample/X00.0",
    ]
    assert ">Chapter 1</a>" in crumbs


def test_the_status_shows_the_releases_first_and_last_valid_day(page):
    html = page()
    assert "<dd>1 October 2025</dd>" in html
    assert "<dd>30 September 2026</dd>" in html
    assert "<dd>No end announced</dd>" in page(sample(release_to=""))


def test_a_code_that_ended_shows_its_last_day(page):
    assert "<dd>Last valid on 31 March 2024</dd>" in page(sample(valid_to="2024-03-31"))


@pytest.mark.parametrize("preview", [True, False])
def test_an_ended_release_is_told_on_the_page_and_the_preview(page, preview):
    html = page(ended="The release has ended.", preview=preview)
    assert html.count("The release has ended.") == 1
    assert '<span class="tag tag-warn">Release ended</span>' in html


def test_inherited_notes_name_their_origin_and_own_notes_do_not(page):
    html = page()
    assert 'Code first<span class="origin">, from <a class="code" href="/codes/sample/chapter-1">Chapter 1</a>' in html
    assert "<h3>Excludes1: not coded here</h3>" in html


def test_inclusion_terms_stand_with_the_notes(page):
    notes = re.search(r'data-section="notes".*?</section>', page(), re.DOTALL)[0]
    assert "<h3>Inclusion terms</h3>" in notes
    assert "Tingling toe" in notes


def test_seventh_characters_are_a_table_with_links(page):
    html = page()
    assert '<td class="code">A</td><td>initial encounter</td>' in html
    assert 'href="/codes/sample/X00.01XA"' in html


def test_tables_can_be_scrolled_by_keyboard_and_have_a_name(page):
    regions = re.findall(r'<div class="table-scroll[^>]*>', page())
    assert len(regions) == 3
    assert all('tabindex="0"' in region and "aria-label=" in region for region in regions)


def test_rows_name_their_source(page):
    assert '<p class="source">Source: Sample file, October 2025</p>' in page()


def test_among_its_siblings_the_code_is_marked(page):
    rail = re.search(r'<nav class="siblings".*?</nav>', page(), re.DOTALL)[0]
    assert re.findall(r'href="/codes/sample/(X00.0\d)" aria-current="page"', rail) == ["X00.01"]
    assert rail.count("<li>") == 4


def test_of_hundreds_of_siblings_a_window_is_shown(page):
    html = page(sample(siblings=[Link(f"X00.{n:03}", "", True) for n in range(300)]))
    assert "All 300 under X00.0" in html
    assert html.count('class="code-title"') == 25


def test_a_seventh_character_code_stands_beside_the_other_characters(page):
    sevenths = sample_document().seventh
    html = page(sample(key="X00.01XA", seventh=sevenths, siblings=[Link(each.key, LONG_TITLE) for each in sevenths]))
    rail = re.search(r'<nav class="siblings".*?</nav>', html, re.DOTALL)[0]
    assert "subsequent encounter" in rail
    assert LONG_TITLE not in rail


def test_children_are_counted_in_correct_grammar(page):
    one = page(sample(children=[Link("X00.011", "Only child", True)]))
    assert '<span class="extent">1 entry</span>' in one
    two = page(sample(children=[Link("X00.011", "One", True), Link("X00.012", "Two")]))
    assert '<span class="extent">2 entries</span>' in two


def test_a_page_without_relatives_has_no_empty_column(page):
    assert "code-rail" not in page(sample(path=[], siblings=[], children=[]))


def test_a_wall_shows_the_offer_and_nothing_of_the_page(page):
    html = page(wall=WALL, preview=True, contents=[])
    assert '<section class="wall"' in html
    assert '<a class="button" href="/register">Create a free account</a>' in html
    assert '<a href="/login">Log in</a>' in html
    assert LONG_TITLE in html
    for hidden in ("Looking", "nobody knows why", "tingling of the finger", "Global Days", 'class="section"'):
        assert hidden not in html


def test_a_wall_for_those_signed_in_does_not_ask_to_log_in(page):
    signed_in = SimpleNamespace(sentence="All used.", offer="Upgrade to Pro", href="/pricing", login_href="")
    assert "Log in</a>" not in page(wall=signed_in, preview=True, contents=[])


def test_markup_in_titles_notes_and_cells_is_shown_as_text(page):
    hostile = sample(title="<img src=x onerror=alert(1)>", terms=["<b>term</b>"], author="<i>me</i>")
    hostile.sections[-1].blocks[0].rows[0][2] = "<script>alert(1)</script>"
    html = page(hostile)
    for raw in ("<img src=x", "<b>term", "<i>me", "<script>alert"):
        assert raw not in html


def test_a_contents_entry_without_content_does_not_break_the_page(page):
    contents = [*sample_entries(), Entry("history", "History", False)]
    assert 'data-section="history"' in page(contents=contents)
