from __future__ import annotations

from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from tests.codes import tabular
from webapp.codes import loader, service
from webapp.codes.models import Release
from webapp.extensions import db, transaction
from webapp.site import sitemaps

URL = "https://codes.example"
NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def client(make_app):
    app = make_app(SITE_URL=URL)
    with app.app_context(), transaction():
        loader.load(tabular.listing())
    return app.test_client()


def addresses(text: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(text).iter(f"{NAMESPACE}loc")]


def test_robots_may_read_codes_but_not_accounts(client):
    rules = RobotFileParser()
    rules.parse(client.get("/robots.txt").text.splitlines())
    assert rules.site_maps() == [f"{URL}/sitemap.xml"]
    assert all(rules.can_fetch("*", f"{URL}{path}") for path in ("/", "/codes/icd-10-cm/E11.9", "/pricing"))
    assert not any(
        rules.can_fetch("*", f"{URL}{path}") for path in ("/account", "/search?q=a", "/login", "/dev/outbox")
    )


def test_the_index_leads_to_every_page(client):
    response = client.get("/sitemap.xml")
    assert response.mimetype == "application/xml"
    maps = addresses(response.text)
    assert maps[0] == f"{URL}/sitemaps/pages.xml"
    found = [page for address in maps for page in addresses(client.get(address.removeprefix(URL)).text)]
    assert len(found) == len(set(found))
    assert f"{URL}/pricing" in found
    with client.application.app_context():
        count = service.sitemap_count("icd-10-cm")
    assert count > 0
    own = {f"{URL}/codes/icd-10-cm/", f"{URL}/codes/icd-10-cm/releases"}
    assert own <= set(found)
    assert sum("/codes/icd-10-cm/" in page for page in found) == count + len(own)
    assert {f"{URL}/codes/icd-10-cm/{key}" for key in ("chapter-1", "A00-A09", "A00", "A00.9")} <= set(found)


def test_a_map_says_when_its_pages_were_loaded(client):
    with client.application.app_context():
        day = db.session.scalars(select(Release.loaded_at)).one().date().isoformat()
    index = ElementTree.fromstring(client.get("/sitemap.xml").text)
    assert [element.findtext(f"{NAMESPACE}lastmod") for element in index] == [None, day]
    pages = ElementTree.fromstring(client.get("/sitemaps/icd-10-cm-1.xml").text)
    assert {element.findtext(f"{NAMESPACE}lastmod") for element in pages} == {day}


def test_many_pages_take_several_maps(client, monkeypatch):
    monkeypatch.setattr(sitemaps, "URLS_PER_FILE", 10)
    maps = [address for address in addresses(client.get("/sitemap.xml").text) if "icd-10-cm" in address]
    assert [address.rpartition("/")[2] for address in maps] == ["icd-10-cm-1.xml", "icd-10-cm-2.xml"]
    found = [len(addresses(client.get(address.removeprefix(URL)).text)) for address in maps]
    assert found == [10, 5]


def test_pages_of_the_map_exist(client):
    for address in addresses(client.get("/sitemaps/icd-10-cm-1.xml").text)[:5]:
        assert client.head(address.removeprefix(URL)).status_code == 200


@pytest.mark.parametrize(
    "name", ["icd-10-cm-0", "icd-10-cm-2", "icd-10-cm-99999999999999999999", "nothing-1", "icd-10-cm--1", "icd-10-cm"]
)
def test_there_is_no_map_beyond_the_last(client, name):
    assert client.get(f"/sitemaps/{name}.xml").status_code == 404


@pytest.mark.parametrize(("count", "files"), [(0, 0), (1, 1), (50_000, 1), (50_001, 2)])
def test_maps_stay_within_the_protocols_size(count, files):
    assert sitemaps.files(count) == files
    assert sitemaps.URLS_PER_FILE <= 50_000


def test_odd_keys_make_valid_addresses():
    assert addresses(sitemaps.urls(URL, ["/codes/a&b/<c> d"])) == [f"{URL}/codes/a%26b/%3Cc%3E%20d"]
