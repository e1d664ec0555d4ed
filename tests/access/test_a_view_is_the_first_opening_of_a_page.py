"""What costs a view, and what never does."""

from __future__ import annotations

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
        patch.setattr(pages, "html", fail)
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


def test_the_quick_way_and_the_long_way_give_the_same_answer(shelf_app, guest):
    cold = guest.get(FIRST)
    warm = guest.get(FIRST)
    long_way = guest.get(f"{FIRST}?")
    assert cold.status_code == warm.status_code == long_way.status_code == 200
    assert cold.text == warm.text
    for name in ("Cache-Control", "Content-Type", "Content-Security-Policy", "X-Content-Type-Options"):
        assert cold.headers[name] == warm.headers[name]


def test_a_forged_guest_cookie_is_a_newcomer(guest, shelf_app):
    guest.get(FIRST)
    value = guest.get_cookie("guest").value
    guest.set_cookie("guest", value[:-2] + "xx")
    assert guest.get(SECOND).status_code == 200
    assert guest.get_cookie("guest").value not in {value, value[:-2] + "xx"}


def test_pages_are_personal_and_never_cached(guest):
    for path in ("/", FIRST, SECOND):
        assert guest.get(path).headers["Cache-Control"] == "private, no-store" or path == "/"
    assert shelf_cookie(guest)


def shelf_cookie(client) -> bool:
    cookie = client.get_cookie("guest")
    return cookie is not None and cookie.http_only and cookie.same_site == "Lax"


def test_what_a_guest_opened_stays_open_in_the_account(shelf_app, guest):
    guest.get(FIRST)
    user_id = people.add_reader(shelf_app, "alice@example.org")
    gate = shelf_app.extensions["gate"]
    for _ in range(2):
        gate.merge(guest.get_cookie("guest").value, user_id, "free")
    alice = people.client_for(shelf_app, user_id)
    assert left(alice.get(FIRST)) == 5
    assert left(alice.get(SECOND)) == 4
