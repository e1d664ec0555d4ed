"""DetectICD10CM from the sample to the list of codes, and a batch, with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.pages import assert_sound

TOOL = "/tools/detecticd10cm"
NOTE = "Type 2 diabetes mellitus.\n  Essential hypertension <b>.\nDenies chest pain."


def sound(page: Page, scripts: bool) -> None:
    if scripts:
        assert_sound(page)
        page.set_viewport_size({"width": 1280, "height": 900})


def test_a_guest_tries_a_sample_and_comes_to_the_walls(open_page: Callable[..., Page], scripts: bool) -> None:
    page = open_page(java_script_enabled=scripts)
    page.goto(TOOL)
    sound(page, scripts)
    page.get_by_label("Note", exact=True).fill("My own words.")
    page.get_by_role("button", name="Find the codes").click()
    expect(page.locator(".wall")).to_contain_text("Notes of your own need a free account.")
    expect(page.get_by_label("Note", exact=True)).to_have_value("My own words.")
    sound(page, scripts)
    page.get_by_role("button", name="Clinic follow-up").click()
    expect(page.get_by_role("heading", name=re.compile("codes found"))).to_be_visible()
    sound(page, scripts)
    page.get_by_role("button", name="Emergency visit").click()
    expect(page.locator(".wall")).to_contain_text("You have used your one use of DetectICD10CM.")
    sound(page, scripts)


def test_a_note_is_marked_and_its_codes_are_chosen(subscriber: Page, scripts: bool) -> None:
    page = subscriber
    page.goto(TOOL)
    page.get_by_label("Note", exact=True).fill(NOTE)
    page.get_by_role("button", name="Find the codes").click()
    assert page.locator("#note").evaluate("note => note.textContent") == NOTE if scripts else True
    expect(page.locator("#note .piece.is-negated")).to_have_text("chest pain")
    accepted = page.get_by_label("Accepted codes, one a line")
    expect(accepted).to_have_text(re.compile("E11.9\\s+I10"))
    sound(page, scripts)
    page.get_by_role("checkbox", name=re.compile("I10")).uncheck()
    page.get_by_role("checkbox", name=re.compile("R07.9")).check()
    make = page.get_by_role("button", name="Make the list of ticked codes")
    if scripts:
        expect(make).to_be_hidden()
    else:
        make.click()
    expect(accepted).to_have_text(re.compile("E11.9\\s+R07.9"))
    expect(page.get_by_role("checkbox", name=re.compile("I10"))).not_to_be_checked()
    with page.expect_download() as file:
        page.get_by_role("button", name="Accepted codes as CSV").click()
    rows = Path(file.value.path()).read_text("utf-8-sig").splitlines()
    assert [row.partition(",")[0] for row in rows] == ["code", "E11.9", "R07.9"]


@pytest.mark.parametrize("scripts", [True], ids=["with scripts"])
def test_a_mark_shows_its_card_to_pointer_and_keyboard(subscriber: Page, scripts: bool) -> None:
    page = subscriber
    page.goto(TOOL)
    page.get_by_label("Note", exact=True).fill(NOTE)
    page.get_by_role("button", name="Find the codes").click()
    peek, mark = page.locator("#peek"), page.locator(".hit").filter(has_text="chest pain")
    mark.hover()
    expect(peek).to_contain_text("R07.9 Chest pain, unspecified")
    expect(peek).to_contain_text("Negated")
    peek.hover()
    expect(peek).to_be_visible()
    page.keyboard.press("Escape")
    expect(peek).to_be_hidden()
    page.mouse.move(0, 0)
    page.locator(".hit").first.focus()
    expect(peek).to_contain_text("E11.9")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.set_viewport_size({"width": 360, "height": 740})
    expect(peek).to_be_hidden()
    page.locator(".hit").nth(1).focus()
    expect(peek).to_contain_text("I10")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.locator(".hit").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#card-1")).to_be_in_viewport()
    page.locator("#card-1 input").focus()
    expect(page.locator(".piece.is-active")).to_have_text("Type 2 diabetes mellitus")


def test_a_batch_is_sent_and_kept_as_a_file(subscriber: Page, scripts: bool) -> None:
    page = subscriber
    page.goto(TOOL)
    page.get_by_role("link", name="Read many notes from a file").click()
    sound(page, scripts)
    bad = {"name": "notes.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}
    page.get_by_label("Files", exact=True).set_input_files([bad])
    page.get_by_role("button", name="Find the codes").click()
    expect(page.get_by_role("main")).to_contain_text("Name the column that holds the notes")
    notes = b"id,text\na,Essential hypertension\nb,\nc,Type 2 diabetes mellitus\n"
    page.get_by_label("Files", exact=True).set_input_files([{**bad, "buffer": notes}])
    with page.expect_download() as file:
        page.get_by_role("button", name="Find the codes").click()
    rows = Path(file.value.path()).read_text("utf-8-sig").splitlines()
    assert [row.split(",")[:3] for row in rows[1:]] == [["1", "a", "I10"], ["2", "b", ""], ["3", "c", "E11.9"]]
    if scripts:
        expect(page.locator("[data-batch-words]")).to_have_text("3 of 3 notes.")
        expect(page.get_by_role("link", name="Save the file")).to_be_visible()
        assert_sound(page)
