from __future__ import annotations

import gzip

import pytest


@pytest.fixture
def address(face) -> str:
    return face.jinja_env.globals["static_url"]("css/app.css")


def test_an_address_holds_a_hash_of_the_content(face, address):
    asset = face.extensions["static_files"]["css/app.css"]
    assert address == f"/static/css/app.css?v={asset.version}"
    assert len(asset.version) == 12


def test_under_its_hash_a_file_is_immutable(face, address):
    response = face.test_client().get(address)
    assert response.status_code == 200
    assert response.mimetype == "text/css"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?v=", "?v=000000000000"])
def test_without_its_hash_a_file_is_soon_asked_for_again(face, query):
    response = face.test_client().get(f"/static/css/app.css{query}")
    assert response.headers["Cache-Control"] == "public, max-age=300"


def test_text_is_compressed_for_those_who_take_it(face, address):
    client = face.test_client()
    plain, packed = client.get(address), client.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_an_unchanged_file_is_not_sent_again(face, address):
    client = face.test_client()
    etag = client.get(address).headers["ETag"]
    response = client.get(address, headers={"If-None-Match": etag})
    assert (response.status_code, response.data) == (304, b"")


@pytest.mark.parametrize("path", ["nothing.css", "../config.py", "%2e%2e/config.py", "css/../../config.py", "css/", ""])
def test_nothing_else_is_served(face, path):
    assert face.test_client().get(f"/static/{path}").status_code == 404


def test_a_template_that_names_a_missing_file_fails_at_once(face):
    with pytest.raises(KeyError):
        face.jinja_env.globals["static_url"]("css/missing.css")


def test_styles_and_scripts_stay_small(face):
    sizes = {name: len(asset.body) for name, asset in face.extensions["static_files"].items()}
    assert sizes["css/app.css"] < 26_000
    scripts = [size for name, size in sizes.items() if name.endswith(".js")]
    assert max(scripts) < 5_000, "a page loads one or two of them"
    assert sum(scripts) < 14_000
