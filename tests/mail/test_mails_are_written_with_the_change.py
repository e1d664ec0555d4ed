from datetime import UTC, datetime

import pytest
from flask import Flask
from jinja2 import DictLoader

from webapp.extensions import db, transaction
from webapp.mail import service
from webapp.mail.models import OutboxMail

ALICE = "alice@example.org"


@pytest.fixture
def greeting(app: Flask) -> Flask:
    """An application with a mail template of the test's own."""
    app.jinja_env.loader = DictLoader(
        {"mail/greeting.txt": "Subject: Hello {{ name }}\n\nDear {{ name }} & co.", "mail/bare.txt": "no subject"}
    )
    return app


def _write_and_fail() -> None:
    with transaction():
        service.send(ALICE, "welcome")
        raise RuntimeError


def test_a_change_that_is_rolled_back_writes_no_mail(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(RuntimeError):
            _write_and_fail()
        assert service.recent(5) == []


def test_a_key_is_sent_once(database: Flask) -> None:
    with database.app_context():
        for _ in range(2):
            with transaction():
                service.send(ALICE, "welcome", key="welcome:1")
                service.send(ALICE, "welcome", key="welcome:1")
        assert len(service.recent(5)) == 1


def test_mails_without_a_key_are_all_sent(database: Flask) -> None:
    with database.app_context(), transaction():
        service.send(ALICE, "welcome")
        service.send(ALICE, "welcome")
        assert len(service.recent(5)) == 2


def test_the_newest_come_first(app: Flask) -> None:
    with app.app_context(), transaction():
        for name in ("a", "b", "c"):
            service.send(f"{name}@example.org", "welcome")
        assert [mail.to for mail in service.recent(2)] == ["c@example.org", "b@example.org"]


def test_text_is_text_and_not_escaped(greeting: Flask) -> None:
    with greeting.app_context(), transaction():
        service.send(ALICE, "greeting", name="O'Neill")
        [mail] = service.recent(1)
        assert (mail.subject, mail.text) == ("Hello O'Neill", "Dear O'Neill & co.")


@pytest.mark.parametrize("name", ["a\r\nBcc: eve@example.org", "a\nBcc: eve@example.org", "a\rb", "a\0b", "a\u2028b"])
def test_a_forged_subject_is_refused(greeting: Flask, name: str) -> None:
    with greeting.app_context(), pytest.raises(service.UnsafeHeader), transaction():
        service.send(ALICE, "greeting", name=name)


@pytest.mark.parametrize("to", ["a@example.org\r\nBcc: eve@example.org", "a@example.org\nx", "a\0@example.org"])
def test_a_forged_address_is_refused(greeting: Flask, to: str) -> None:
    with greeting.app_context():
        with pytest.raises(service.UnsafeHeader), transaction():
            service.send(to, "greeting", name="a")
        assert db.session.query(OutboxMail).count() == 0


def test_a_template_without_a_subject_is_refused(greeting: Flask) -> None:
    with greeting.app_context(), pytest.raises(service.UnsafeHeader), transaction():
        service.send(ALICE, "bare")


def test_times_are_told_in_the_sites_zone(make_app) -> None:
    moment = datetime(2026, 12, 3, 13, 5, tzinfo=UTC)
    with make_app(MAIL_TIME_ZONE="Europe/Berlin").app_context():
        assert service.local_time(moment) == "3 December 2026, 14:05 (Europe/Berlin)"
