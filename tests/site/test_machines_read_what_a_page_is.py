"""What search engines read of a code page: its place, its marks of a paywall, and nothing that is locked."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.codes import fee_files, licensed, tabular
from tests.support import people
from webapp.codes import loader
from webapp.codes.terms import keeping
from webapp.extensions import transaction

URL = "https://codes.example"
CODE = "/codes/icd-10-cm/A00.9"


@pytest.fixture
def site(make_app) -> Flask:
    app: Flask = make_app(SITE_URL=URL)
    with app.app_context():
        for listing in (tabular.listing(), tabular.later_listing()):
            with transaction():
                loader.load(listing)
    return app


@pytest.fixture
def subscriber(site: Flask) -> FlaskClient:
    return people.client_for(site, people.add_reader(site, "pro@example.org", "pro"))


def data_of(page: str) -> dict:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_a_page_tells_its_code_and_its_place(subscriber: FlaskClient) -> None:
    data = data_of(subscriber.get(CODE).text)
    assert data["@type"] == "MedicalWebPage"
    assert data["url"] == URL + CODE
    assert (data["about"]["@type"], data["about"]["codeValue"]) == ("MedicalCode", "A00.9")
    assert (data["about"]["codingSystem"], data["about"]["name"]) == ("ICD-10-CM", "Dragon fever NOS")
    crumbs = data["breadcrumb"]
    assert crumbs["@type"] == "BreadcrumbList"
    assert [(each["position"], each["name"], each["item"]) for each in crumbs["itemListElement"]] == [
        (1, "ICD-10-CM", f"{URL}/codes/icd-10-cm/"),
        (2, "Chapter 1", f"{URL}/codes/icd-10-cm/chapter-1"),
        (3, "A00-A09", f"{URL}/codes/icd-10-cm/A00-A09"),
        (4, "A00-A03", f"{URL}/codes/icd-10-cm/A00-A03"),
        (5, "A00", f"{URL}/codes/icd-10-cm/A00"),
        (6, "A00.9", URL + CODE),
    ]
    for each in crumbs["itemListElement"]:
        assert subscriber.get(each["item"].removeprefix(URL)).status_code == 200


def test_a_metered_page_is_marked_as_such_and_a_heading_is_free(site: Flask) -> None:
    guest = site.test_client()
    paid = data_of(guest.get(CODE).text)
    assert paid["isAccessibleForFree"] is False
    assert paid["hasPart"] == {
        "@type": "WebPageElement",
        "isAccessibleForFree": False,
        "cssSelector": ".section",
    }
    assert data_of(guest.get("/codes/icd-10-cm/A00").text)["isAccessibleForFree"] is True


@pytest.mark.parametrize(
    ("path", "title"),
    [
        (CODE, "A00.9 Dragon fever NOS – ICD-10-CM – Codeshelf"),
        ("/codes/icd-10-cm/chapter-1", "Chapter 1 Imagined fevers (A00-B99) – ICD-10-CM – Codeshelf"),
        ("/codes/icd-10-cm/", "ICD-10-CM by chapter – Codeshelf"),
        ("/codes/icd-10-cm/releases", "Releases of ICD-10-CM – Codeshelf"),
        ("/codes/", "Code systems – Codeshelf"),
    ],
)
def test_a_page_has_one_title_one_description_and_one_address(subscriber: FlaskClient, path: str, title: str) -> None:
    page = subscriber.get(path).text
    assert re.findall(r"<title>(.*?)</title>", page) == [title]
    assert len(re.findall(r'<meta name="description" content="[^"]{20,}">', page)) == 1
    assert re.findall(r'<link rel="canonical" href="(.*?)">', page) == [URL + path]
    assert 'content="noindex"' not in page


@pytest.mark.parametrize(
    "path", [f"{CODE}?on=2026-05-01", "/search?q=dragon", "/codes/icd-10-cm/releases/differences", "/nowhere"]
)
def test_views_of_other_pages_are_not_listed(subscriber: FlaskClient, path: str) -> None:
    page = subscriber.get(path).text
    assert '<meta name="robots" content="noindex">' in page
    if "?on=" in path:
        assert f'<link rel="canonical" href="{URL}{CODE}">' in page


def test_licensed_texts_are_in_nothing_that_machines_read(app: Flask) -> None:
    with app.app_context():
        licensed.install("cpt")
        licensed.load()
        keeping.keep()
    client = people.client_for(app, people.add_reader(app, "pro@example.org", "pro"))
    page = client.get("/codes/cpt/10001").text
    assert fee_files.SECRET in page  # the page shows it to its reader
    assert fee_files.SECRET not in page.split("</head>")[0]
    for path in ("/sitemap.xml", "/sitemaps/pages.xml", "/sitemaps/cpt-1.xml", "/search?q=made-up", "/codes/cpt/"):
        assert fee_files.SECRET not in client.get(path).text
    assert "/codes/cpt/10001" in client.get("/sitemaps/cpt-1.xml").text
    machine = client.application.test_client().get("/codes/cpt/10001", headers={"User-Agent": "Googlebot/2.1"}).text
    assert fee_files.SECRET not in machine
