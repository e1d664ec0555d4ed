"""Every page type, light and dark, wide and narrow: no axe violation, no console error, no sideways overflow."""

from __future__ import annotations

import re

from tests.support.pages import assert_sound

PAGES = {
    "home": "/",
    "systems": "/codes/",
    "chapters": "/codes/icd-10-cm/",
    "chapter": "/codes/icd-10-cm/chapter-4",
    "block": "/codes/icd-10-cm/E08-E13",
    "category": "/codes/icd-10-cm/S52",
    "code": "/codes/icd-10-cm/S52.501A",
    "code with articles": "/codes/hcpcs/G0105",
    "unknown code": "/codes/icd-10-cm/E11.999",
    "search": "/search?q=diabetes",
    "search without hits": "/search?q=zzzzqqq",
    "search with variants": "/search?q=fracture+of+right+wrist",
    "case2code": "/tools/case2code",
    "detecticd10cm": "/tools/detecticd10cm",
    "a batch of notes": "/tools/detecticd10cm/batch",
    "pricing": "/pricing",
    "register": "/register",
    "login": "/login",
    "reset": "/reset",
    "terms": "/terms",
    "privacy": "/privacy",
    "imprint": "/imprint",
    "disclaimer": "/disclaimer",
    "tool": "/tools/casepilot",
    "components": "/dev/components",
    "outbox": "/dev/outbox",
    "nothing": "/nowhere",
}


def test_pages_of_a_guest(open_page):
    page = open_page()
    for path in PAGES.values():
        page.goto(path)
        assert_sound(page)


def test_the_wall(open_page):
    page = open_page()
    page.goto("/codes/icd-10-cm/I10")
    assert page.goto("/codes/icd-10-cm/E11.9").status == 402
    assert_sound(page)


def test_pages_of_a_subscriber(open_page, site):
    page = open_page()
    email = "carol@example.org"
    page.goto("/register?next=/account")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill("a calm river at dusk")
    page.get_by_role("button", name=re.compile("create", re.IGNORECASE)).click()
    assert_sound(page)
    site.flask("billing", "grant", email, "pro")
    for path in ("/account", "/codes/hcpcs/G0105", "/codes/hcpcs/G0121", "/logout"):
        page.goto(path)
        assert_sound(page)


def test_the_slash_key_goes_to_the_search_box(open_page):
    page = open_page()
    page.goto("/pricing")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"


def test_a_printed_code_page_holds_the_code_and_no_navigation(open_page):
    page = open_page()
    page.goto("/codes/hcpcs/G0105")
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible()
    assert not page.locator(".site-header nav").first.is_visible()
