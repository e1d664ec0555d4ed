"""What subscribers click."""

from __future__ import annotations

import re
from html import unescape

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

MAIN = re.compile(r"<main.*?</main>", re.DOTALL)


def token(client: FlaskClient) -> str:
    """The CSRF token of a browser."""
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', client.get("/logout").text)
    assert found
    return unescape(found[1])


def post(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Send a form from a page of the site."""
    return client.post(path, data={"csrf_token": token(client), **fields})


def words(page: TestResponse) -> str:
    """What the main part of a page says, as one line."""
    found = MAIN.search(page.text)
    assert found, page.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def hidden(page: TestResponse, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])
