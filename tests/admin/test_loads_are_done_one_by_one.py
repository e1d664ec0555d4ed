"""Jobs of the catalogue: one at a time, told of while they run, and never half done, whatever dies."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.admin import uploading
from tests.admin.uploading import SECOND, TAKE_BACK, jobs, kept, load, records, send, take_back
from tests.support import people
from tests.support.buying import post, words
from tests.support.processes import wait_until
from webapp.codes import importing
from webapp.codes.datasets.loading import Report
from webapp.codes.uploads import progress, service, store, tasks
from webapp.core import clock
from webapp.extensions import redis, transaction

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
REPORT = Report("A release", date(2026, 7, 1), None)


@pytest.fixture(autouse=True)
def _source(monkeypatch):
    uploading.install(monkeypatch)


@pytest.fixture
def staff(database):
    return people.client_for(database, people.add_reader(database, "charlie@example.org", staff=True))


@pytest.fixture
def time(monkeypatch):
    """The site's time, as a list of one that a test may change."""
    now = [NOW]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    return now


class WorkerDied(BaseException):
    """What no code can catch and go on."""


def dies(*_: object, **__: object) -> Report:
    raise WorkerDied


def test_of_two_jobs_the_second_waits_for_the_first(database, staff):
    send(staff)
    send(staff, SECOND)
    with database.app_context():
        assert service.claim(1) is not None
        assert service.claim(2) is None
        assert service.claim(1) is None  # another worker was told of it too
        service.finish(1, "failed", error="as planned")
        assert service.claim(2) is not None


def test_the_end_of_one_job_begins_the_next(database, staff):
    send(staff)
    send(staff, SECOND)
    redis.client.delete("rq:queue:codeshelf")
    with database.app_context():
        tasks.run(1)
    uploading.work(database)
    assert [state for _, state, _ in jobs(database)] == ["done", "done"]


def test_a_job_whose_place_in_the_queue_was_lost_is_queued_again(database, staff):
    send(staff)
    redis.client.flushdb()
    uploading.work(database)
    assert jobs(database) == [("load", "waiting", False)]
    with database.app_context():
        tasks.look_after()
    uploading.work(database)
    assert jobs(database) == [("load", "done", False)]


def test_a_job_whose_worker_died_is_lost_and_can_be_tried_again(database, staff, time, monkeypatch):
    path = send(staff).location
    with monkeypatch.context() as patch, database.app_context():
        patch.setattr(importing, "load", dies)
        with pytest.raises(WorkerDied):
            tasks.run(1)
        redis.client.delete("catalogue:1")  # a killed worker's word lapses
        tasks.look_after()
        assert jobs(database) == [("load", "running", False)]  # it has only just begun
        time[0] += timedelta(seconds=61)
        tasks.look_after()
    assert jobs(database) == [("load", "lost", False)]
    assert records(database) == {}
    page = staff.get(path)
    assert "The worker ended before the load did. Nothing was changed." in words(page)
    again = post(staff, f"{path}/load")
    uploading.work(database)
    assert "is loaded" in words(staff.get(again.location))
    assert kept(database) == []


def test_a_job_that_gives_signs_of_life_is_left_alone(database, staff, time):
    send(staff)
    with database.app_context():
        service.claim(1)
        time[0] += timedelta(hours=1)
        with progress.told(1):
            wait_until(lambda: progress.of(1) is not None, 10)
            tasks.look_after()
    assert jobs(database) == [("load", "running", False)]


def test_nothing_is_called_lost_while_redis_is_away(app, time, monkeypatch):
    staff = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    send(staff)
    with app.app_context():
        service.claim(1)
        time[0] += timedelta(hours=1)
        monkeypatch.setattr(redis.breaker, "_open", True)
        tasks.look_after()
    assert jobs(app) == [("load", "running", False)]
    assert "It runs." in words(staff.get("/staff/catalogue/jobs/1"))
    assert staff.get("/staff/catalogue/jobs/1/state").json == {"state": "running", "unfinished": True}


def test_without_redis_a_job_waits_until_it_is_back(app, monkeypatch):
    staff = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    with monkeypatch.context() as patch:
        patch.setattr(redis.breaker, "_open", True)
        path = send(staff).location
    assert "It waits for the worker" in words(staff.get(path))
    with app.app_context():
        tasks.look_after()
    uploading.work(app)
    assert jobs(app) == [("load", "done", False)]


def test_an_error_of_ours_is_told_and_keeps_the_file(database, staff, monkeypatch):
    def fails(*_: object, **__: object) -> Report:
        raise ZeroDivisionError

    monkeypatch.setattr(importing, "load", fails)
    page = words(load(database, staff))
    assert "Failed. It broke off with an error of the site, which the log tells. Nothing was changed." in page
    assert "Try again" in page
    assert len(kept(database)) == 1


def test_what_breaks_off_in_the_middle_leaves_nothing_half_loaded(database, staff, monkeypatch):
    load(database, staff)
    before = records(database)

    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("webapp.codes.bulk.analyze", breaks)  # the last that a load does
    load(database, staff, SECOND)
    assert [state for _, state, _ in jobs(database)] == ["done", "failed"]
    assert records(database) == before


