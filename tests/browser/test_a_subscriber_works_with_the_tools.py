"""The data tools in a real browser, with scripts and without: forms, results, files, and what a guest sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints
from tests.browser.served import Site
from tests.codes import fee_files
from tests.support.pages import assert_sound

TOOLS = ("/tools/claim-check", "/tools/prices", "/tools/raf")
CLAIM_DAY, PAYMENT_DAY = "2026-11-03", "2026-02-03"
MAPPING = "diagnosis_code,cc,model_name\nE119,38,CMS-HCC Model V28\nE1122,37,CMS-HCC Model V28\n"
HIERARCHY = "cc_parent,cc_child,model_domain,model_version,model_fullname\n37,38,CMS-HCC,V28,V28115H1\n"
FACTORS = "version,segment,variable,factor\nV28,CNA,HCC37,0.166\nV28,CNA,HCC38,0.166\nV28,CNA,F65_69,0.33\n"
pytestmark = pytest.mark.usefixtures("loaded")


@pytest.fixture(scope="module")
def loaded(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give the site a made-up fee schedule, its localities, and a model with factors."""
    folder = tmp_path_factory.mktemp("tools")
    for source, name, data in (
        ("mpfs", fee_files.fees().name, fee_files.fees().data),
        ("gpci", fee_files.gpci().name, fee_files.gpci().data),
        ("hcc", "ra_dx_to_cc_2026.csv", MAPPING.encode()),
        ("hcc", "ra_hierarchies_2026.csv", HIERARCHY.encode()),
        ("hcc", "factors_2026.csv", FACTORS.encode()),
    ):
        file: Path = folder / name
        file.write_bytes(data)
        site.flask("codes", "import", source, str(file))


def sound(page: Page, scripts: bool) -> None:
    if scripts:
        assert_sound(page)


def download(page: Page) -> list[str]:
    with page.expect_download() as file:
        page.get_by_role("button", name="Download as CSV").click()
    return Path(file.value.path()).read_text("utf-8-sig").splitlines()


def test_a_guest_reads_what_the_tools_do(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/")
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Tools").click()
    assert_sound(page)
    for path in TOOLS:
        page.goto("/tools/")
        page.get_by_role("main").locator(f'a[href="{path}"]').click()
        expect(page.locator(".wall")).to_contain_text("part of Pro.")
        expect(page.get_by_role("main").locator("form")).to_have_count(0)
        assert_sound(page)


def test_a_claim_is_written_checked_and_kept_as_a_file(subscriber: Page, scripts: bool, complaints: Complaints) -> None:
    page = subscriber
    page.goto("/tools/claim-check")
    sound(page, scripts)
    page.get_by_label("Service lines").fill("10001\n123")
    page.get_by_label("Diagnoses").fill("E11.9, E10.9")
    page.get_by_role("button", name="Check the claim").click()
    expect(page.get_by_role("main")).to_contain_text("Line 2: '123' is no procedure code")
    expect(page.get_by_label("Service lines")).to_have_value("10001\n123")
    sound(page, scripts)
    complaints[:] = [each for each in complaints if "status of 422" not in each]
    page.get_by_label("Service lines").fill("10001\n10009, 1, 59")
    page.get_by_label("Date of service").fill(CLAIM_DAY)
    page.get_by_role("button", name="Check the claim").click()
    expect(page.get_by_role("heading", name="Line 2: 10009")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("10009 is unknown and is not in force")
    expect(page.get_by_role("listitem").filter(has_text="E11.9 excludes E10.9")).to_contain_text(
        "What would resolve it"
    )
    sound(page, scripts)
    assert any(line.startswith("error,Excludes1 note,,E11.9 E10.9,") for line in download(page))
    page.get_by_role("link", name="Begin anew").click()
    expect(page.get_by_label("Service lines")).to_have_value("")


def test_prices_are_shown_for_chosen_localities(subscriber: Page, scripts: bool) -> None:
    page = subscriber
    page.goto("/tools/prices?example")
    expect(page.get_by_role("heading", name="Result")).to_be_visible()
    sound(page, scripts)
    page.get_by_role("textbox", name="Lines").fill("10001, 1, 80\nG0001, 2")
    page.get_by_label("Date of service").fill("2025-11-03")
    page.get_by_role("button", name="Show the prices").click()
    page.get_by_role("checkbox", name=re.compile("All [0-9]+ localities")).check()
    page.get_by_role("button", name="Show the prices").click()
    prices = page.get_by_role("region", name="Table: prices of line 2")
    expect(
        prices.get_by_role("row").filter(has_text="(1.00 × 1 + 2.50 × 1 + 0.10 × 1) × 32.3465 = 116.45")
    ).to_have_count(2)
    expect(page.get_by_role("region", name="Table: all lines together")).to_contain_text("National")
    sound(page, scripts)
    assert download(page)[0].startswith("Line,Code,Modifiers")


def test_categories_are_summed_in_a_segment(subscriber: Page, scripts: bool) -> None:
    page = subscriber
    page.goto("/tools/raf")
    page.get_by_label("Day").fill(PAYMENT_DAY)
    page.get_by_label("Diagnoses").fill("E11.9 E11.22")
    page.get_by_role("button", name="Show the categories").click()
    expect(page.get_by_role("row", name=re.compile("HCC38"))).to_contain_text("Dropped by HCC37")
    sound(page, scripts)
    page.get_by_label("Segment").select_option("CNA")
    page.get_by_label("Other variables").fill("F65_69")
    page.get_by_role("button", name="Show the categories").click()
    expect(page.get_by_role("row", name=re.compile("Sum in segment CNA"))).to_contain_text("0.496")
    sound(page, scripts)
    assert download(page)[-1].startswith("CMS-HCC V28,2026,Sum,,,,CNA,0.496,")


def test_a_printed_result_has_no_form(subscriber: Page) -> None:
    page = subscriber
    page.goto("/tools/claim-check?example")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Result")).to_be_visible()
    expect(page.get_by_role("main").locator("form")).to_be_hidden()
