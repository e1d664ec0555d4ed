"""What must hold of every page in a browser."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

VIEWS = (
    ({"width": 360, "height": 740}, "dark"),
    ({"width": 1280, "height": 900}, "light"),
)
"""Both widths and both schemes, in two looks: what depends on the width does not depend on the scheme."""


def assert_sound(page: Page) -> None:
    """Check the page for axe violations and sideways overflow, wide and narrow, light and dark."""
    for size, scheme in VIEWS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour is still on its way
        results = Axe().run(page)
        assert results.violations_count == 0, f"{page.url}: {results.generate_report()}"
        width, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert width <= seen, f"{page.url}: {width - seen} px of sideways overflow at {size['width']} px"
