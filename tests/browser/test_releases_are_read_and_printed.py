"""Releases, their differences, search as of a day, print, keyboard and copy buttons, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.served import Site
from tests.support.pages import assert_sound

RELEASES = "/codes/hcpcs/releases"
DIFFERENCES = f"{RELEASES}/differences?dataset=tos&from=2024-01-01&to=2025-01-01"
ROWS = 250
"""More than one page of changes."""
pytestmark = pytest.mark.usefixtures("loaded")


@pytest.fixture(scope="module")
def loaded(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give the site two releases of a small dataset: 250 rows that are new, and one that changed."""
    folder = tmp_path_factory.mktemp("tos")
    for year, rows in ((2024, ["G0105,1"]), (2025, ["G0105,2", *(f"Q{number:04},9" for number in range(ROWS))])):
        file: Path = folder / f"tos_{year}.csv"
        file.write_text("\n".join(["code,tos", *rows, ""]))
        site.flask("codes", "import", "tos", str(file), "--effective", f"{year}-01-01")


@pytest.fixture
def subscriber(make_subscriber: Callable[..., Page]) -> Page:
    return make_subscriber(permissions=["clipboard-read", "clipboard-write"])


def test_pages_of_releases_are_sound_for_a_guest(open_page: Callable[..., Page]) -> None:
    page = open_page()
    for path, status in {RELEASES: 200, "/codes/icd-10-cm/releases": 200, DIFFERENCES: 402}.items():
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == status
        assert_sound(page)
    expect(page.locator(".wall")).to_contain_text("Differences between releases are part of Pro.")
    page.goto("/search?q=diabetes&on=2026-01-01")
    expect(page.get_by_role("main")).to_contain_text("These are today's results")
    assert_sound(page)


def test_from_the_system_to_the_changes_and_their_file(subscriber: Page) -> None:
    page = subscriber
    page.goto("/codes/hcpcs/")
    page.get_by_role("link", name="All releases").click()
    assert_sound(page)
    page.get_by_role("link", name=re.compile("Type of service of procedures, .*2025")).click()
    expect(page.get_by_role("main")).to_contain_text(f"{ROWS} rows")
    assert_sound(page)
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Download all {ROWS + 1} lines as CSV").click()
    lines = Path(download.value.path()).read_bytes().split(b"\r\n")
    assert lines[:2] == [b"code,part,change,field,before,after", b"G0105,,changed,tos,1,2"]
    assert len(lines) == ROWS + 3
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_role("row", name=re.compile(f"Q{ROWS - 1:04}"))).to_be_visible()
    page.get_by_label("From", exact=True).select_option("2025-01-01")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("main")).to_contain_text("One release holds on both days")
    assert_sound(page)


def test_search_keeps_its_day_while_words_are_typed(subscriber: Page) -> None:
    page = subscriber
    page.goto("/search?q=diabetes")
    page.get_by_label("As of a date of service").fill("2026-09-30")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("main")).to_contain_text("Codes as of 30 September 2026")
    assert_sound(page)
    box = page.get_by_role("main").get_by_role("searchbox")
    box.fill("cholera")
    expect(page.locator("#results")).to_contain_text("A00")
    assert "on=2026-09-30" in page.url
    page.locator("#results").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"\?on=2026-09-30$"))


def test_print_has_whole_tables_and_no_navigation(subscriber: Page) -> None:
    page = subscriber
    page.goto(DIFFERENCES)
    page.set_viewport_size({"width": 720, "height": 1000})
    page.emulate_media(media="print")
    for hidden in (".site-header", ".site-footer nav", ".search-box", ".compare-form", ".pager", ".actions"):
        for each in page.locator(hidden).all():
            expect(each).to_be_hidden()
    table = page.locator("table")
    expect(table.locator("tr").last).to_be_visible()
    width, room = page.evaluate("[document.querySelector('table').offsetWidth, document.body.clientWidth]")
    assert width <= room
    assert page.evaluate("getComputedStyle(document.querySelector('.table-scroll')).overflowX") == "visible"
    after = page.evaluate("[...document.links].map((link) => getComputedStyle(link, '::after').content)")
    assert set(after) <= {"none", "normal"}


def test_the_keyboard_leads_to_the_content_and_to_the_search_box(subscriber: Page) -> None:
    page = subscriber
    page.goto(RELEASES)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"


def test_the_copy_button_copies_the_code(subscriber: Page) -> None:
    page = subscriber
    page.goto("/codes/hcpcs/G0105")
    button = page.get_by_role("button", name="Copy code")
    button.first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "G0105"
