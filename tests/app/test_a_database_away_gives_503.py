"""A database that is away or cannot be written to: 503 soon, reads where they can be had, and no restart afterwards."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import OperationalError

from tests.support import people, shelf
from tests.support.processes import wait_until
from tests.support.proxy import Proxy
from webapp.auth import audit
from webapp.auth.models import LoginSession
from webapp.core import clock
from webapp.extensions import db, transaction

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


def test_under_load_no_answer_is_an_error_of_ours_and_none_is_late(site, through):
    statuses: Counter[int] = Counter()
    slowest, over = [0.0], threading.Event()

    def read() -> None:
        client = site.test_client()
        while not over.is_set():
            response, seconds = timed(client, "/codes/icd-10-cm/")
            statuses[response.status_code] += 1
            slowest[0] = max(slowest[0], seconds)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for mode in ("down", "ok", "cut", "ok"):
        time.sleep(0.2)
        through.mode = mode
    wait_until(lambda: site.test_client().get("/health/ready").status_code == 200, BACK_WITHIN)
    through.mode = "blackhole"
    time.sleep(0.3)
    through.mode = "ok"
    wait_until(lambda: site.test_client().get("/health/ready").status_code == 200, BACK_WITHIN)
    over.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200, 503}
    assert slowest[0] < SOON
    wait_until(lambda: site.test_client().get("/codes/icd-10-cm/").status_code == 200, BACK_WITHIN)
    assert [site.test_client().get("/codes/icd-10-cm/").status_code for _ in range(8)] == [200] * 8


def full(connection, _record):
    """Let SQLite add no page to its file, as on a disk that is full."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


def read_only(connection, _record):
    connection.execute("PRAGMA query_only = ON")


@pytest.fixture(params=[full, read_only], ids=lambda way: way.__name__)
def unwritable(request, app, tmp_path):
    """An application whose SQLite takes no more writes, with a reader's client whose visit is due to be noted."""
    shelf.fill(app, tmp_path)
    reader = people.client_for(app, people.add_reader(app, "charlie@example.org", "pro"))
    long_ago = clock.now() - timedelta(hours=1)
    with app.app_context():
        with transaction():
            db.session.execute(update(LoginSession).values(last_seen_at=long_ago))
            stuff_free_pages()
        engine = db.engine
    engine.dispose()
    event.listen(engine, "connect", request.param)
    return app, reader


def stuff_free_pages() -> None:
    """Leave no half-empty page, in which a small row would still find room."""
    for number in range(2000):
        audit.record("filler", None, text="x" * (number % 200))


def fields(client, path, **values):
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(path).text)
    return {"csrf_token": token[1], **values}


def test_sqlite_that_takes_no_writes_gives_503_on_writes_and_goes_on_reading(unwritable):
    app, reader = unwritable
    client = app.test_client()
    for path in (*NEEDS_THE_DATABASE, CODE, "/register", "/pricing"):
        assert client.get(path).status_code in {200, 402}, path
    for path in (CODE, "/account"):
        assert reader.get(path).status_code == 200, path
    statuses = set()
    for number in range(40):
        data = fields(client, "/register", email=f"d{number}@example.org", password="eleven grey herons")
        response = client.post("/register", data=data)
        statuses.add(response.status_code)
        if response.status_code != 303:
            break
        client.delete_cookie("session")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    with app.app_context():
        assert db.session.scalar(db.text("PRAGMA integrity_check")) == "ok"
    assert client.get("/health/live").status_code == 200
