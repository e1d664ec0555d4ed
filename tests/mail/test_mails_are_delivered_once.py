from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.support.processes import free_port
from tests.support.smtp import SmtpSink
from webapp.core import clock
from webapp.extensions import db, transaction
from webapp.jobs import worker
from webapp.mail import service, tasks
from webapp.mail.models import OutboxMail

ALICE = "alice@example.org"


def _write(app: Flask, count: int = 1, to: str = ALICE) -> None:
    with app.app_context(), transaction():
        for _ in range(count):
            service.send(to, "welcome")


def _deliver(app: Flask) -> None:
    with app.app_context():
        tasks.deliver()


def _make_due(app: Flask) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(OutboxMail).values(next_try_at=clock.now()))


def _only(app: Flask) -> OutboxMail:
    with app.app_context():
        return db.session.scalars(select(OutboxMail)).one()


@pytest.fixture
def sink():
    with SmtpSink() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, make_app, sink: SmtpSink) -> Flask:
    more = {"DATABASE_URL": request.getfixturevalue("pg_url")} if request.param == "postgresql" else {}
    return make_app(SMTP_URL=sink.url, MAIL_FROM="desk@example.org", **more)


def test_a_mail_arrives_whole(site: Flask, sink: SmtpSink) -> None:
    _write(site)
    _deliver(site)

    [mail] = sink.mails
    assert (mail["To"], mail["From"]) == (ALICE, "Codeshelf <desk@example.org>")
    assert mail["Subject"] == "Welcome to Codeshelf"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@127.0.0.1>")
    assert "http://127.0.0.1:8000/login" in mail.get_content()


def test_its_text_is_not_kept(site: Flask) -> None:
    _write(site)
    _deliver(site)

    row = _only(site)
    assert row.sent_at is not None
    assert (row.text, row.html, row.next_try_at, row.last_error) == ("", None, None, None)


def test_many_senders_at_once_send_each_mail_once(site: Flask, sink: SmtpSink) -> None:
    _write(site, 12)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(_deliver, [site] * 3))

    assert len(sink.mails) == 12
    assert len({mail["Message-ID"] for mail in sink.mails}) == 12


def test_a_mail_that_another_sender_holds_is_left_alone(site: Flask, sink: SmtpSink) -> None:
    _write(site)
    with site.app_context():
        mail = tasks._claim(1)
        assert mail
        assert tasks._claim(1) is None
    _deliver(site)
    assert not sink.mails

    _make_due(site)  # its sender was killed
    _deliver(site)
    assert len(sink.mails) == 1


def test_a_mail_that_is_refused_for_good_is_given_up(site: Flask, sink: SmtpSink) -> None:
    sink.refuse = "550 no such mailbox"
    _write(site)
    _deliver(site)

    row = _only(site)
    assert (row.sent_at, row.next_try_at, row.last_error) == (None, None, "550 no such mailbox")


def test_a_mail_that_is_put_off_is_tried_again_and_the_others_go_out(site: Flask, sink: SmtpSink) -> None:
    sink.refuse = "451 try later"
    _write(site, 2)
    _deliver(site)
    assert len(sink.recipients) == 2
    _deliver(site)
    assert len(sink.recipients) == 2  # not due yet

    sink.refuse = None
    _make_due(site)
    _deliver(site)
    assert len(sink.mails) == 2


def test_while_the_server_is_away_mails_wait(make_app) -> None:
    port = free_port()
    app = make_app(SMTP_URL=f"smtp://127.0.0.1:{port}")
    _write(app, 3)
    _deliver(app)

    with app.app_context():
        rows = db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)).all()
        assert [row.attempts for row in rows] == [1, 0, 0]  # the others would only have waited too
        assert "ConnectionRefusedError" in (rows[0].last_error or "")
        pause = rows[0].next_try_at - clock.now()
    assert timedelta(seconds=20) < pause <= timedelta(seconds=30)


def test_tries_end_some_day(make_app) -> None:
    app = make_app(SMTP_URL=f"smtp://127.0.0.1:{free_port()}")
    _write(app)
    with app.app_context(), transaction():
        db.session.execute(update(OutboxMail).values(attempts=tasks.LAST_ATTEMPT - 1))
    _deliver(app)

    row = _only(app)
    assert row.next_try_at is None
    assert row.last_error


def test_pauses_grow_up_to_six_hours() -> None:
    pauses = [tasks.backoff(attempts) for attempts in range(1, 13)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=30), timedelta(hours=6))


def test_a_queued_job_sends_at_once(site: Flask, sink: SmtpSink) -> None:
    with site.app_context():
        with transaction():
            service.send(ALICE, "welcome")
            tasks.deliver_soon()
        assert not sink.mails
        worker.drain()
    assert len(sink.mails) == 1


def test_without_a_server_mails_stay_in_the_outbox(app: Flask) -> None:
    _write(app)
    _deliver(app)

    assert (_only(app).sent_at, _only(app).attempts) == (None, 0)


def test_the_address_of_another_alphabet_is_written_in_ascii(site: Flask, sink: SmtpSink) -> None:
    _write(site, to="bob@Bücher.example")
    _deliver(site)
    assert sink.mails[0]["To"] == "bob@xn--bcher-kva.example"


def test_old_mails_are_forgotten(app: Flask) -> None:
    _write(app, 2)
    with app.app_context():
        with transaction():
            long_ago = clock.now() - timedelta(days=31)
            db.session.execute(
                update(OutboxMail).where(OutboxMail.id == 1).values(created_at=long_ago, next_try_at=None)
            )
        tasks.forget_old_mails()
    assert _only(app).id == 2
