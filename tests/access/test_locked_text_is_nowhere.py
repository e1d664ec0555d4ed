"""Locked text is in no response: every GET route is walked for canaries, as guest, free reader and subscriber."""

from __future__ import annotations

import pytest

import config
from tests.support import people, shelf
from tests.support.shelf import CANARIES, CODES
from webapp.billing.plans import GUEST

FREE_FOR_ALL = {"descriptor", "billable"}
"""Sections that hold nothing but the title and the status, which previews show too."""


def paths(app) -> list[str]:
    """Every GET route with every value that the catalogue gives its variables."""
    keys = {
        "icd-10-cm": ["chapter-4", "chapter-19", "E08-E13", "E11", *CODES, "S52", "S52.501", "S52.501A"],
        "hcpcs": ["G0105"],
    }
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.rule.startswith("/dev/"):
            continue
        if rule.rule == "/codes/<system>/<key>":
            found += [f"/codes/{system}/{key}" for system, names in keys.items() for key in (*names, "unknown1")]
        elif rule.rule == "/codes/<system>/":
            found += [f"/codes/{system}/" for system in keys]
        elif rule.rule == "/search":
            found += [f"/search?q={word}" for word in ("E11", "G0105", "canary", "sweet", "bowel", *sorted(canaries()))]
        elif rule.rule == "/static/<path:filename>":
            continue
        else:
            found.append(
                rule.rule.replace("<system>", "icd-10-cm")
                .replace("<int:number>", "1")
                .replace("<tool>", "casepilot")
                .replace("<token>", "x")
                .replace("<any(terms, privacy, imprint, disclaimer):name>", "terms")
            )
    return found


def canaries() -> set[str]:
    return {canary for canary, _ in CANARIES.values()}


def walk(client, app) -> dict[str, set[str]]:
    """Return, by canary, the paths whose answer holds it; headers count too."""
    seen: dict[str, set[str]] = {}
    for path in paths(app):
        asked = path.partition("?q=")[2]
        answer = client.get(path)
        text = answer.text + str(answer.headers)
        for canary in canaries() - {asked}:
            if canary in text:
                seen.setdefault(canary, set()).add(path)
    return seen


def test_every_section_of_the_plans_has_a_canary(shelf_app):
    assert shelf_app.extensions["plans"].sections == CANARIES.keys() | FREE_FOR_ALL


def test_a_subscriber_finds_every_canary(shelf_app, reader):
    seen = walk(reader("pro"), shelf_app)
    assert seen.keys() == canaries()
    for canary, page in CANARIES.values():
        assert page in seen[canary]


@pytest.fixture
def open_app(make_app, tmp_path):
    """A site without a limit of views: every page is walked whole, and only the sections' locks stand between."""
    plans = (config.ROOT / "plans.toml").read_text()
    for limited in ("views = { limit = 1,", "views = { limit = 6,"):
        assert limited in plans
        plans = plans.replace(limited, 'views = { limit = "unlimited",')
    (tmp_path / "plans.toml").write_text(plans)
    app = make_app(PLANS_FILE=tmp_path / "plans.toml")
    shelf.fill(app, tmp_path)
    return app


@pytest.mark.parametrize("agent", ["Mozilla/5.0", "Googlebot/2.1"])
@pytest.mark.parametrize("plan", [GUEST, "free"])
def test_no_locked_section_is_found_where_every_page_is_open(open_app, plan, agent):
    client = open_app.test_client()
    if plan != GUEST:
        client = people.client_for(open_app, people.add_reader(open_app, "free@example.org"))
    client.environ_base["HTTP_USER_AGENT"] = agent
    open_sections = open_app.extensions["plans"][plan].sections
    seen = walk(client, open_app)
    assert seen.keys() == {CANARIES[key][0] for key in CANARIES.keys() & open_sections}


def test_search_quotes_no_term_that_the_plan_locks(make_app, tmp_path):
    plans = (config.ROOT / "plans.toml").read_text().replace('"billable", "notes", ', '"billable", ', 1)
    (tmp_path / "plans.toml").write_text(plans.replace("sections = [\n", 'sections = [\n  "notes",\n', 1))
    app = make_app(PLANS_FILE=tmp_path / "plans.toml")
    shelf.fill(app, tmp_path)
    reader = people.client_for(app, people.add_reader(app, "free@example.org"))
    assert "Honeyed veins" in reader.get("/search?q=honeyed").text
    hit = app.test_client().get("/search?q=honeyed").text
    assert "E11.A" in hit
    assert "veins" not in hit


@pytest.mark.parametrize("plan", [GUEST, "free"])
def test_the_whole_site_shows_no_locked_canary(shelf_app, guest, reader, plan):
    client = guest if plan == GUEST else reader()
    locked = {CANARIES[key][0] for key in CANARIES.keys() - shelf_app.extensions["plans"][plan].sections}
    assert locked
    assert not walk(client, shelf_app).keys() & locked


def test_behind_the_wall_not_one_section_is_found(shelf_app, guest):
    guest.get("/codes/icd-10-cm/E11.0")
    for canary, page in CANARIES.values():
        answer = guest.get(page)
        if answer.status_code == 402:
            assert not any(other in answer.text for other in canaries()), canary
    assert guest.get("/codes/hcpcs/G0105").status_code == 402


def test_a_locked_section_tells_what_is_there(guest):
    page = guest.get("/codes/hcpcs/G0105").text
    assert "Create a free account to unlock this content" in page
    assert "Upgrade to Pro to unlock this content" in page
    assert "2 steps" in page
