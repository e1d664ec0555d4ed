"""A batch: files in, one stream out; uses are held before it begins and settled at what was done, whoever ends it."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

import config
from tests.conftest import MakeApp
from tests.support import applications, people
from tests.support.buying import token, words
from tests.support.processes import wait_until
from tests.support.sites import RunningSite
from tests.tools import notes
from tests.tools.notes import BATCH, PAGE
from webapp.core import clock
from webapp.core.periods import Period
from webapp.extensions import db, transaction
from webapp.metering import quota
from webapp.metering.models import QuotaReservation, QuotaUsage
from webapp.tools import streams
from webapp.tools.detecticd10cm import batch, uploads
from webapp.tools.detecticd10cm.batch import How, Stream
from webapp.tools.quotas import Held

SignIn = Callable[..., FlaskClient]
TABLE = "id,text,other\na,Essential hypertension,x\n=b,Nothing here,y\nc,,z\n"
LINES = '{"id": 7, "text": "Denies chest pain."}\nno json\n{"id": "x", "text": "Fever."}\n'


def upload(client: FlaskClient, *files: tuple[str, str | bytes], buffered: bool = True, **fields: str) -> TestResponse:
    """Send a batch. The body is made here: the test client would put a large one into a file."""
    sent = [FileStorage(io.BytesIO(data.encode() if isinstance(data, str) else data), name) for name, data in files]
    boundary, body = encode_multipart({"csrf_token": token(client), "files": sent, **fields})
    return client.post(BATCH, data=body, content_type=f"multipart/form-data; boundary={boundary}", buffered=buffered)


def table(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200, words(answer)
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-store"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def used(app: Flask) -> tuple[int, list[str]]:
    """What is used in all, and the states of the reservations."""
    with app.app_context():
        amounts = db.session.scalars(db.select(QuotaUsage.used)).all()
        return sum(amounts), list(db.session.scalars(db.select(QuotaReservation.state)))


def test_a_table_is_answered_row_by_row(notes_app: Flask, sign_in: SignIn) -> None:
    answer = upload(sign_in("pro"), ("notes.csv", TABLE))
    rows = table(answer)
    assert answer.headers["X-Notes"] == "3"
    assert [(row["note"], row["id"], row["code"], row["error"]) for row in rows] == [
        ("1", "a", "I10", ""),
        ("2", "'=b", "", ""),
        ("3", "c", "", "The note is empty."),
    ]
    assert (rows[0]["start"], rows[0]["end"], rows[0]["status"]) == ("0", "22", "present")
    assert used(notes_app) == (2, ["settled"])


def test_lines_are_answered_line_by_line(notes_app: Flask, sign_in: SignIn) -> None:
    answer = upload(sign_in("pro"), ("notes.jsonl", LINES), format="jsonl")
    assert answer.content_type == "application/jsonl; charset=utf-8"
    first, second, third = (json.loads(line) for line in answer.text.splitlines())
    assert first["id"] == 7
    assert [(code["code"], code["status"]) for code in first["codes"]] == [("R07.9", "negated")]
    assert second == {"id": None, "error": "This line is no JSON object with an id and a text."}
    assert third["codes"][0]["code"] == "R50.9"
    assert used(notes_app) == (2, ["settled"])


def test_text_files_are_a_note_each(sign_in: SignIn) -> None:
    rows = table(
        upload(sign_in("pro"), ("one.txt", "Fever."), ("b/two.TXT", b"\xef\xbb\xbfEssential hypertension\r\n"))
    )
    assert [(row["id"], row["code"], row["start"]) for row in rows] == [("one", "R50.9", "0"), ("two", "I10", "0")]


def test_columns_are_chosen_by_name_and_ids_may_be_missing(sign_in: SignIn) -> None:
    client = sign_in("pro")
    text = "Key;x,Story\n1,Fever\n2,Asthma\n"
    rows = table(upload(client, ("notes.csv", text), column="story", id_column="key;X"))
    assert [(row["id"], row["code"]) for row in rows] == [("1", "R50.9"), ("2", "J45.909")]
    rows = table(upload(client, ("notes.csv", "a,note\nx,Fever\n")))
    assert [(row["id"], row["code"]) for row in rows] == [("1", "R50.9")]


@pytest.mark.parametrize(
    ("name", "data", "fields", "complaint"),
    [
        ("notes.csv", TABLE, {"column": "story"}, "There is no column “story” in the first line."),
        ("notes.csv", "a,b\n1,2\n", {}, "Name the column that holds the notes"),
        ("notes.csv", "text\n", {}, "There is no note in this file."),
        ("notes.csv", b"text\n\xff\xfe\n", {}, "notes.csv: this file is not UTF-8 text."),
        ("notes.csv", "", {}, "Name the column"),
        ("notes.pdf", "x", {}, "send files that end in .txt, .csv or .jsonl"),
        ("notes.jsonl", "{}\n" * 501, {}, "Send 500 notes at most."),
        ("notes.txt", "a" * (uploads.LARGEST_BATCH + 1), {}, "Send 2 MB at most."),
        ("notes.txt", "fever", {"on": "soon"}, "Please check"),
        ("notes.txt", "fever", {"format": "pdf"}, "Please check"),
    ],
)
def test_files_that_cannot_be_read_are_refused_whole_and_cost_nothing(
    notes_app: Flask, sign_in: SignIn, name: str, data: str | bytes, fields: dict[str, str], complaint: str
) -> None:
    page = upload(sign_in("pro"), (name, data), **fields)
    assert page.status_code == 422
    assert complaint in words(page)
    assert used(notes_app) == (0, [])


def test_no_file_and_too_large_a_body_are_refused(notes_app: Flask, sign_in: SignIn) -> None:
    client = sign_in("pro")
    assert "Choose a file." in words(upload(client))
    assert upload(client, ("notes.txt", "a" * 3 * 1024 * 1024)).status_code == 413
    assert client.post(BATCH, data={"files": []}).status_code == 400


def test_other_plans_read_the_offer(sign_in: SignIn) -> None:
    bob = sign_in()
    page = bob.get(BATCH)
    assert page.status_code == 200
    assert "Batches of notes are part of Pro." in words(page)
    assert 'type="file"' not in page.text
    assert upload(bob, ("notes.txt", "fever")).status_code == 402
    assert f'href="{BATCH}"' not in bob.get(PAGE).text
    assert f'href="{BATCH}"' in sign_in("pro").get(PAGE).text


def test_a_client_that_goes_away_pays_for_what_was_read(notes_app: Flask, sign_in: SignIn) -> None:
    client = sign_in("pro")
    text = "text\n" + "Fever\n" * 20
    answer = upload(client, ("notes.csv", text), buffered=False)
    assert used(notes_app) == (20, ["held"])
    body = answer.iter_encoded()
    next(body)
    next(body)
    answer.close()
    assert used(notes_app) == (2, ["settled"])
    never_asked_for_more = upload(client, ("notes.csv", text), buffered=False)
    never_asked_for_more.close()  # the test client itself takes the first piece
    assert used(notes_app) == (3, ["settled", "settled"])


def test_a_stream_that_was_never_begun_costs_nothing(notes_app: Flask) -> None:
    with notes_app.app_context():
        with transaction():
            window = Period("month").window(clock.now())
            held = Held(notes_app, quota.reserve("u1", "detecticd10cm", 5, 10, window), 5)
        place = streams.take_place()
    sent = [uploads.made(None, "Fever")] * 5
    Stream(notes_app, sent, How("auto", None), batch.json_writer, held, place).close()
    assert used(notes_app) == (0, ["settled"])


@pytest.fixture
def small_site(make_app: MakeApp, notes_folder: Path, tmp_path: Path) -> Flask:
    """Pro has four uses, and the process two threads."""
    plans = (config.ROOT / "plans.toml").read_text()
    plans = plans.replace(
        'detecticd10cm = { limit = 2000, period = "anniversary" }', 'detecticd10cm = { limit = 4, period = "month" }'
    )
    (tmp_path / "plans.toml").write_text(plans)
    notes.copy(notes_folder, tmp_path / "site")
    return make_app(DATA=tmp_path / "site", PLANS_FILE=tmp_path / "plans.toml", THREADS=2)


def test_more_notes_than_uses_are_refused_before_the_first(small_site: Flask) -> None:
    client = people.client_for(small_site, people.add_reader(small_site, "alice@example.org", "pro"))
    page = upload(client, ("notes.csv", "text\n" + "Fever\n" * 5))
    assert page.status_code == 429
    assert "This takes 5 uses of DetectICD10CM. 4 uses left" in words(page)
    assert used(small_site)[0] == 0
    assert len(table(upload(client, ("notes.csv", "text\n" + "Fever\n" * 4)))) == 4


def test_streams_hold_half_of_the_threads_at_most(small_site: Flask) -> None:
    client = people.client_for(small_site, people.add_reader(small_site, "alice@example.org", "pro"))
    first = upload(client, ("notes.txt", "fever"), buffered=False)
    busy = upload(client, ("notes.txt", "fever"))
    assert busy.status_code == 429
    assert int(busy.headers["Retry-After"]) > 0
    assert "Several long answers are on their way" in words(busy)
    first.close()
    assert upload(client, ("notes.txt", "fever")).status_code == 200


def test_a_note_that_fails_has_a_line_and_the_others_go_on(notes_app: Flask, sign_in: SignIn, tmp_path: Path) -> None:
    client = sign_in("pro")
    answer = upload(client, ("notes.csv", "text\nFever\nAsthma\nFever\n"), buffered=False)
    body = answer.iter_encoded()
    assert b"R50.9" in next(body)
    hidden_store = tmp_path / "away"
    shutil.move(tmp_path / "site" / "terms", hidden_store)
    assert b"being built" in next(body)
    shutil.move(hidden_store, tmp_path / "site" / "terms")
    assert b"R50.9" in next(body)
    answer.close()
    assert used(notes_app) == (2, ["settled"])


def test_nothing_of_an_upload_is_written_to_disk(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client = sign_in("pro")
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")  # whoever makes a temporary file fails
    with pytest.raises(FileNotFoundError), tempfile.TemporaryFile():
        pass
    text = b"Fever. " + b"and so on, " * 9_000
    answer = upload(client, *((f"{number}.txt", text) for number in range(20)))
    assert {row["code"] for row in table(answer)} == {"R50.9"}


@pytest.mark.slow
def test_the_server_says_when_a_client_has_gone(notes_folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "site"
    notes.copy(notes_folder, data)
    app = applications.create_app(applications.settings(DATA=data))
    cookie = people.session_cookie(app, people.add_reader(app, "alice@example.org", "pro"))
    with RunningSite(data) as site, requests.Session() as browser:
        browser.cookies.set("session", cookie)
        csrf = browser.get(site.url + BATCH).text.partition('name="csrf_token" value="')[2].partition('"')[0]
        row = "Fever. " + "Walks each day and sleeps well. " * 120
        files = {"files": ("notes.csv", f"text\n{f'{row}{chr(10)}' * 500}")}
        with browser.post(site.url + BATCH, data={"csrf_token": csrf}, files=files, stream=True) as answer:
            assert answer.status_code == 200
            assert next(answer.iter_content(16))
        wait_until(lambda: used(app)[1] == ["settled"], 30, "the end of the batch")
        assert 0 < used(app)[0] < 500
    applications.close(app)
