"""Kinds of addresses that browsers read as another site although they look like a path, and some that are fine."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.auth import steps

ELSEWHERE = [
    "http://evil.example",
    "https://evil.example/login",
    "HTTP://evil.example",
    "ftp://evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "/\\/evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "http:evil.example",
    "http:///evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "mailto:eve@evil.example",
    "evil.example",
    "evil.example/login",
    "codes/E11.9",
    "?next=/",
    "#x",
    " //evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nLocation: http://evil.example",
    "/\x00/evil.example",
    "/ /evil.example",
    "\x08//evil.example",
    "//[::1",
    "http://[::1",
    "http://user:password@evil.example",
    "//user@evil.example",
    "/\x7f/evil.example",
    "",
    "/" + "a" * 600,
]

OWN = ["/", "/codes/icd-10-cm/E11.9", "/search?q=http://evil.example", "/a//b", "/codes?x=1#notes", "/search?q=a%20b"]


@pytest.fixture(autouse=True)
def _alice(app: Flask) -> None:
    steps.have_registered(app)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_elsewhere_leads_home(client: FlaskClient, target: str) -> None:
    assert steps.log_in(client, to=target).location == "/"


@pytest.mark.parametrize("target", ELSEWHERE)
def test_elsewhere_is_not_even_kept(client: FlaskClient, target: str) -> None:
    response = client.get("/login", query_string={"next": target})
    assert response.status_code == 400 or re.search(r'name="next"[^>]* value="/"', response.text)


@pytest.mark.parametrize("target", ["/logout", "/reset", "/reset/sent", "/setup/x"])
def test_nobody_is_logged_out_again_at_once(client: FlaskClient, target: str) -> None:
    assert steps.log_in(client, to=target).location == "/"


@pytest.mark.parametrize("target", OWN)
def test_own_paths_are_kept(client: FlaskClient, target: str) -> None:
    assert steps.log_in(client, to=target).location == target


def test_who_is_logged_in_goes_on_but_not_elsewhere(client: FlaskClient) -> None:
    steps.log_in(client)
    assert client.get("/login?next=//evil.example").location == "/"
    assert client.get("/register?next=/pricing").location == "/pricing"
