"""Redis away, over HTTP: subscribers read on, metered readers get previews, nobody gets a 5xx or free pages."""

from __future__ import annotations

import time

import pytest

from tests.support import people, shelf
from tests.support.proxy import Proxy

pytestmark = pytest.mark.outage
PAGES = [f"/codes/icd-10-cm/E11.{number}" for number in range(10)]


@pytest.fixture
def shaky(make_app, tmp_path, redis_url):
    """An application whose Redis is behind a proxy that can fail."""
    with Proxy(redis_url) as proxy:
        app = make_app(REDIS_URL=proxy.url)
        shelf.fill(app, tmp_path)
        yield app, proxy
        app.extensions["redis"].client.close()


@pytest.mark.parametrize("mode", ["down", "slow", "blackhole", "cut"])
def test_readers_in_an_outage_and_after_it(shaky, mode):
    app, proxy = shaky
    guest = app.test_client()
    pro = people.client_for(app, people.add_reader(app, "pro@example.org", "pro"))
    free = people.client_for(app, people.add_reader(app, "free@example.org"))
    assert guest.get(PAGES[0]).status_code == free.get(PAGES[0]).status_code == 200
    assert pro.get(PAGES[0]).status_code == 200

    proxy.mode = mode
    started = time.monotonic()
    for page in PAGES:
        assert pro.get(page).status_code == 200
        for metered in (guest, free, app.test_client()):
            preview = metered.get(page)
            assert preview.status_code == 200
            assert "Free pages cannot be counted just now" in preview.text
            assert "canary" not in preview.text
    for path in ("/", "/search?q=sweet", "/codes/icd-10-cm/E11", "/pricing", "/login", "/health/ready"):
        assert guest.get(path).status_code == 200
    assert time.monotonic() - started < 5

    proxy.mode = "ok"
    end = time.monotonic() + 5
    while app.extensions["redis"].breaker.is_open and time.monotonic() < end:
        time.sleep(0.05)
    assert guest.get(PAGES[0]).status_code == 200
    assert guest.get(PAGES[1]).status_code == 402
    assert "5 free code pages left" in free.get(PAGES[0]).text


def test_an_emptied_redis_gives_at_most_one_more_period(shelf_app, guest):
    from webapp.extensions import redis

    assert [guest.get(page).status_code for page in PAGES[:3]] == [200, 402, 402]
    redis.client.flushall()
    assert [guest.get(page).status_code for page in PAGES[:3]] == [200, 402, 402]
