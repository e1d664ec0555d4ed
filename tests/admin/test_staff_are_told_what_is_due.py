"""Staff are mailed once when a publisher's next release should be there and is not loaded."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.support import people
from webapp.auth.models import User
from webapp.codes.datasets.models import DatasetRelease
from webapp.codes.uploads import due, tasks
from webapp.core import clock
from webapp.extensions import db, transaction
from webapp.mail import service as mail
from webapp.mail.models import OutboxMail


@pytest.fixture
def today(database, monkeypatch):
    """Set the site's day."""
    people.add_reader(database, "charlie@example.org", staff=True)
    people.add_reader(database, "alice@example.org")

    def be(text: str) -> None:
        day = date.fromisoformat(text)
        monkeypatch.setattr(clock, "now", lambda: datetime(day.year, day.month, day.day, 5, tzinfo=UTC))

    with database.app_context():
        yield be


def loaded(dataset: str, first: str, last: str | None, name: str = "July 2026") -> None:
    """Note a release as loaded."""
    row = {"name": name, "file_name": "f", "sha256": "0" * 64, "format": 1, "loaded_at": clock.now()}
    days = {"valid_from": date.fromisoformat(first), "valid_to": date.fromisoformat(last) if last else None}
    with transaction():
        db.session.add(DatasetRelease(dataset=dataset, **days, **row))


def told() -> list[OutboxMail]:
    """All reminders after the schedule's turn."""
    tasks.remind()
    return list(db.session.scalars(db.select(OutboxMail).order_by(OutboxMail.id)))


def test_a_quarter_that_is_over_is_told_once_with_what_to_do(today):
    today("2026-09-30")
    loaded("aoc", "2026-07-01", "2026-09-30")
    assert told() == []
    today("2026-10-01")
    (written,) = told()
    assert written.to == "charlie@example.org"
    assert written.subject == "Codeshelf: a new release of NCCI add-on code edits is due"
    assert "July 2026, ended on 30 September 2026" in written.text
    assert "Centers for Medicare & Medicaid Services:\nhttps://www.cms.gov/" in written.text
    assert "/staff/catalogue/?source=aoc#load" in written.text
    assert len(told()) == 1


def test_a_mail_that_is_kept_no_more_is_not_written_again(today):
    today("2026-10-01")
    loaded("aoc", "2026-07-01", "2026-09-30")
    told()
    today("2027-03-01")
    with transaction():
        mail.prune(clock.now())
    assert told() == []


def test_the_next_release_is_told_of_anew(today):
    today("2026-10-01")
    loaded("aoc", "2026-07-01", "2026-09-30")
    told()
    loaded("aoc", "2026-10-01", "2026-12-31", "October 2026")
    assert len(told()) == 1
    today("2027-01-01")
    assert "October 2026" in told()[-1].text


def test_icd_10_cm_is_told_two_weeks_ahead(today):
    loaded("icd10cm-order", "2026-04-01", "2026-09-30")
    today("2026-09-16")
    assert told() == []
    today("2026-09-17")
    (written,) = told()
    assert "is valid to 30 September 2026" in written.text


def test_a_release_loaded_ahead_is_enough(today):
    today("2026-10-05")
    loaded("aoc", "2026-07-01", "2026-09-30")
    loaded("aoc", "2027-01-01", "2027-03-31", "January 2027")
    assert told() == []


def test_datasets_of_one_file_make_one_mail(today):
    today("2026-10-01")
    loaded("mpfs", "2026-07-01", "2026-09-30")
    loaded("mpfs-qpp", "2026-07-01", "2026-09-30")
    (written,) = told()
    assert "- Medicare Physician Fee Schedule\n- Medicare Physician Fee Schedule, qualifying" in written.text


def test_what_has_no_end_or_is_published_no_more_or_is_not_loaded_is_never_due(today):
    today("2030-01-01")
    loaded("pos", "2020-01-01", None)
    loaded("gem-10to9", "2018-01-01", "2018-12-31")
    assert told() == []
    found = {shelf.key: shelf for shelf in due.shelves(clock.today())}
    assert (found["pos"].ended, found["gem-10to9"].ended, found["gem-10to9"].due) == (False, True, False)
    assert found["mpfs"].current is None


def test_all_staff_are_told_and_staff_who_left_are_not(today, database):
    today("2026-10-01")
    people.add_reader(database, "dora@example.org", staff=True)
    people.add_reader(database, "gone@example.org", staff=True)
    with transaction():
        db.session.scalars(db.select(User).where(User.email == "gone@example.org")).one().closed_at = clock.now()
    loaded("aoc", "2026-07-01", "2026-09-30")
    assert [written.to for written in told()] == ["charlie@example.org", "dora@example.org"]


def test_without_staff_no_one_counts_as_told(app, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 10, 1, 5, tzinfo=UTC))
    with app.app_context():
        loaded("aoc", "2026-07-01", "2026-09-30")
        assert told() == []
        people.add_reader(app, "charlie@example.org", staff=True)
        assert len(told()) == 1


def test_every_source_that_falls_due_says_where_its_files_are(app):
    with app.app_context():
        quarterly = {shelf.source for shelf in due.shelves(clock.today()) if shelf.cadence != "never"}
    nowhere = {source for source in quarterly if not due.place(source)}
    assert nowhere <= {"cpt", "tos"}  # from the AMA to its licensees; in CMS's transmittals
