"""Licensed text on the site: on whole pages only, each of which is recorded; never where a page is only looked at."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.codes import licensed
from tests.support import people
from webapp.codes.datasets.licences import CPT
from webapp.codes.datasets.models import LicensedReading
from webapp.codes.terms import keeping
from webapp.extensions import db

PAGE, OTHER = "/codes/cpt/10001", "/codes/cpt/10004"


@pytest.fixture
def licensee(app: Flask) -> Flask:
    with app.app_context():
        licensed.install(CPT)
        licensed.load()
        keeping.keep()
    return app


def readings(app: Flask) -> dict[str, int]:
    app.extensions["royalty"].flush()
    with app.app_context():
        return {row.subject: row.openings for row in db.session.scalars(select(LicensedReading))}


def guest(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.get("/")  # brings the cookie
    return client


def test_every_opening_of_a_whole_page_is_recorded(licensee: Flask) -> None:
    client = guest(licensee)
    for _ in range(3):
        page = client.get(PAGE)
        assert f"{licensed.MARK} in full" in page.text
        assert licensed.LINE in page.text
    ((subject, openings),) = readings(licensee).items()
    assert (subject[0], openings) == ("g", 3)


def test_subscribers_are_recorded_too(licensee: Flask) -> None:
    reader = people.add_reader(licensee, "alice@example.org", "pro")
    client = people.client_for(licensee, reader)
    client.get(PAGE)
    client.get(OTHER)
    client.get(PAGE)
    assert readings(licensee) == {f"u{reader}": 3}


def test_what_only_looks_records_nothing_and_sees_nothing(licensee: Flask) -> None:
    client = guest(licensee)
    looks = [
        client.head(PAGE),
        client.get(PAGE, headers={"Sec-Purpose": "prefetch"}),
        client.get(PAGE, headers={"User-Agent": "Googlebot/2.1"}),
        licensee.test_client().get(PAGE, headers={"User-Agent": "Googlebot/2.1"}),
    ]
    assert readings(licensee) == {}
    assert client.get(PAGE).status_code == 200
    wall = client.get(OTHER)
    assert wall.status_code == 402
    assert all(licensed.MARK not in look.text for look in (*looks, wall))
    assert list(readings(licensee).values()) == [1]


def test_the_text_is_in_the_section_alone(licensee: Flask) -> None:
    page = guest(licensee).get(PAGE).text
    before, _, rest = page.partition('data-section="descriptor"')
    section, _, after = rest.partition("</section>")
    assert licensed.MARK in section
    assert licensed.MARK not in before, "neither in the head nor in JSON-LD"
    assert licensed.MARK not in after


@pytest.mark.parametrize("path", ["/search?q=in+full", "/search?q=10001", "/sitemap.xml", "/sitemaps/cpt-1.xml", "/"])
def test_search_and_sitemaps_know_nothing_of_it(licensee: Flask, path: str) -> None:
    answer = guest(licensee).get(path)
    assert answer.status_code == 200
    assert licensed.MARK not in answer.text


def test_without_a_licence_the_page_says_so_and_nothing_is_recorded(app: Flask) -> None:
    with app.app_context():
        licensed.load()
    page = guest(app).get(PAGE)
    assert "is licensed by the American Medical Association and is not installed on this site" in page.text
    assert licensed.MARK not in page.text
    assert readings(app) == {}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(LicensedReading)) == 0
