from __future__ import annotations

from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest

from tests.codes import tabular
from webapp.codes import loader, service
from webapp.extensions import transaction
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
    assert sum("/codes/icd-10-cm/" in page for page in found) == count


def test_pages_of_the_map_exist(client):
    for address in addresses(client.get("/sitemaps/icd-10-cm-1.xml").text)[:5]:
        assert client.head(address.removeprefix(URL)).status_code == 200


@pytest.mark.parametrize(
    "name", ["icd-10-cm-0", "icd-10-cm-2", "icd-10-cm-99999999999999999999", "nothing-1", "icd-10-cm--1", "icd-10-cm"]
)
def test_there_is_no_map_beyond_the_last(client, name):
    assert client.get(f"/sitemaps/{name}.xml").status_code == 404


@pytest.mark.parametrize(("count", "files"), [(0, 0), (1, 1), (25_000, 1), (25_001, 2)])
def test_maps_stay_within_the_protocols_size(count, files):
    assert sitemaps.files(count) == files
    assert sitemaps.URLS_PER_FILE <= 50_000


def test_odd_keys_make_valid_addresses():
    assert addresses(sitemaps.urls(URL, ["/codes/a&b/<c> d"])) == [f"{URL}/codes/a%26b/%3Cc%3E%20d"]
