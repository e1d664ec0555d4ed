"""What costs a view, and what never does."""

from __future__ import annotations

import time

import pytest

from tests.support import people
from webapp.extensions import redis

FIRST, SECOND = "/codes/icd-10-cm/E11.0", "/codes/icd-10-cm/E11.1"
CHROME = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36"}


def left(page) -> int:
    import re

    found = re.search(r"(\d+) free code pages? left", page.text)
    assert found, page.text
    return int(found[1])


def test_the_first_page_is_whole_and_the_second_meets_the_wall(guest):
    first = guest.get(FIRST)
    assert first.status_code == 200
    assert left(first) == 0
    assert "Create a free account for 5 more" in first.text
    wall = guest.get(SECOND)
    assert wall.status_code == 402
    assert "You have opened your free code page" in wall.text
    assert "Sweet blood, kind 1" in wall.text


def test_opening_a_page_again_is_free_and_it_stays_open(guest):
    for _ in range(3):
        assert guest.get(FIRST).status_code == 200
    assert guest.get(SECOND).status_code == 402
    assert guest.get(FIRST).status_code == 200


def test_headers_of_the_classification_cost_nothing(guest):
    for path in ("/codes/icd-10-cm/chapter-4", "/codes/icd-10-cm/E08-E13", "/codes/icd-10-cm/E11"):
        page = guest.get(path)
        assert page.status_code == 200
        assert left(page) == 1


def test_one_view_covers_all_seventh_characters(guest):
    assert guest.get("/codes/icd-10-cm/S52.501A").status_code == 200
    assert guest.get("/codes/icd-10-cm/S52.501D").status_code == 200
    assert guest.get(FIRST).status_code == 402


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"Sec-Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}),
        ("GET", {"User-Agent": "Slackbot-LinkExpanding 1.0"}),
    ],
)
def test_looking_machines_and_previews_cost_nothing(guest, method, headers):
    guest.get("/")
    guest.open(SECOND, method=method, headers=headers)
    assert guest.get(FIRST).status_code == 200


def test_an_unknown_code_costs_nothing(guest):
    assert guest.get("/codes/icd-10-cm/E11.99").status_code == 404
    assert guest.get(FIRST).status_code == 200


def test_another_spelling_leads_to_the_page_and_counts_once(guest):
    answer = guest.get("/codes/icd-10-cm/e110")
    assert (answer.status_code, answer.location) == (301, FIRST)
    assert guest.get(FIRST).status_code == 200


def test_a_page_that_fails_is_given_back(shelf_app, guest, monkeypatch):
    pages = shelf_app.extensions["code_pages"]
    shelf_app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(*_args, **_kwargs):
        raise RuntimeError("the template is broken")

    guest.get("/")
    with monkeypatch.context() as patch:
        patch.setattr(pages, "page", fail)
        assert guest.get(FIRST).status_code == 500
    assert guest.get(SECOND).status_code == 200


def test_a_machine_gets_the_preview_with_200_and_no_cookie(guest):
    page = guest.get(FIRST, headers={"User-Agent": "Googlebot/2.1"})
    assert page.status_code == 200
    assert "canary" not in page.text
    assert "Set-Cookie" not in page.headers
    assert '"isAccessibleForFree":false' in page.text


def test_a_free_reader_has_six_and_a_subscriber_no_limit(reader):
    free, pro = reader(), reader("pro")
    answers = [free.get(f"/codes/icd-10-cm/E11.{n}").status_code for n in range(8)]
    assert answers == [200] * 6 + [402] * 2
    assert "Upgrade to Pro" in free.get("/codes/icd-10-cm/E11.7").text
    for number in range(10):
        page = pro.get(f"/codes/icd-10-cm/E11.{number}")
        assert page.status_code == 200
        assert "meter-banner" not in page.text


def test_staff_read_everything_and_are_not_counted(reader, shelf_app):
    staff = reader(staff=True)
    for number in range(10):
        assert staff.get(f"/codes/icd-10-cm/E11.{number}").status_code == 200
    assert redis.client.keys("meter:*") == []


def test_a_system_that_is_not_metered_is_open(make_app, tmp_path, monkeypatch):
    import config
    from tests.support import shelf

    plans = tmp_path / "plans.toml"
    plans.write_text((config.ROOT / "plans.toml").read_text().replace("icd-10-cm = true", "icd-10-cm = false"))
    app = make_app(PLANS_FILE=plans)
    shelf.fill(app, tmp_path)
    guest = app.test_client()
    assert [guest.get(f"/codes/icd-10-cm/E11.{n}").status_code for n in range(4)] == [200] * 4
    assert guest.get("/codes/hcpcs/G0105").status_code == 200


def test_a_grant_and_its_end_show_on_the_next_request(shelf_app, reader):
    from webapp.billing import service as billing
    from webapp.extensions import transaction

    free = reader()
    for number in range(7):
        free.get(f"/codes/icd-10-cm/E11.{number}")
    assert free.get("/codes/icd-10-cm/E11.7").status_code == 402
    with shelf_app.app_context():
        with transaction():
            grant = billing.grant(1, "pro", None).id
        assert free.get("/codes/icd-10-cm/E11.7").status_code == 200
        with transaction():
            billing.revoke(grant)
    assert free.get("/codes/icd-10-cm/E11.8").status_code == 402


