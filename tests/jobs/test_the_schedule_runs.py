import threading

import pytest
from flask import Flask, current_app

from tests.support.processes import wait_until
from tests.support.redis_server import RedisServer
from webapp.jobs.schedule import Every, Schedule

runs: list[str] = []


def task() -> None:
    runs.append(current_app.name)


def broken() -> None:
    runs.append("broken")
    raise ValueError("as planned")


@pytest.fixture(autouse=True)
def _no_runs() -> None:
    runs.clear()


def test_a_task_runs_at_once_and_then_every_so_often(app: Flask) -> None:
    entry = Every(1, task)
    schedule = Schedule(app, [entry])
    stopping = threading.Event()
    thread = threading.Thread(target=schedule.run_until, args=[stopping])
    thread.start()
    wait_until(lambda: len(runs) >= 3, what="the third run")
    stopping.set()
    thread.join(2)

    assert not thread.is_alive()
    assert runs == ["webapp"] * len(runs)


def test_a_task_is_not_due_twice_in_its_period(app: Flask) -> None:
    entry = Every(60, task)
    schedule = Schedule(app, [entry])
    schedule.run_if_due(entry)
    schedule.run_if_due(entry)
    assert len(runs) == 1


def test_of_two_workers_one_runs_it(app: Flask) -> None:
    entry = Every(60, task)
    for _ in range(2):
        Schedule(app, [entry]).run_if_due(entry)
    assert len(runs) == 1


def test_a_broken_task_stops_no_other(app: Flask) -> None:
    entries = [Every(60, broken), Every(60, task)]
    schedule = Schedule(app, entries)
    for entry in entries:
        schedule.run_if_due(entry)
    assert runs == ["broken", "webapp"]


def test_without_redis_it_runs_all_the_same(app: Flask, redis_server: RedisServer) -> None:
    redis_server.kill()
    entry = Every(60, task)
    Schedule(app, [entry]).run_if_due(entry)
    assert len(runs) == 1


def test_the_sites_schedule_has_every_package_that_needs_one(app: Flask) -> None:
    names = {entry.name for entry in app.extensions["schedule"]}
    assert {
        "webapp.mail.tasks.deliver",
        "webapp.auth.tasks.forget_old_sessions",
        "webapp.auth.tasks.forget_old_tokens",
    } <= names
    assert all(entry.seconds > 0 for entry in app.extensions["schedule"])
