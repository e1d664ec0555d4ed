"""A table of every route and who gets which answer; a route that is missing here fails the test."""

from __future__ import annotations

import pytest

from tests.support import people, shelf

GUEST, FREE, PRO, STAFF = "guest", "free", "pro", "staff"
WHO = (GUEST, FREE, PRO, STAFF)

OPEN = dict.fromkeys(WHO, 200)
BY_PLAN = {GUEST: 402, FREE: 402, PRO: 200, STAFF: 200}
ABSENT = dict.fromkeys(WHO, 404)
SIGNED_IN = {GUEST: 302, FREE: 200, PRO: 200, STAFF: 200}
SIGNED_OUT = {GUEST: 200, FREE: 303, PRO: 303, STAFF: 303}
STAFF_ONLY = {GUEST: 302, FREE: 404, PRO: 404, STAFF: 200}
STAFF_NOT_THERE = {GUEST: 302, FREE: 404, PRO: 404, STAFF: 404}
"""For staff, and nothing of that number is there yet."""
STAFF_LED_ON = {GUEST: 302, FREE: 404, PRO: 404, STAFF: 303}
PLAN_THEN_TOKEN = {GUEST: 402, FREE: 402, PRO: 400, STAFF: 400}
STAFF_THEN_TOKEN = {GUEST: 302, FREE: 404, PRO: 404, STAFF: 400}
"""Who may is asked before the body, with its CSRF token, is read: it may be large."""
NOT_SOLD = {GUEST: 302, FREE: 303, PRO: 303, STAFF: 303}
"""No payments are set up here: readers are led to the page that says so."""
NO_PAYMENTS = {GUEST: 302, FREE: 503, PRO: 503, STAFF: 503}
NOTHING_TO_DO = {GUEST: 302, FREE: 303, PRO: 303, STAFF: 303}
"""No subscription: readers are led back to their account."""
NO_TOKEN = dict.fromkeys(WHO, 400)
"""A form sent without its CSRF token is refused, and nothing changes."""

