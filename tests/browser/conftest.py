"""A whole site as `make run` starts it, and a real browser in front of it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.served import Site, running
from tests.support import whole

PASSWORD = "a calm river at dusk"
_readers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser."""
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, whole_catalogue: Path) -> Iterator[Site]:
    """A site for all tests that leave its clock alone; what a first start loads is there already."""
    data = tmp_path_factory.mktemp("site")
    whole.copy(whole_catalogue, data)
    yield from running(data)


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Whether JavaScript runs: every flow works both ways."""
    return bool(request.param)


class Complaints(list[str]):
    """What the browser's console complained of. The answer codes that a test expects are no complaint."""

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.append(str(error)))

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "the server responded with a status of 4" not in text:
            self.append(text)


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Fails the test if the console complained."""
    heard = Complaints()
    yield heard
    assert heard == []


@pytest.fixture
def open_page(browser: Browser, site: Site, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Opens a fresh browser profile; keyword arguments as of `Browser.new_context`."""
    contexts = []

    def make(**options: object) -> Page:
        context = browser.new_context(base_url=site.url, **{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        complaints.watch(page)
        return page

    yield make
    for context in contexts:
        context.close()


def register(page: Page) -> str:
    """Fill the form of a registration that is open; return the address, once there is an account of it."""
    email = f"alice{next(_readers)}.{datetime.now(UTC):%H%M%S%f}@example.org"
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("create", re.IGNORECASE)).click()
    page.wait_for_url(lambda url: "/register" not in url)
    return email


@pytest.fixture
def make_subscriber(open_page: Callable[..., Page], site: Site) -> Callable[..., Page]:
    """Opens a browser in which somebody of the plan Pro is signed in; keyword arguments as of `Browser.new_context`."""

    def make(**options: object) -> Page:
        page = open_page(accept_downloads=True, **options)
        page.goto("/register")
        site.flask("billing", "grant", register(page), "pro")
        return page

    return make


@pytest.fixture
def subscriber(make_subscriber: Callable[..., Page], scripts: bool) -> Page:
    """A browser of a subscriber, with scripts and without."""
    return make_subscriber(java_script_enabled=scripts)
