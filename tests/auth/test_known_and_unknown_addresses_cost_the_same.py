"""Counted, not timed: the same SQL statements and the same argon2 work. `benchmarks/login_timing.py` times them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import event

from tests.auth import steps
from tests.auth.steps import ALICE, BOB, OTHER_PASSWORD
from webapp.auth import passwords
from webapp.extensions import db


@dataclass
class Work:
    statements: list[str] = field(default_factory=list)
    hashes: int = 0
    checks: int = 0


class CountingHasher(PasswordHasher):
    """The real one, counting."""

    def __init__(self, work: Work) -> None:
        super().__init__(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._work = work

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self._work.hashes += 1
        return super().hash(password, salt=salt)

    def verify(self, *arguments: str | bytes) -> bool:  # type: ignore[override]
        self._work.checks += 1
        return super().verify(*arguments)


@contextmanager
def _counted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    work = Work()
    monkeypatch.setattr(passwords, "HASHER", CountingHasher(work))
    with app.app_context():
        engine = db.engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if re.match(r"SELECT|INSERT|UPDATE|DELETE", statement):
            work.statements.append(" ".join(statement.split()[:3]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield work
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _send(app: Flask, monkeypatch: pytest.MonkeyPatch, path: str, email: str) -> Work:
    client = app.test_client()
    fields = {"csrf_token": steps.form_token(client, path), "email": email, "password": OTHER_PASSWORD}
    with _counted(app, monkeypatch) as work:
        client.post(path, data=fields)
    return work


@pytest.fixture(autouse=True)
def _alice(app: Flask) -> None:
    steps.register(app.test_client())


def test_a_login_that_fails(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    known, unknown = (_send(app, monkeypatch, "/login", email) for email in (ALICE, BOB))

    assert known == unknown
    assert (known.checks, known.hashes) == (1, 0)


def test_a_reset(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    known, unknown = (_send(app, monkeypatch, "/reset", email) for email in (ALICE, BOB))

    assert known == unknown
    assert (known.checks, known.hashes) == (0, 0)


def test_a_registration(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers differ, so the statements may too, but not their number nor the argon2 work.

    What others do for a new reader after the commit (they look for grants) is not counted.
    """
    known, unknown = (_send(app, monkeypatch, "/register", email) for email in (ALICE, BOB))

    assert (known.checks, known.hashes) == (unknown.checks, unknown.hashes) == (1, 1)
    assert len(_of_accounts(known)) == len(_of_accounts(unknown)) == 7


def _of_accounts(work: Work) -> list[str]:
    return [statement for statement in work.statements if "entitlement" not in statement]


def test_no_mail_is_sent_in_the_request(make_app) -> None:
    from tests.support.smtp import SmtpSink

    with SmtpSink() as sink:
        app = make_app(SMTP_URL=sink.url)
        for path in ("/register", "/reset"):
            steps.submit(app.test_client(), path, email=BOB, password=OTHER_PASSWORD)
        assert not sink.mails
    assert [mail.to for mail in steps.mails(app)] == [ALICE, BOB, BOB]
