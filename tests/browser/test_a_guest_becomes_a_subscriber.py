"""The story of the site, in a real browser, on the real catalogue, with every default."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, register
from webapp.access.sentences import day
from webapp.core.periods import Period

MORE_CODES = ("E11.9", "I10", "J45.909", "S52.501A", "Z00.00")


def reset_day() -> str:
    return day(Period.parse("month").window(datetime.now(UTC)).end)


def status_of(page: Page, path: str) -> int:
    return page.goto(path).status


def banner(page: Page):
    return page.locator(".meter-banner")


@pytest.fixture
def page(open_page, scripts):
    return open_page(java_script_enabled=scripts)


def test_the_whole_story(page, site):
    # The first page opens whole, as far as a guest's sections go.
    assert status_of(page, "/codes/hcpcs/G0105") == 200
    expect(banner(page)).to_contain_text(f"0 free code pages left until {reset_day()}")
    expect(banner(page)).to_contain_text("Create a free account for 5 more")
    expect(page.locator(".section[data-section=common_language]")).to_be_visible()
    locked = page.locator(".locked[data-section=procedure]")
    expect(locked).to_contain_text("Create a free account to unlock this content")
    expect(locked).to_contain_text(re.compile(r"\d+ steps"))
    expect(page.locator(".locked[data-section=rvus]")).to_contain_text("Upgrade to Pro to unlock this content")

    # Again is free; another page meets the wall, with the preview.
    assert status_of(page, "/codes/hcpcs/G0105") == 200
    assert status_of(page, "/codes/icd-10-cm/E11.9") == 402
    wall = page.locator(".wall")
    expect(wall).to_contain_text("You have opened your free code page")
    expect(page.get_by_role("heading", level=1)).to_contain_text("E11.9")
    assert page.locator(".section").count() == 0

    # An account opens it, and keeps what the guest had opened.
    wall.get_by_role("link", name=re.compile("Create a free account")).click()
    email = register(page)
    expect(page).to_have_url(f"{site.url}/codes/icd-10-cm/E11.9")
    expect(banner(page)).to_contain_text("4 free code pages left")
    assert status_of(page, "/codes/hcpcs/G0105") == 200
    expect(banner(page)).to_contain_text("4 free code pages left")
    expect(page.locator(".section[data-section=procedure]")).to_be_visible()
    assert page.locator(".locked[data-section=procedure]").count() == 0

    # Four more open; the next meets the reader's wall.
    for code in MORE_CODES[1:]:
        assert status_of(page, f"/codes/icd-10-cm/{code}") == 200
    expect(banner(page)).to_contain_text("0 free code pages left")
    assert status_of(page, "/codes/icd-10-cm/K21.9") == 402
    expect(page.locator(".wall")).to_contain_text("Upgrade to Pro")

    # A granted plan shows on the next request: every section, no banner, no wall.
    until = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%d")
    site.flask("billing", "grant", email, "pro", "--until", until)
    assert status_of(page, "/codes/icd-10-cm/K21.9") == 200
    assert banner(page).count() == 0
    assert status_of(page, "/codes/hcpcs/G0105") == 200
    assert page.locator(".locked").count() == 0
    expect(page.locator(".section[data-section=rvus]")).to_be_visible()


def test_a_reader_who_registers_first_has_five_left_after_the_guests_page(page):
    page.goto("/codes/icd-10-cm/I10")
    page.goto("/register?next=/codes/icd-10-cm/I10")
    register(page)
    expect(banner(page)).to_contain_text("5 free code pages left")


def test_logging_out_gives_nothing_back(page, site):
    page.goto("/codes/icd-10-cm/I10")
    page.goto("/register")
    email = register(page)
    page.goto("/logout")
    page.get_by_role("button", name=re.compile("log out", re.IGNORECASE)).click()
    assert status_of(page, "/account") == 200
    expect(page).to_have_url(re.compile("/login"))
    assert status_of(page, "/codes/icd-10-cm/J45.909") == 402
    page.locator(".wall").get_by_role("link", name=re.compile("log in", re.IGNORECASE)).click()
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("log in", re.IGNORECASE)).click()
    expect(page).to_have_url(f"{site.url}/codes/icd-10-cm/J45.909")
    expect(banner(page)).to_contain_text("4 free code pages left")


def test_the_account_shows_what_was_opened(page):
    page.goto("/codes/icd-10-cm/I10")
    page.goto("/register?next=/account")
    register(page)
    expect(page.get_by_role("main")).to_contain_text("I10")
    expect(page.get_by_role("main")).to_contain_text("5")


def test_search_leads_to_a_code(page):
    page.goto("/")
    page.get_by_role("searchbox").first.fill("type 2 diabetes without complications")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile(r"E11\.9\b")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("E11.9")


def test_browsing_leads_from_chapter_to_code_at_no_cost(page):
    page.goto("/codes/icd-10-cm/")
    for name in (r"Endocrine", r"Diabetes mellitus", r"\bE11\b"):
        page.get_by_role("main").get_by_role("link", name=re.compile(name)).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("E11")
    expect(banner(page)).to_contain_text("1 free code page left")


def test_an_unknown_code_leads_to_the_nearest(page):
    assert status_of(page, "/codes/icd-10-cm/E11.999") == 404
    expect(page.get_by_role("main")).to_contain_text("E11.9")


@pytest.mark.parametrize("spelling", ["E119", "e11.9", "e119"])
def test_other_spellings_lead_to_the_canonical_page(page, site, spelling):
    page.goto(f"/codes/icd-10-cm/{spelling}")
    expect(page).to_have_url(f"{site.url}/codes/icd-10-cm/E11.9")
