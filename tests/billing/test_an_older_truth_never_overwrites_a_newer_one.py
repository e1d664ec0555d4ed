"""Two workers, leases that run out, workers that die: what is written last is what was asked last."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.support import applications
from tests.support.processes import forked
from tests.support.scene import Scene, settings_for
from webapp.billing import leases, sync, tasks
from webapp.billing.models import BillingCustomer
from webapp.core import clock
from webapp.extensions import db, transaction


def make_dirty(scene: Scene, user: int) -> None:
    with scene.app.app_context(), transaction():
        of_reader = update(BillingCustomer).where(BillingCustomer.user_id == user)
        db.session.execute(of_reader.values(dirty_seq=BillingCustomer.dirty_seq + 1))


def let_leases_run_out(scene: Scene) -> None:
    with scene.app.app_context(), transaction():
        db.session.execute(update(BillingCustomer).values(lease_until=clock.real_now() - timedelta(seconds=1)))


def test_who_lost_the_lease_writes_nothing(scene_on_both: Scene):
    scene = scene_on_both
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    make_dirty(scene, alice)
    with scene.app.app_context():
        slow = leases.claim()
        assert slow is not None
        old = sync.fetch(slow)
    scene.cancel_now(subscription)
    let_leases_run_out(scene)
    scene.work()
    assert scene.plan(alice) == "free"
    with scene.app.app_context():
        with pytest.raises(leases.LeaseLost):
            sync.write(slow, old)
        leases.give_up(slow, "too slow")
    assert scene.plan(alice) == "free"
    assert scene.subscription(alice).status == "canceled"
    assert scene.billing(alice).attempts == 0


def test_a_lease_is_had_by_one(scene_on_both: Scene):
    scene = scene_on_both
    alice = scene.reader("alice")
    scene.subscribe(alice)
    make_dirty(scene, alice)
    with scene.app.app_context():
        assert leases.claim() is not None
        assert leases.claim() is None
        assert leases.claim(scene.billing(alice).id) is None
    let_leases_run_out(scene)
    with scene.app.app_context():
        assert leases.claim() is not None


def test_a_hint_during_a_sync_is_followed_by_another_sync(scene: Scene):
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    make_dirty(scene, alice)
    with scene.app.app_context():
        held = leases.claim()
        assert held is not None
        seen = sync.fetch(held)
    scene.cancel_now(subscription)
    scene.sandbox.settle()  # the webhook comes between fetch and write
    with scene.app.app_context():
        sync.write(held, seen)
    assert scene.plan(alice) == "pro"
    scene.work()
    assert scene.plan(alice) == "free"


def _work_slowly(given: dict[str, object], fetched: object) -> None:
    """A worker of its own process that stops for long between fetching and writing."""
    app = applications.create_app(applications.settings(**given))
    write = sync.write

    def late(*arguments: object) -> None:
        fetched.set()  # type: ignore[attr-defined]
        time.sleep(60)
        write(*arguments)  # type: ignore[arg-type]

    sync.write = late
    with app.app_context():
        tasks.work()


@pytest.mark.slow
def test_a_worker_killed_between_fetch_and_write_loses_nothing(scene: Scene):
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    scene.sandbox.faults.hold(True)
    scene.cancel_now(subscription)
    make_dirty(scene, alice)
    site = scene.app.extensions["settings"]
    given = {"DATA": site.data, "REDIS_URL": site.redis_url, **settings_for(scene.sandbox)}
    context = forked()
    fetched = context.Event()
    worker = context.Process(target=_work_slowly, args=(given, fetched))
    worker.start()
    assert fetched.wait(30)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    worker.close()
    assert scene.plan(alice) == "pro"
    scene.work()
    assert scene.plan(alice) == "pro", "the dead worker's lease holds for a while"
    let_leases_run_out(scene)
    scene.work()
    assert scene.plan(alice) == "free"


def _work_again_and_again(given: dict[str, object], seconds: float) -> None:
    app = applications.create_app(applications.settings(**given))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with app.app_context():
            tasks.work()


@pytest.mark.slow
def test_four_workers_with_short_leases_end_in_the_newest_truth(scene_on_both: Scene):
    scene = scene_on_both
    alice = scene.reader("alice")
    subscription = scene.subscribe(alice)
    site = scene.app.extensions["settings"]
    given = {
        "DATA": site.data,
        "REDIS_URL": site.redis_url,
        "DATABASE_URL": site.database_url.replace("+psycopg", ""),
        **settings_for(scene.sandbox),
    }
    context = forked()
    workers = [context.Process(target=_work_again_and_again, args=(given, 6.0)) for _ in range(4)]
    for worker in workers:
        worker.start()
    until = time.monotonic() + 6.0
    on = False
    while time.monotonic() < until:
        on = not on
        scene.cancel(subscription, off=not on)
        let_leases_run_out(scene)
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
        worker.close()
    scene.settle()
    let_leases_run_out(scene)
    scene.settle()
    assert scene.subscription(alice).cancel_at_period_end == on
    assert scene.billing(alice).dirty_seq == scene.billing(alice).synced_seq
