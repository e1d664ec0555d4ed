from __future__ import annotations

import re

import pytest

from webapp.core import clock
from webapp.extensions import db, transaction
from webapp.mail.models import OutboxMail

PAGES = {
    "/": "Look up a medical code",
    "/pricing": "Pricing",
    "/terms": "Terms of use",
    "/privacy": "Privacy",
    "/imprint": "Imprint",
    "/disclaimer": "Disclaimer",
    "/dev/components": "Components",
    "/dev/outbox": "Outbox",
}
CONTACT = "help@codes.example"


def text_of(client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.text


@pytest.mark.parametrize("path", PAGES)
def test_each_has_its_heading_and_one_main_part(client, path):
    text = text_of(client, path)
    assert re.findall(r"<h1[^>]*>([^<]*)</h1>", text) == [PAGES[path]]
    assert text.count('<main id="main"') == 1
    assert 'href="#main"' in text


@pytest.mark.parametrize("path", PAGES)
def test_no_id_is_given_twice(client, path):
    ids = re.findall(r'\sid="([^"]+)"', text_of(client, path))
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("path", PAGES)
def test_what_the_page_loads_is_there(client, path):
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', text_of(client, path)):
        assert "immutable" in client.get(address).headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/dev/components", "/dev/outbox"])
def test_in_production_the_pages_for_builders_do_not_exist(make_app, path):
    app = make_app(ENVIRONMENT="production", SITE_URL="https://codes.example", CONTACT_EMAIL=CONTACT)
    assert app.test_client().get(path).status_code == 404


def test_the_operator_is_named_on_every_page(make_app):
    client = make_app(SITE_NAME="Shelfmark", LEGAL_ENTITY="Shelf & Sons", CONTACT_EMAIL=CONTACT).test_client()
    for path in ("/", "/pricing", "/nothing"):
        text = client.get(path).text
        assert "<span>Shelfmark</span>" in text
        assert "Shelfmark is run by Shelf &amp; Sons" in text
        assert f'href="mailto:{CONTACT}"' in text


@pytest.mark.parametrize(
    ("logo", "address"), [("/own/logo.svg", "/own/logo.svg"), ("favicon.svg", "/static/favicon.svg?v=")]
)
def test_the_logo_is_the_operators(make_app, logo, address):
    assert f'<img src="{address}' in make_app(SITE_LOGO=logo).test_client().get("/pricing").text


def test_whoever_wants_to_subscribe_is_told_whom_to_write_to(make_app):
    text = make_app(CONTACT_EMAIL=CONTACT).test_client().get("/pricing").text
    assert f'To subscribe, write to <a href="mailto:{CONTACT}">{CONTACT}</a>.' in text


def test_without_a_contact_the_operator_is_meant(client):
    assert "To subscribe, write to the operator of this site." in client.get("/pricing").text


def test_pricing_names_no_tool_and_no_section_without_content(client):
    text = client.get("/pricing").text
    for absent in ("CasePilot", "RedactPHI", "Crosswalks", "Team"):
        assert absent not in text
    assert "Official descriptor" in text


def test_an_empty_catalogue_is_said_to_be_empty(client):
    assert "No code system is loaded yet." in client.get("/").text


def test_the_icon_is_served_where_browsers_look_for_it(client):
    response = client.get("/favicon.ico")
    assert (response.status_code, response.mimetype) == (200, "image/svg+xml")


def test_the_outbox_shows_what_was_written(app, client):
    with app.app_context(), transaction():
        mail = OutboxMail(to="alice@example.org", subject="<Hello>", text="See http://codes.example/x", attempts=0)
        mail.created_at = mail.next_try_at = clock.now()
        db.session.add(mail)
    text = client.get("/dev/outbox").text
    assert "alice@example.org" in text
    assert "&lt;Hello&gt;" in text
    assert '<a href="http://codes.example/x"' in text