def test_how_far_a_load_is_can_be_seen_while_it_holds_the_database(database, staff, monkeypatch):
    """On SQLite nothing else can be written then."""
    path = send(staff).location
    seen, other = [], people.client_for(database, people.add_reader(database, "dora@example.org", staff=True))

    def slow(source, paths, given, tell, *, dry_run):
        with transaction():
            tell("Rows", 3, 10)
            threading.Event().wait(3 * progress.EVERY_SECONDS)
            look = threading.Thread(
                target=lambda: seen.extend((other.get(f"{path}/state").json, words(other.get(path))))
            )
            look.start()
            look.join()
        return REPORT

    monkeypatch.setattr(importing, "load", slow)
    uploading.work(database)
    state, page = seen
    assert state == {"state": "running", "unfinished": True, "label": "Rows", "done": 3, "total": 10}
    assert "Rows …" in page
    assert staff.get(f"{path}/state").json == {"state": "done", "unfinished": False}


def test_progress_is_written_twice_a_second_at_most(app, monkeypatch):
    written = []
    monkeypatch.setattr(progress, "_write", lambda _, step: written.append(step))
    with progress.told(1) as tell:
        for at in range(200_000):
            tell("Rows", at, 200_000)
        threading.Event().wait(2.5 * progress.EVERY_SECONDS)
    assert 2 <= len(written) <= 8
    assert written[-1].done == 199_999


def test_the_page_reloads_itself_without_scripts_only_while_the_job_goes_on(app):
    staff = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    path = send(staff).location
    assert '<noscript><meta http-equiv="refresh"' in staff.get(path).text
    uploading.work(app)
    assert "refresh" not in staff.get(path).text


def test_files_no_one_went_on_with_are_deleted_after_a_week(database, staff, time):
    load(database, staff, do="try")
    send(staff, SECOND)  # this one waits still
    with database.app_context():
        time[0] += timedelta(days=6)
        service.forget_old_files()
        assert len(kept(database)) == 2
        time[0] += timedelta(days=2)
        service.forget_old_files()
    assert len(kept(database)) == 1
    page = staff.get("/staff/catalogue/jobs/1")
    assert "Load this file" not in words(page)
    uploading.work(database)
    assert jobs(database)[1] == ("load", "done", False)


def test_what_an_upload_that_broke_off_left_is_deleted(app):
    with app.app_context():
        old, young = store.Folder(), store.Folder()
        long_ago = (clock.real_now() - timedelta(days=2)).timestamp()
        os.utime(old.path, (long_ago, long_ago))
        service.forget_old_files()
        assert not old.path.exists()
        assert young.path.exists()


def test_a_release_is_taken_back(database, staff):
    load(database, staff)
    before = records(database)
    load(database, staff, SECOND)
    assert f'href="{TAKE_BACK}"' in staff.get("/staff/catalogue/").text
    page = words(staff.get(TAKE_BACK))
    assert "Take back October 2026?" in page
    assert "Type of service of procedures figures.txt, loaded on" in page
    assert "1 1 1 July 2026, ended on 30 September 2026" in page
    answer = take_back(staff)
    assert answer.status_code == 303
    assert records(database) != before  # a job does it
    uploading.work(database)
    assert "October 2026 is taken back." in words(staff.get(answer.location))
    assert records(database) == before
    assert uploading.audit(database)[-2:] == [("catalogue.take_back_asked", 1), ("catalogue.take_back_done", 1)]


def test_the_only_release_is_taken_back_to_nothing(database, staff):
    load(database, staff)
    assert "nothing: pages leave it out" in words(staff.get(TAKE_BACK))
    take_back(staff)
    uploading.work(database)
    assert records(database) == {}
    assert staff.get(TAKE_BACK).status_code == 404


def test_only_the_release_that_was_shown_is_taken_back(database, staff):
    load(database, staff)
    load(database, staff, SECOND)
    assert take_back(staff, "2026-07-01").status_code == 400
    assert take_back(staff, "soon").status_code == 400
    assert jobs(database) == [("load", "done", False)] * 2


def test_a_release_that_was_followed_meanwhile_is_not_taken_back(database, staff):
    load(database, staff)
    send(staff, SECOND)
    answer = take_back(staff)  # the newest still, until the job before this one is done
    uploading.work(database)
    assert "The newest release of Type of service of procedures is October 2026 by now" in words(
        staff.get(answer.location)
    )
    assert records(database)["G0002"] == '["7"]'


def test_jobs_that_are_none_are_not_found(app):
    staff = people.client_for(app, people.add_reader(app, "charlie@example.org", staff=True))
    for path in (
        "jobs/4711",
        "jobs/4711/state",
        "jobs/99999999999",
        "sources/dragons/take-back",
        "sources/tos/take-back",
    ):
        assert staff.get(f"/staff/catalogue/{path}").status_code == 404
    assert post(staff, "/staff/catalogue/jobs/4711/load").status_code == 404
    load(app, staff)
    assert post(staff, "/staff/catalogue/jobs/1/load").status_code == 400


def test_the_row_tells_json_that_any_database_keeps(database, staff):
    load(database, staff)
    with database.app_context():
        report = service.of(1).report
        assert json.loads(json.dumps(report)) == report
        assert report["tables"][0]["added"] == 3