def test_a_warm_page_asks_the_database_nothing(shelf_app, reader, monkeypatch):
    from sqlalchemy import event

    from webapp.codes import pages
    from webapp.extensions import db

    monkeypatch.setattr(pages, "STAMP_SECONDS", 60)
    pro = reader("pro")
    for _ in range(2):
        pro.get(FIRST)
    asked = []
    with shelf_app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert pro.get(FIRST).status_code == 200
    assert asked == []


def answers(client, path: str) -> list[tuple]:
    """The same page by the quick way and, with a query that means nothing, by the long one: all that a reader sees."""
    found = []
    for address in (path, path, f"{path}?x=1"):
        answer = client.get(address)
        shown = {name: value for name, value in answer.headers.items() if name not in {"Set-Cookie", "Vary"}}
        found.append((answer.status_code, answer.text, shown))
    return found


@pytest.mark.parametrize("who", ["guest", "free", "pro", "staff", "merged"])
def test_the_quick_way_and_the_long_way_give_the_same_answer(shelf_app, guest, reader, who):
    client = guest if who in {"guest", "merged"} else reader("pro" if who == "pro" else None, staff=who == "staff")
    client.get(FIRST)
    if who == "merged":
        shelf_app.extensions["gate"].merge(guest.get_cookie("guest").value, 1, "free")
    for path in (FIRST, SECOND, "/codes/icd-10-cm/E11", "/codes/hcpcs/G0105"):
        cold, warm, long_way = answers(client, path)
        assert cold == warm == long_way


def test_of_two_cookies_with_one_name_the_first_counts_either_way(shelf_app, guest):
    other = shelf_app.test_client()
    guest.get(FIRST)
    other.get(SECOND)
    other.get(SECOND)
    both = f"guest={guest.get_cookie('guest').value}; guest={other.get_cookie('guest').value}"
    plain = shelf_app.test_client(use_cookies=False)
    for path in (SECOND, f"{SECOND}?x=1"):
        assert plain.get(path, headers={"Cookie": both}).status_code == 402


def test_a_forged_guest_cookie_is_a_newcomer(guest, shelf_app):
    guest.get(FIRST)
    value = guest.get_cookie("guest").value
    guest.set_cookie("guest", value[:-2] + "xx")
    assert guest.get(SECOND).status_code == 200
    assert guest.get_cookie("guest").value not in {value, value[:-2] + "xx"}


def test_pages_are_personal_and_never_cached(guest, reader):
    for client in (guest, reader("pro")):
        for path in ("/", FIRST, SECOND, "/search?q=sweet", "/codes/", "/codes/icd-10-cm/", "/pricing", "/privacy"):
            assert client.get(path).headers["Cache-Control"] == "private, no-store", path
    cookie = guest.get_cookie("guest")
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")


def test_pages_that_are_not_there_give_no_identity_and_count_for_no_network(guest):
    for path, headers in (
        ("/wp-login.php", {}),
        ("/apple-touch-icon.png", {"Sec-Fetch-Dest": "image"}),
        ("/codes/icd-10-cm/E11.99", {}),
        ("/codes/unknown/", {}),
        ("/", {"Sec-Fetch-Dest": "image"}),
    ):
        assert "Set-Cookie" not in guest.get(path, headers=headers).headers, path
    assert redis.client.keys("network:*") == []


def test_crawlers_read_what_costs_nobody_anything(guest):
    page = guest.get("/codes/icd-10-cm/E11", headers={"User-Agent": "Googlebot/2.1"})
    assert page.status_code == 200
    assert "canary-notes" in page.text
    assert "/codes/icd-10-cm/E11.9" in page.text


def test_what_is_fetched_ahead_is_no_page_to_keep(guest):
    guest.get("/")
    ahead = guest.get(FIRST, headers={"Sec-Purpose": "prefetch"})
    assert ahead.status_code == 402
    assert "cannot be counted" not in ahead.text
    assert guest.get(FIRST).status_code == 200


def test_a_page_that_a_new_release_dropped_is_unknown_and_costs_nothing(shelf_app, guest, monkeypatch):
    from webapp.codes import service

    guest.get("/")
    with monkeypatch.context() as patch:
        patch.setattr(service, "document", lambda system, key: None)
        assert guest.get(FIRST).status_code in {301, 404}
    assert guest.get(SECOND).status_code == 200


def test_logging_out_gives_nothing_back_even_to_a_guest_who_had_a_page_left(shelf_app, guest):
    guest.get("/")
    user_id = people.add_reader(shelf_app, "alice@example.org")
    shelf_app.extensions["gate"].merge(guest.get_cookie("guest").value, user_id, "free")
    assert guest.get(FIRST).status_code == 402


def test_a_login_ended_while_redis_is_away_is_dead_when_it_is_back(shelf_app, reader):
    from webapp.auth import sessions
    from webapp.extensions import transaction

    alice = reader("pro")
    assert "meter-banner" not in alice.get(FIRST).text
    redis.breaker.trip()
    with shelf_app.app_context(), transaction():
        sessions.end_all(1)
    end = time.monotonic() + 5
    while redis.breaker.is_open and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.1)
    assert "meter-banner" in alice.get(FIRST).text


def test_what_a_guest_opened_stays_open_in_the_account(shelf_app, guest):
    guest.get(FIRST)
    user_id = people.add_reader(shelf_app, "alice@example.org")
    gate = shelf_app.extensions["gate"]
    for _ in range(2):
        gate.merge(guest.get_cookie("guest").value, user_id, "free")
    alice = people.client_for(shelf_app, user_id)
    assert left(alice.get(FIRST)) == 5
    assert left(alice.get(SECOND)) == 4
