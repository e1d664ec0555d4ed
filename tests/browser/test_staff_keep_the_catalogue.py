"""Staff's pages of the catalogue and of articles, in a real browser, with and without scripts: sound, and they work."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import register
from tests.codes import tabular
from tests.support.pages import assert_sound

ARTICLE = "/staff/articles/hcpcs/G0105"


@pytest.fixture
def page(open_page, site, scripts):
    """A browser in which staff are signed in."""
    page = open_page(java_script_enabled=scripts)
    page.goto("/register?next=/account")
    site.flask("auth", "staff", register(page), "--on")
    return page


REFUSED = "the server responded with a status of 422"


@pytest.fixture(autouse=True)
def _refusals(complaints, page):
    """A form that comes back with errors is no complaint. (Teardown runs before that of `complaints`.)"""
    yield
    complaints[:] = [each for each in complaints if REFUSED not in each]


def sound(page, scripts) -> None:
    if scripts:  # axe is one
        assert_sound(page)


def test_a_file_is_tried_and_loaded(page, scripts):
    page.goto("/staff/catalogue/?source=icd10cm-tabular")
    sound(page, scripts)
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_role("alert")).to_contain_text("Please check: File")
    sound(page, scripts)
    page.goto("/staff/catalogue/?source=icd10cm-tabular")
    expect(page.get_by_label("Source")).to_have_value("icd10cm-tabular")
    file = {"name": tabular.FILE_NAME, "mimeType": "text/xml", "buffer": tabular.XML.encode()}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Dry run").click()
    done = page.get_by_role("status")
    expect(done).to_contain_text("would be loaded. Nothing was changed yet.", timeout=30_000)
    sound(page, scripts)
    expect(page.get_by_role("button", name="Load this file")).to_be_visible()
    page.goto("/staff/catalogue/")
    expect(page.get_by_role("region", name="Table of the latest loads")).to_contain_text("Dry run of")
    sound(page, scripts)


def test_a_bad_file_is_refused(page, scripts):
    page.goto("/staff/catalogue/?source=icd10cm-tabular")
    file = {"name": "icd10cm-tabular-2027.xml", "mimeType": "text/xml", "buffer": b"<x>"}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("icd10cm-tabular-2027.xml", timeout=30_000)
    sound(page, scripts)


def test_an_article_is_previewed_saved_and_restored(page, scripts):
    page.goto("/staff/articles/?q=G01")
    sound(page, scripts)
    page.get_by_role("link", name="Edit HCPCS Level II G0105").click()
    sound(page, scripts)
    box = page.get_by_label("Text", exact=True)
    text = box.input_value()
    assert text.startswith("---\n")
    box.fill(text.replace("## Indications", "## Indication"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("“Indication” is no section")
    sound(page, scripts)
    box.fill(text + "\nA word more.\n")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview", exact=True)).to_contain_text("A word more.")
    sound(page, scripts)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    page.get_by_role("link", name="History").click()
    sound(page, scripts)
    page.get_by_role("row").last.get_by_role("link").click()
    sound(page, scripts)
    page.get_by_role("button", name="Restore this text").click()
    expect(page.get_by_role("status")).to_contain_text("The earlier text is back.")
    assert box.input_value() == text
    page.goto("/staff/")
    sound(page, scripts)
