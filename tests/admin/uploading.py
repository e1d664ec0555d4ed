"""A made-up source that staff load, and what they click to do it."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from tests.support.buying import hidden, post, token
from webapp.auth.models import AuditEvent
from webapp.codes.datasets.models import Record
from webapp.codes.datasets.parsed import Given, Parsed, Table
from webapp.codes.importers.files import SourceFile
from webapp.codes.importers.registry import IMPORTERS, Importer
from webapp.codes.listing import FileRefused
from webapp.codes.uploads.models import CatalogueJob
from webapp.extensions import db
from webapp.jobs import worker

SOURCE = "tos"
FIRST = b"release 2026-07-01\nG0001 1\nG0002 2\nG0003 3\n"
SECOND = b"release 2026-10-01\nG0001 1\nG0002 7\nG0004 odd\nG0005 5\n"
"""Against FIRST one is added, one changed, one ended, one row refused."""


def read(file: SourceFile, given: Given) -> Parsed:
    """Read a file of lines `code value` under a line with the first day; the release lasts 92 days."""
    head, *lines = file.lines() or [""]
    if not head.startswith("release "):
        raise FileRefused(f"{file.name}, line 1: the line with the release is missing.")
    first = given.effective or date.fromisoformat(head.split()[1])
    parsed = Parsed(given.release or f"{first:%B %Y}", first, first + timedelta(days=91), read=len(lines))
    table = Table(SOURCE)
    for number, line in enumerate(lines, 2):
        code, value = line.split()
        if value.isdigit():
            table.add(code, "", (value,), f"{file.name}, line {number}")
        else:
            parsed.refused.append(f"{file.name}, line {number}: {value} is no figure")
    parsed.tables.append(table)
    return parsed


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the made-up source be one that the site knows."""
    monkeypatch.setitem(IMPORTERS, SOURCE, Importer("Made-up figures", ("*",), read))


def send(
    staff: FlaskClient, data: bytes = FIRST, do: str = "load", name: str = "figures.txt", **fields: object
) -> TestResponse:
    """Send a file in the form; `fields` may replace or add some."""
    form = {
        "csrf_token": fields.get("csrf_token") or token(staff),
        "source": SOURCE,
        "do": do,
        "files": (io.BytesIO(data), name),
        **fields,
    }
    values = [(key, each) for key, value in form.items() for each in (value if isinstance(value, list) else [value])]
    sent = MultiDict((key, FileStorage(*each) if isinstance(each, tuple) else each) for key, each in values)
    boundary, body = encode_multipart(sent)  # the client itself would leave a temporary file open
    return staff.post("/staff/catalogue/loads", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def work(app: Flask) -> None:
    """Do what is queued."""
    with app.app_context():
        worker.drain()


def load(app: Flask, staff: FlaskClient, data: bytes = FIRST, do: str = "load", **fields: object) -> TestResponse:
    """Send a file, have the worker do its job, and return the job's page."""
    answer = send(staff, data, do, **fields)
    assert answer.status_code == 303, answer.text
    work(app)
    return staff.get(answer.location)


def records(app: Flask) -> dict[str, str]:
    """What holds of the made-up dataset without an end."""
    with app.app_context():
        rows = db.session.scalars(db.select(Record).where(Record.dataset == SOURCE, Record.valid_to.is_(None)))
        return {row.code: row.body for row in rows}


def jobs(app: Flask) -> list[tuple[str, str, bool]]:
    """Kind, state and whether it was a dry run, of every job."""
    with app.app_context():
        rows = db.session.scalars(db.select(CatalogueJob).order_by(CatalogueJob.id))
        return [(row.kind, row.state, row.dry_run) for row in rows]


def kept(app: Flask) -> list[Path]:
    """The files that staff sent and that are there still."""
    found = (app.extensions["settings"].data / "uploads").rglob("*")
    return sorted(path for path in found if path.is_file())


def audit(app: Flask) -> list[tuple[str, int | None]]:
    with app.app_context():
        about = AuditEvent.kind.startswith("catalogue.") | AuditEvent.kind.startswith("article.")
        rows = db.session.scalars(db.select(AuditEvent).where(about).order_by(AuditEvent.id))
        return [(row.kind, row.actor_id) for row in rows]


TAKE_BACK = f"/staff/catalogue/sources/{SOURCE}/take-back"


def take_back(staff: FlaskClient, day: str = "") -> TestResponse:
    """Confirm that the newest release goes, by default the one that the page tells of."""
    return post(staff, TAKE_BACK, day=day or hidden(staff.get(TAKE_BACK), "day"))
