"""A database that is away or cannot be written to: 503 soon, reads where they can be had, and no restart afterwards."""

from __future__ import annotations

import shutil
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy.exc import OperationalError

from tests.support import people, shelf
from tests.support.processes import wait_until
from tests.support.proxy import Proxy
from webapp.core import postgres
from webapp.extensions import db

SOON = 3.0
BACK_WITHIN = 5.0
JSON = {"Accept": "application/json"}
CODE = "/codes/icd-10-cm/E11.9"
OTHER_CODE = "/codes/icd-10-cm/E11.8"
NEEDS_THE_DATABASE = ("/", "/codes/", "/codes/icd-10-cm/", "/search?q=sweet", "/sitemap.xml", OTHER_CODE)


@pytest.fixture
def through(pg_url):
    """A proxy in front of the test's PostgreSQL database."""
    socket = f"unix://{parse_qs(urlsplit(pg_url).query)['host'][0]}/.s.PGSQL.5432"
    with Proxy(socket) as proxy:
        yield proxy
        proxy.mode = "ok"


@pytest.fixture
def site(make_app, through, pg_url, tmp_path):
    app = make_app(DATABASE_URL=f"postgresql://codeshelf@127.0.0.1:{through.port}{urlsplit(pg_url).path}")
    shelf.fill(app, tmp_path)
    return app


def timed(client, path, **options):
    began = time.monotonic()
    response = client.get(path, **options)
    return response, time.monotonic() - began


@pytest.mark.parametrize("mode", ["down", "blackhole"])
def test_postgresql_goes_and_comes_back(site, through, mode):
    client = site.test_client()
    reader = people.client_for(site, people.add_reader(site, "alice@example.org", "pro"))
    assert reader.get(CODE).status_code == 200
    assert client.get("/health/ready").status_code == 200

    through.mode = mode
    first, seconds = timed(client, "/")
    assert (first.status_code, first.headers["Retry-After"]) == (503, "5")
    assert seconds < SOON
    assert 'data-status="503"' in first.text
    for path in NEEDS_THE_DATABASE:
        response, seconds = timed(client, path)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5"), path
        assert seconds < 1, path  # one wait for all
    assert client.get("/codes/", headers=JSON).json["error"]["code"] == "unavailable"
    assert reader.get(CODE).status_code == 200, "a page that was open before is still in memory"
    assert client.get("/health/live").status_code == 200
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json["database"]) == (503, "down")
    assert client.get("/metrics").status_code == 200

    through.mode = "ok"
    wait_until(lambda: client.get("/health/ready").status_code == 200, BACK_WITHIN, "the site's recovery")
    for path in NEEDS_THE_DATABASE:
        assert client.get(path).status_code in {200, 402}, path


def test_a_reader_who_is_not_in_memory_gets_503_on_any_page(site, through):
    reader = people.client_for(site, people.add_reader(site, "bob@example.org", "pro"))
    through.mode = "down"
    for path in ("/pricing", "/account", "/nothing-here", "/login"):
        assert reader.get(path).status_code == 503, path


def test_a_query_that_gets_no_answer_is_given_up(site, through):
    with site.test_request_context("/"):
        db.session.execute(db.text("SELECT 1"))
        through.mode = "blackhole"
        began = time.monotonic()
        with pytest.raises(OperationalError):
            db.session.execute(db.text("SELECT 1"))
        assert time.monotonic() - began < SOON
