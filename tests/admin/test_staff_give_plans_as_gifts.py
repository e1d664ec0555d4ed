"""Staff find a reader, see why they have what they have, give a plan and end it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.support import people
from tests.support.buying import post, words
from webapp.auth.models import AuditEvent
from webapp.core import clock
from webapp.extensions import db

ALICE = "alice@example.org"


@pytest.fixture
def alice(shelf_app):
    return people.add_reader(shelf_app, ALICE)


@pytest.fixture
def staff_id(shelf_app):
    return people.add_reader(shelf_app, "charlie@example.org", staff=True)


@pytest.fixture
def staff(shelf_app, staff_id):
    return people.client_for(shelf_app, staff_id)


def give(staff, **fields):
    given = {"email": ALICE, "plan": "pro", "source": "comp", "note": "a prize"}
    return post(staff, "/staff/grants", **{**given, **fields})


def grant_ids(page):
    return re.findall(r"/staff/grants/(\d+)/end", page.text)


def audit(app):
    with app.app_context():
        rows = db.session.scalars(db.select(AuditEvent).where(AuditEvent.kind.startswith("entitlement.")))
        return [(row.kind, row.actor_id, row.subject_user_id, row.detail.get("source")) for row in rows]


def test_the_account_page_leads_staff_there_and_no_one_else(shelf_app, staff, alice):
    assert 'href="/staff/"' in staff.get("/account").text
    assert "/staff/" not in people.client_for(shelf_app, alice).get("/account").text


def test_a_gift_opens_the_plan_on_the_next_page_and_is_shown_as_one(shelf_app, staff, staff_id, alice):
    reader = people.client_for(shelf_app, alice)
    assert "Pro was given" not in words(reader.get("/account"))
    last = clock.now() + timedelta(days=30)
    answer = give(staff, until=last.strftime("%Y-%m-%d"))
    assert (answer.status_code, answer.location) == (303, "/staff/?email=alice%40example.org&done=given")
    page = words(staff.get(answer.location))
    assert "The plan is given" in page
    assert "a prize" in page
    assert "charlie@example.org" in page
    told = words(reader.get("/account"))
    end = last + timedelta(days=1)
    assert f"Pro was given to you, until {end.day} {end:%B %Y}." in told
    assert audit(shelf_app) == [("entitlement.granted", staff_id, alice, "comp")]


def test_a_grant_is_ended(shelf_app, staff, staff_id, alice):
    (grant,) = grant_ids(staff.get(give(staff).location))
    answer = post(staff, f"/staff/grants/{grant}/end")
    assert answer.location == "/staff/?email=alice%40example.org&done=ended"
    page = staff.get(answer.location)
    assert "The grant has ended" in words(page)
    assert grant_ids(page) == []
    assert "Pro was given" not in words(people.client_for(shelf_app, alice).get("/account"))
    assert audit(shelf_app)[-1] == ("entitlement.revoked", staff_id, alice, None)
    assert post(staff, f"/staff/grants/{grant}/end").status_code == 303  # again changes nothing
    assert len(audit(shelf_app)) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"plan": "guest"},
        {"plan": "nothing"},
        {"note": ""},
        {"note": "x" * 201},
        {"until": "2020-01-01"},
        {"until": "soon"},
        {"until": "9999-12-31"},
        {"source": "stripe"},
    ],
)
def test_what_cannot_be_given_is_refused_with_a_reason(shelf_app, staff, alice, wrong):
    answer = give(staff, **wrong)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert audit(shelf_app) == []


def test_unknown_readers_and_grants_are_told(staff, alice):
    answer = staff.get("/staff/?email=nobody@example.org")
    assert answer.status_code == 404
    assert "No reader has the address nobody@example.org" in words(answer)
    assert give(staff, email="nobody@example.org").status_code == 404
    assert post(staff, "/staff/grants/4711/end").status_code == 400
    assert post(staff, "/staff/grants/99999999999999/end").status_code == 404


def test_only_staff_may(shelf_app, alice):
    reader = people.client_for(shelf_app, alice)
    assert reader.get(f"/staff/?email={ALICE}").status_code == 404
    assert give(reader).status_code == 404
    assert post(reader, "/staff/grants/1/end").status_code == 404
    guest = shelf_app.test_client().get("/staff/")
    assert guest.status_code == 302
    assert audit(shelf_app) == []
