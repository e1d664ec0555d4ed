"""Case2Code: codes for each line with what they were found by, its limits, its quota, its file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.codes import tabular
from tests.codes.tool_pages import token_of
from tests.support import people
from tests.support.buying import words
from webapp.codes import loader
from webapp.codes.terms import keeping
from webapp.extensions import transaction
from webapp.tools.case2code import service

PAGE = "/tools/case2code"
TEXT = "sweet blood; broken radius\nhoneyd veins. a look into the bowel\nzzzzz"


def ask(client: FlaskClient, text: str = TEXT, **fields: str) -> TestResponse:
    return client.post(PAGE, data={"csrf_token": token_of(client.get(PAGE)), "text": text, **fields})


def test_the_page_explains_itself_and_shows_a_sample(guest: FlaskClient) -> None:
    page = guest.get(PAGE)
    said = words(page)
    assert "Codes for a case in your own words" in said
    assert "DM2 with CKD stage 3" in said
    assert "1 use left until" in said
    assert "neither stored nor logged" in said
    assert 'name="on"' not in page.text
    assert page.headers["Cache-Control"] == "private, no-store"


def test_the_tool_is_named_in_the_header_on_the_pricing_page_and_among_the_tools(guest: FlaskClient) -> None:
    for path in ("/", "/pricing", "/tools/"):
        assert "Case2Code" in guest.get(path).text
    assert 'href="/tools/case2code"' in guest.get("/").text
    assert "CasePilot" not in guest.get("/pricing").text


def test_each_statement_has_its_codes_and_says_why(reader: Callable[..., FlaskClient]) -> None:
    page = ask(reader("pro"))
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "private, no-store"
    said = words(page)
    assert re.findall(r"Line (\d) ([a-z ]+?) (?:[A-Z]\w+|No code)", said) == [
        ("1", "sweet blood"),
        ("1", "broken radius"),
        ("2", "honeyd veins"),
        ("2", "a look into the bowel"),
        ("3", "zzzzz"),
    ]
    assert "found by inclusion term: Honeyed veins" in said
    assert "honeyd read as honeyed" in said
    assert "No code was found" in said
    assert 'href="/codes/icd-10-cm/S52.501"' in page.text
    assert 'href="/codes/icd-10-cm/S52.501A"' in page.text  # a variant stands with its stem
    assert re.search(r'data-copy="E11\nS52\.501\nE11\.A\nG0105"', page.text)
    assert "ICD-10-CM 7 HCPCS Level II 1" in said or re.search(r"ICD-10-CM \d+ HCPCS Level II \d+", said)
    assert re.search(r"Sweet diseases \(E00-E89\) \d+ Broken things \(S00-T88\) \d+", said)


def test_guests_are_told_no_locked_term(guest: FlaskClient) -> None:
    page = ask(guest, "honeyd vains")
    assert "E11.A" in page.text
    said = words(page).replace("honeyd vains", "")
    assert "found by inclusion term" in said
    assert "oneyed" not in said
    assert "veins" not in said


def test_one_code_system_alone_may_be_searched(reader: Callable[..., FlaskClient]) -> None:
    client = reader("pro")
    page = ask(client, system="hcpcs")
    assert "G0105" in page.text
    assert "E11" not in words(page)
    assert ask(client, system="dragons").status_code == 422


def test_a_file_holds_the_same(reader: Callable[..., FlaskClient]) -> None:
    answer = ask(reader("pro"), "sweet blood\n=zzzzz", format="csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "case2code" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert (rows[0]["line"], rows[0]["statement"], rows[0]["code"], rows[0]["found_by"]) == (
        "1",
        "sweet blood",
        "E11",
        "title",
    )
    assert len([row for row in rows if row["line"] == "1"]) == service.HITS_SHOWN
    assert (rows[-1]["statement"], rows[-1]["found_by"]) == ("'=zzzzz", "no code found")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "Write one line or more."),
        (" \n;.; \n", "Write one line or more."),
        ("a\n" * 51, "These are 51 lines: send 50 at most."),
        ("fine\n" + "a" * 201, "Line 2 has more than 200 characters: part it into several."),
        ("ab;" * 61, "These are 61 statements: send 60 at most."),
    ],
)
def test_what_cannot_be_searched_is_told_and_stays_in_the_form_and_costs_nothing(
    guest: FlaskClient, text: str, complaint: str
) -> None:
    page = ask(guest, text)
    assert page.status_code == 422
    assert complaint in words(page)
    assert text.strip().splitlines()[:1] == [] or text.strip().splitlines()[0][:100] in page.text
    assert "1 use left" in words(page)


def test_a_use_is_counted_and_the_wall_keeps_the_text(guest: FlaskClient) -> None:
    assert ask(guest).status_code == 200
    wall = ask(guest, "my own words")
    assert wall.status_code == 429
    said = words(wall)
    assert "You have used your one use of Case2Code." in said
    assert "A free account gives 50 uses a month." in said
    assert "my own words" in wall.text
    assert 'href="/register?next=/tools/case2code"' in wall.text
    assert "No use left until" in said


def test_what_fails_costs_nothing(
    reader: Callable[..., FlaskClient], shelf_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = reader()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(service, "find", fail)
    assert ask(client).status_code == 500
    monkeypatch.undo()
    (shelf_app.extensions["settings"].data / "terms" / "current").unlink()
    assert ask(client).status_code == 503
    assert "50 uses left" in words(client.get(PAGE))


def test_codes_of_a_day_are_for_plans_that_have_them(app: Flask) -> None:
    with app.app_context():
        with transaction():
            loader.load(tabular.listing())
        with transaction():
            loader.load(tabular.later_listing())
        keeping.keep()
    subscriber = people.client_for(app, people.add_reader(app, "pro@example.org", "pro"))
    assert 'name="on"' in subscriber.get(PAGE).text
    then = ask(subscriber, "broken root of left wing", on="2026-09-30")
    assert "Codes as of 30 September 2026" in words(then)
    assert 'href="/codes/icd-10-cm/S52.502?on=2026-09-30"' in then.text
    assert "S52.502" not in ask(subscriber, "broken root of left wing", on="2026-10-01").text
    assert "ended on 30 September 2027" in words(ask(subscriber, "wing", on="2028-01-01"))
    assert ask(subscriber, "wing", on="someday").status_code == 422
    assert ask(subscriber, "wing", on="0001-01-01").status_code == 422
    free = people.client_for(app, people.add_reader(app, "free@example.org"))
    assert ask(free, "wing", on="2026-09-30").status_code == 402
    assert "50 uses left" in words(free.get(PAGE))


def test_a_form_of_another_site_is_refused(guest: FlaskClient) -> None:
    guest.get(PAGE)
    assert guest.post(PAGE, data={"text": "sweet"}).status_code == 400


def test_statements_are_parted_at_stops_but_not_inside_codes_and_numbers() -> None:
    found, wrong = service.statements("E11.9 and 3.5 cm. HTN; fell\r\n\r\n...\r\nDM2.")
    assert [(each.line, each.text) for each in found] == [
        (1, "E11.9 and 3.5 cm"),
        (1, "HTN"),
        (1, "fell"),
        (4, "DM2"),
    ]
    assert not wrong
