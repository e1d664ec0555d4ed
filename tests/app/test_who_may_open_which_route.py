"""A table of every route and who gets which answer; a route that is missing here fails the test."""

from __future__ import annotations

import pytest

GUEST, FREE, PRO, STAFF = "guest", "free", "pro", "staff"
WHO = (GUEST, FREE, PRO, STAFF)

OPEN = dict.fromkeys(WHO, 200)
ABSENT = dict.fromkeys(WHO, 404)
SIGNED_IN = {GUEST: 302, FREE: 200, PRO: 200, STAFF: 200}
SIGNED_OUT = {GUEST: 200, FREE: 302, PRO: 302, STAFF: 302}

ROUTES = {
    ("GET", "/"): ("/", OPEN),
    ("GET", "/search"): ("/search?q=diabetes", OPEN),
    ("GET", "/codes/"): ("/codes/", OPEN),
    ("GET", "/codes/<system>/"): ("/codes/icd-10-cm/", OPEN),
    ("GET", "/codes/<system>/<key>"): ("/codes/icd-10-cm/E11.9", OPEN),
    ("GET", "/pricing"): ("/pricing", OPEN),
    ("GET", "/account"): ("/account", SIGNED_IN),
    ("GET", "/tools/<tool>"): ("/tools/casepilot", ABSENT),
    ("GET", "/api/v1"): ("/api/v1", OPEN),
    ("POST", "/webhooks/stripe"): ("/webhooks/stripe", dict.fromkeys(WHO, 503)),
    ("GET", "/health/live"): ("/health/live", OPEN),
    ("GET", "/health/ready"): ("/health/ready", OPEN),
    ("GET", "/metrics"): ("/metrics", OPEN),
}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: " ".join(route))
def test_the_answer_is_as_in_the_table(route, who, client_of):
    method, _ = route
    path, answers = ROUTES[route]
    assert client_of(who).open(path, method=method).status_code == answers[who]


def test_the_table_holds_every_route(app):
    routes = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}}
    assert routes == set(ROUTES)
