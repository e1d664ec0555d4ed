"""DetectICD10CM: the marked note, cards, advice, the list, the file; who may, what it costs, and what is refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.codes.tool_pages import token_of, typed
from tests.support import people
from tests.support.buying import hidden, words
from tests.tools import notes
from tests.tools.notes import CONFLICT, NOTE, PAGE, send
from webapp.core import clock
from webapp.tools.detecticd10cm.reading import LONGEST_TEXT
from webapp.tools.detecticd10cm.samples import SAMPLES

SignIn = Callable[..., FlaskClient]


def shown_note(page: TestResponse) -> str:
    """The note as a browser shows it, without its marks."""
    found = re.search(r'<div class="note"[^>]*>(.*?)</div>', page.text, re.DOTALL)
    assert found
    return unescape(re.sub(r"<[^>]+>", "", found[1]))


def card(page: TestResponse, code: str) -> str:
    """What the first card of a code says."""
    found = re.search(rf'<li class="card [^>]*data-code="{re.escape(code)}".*?</li>', page.text, re.DOTALL)
    assert found, code
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def accepted(page: TestResponse) -> list[str]:
    found = re.search(r"<pre data-accepted[^>]*>(.*?)</pre>", page.text, re.DOTALL)
    assert found
    return found[1].split()


def left(page: TestResponse) -> str:
    found = re.search(r"[\w,]+ uses? left", words(page))
    assert found
    return found[0]


def test_the_note_is_shown_whole_with_its_findings_marked(sign_in: SignIn) -> None:
    page = send(sign_in("pro"))
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "private, no-store"
    assert shown_note(page) == NOTE
    assert "<b>" not in page.text
    marks = dict(re.findall(r'<span class="piece is-(\w+)" data-cards="[^>]*>([^<]*)</span>', page.text))
    assert marks["negated"] == "chest pain"
    assert marks["uncertain"] == "pneumonia"
    assert 'id="is-negated">Negated: the note denies it' in page.text
    assert re.search(r'href="#card-\d+" data-cards="\d+"[^>]*aria-describedby="is-negated"', page.text)


def test_a_card_says_what_was_found_and_where(sign_in: SignIn) -> None:
    page = send(sign_in("pro"))
    told = card(page, "I10")
    assert "I10 Essential (primary) hypertension Present" in told
    assert re.search(r"(Strong|Good|Fair) match, 0\.\d\d", told)
    assert "In the note: Essential hypertension ." in told
    assert "Matched by" in told
    assert 'href="/codes/icd-10-cm/I10"' in page.text
    assert "R07.9 Chest pain, unspecified Negated" in card(page, "R07.9")
    assert "J18.9 Pneumonia, unspecified organism Uncertain" in card(page, "J18.9")
    assert "2 codes found" in words(page)


def test_in_a_hospital_what_is_uncertain_is_coded(sign_in: SignIn) -> None:
    assert "Present" in card(send(sign_in("pro"), setting="inpatient"), "J18.9")


def test_advice_begins_with_codes_that_exclude_each_other(database: Flask) -> None:
    notes.fill(database)
    client = people.client_for(database, people.add_reader(database, "alice@example.org", "pro"))
    said = words(send(client, f"{CONFLICT} Pneumonia."))
    assert "E10.9 may not be coded with E11.42 . Excludes1 under E10 : type 2 diabetes mellitus (E11.-)" in said
    assert said.index("Codes that exclude each other") < said.index("The note") < said.index("Code first")
    assert "For E11.42 , by E11 : code to identify control using: insulin (Z79.4) Found: Z79.4" in said
    assert "For J18.9 , by J18 : associated influenza, if applicable (J09.X1)" in said


def test_present_codes_are_accepted_until_the_reader_chooses_others(sign_in: SignIn) -> None:
    client = sign_in()
    page = send(client)
    assert accepted(page) == ["E10.9", "I10"]
    assert left(page) == "4 uses left"
    again = client.post(
        PAGE,
        data={
            "csrf_token": token_of(page),
            "text": hidden(page, "text"),
            "receipt": hidden(page, "receipt"),
            "setting": "auto",
            "do": "list",
            "accept": ["I10 present", "J18.9 uncertain", "X99 present"],
        },
    )
    assert accepted(again) == ["I10", "J18.9"]
    assert shown_note(again) == NOTE
    assert left(again) == "4 uses left"


def test_the_same_note_within_the_hour_costs_nothing_and_another_one_does(sign_in: SignIn) -> None:
    client = sign_in()
    page = send(client)
    receipt = hidden(page, "receipt")
    assert left(send(client, receipt=receipt, setting="inpatient")) == "4 uses left"
    assert left(send(client, NOTE + "More.", receipt=receipt)) == "3 uses left"
    assert left(send(client, receipt=receipt + "a")) == "2 uses left"


def test_a_receipt_is_of_one_reader_and_ends(notes_app: Flask, sign_in: SignIn) -> None:
    receipt = hidden(send(sign_in("pro")), "receipt")
    bob = sign_in()
    assert left(send(bob, receipt=receipt)) == "4 uses left"
    own = hidden(send(bob), "receipt")
    offset = notes_app.extensions["settings"].data / "clock_offset"
    offset.write_text("3700")
    clock.use_offset_file(offset)  # looks at once
    assert left(send(bob, receipt=own)) == "2 uses left"


def test_the_file_holds_every_finding(sign_in: SignIn) -> None:
    answer = send(sign_in("pro"), format="csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-store"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert list(rows[0]) == ["code", "title", "status", "start", "end", "score", "term", "source"]
    assert {(row["code"], row["status"], NOTE[int(row["start"]) : int(row["end"])]) for row in rows} >= {
        ("I10", "present", "Essential hypertension"),
        ("R07.9", "negated", "chest pain"),
    }
    few = send(sign_in(), format="accepted", accept=["R07.9 negated"])
    assert [row["code"] for row in csv.DictReader(io.StringIO(few.data.decode("utf-8-sig")))] == ["R07.9"]


def test_places_do_not_hang_on_the_kind_of_line_ends(sign_in: SignIn) -> None:
    client = sign_in("pro")
    unix = send(client, NOTE, format="csv").data
    assert send(client, NOTE.replace("\n", "\r\n"), format="csv").data == unix


def test_guests_may_run_a_sample_and_no_more(notes_app: Flask) -> None:
    guest = notes_app.test_client()
    page = guest.get(PAGE)
    assert page.status_code == 200
    assert "1 use left until" in words(page)
    assert "Your plan reads the sample notes only." in words(page)
    wall = send(guest, "my own words")
    assert wall.status_code == 402
    assert wall.headers["Cache-Control"] == "private, no-store"
    assert "Notes of your own need a free account." in words(wall)
    assert f'href="/register?next={PAGE}"' in wall.text
    assert typed(wall, "text") == "my own words"
    assert "1 use left until" in words(wall)
    sample = send(guest, "my own words", sample="emergency")
    assert sample.status_code == 200
    assert shown_note(sample) == SAMPLES["emergency"].text
    assert "my own words" not in sample.text
    assert "No use left until" in words(sample)


def test_a_guest_may_choose_codes_of_the_sample(notes_app: Flask) -> None:
    guest = notes_app.test_client()
    page = send(guest, sample="1")
    chosen = send(guest, sample=hidden(page, "sample"), receipt=hidden(page, "receipt"), do="list")
    assert chosen.status_code == 200
    assert accepted(chosen) == []
    assert "None yet." in words(chosen)
    own = send(guest, receipt=hidden(page, "receipt"))
    assert own.status_code == 402


def test_used_up_is_told_on_a_whole_page_that_keeps_the_note(sign_in: SignIn) -> None:
    client = sign_in()
    for _ in range(5):
        assert send(client).status_code == 200
    page = send(client, "kept words")
    assert page.status_code == 429
    assert "You have used all 5 of your uses of DetectICD10CM." in words(page)
    assert "Upgrade to Pro" in words(page)
    assert typed(page, "text") == "kept words"


def test_a_browser_without_cookies_is_told_to_allow_them(notes_app: Flask) -> None:
    guest = notes_app.test_client()
    token = token_of(guest.get(PAGE))
    guest.delete_cookie("guest")
    page = guest.post(PAGE, data={"csrf_token": token, "sample": "clinic"})
    assert page.status_code == 403
    assert "Allow cookies" in words(page)


def test_staff_are_not_counted_down(sign_in: SignIn) -> None:
    page = send(sign_in(staff=True))
    assert page.status_code == 200
    assert "left until" not in words(page)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (" \n ", "Write or paste a note."),
        ("a" * (LONGEST_TEXT + 1), "A note has at most 100,000 characters, and this one has 100,001."),
    ],
)
def test_what_is_no_note_is_refused_and_kept_and_costs_nothing(sign_in: SignIn, text: str, complaint: str) -> None:
    page = send(sign_in(), text)
    assert page.status_code == 422
    assert complaint in words(page)
    assert typed(page, "text") == text
    assert "5 uses left" in words(page)


def test_a_day_is_for_plans_that_have_it(sign_in: SignIn) -> None:
    bob, alice = sign_in(), sign_in("pro")
    assert 'name="on"' not in bob.get(PAGE).text
    assert send(bob, on="2026-10-02").status_code == 402
    page = send(alice, on="2026-10-02")
    assert "Codes as of 2 October 2026" in words(page)
    assert 'href="/codes/icd-10-cm/I10?on=2026-10-02"' in page.text
    assert "No code found" in words(send(alice, on="1999-01-01"))
    assert send(alice, on="soon").status_code == 422


def test_without_a_term_store_the_note_is_kept_and_costs_nothing(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    client = people.client_for(app, people.add_reader(app, "bob@example.org"))
    page = send(client, "kept words")
    assert page.status_code == 503
    assert page.headers["Retry-After"]
    assert typed(page, "text") == "kept words"
    assert "5 uses left" in words(page)


def test_a_form_without_its_token_and_a_note_in_the_address_are_refused(sign_in: SignIn) -> None:
    client = sign_in("pro")
    assert client.post(PAGE, data={"text": NOTE}).status_code == 400
    page = client.get(f"{PAGE}?text=chest+pain&sample=1")
    assert "chest pain" not in page.text
    assert 'id="result"' not in page.text


def test_machines_read_what_the_tool_does(notes_app: Flask) -> None:
    page = notes_app.test_client().get(PAGE, headers={"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})
    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers or "guest" not in page.headers["Set-Cookie"]


def test_the_tool_is_named_where_tools_are(notes_app: Flask) -> None:
    client = notes_app.test_client()
    for path in ("/", "/tools/", "/pricing", "/sitemaps/pages.xml"):
        assert "etecticd10cm" in client.get(path).text.lower(), path
    assert "Batches of notes" in client.get("/pricing").text
