"""`?on=2026-05-01`: the code as of that day, for plans that have it; others meet the offer, and lose no view."""

from __future__ import annotations

import pytest

from tests.support import people

CODE = "/codes/icd-10-cm/E11.0"
DAY = "2099-11-01"
BEFORE = "2020-01-01"


@pytest.fixture
def subscriber(shelf_app):
    return people.client_for(shelf_app, people.add_reader(shelf_app, "pro@example.org", "pro"))


def test_a_subscriber_sees_the_page_of_the_day(subscriber):
    page = subscriber.get(f"{CODE}?on={DAY}")
    assert page.status_code == 200
    assert "As of 1 November 2099" in page.text
    assert "canary-notes" in page.text
    assert "The release October 2026 ended on 30 September 2027." in page.text
    assert '<meta name="robots" content="noindex">' in page.text
    assert f'{CODE}">' in page.text.partition('<link rel="canonical" href="')[2].partition("\n")[0]


@pytest.mark.parametrize("person", ["guest", "reader"])
def test_others_see_the_preview_with_the_offer_and_keep_their_views(request, person):
    someone = request.getfixturevalue(person)
    someone = someone() if callable(someone) else someone
    wall = someone.get(f"{CODE}?on={DAY}")
    assert wall.status_code == 402
    assert "Codes as of a date of service are part of Pro." in wall.text
    assert "canary" not in wall.text
    whole = someone.get(CODE)
    assert whole.status_code == 200
    assert "As of" not in whole.text


def test_a_machine_gets_the_preview(shelf_app):
    page = shelf_app.test_client().get(f"{CODE}?on={DAY}", headers={"User-Agent": "Googlebot/2.1"})
    assert page.status_code == 200
    assert "canary" not in page.text


def test_a_day_before_the_first_release_says_so(subscriber):
    page = subscriber.get(f"{CODE}?on={BEFORE}")
    assert page.status_code == 404
    assert "No release of ICD-10-CM that is loaded here covers 1 January 2020." in page.text


@pytest.mark.parametrize("text", ["2026-13-01", "soon", "20260101x"])
def test_what_is_no_day_is_refused(subscriber, text):
    page = subscriber.get(f"{CODE}?on={text}")
    assert page.status_code == 400
    assert "is no day" in page.text


def test_another_spelling_leads_to_the_same_day(subscriber):
    answer = subscriber.get(f"/codes/icd-10-cm/e110?on={DAY}")
    assert (answer.status_code, answer.location) == (301, f"{CODE}?on={DAY}")
