from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Response

import config
from webapp.site import headers

TEMPLATES = sorted((config.ROOT / "webapp" / "templates").rglob("*.html"))


def policy(response) -> dict[str, str]:
    parts = (part.partition(" ") for part in response.headers["Content-Security-Policy"].split("; "))
    return {name: value for name, _, value in parts}


@pytest.mark.parametrize("path", ["/static/css/app.css", "/nothing", "/api/nothing"])
def test_every_answer_has_them(face, path):
    response = face.test_client().get(path)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "geolocation=()" in response.headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in response.headers


def test_the_policy_lets_nothing_inline_and_nothing_foreign_run(face):
    rules = policy(face.test_client().get("/nothing"))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["form-action"] == "'self' https://checkout.stripe.com https://billing.stripe.com"
    assert not any("unsafe" in value or "*" in value for value in rules.values())


def test_over_https_browsers_are_told_to_stay_there(make_face):
    response = make_face(SITE_URL="https://codes.example").test_client().get("/nothing")
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_policy_of_its_own_stands(face):
    with face.app_context():
        response = headers.apply(Response(headers={"Content-Security-Policy": "sandbox"}))
    assert response.headers.getlist("Content-Security-Policy") == ["sandbox"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(path.parents[1])))
def test_no_template_has_inline_style_or_script(template: Path):
    text = template.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\s*[\"']|javascript:", text, re.IGNORECASE)
    for tag in re.findall(r"<script[^>]*>", text):
        assert " src=" in tag or 'type="application/ld+json"' in tag