ROUTES = {
    ("GET", "/"): ("/", OPEN),
    ("GET", "/search"): ("/search?q=sweet", OPEN),
    ("GET", "/codes/"): ("/codes/", OPEN),
    ("GET", "/codes/<system>/"): ("/codes/icd-10-cm/", OPEN),
    ("GET", "/codes/<system>/<key>"): ("/codes/icd-10-cm/E11.9", OPEN),
    ("GET", "/codes/<system>/releases"): ("/codes/icd-10-cm/releases", OPEN),
    ("GET", "/codes/<system>/releases/differences"): ("/codes/icd-10-cm/releases/differences", BY_PLAN),
    ("GET", "/codes/<system>/releases/differences.csv"): ("/codes/icd-10-cm/releases/differences.csv", BY_PLAN),
    ("GET", "/pricing"): ("/pricing", OPEN),
    ("GET", "/<any(terms, privacy, imprint, disclaimer):name>"): ("/privacy", OPEN),
    ("GET", "/account"): ("/account", SIGNED_IN),
    ("GET", "/account/close"): ("/account/close", SIGNED_IN),
    ("POST", "/account/close"): ("/account/close", NO_TOKEN),
    ("GET", "/account/closed"): ("/account/closed", OPEN),
    ("GET", "/register"): ("/register", SIGNED_OUT),
    ("POST", "/register"): ("/register", NO_TOKEN),
    ("GET", "/login"): ("/login", SIGNED_OUT),
    ("POST", "/login"): ("/login", NO_TOKEN),
    ("GET", "/logout"): ("/logout", OPEN),
    ("POST", "/logout"): ("/logout", NO_TOKEN),
    ("GET", "/reset"): ("/reset", OPEN),
    ("POST", "/reset"): ("/reset", NO_TOKEN),
    ("GET", "/reset/sent"): ("/reset/sent", OPEN),
    ("GET", "/reset/<token>"): ("/reset/unknown", ABSENT),
    ("POST", "/reset/<token>"): ("/reset/unknown", NO_TOKEN),
    ("GET", "/setup/<token>"): ("/setup/unknown", ABSENT),
    ("POST", "/setup/<token>"): ("/setup/unknown", NO_TOKEN),
    ("GET", "/subscribe/<lookup_key>"): ("/subscribe/pro_month", NOT_SOLD),
    ("POST", "/subscribe/<lookup_key>"): ("/subscribe/pro_month", NO_TOKEN),
    ("GET", "/billing/success"): ("/billing/success?session_id=cs_test_a", NO_PAYMENTS),
    ("POST", "/billing/card"): ("/billing/card", NO_TOKEN),
    ("POST", "/billing/portal"): ("/billing/portal", NO_TOKEN),
    ("GET", "/billing/after"): ("/billing/after", NO_PAYMENTS),
    ("GET", "/billing/mend"): ("/billing/mend", NOTHING_TO_DO),
    ("GET", "/billing/cancel"): ("/billing/cancel", NOTHING_TO_DO),
    ("POST", "/billing/cancel"): ("/billing/cancel", NO_TOKEN),
    ("POST", "/billing/keep"): ("/billing/keep", NO_TOKEN),
    ("POST", "/billing/resume"): ("/billing/resume", NO_TOKEN),
    ("GET", "/billing/change/<lookup_key>"): ("/billing/change/pro_month", NO_PAYMENTS),
    ("POST", "/billing/change/<lookup_key>"): ("/billing/change/pro_month", NO_TOKEN),
    ("GET", "/staff/"): ("/staff/", STAFF_ONLY),
    ("POST", "/staff/grants"): ("/staff/grants", NO_TOKEN),
    ("POST", "/staff/grants/<int(max=2147483647):grant_id>/end"): ("/staff/grants/1/end", NO_TOKEN),
    ("GET", "/staff/catalogue/"): ("/staff/catalogue/", STAFF_ONLY),
    ("POST", "/staff/catalogue/loads"): ("/staff/catalogue/loads", STAFF_THEN_TOKEN),
    ("GET", "/staff/catalogue/jobs/<int(max=2147483647):job_id>"): ("/staff/catalogue/jobs/1", STAFF_NOT_THERE),
    ("GET", "/staff/catalogue/jobs/<int(max=2147483647):job_id>/state"): (
        "/staff/catalogue/jobs/1/state",
        STAFF_NOT_THERE,
    ),
    ("POST", "/staff/catalogue/jobs/<int(max=2147483647):job_id>/load"): ("/staff/catalogue/jobs/1/load", NO_TOKEN),
    ("GET", "/staff/catalogue/sources/<source>/take-back"): (
        "/staff/catalogue/sources/icd10cm-tabular/take-back",
        STAFF_ONLY,
    ),
    ("POST", "/staff/catalogue/sources/<source>/take-back"): (
        "/staff/catalogue/sources/icd10cm-tabular/take-back",
        NO_TOKEN,
    ),
    ("GET", "/staff/articles/"): ("/staff/articles/?q=g", STAFF_ONLY),
    ("GET", "/staff/articles/write"): ("/staff/articles/write?system=hcpcs&code=G0105", STAFF_LED_ON),
    ("GET", "/staff/articles/<system>/<code>"): ("/staff/articles/hcpcs/G0105", STAFF_ONLY),
    ("POST", "/staff/articles/<system>/<code>"): ("/staff/articles/hcpcs/G0105", NO_TOKEN),
    ("POST", "/staff/articles/<system>/<code>/delete"): ("/staff/articles/hcpcs/G0105/delete", NO_TOKEN),
    ("GET", "/staff/articles/<system>/<code>/history"): ("/staff/articles/hcpcs/G0105/history", STAFF_ONLY),
    ("GET", "/staff/articles/<system>/<code>/history/<int(max=2147483647):revision>"): (
        "/staff/articles/hcpcs/G0105/history/1",
        STAFF_ONLY,
    ),
    ("POST", "/staff/articles/<system>/<code>/history/<int(max=2147483647):revision>"): (
        "/staff/articles/hcpcs/G0105/history/1",
        NO_TOKEN,
    ),
    ("GET", "/staff/royalty"): ("/staff/royalty", STAFF_ONLY),
    ("GET", "/staff/royalty/figures.csv"): ("/staff/royalty/figures.csv", STAFF_ONLY),
    ("GET", "/tools/"): ("/tools/", OPEN),
    ("GET", "/tools/claim-check"): ("/tools/claim-check", OPEN),
    ("POST", "/tools/claim-check"): ("/tools/claim-check", NO_TOKEN),
    ("GET", "/tools/prices"): ("/tools/prices", OPEN),
    ("POST", "/tools/prices"): ("/tools/prices", NO_TOKEN),
    ("GET", "/tools/raf"): ("/tools/raf", OPEN),
    ("POST", "/tools/raf"): ("/tools/raf", NO_TOKEN),
    ("GET", "/tools/case2code"): ("/tools/case2code", OPEN),
    ("POST", "/tools/case2code"): ("/tools/case2code", NO_TOKEN),
    ("GET", "/tools/detecticd10cm"): ("/tools/detecticd10cm", OPEN),
    ("POST", "/tools/detecticd10cm"): ("/tools/detecticd10cm", NO_TOKEN),
    ("GET", "/tools/detecticd10cm/batch"): ("/tools/detecticd10cm/batch", OPEN),
    ("POST", "/tools/detecticd10cm/batch"): ("/tools/detecticd10cm/batch", PLAN_THEN_TOKEN),
    ("GET", "/tools/<tool>"): ("/tools/casepilot", ABSENT),
    ("GET", "/scoreboard"): ("/scoreboard", OPEN),
    ("GET", "/api/v1"): ("/api/v1", OPEN),
    ("POST", "/webhooks/stripe"): ("/webhooks/stripe", dict.fromkeys(WHO, 503)),
    ("GET", "/health/live"): ("/health/live", OPEN),
    ("GET", "/health/ready"): ("/health/ready", OPEN),
    ("GET", "/metrics"): ("/metrics", OPEN),
    ("GET", "/favicon.ico"): ("/favicon.ico", OPEN),
    ("GET", "/robots.txt"): ("/robots.txt", OPEN),
    ("GET", "/sitemap.xml"): ("/sitemap.xml", OPEN),
    ("GET", "/sitemaps/pages.xml"): ("/sitemaps/pages.xml", OPEN),
    ("GET", "/sitemaps/<system>-<int(min=1, max=9999):number>.xml"): ("/sitemaps/icd-10-cm-1.xml", OPEN),
    ("GET", "/static/<path:filename>"): ("/static/css/app.css", OPEN),
    ("GET", "/dev/components"): ("/dev/components", OPEN),
    ("GET", "/dev/outbox"): ("/dev/outbox", OPEN),
}
"""Route -> (an address of it, the status that each kind of reader gets)."""


@pytest.fixture
def client_of(app, tmp_path):
    shelf.fill(app, tmp_path)

    def make(who: str):
        if who == GUEST:
            return app.test_client()
        plan = PRO if who == PRO else None
        reader = people.add_reader(app, f"{who}@example.org", plan, staff=who == STAFF)
        return people.client_for(app, reader)

    return make


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: " ".join(route))
def test_the_answer_is_as_in_the_table(route, who, client_of):
    method, _ = route
    path, answers = ROUTES[route]
    assert client_of(who).open(path, method=method).status_code == answers[who]


def test_the_table_holds_every_route(app):
    routes = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}}
    assert routes == set(ROUTES)


def test_production_has_no_development_pages(make_app):
    app = make_app(ENVIRONMENT="production", SITE_URL="https://codes.example.org", CONTACT_EMAIL="help@example.org")
    assert app.test_client().get("/dev/outbox").status_code == 404
    assert app.test_client().get("/dev/components").status_code == 404
    assert "dev" not in app.cli.commands


def test_metrics_are_for_this_machine_only(client_of):
    guest = client_of(GUEST)
    assert guest.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 404
    assert guest.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
