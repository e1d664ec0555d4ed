"""Search by keyboard, and Case2Code from the form to the wall, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.pages import assert_sound

OPENED = "document.activeElement.getAttribute('href')"


def test_keys_move_among_the_hits_and_enter_opens_one(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/search?q=cholera")
    hits = page.locator("[data-hits] > li > a")
    first, second = (hits.nth(at).get_attribute("href") for at in (0, 1))
    page.keyboard.press("j")
    assert page.evaluate(OPENED) == first
    page.keyboard.press("j")
    assert page.evaluate(OPENED) == second
    page.keyboard.press("k")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("jk")  # in the box they are letters
    expect(page.get_by_role("main").get_by_role("searchbox")).to_have_value("jkcholera")
    page.goto("/search?q=cholera")
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(OPENED) == second
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{second}")


def test_words_read_as_others_are_told_while_they_are_typed(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/search")
    page.get_by_role("main").get_by_role("searchbox").fill("cholerra")
    expect(page.locator("#results")).to_contain_text("cholerra read as cholera")
    expect(page.locator("#search-systems")).to_contain_text("ICD-10-CM")


def test_a_guest_asks_and_comes_to_the_wall(open_page: Callable[..., Page], scripts: bool) -> None:
    page = open_page(java_script_enabled=scripts)
    page.goto("/tools/case2code")
    if scripts:
        assert_sound(page)
    page.get_by_label("The case, in your own words").fill("cholera; broken radius of the right arm")
    page.get_by_role("button", name="Find the codes").click()
    assert page.url.endswith("/tools/case2code")
    main = page.get_by_role("main")
    expect(main).to_contain_text("Line 1")
    expect(main).to_contain_text("No use left until")
    expect(page.get_by_label("Codes, one a line")).to_have_value(_codes(page))
    boxes = page.locator("[data-facets=chapter] input")
    if scripts:
        assert_sound(page)
        hits = page.locator("[data-hits] > li:visible")
        before = hits.count()
        boxes.first.uncheck()
        assert 0 < hits.count() < before
        page.keyboard.press("j")
        assert page.evaluate(OPENED) == hits.first.locator("> a").get_attribute("href")
    else:
        assert boxes.count() > 1
        assert not boxes.first.is_visible()
    page.get_by_role("button", name="Find the codes").click()
    expect(page.locator(".wall")).to_contain_text("You have used your one use of Case2Code.")
    if scripts:
        assert_sound(page)
    page.get_by_role("link", name="Create a free account").click()
    assert page.url.endswith("/register?next=/tools/case2code")


def _codes(page: Page) -> str:
    """The first code of each statement that has one."""
    lists = page.locator(".statement [data-hits]")
    return "\n".join(lists.nth(at).locator("> li > a .code").first.inner_text() for at in range(lists.count()))
