"""The worker's part: do what staff asked for, notice jobs whose worker died, remind of releases that are due."""

from __future__ import annotations

from datetime import timedelta

import structlog

from webapp.codes.progress import Progress
from webapp.codes.terms import keeping
from webapp.codes.uploads import due, progress, service
from webapp.core import clock
from webapp.core.errors import CodeshelfError
from webapp.extensions import RedisUnavailable, after_commit, redis, transaction
from webapp.jobs.queue import FAILURES_KEPT_SECONDS, queue_on
from webapp.jobs.schedule import Every
from webapp.mail.tasks import deliver_soon

SECONDS_ALLOWED = 3600
"""How long one load may take; the largest files take some minutes."""
GRACE = timedelta(seconds=progress.LASTS_SECONDS)
"""How long a job may run before it must have given a sign of life."""
LOST = "The worker ended before the load did. Nothing was changed."
BROKEN = "It broke off with an error of the site, which the log tells. Nothing was changed."

log = structlog.get_logger(__name__)


def run(job_id: int) -> None:
    """Do one job, then see to the next one."""
    work = service.claim(job_id)
    if work is None:
        return
    try:
        with progress.told(job_id) as tell:
            report = service.carry_out(work, tell)
            if not work.dry_run:
                _build_search(tell)
    except CodeshelfError as error:
        service.finish(job_id, "refused", error=error.message)
    except Exception:  # whatever it was, staff must see that it is over
        log.exception("catalogue job failed", job=job_id)
        service.finish(job_id, "failed", error=BROKEN)
    else:
        service.finish(job_id, "done", report)
    _enqueue_next()


def _build_search(tell: Progress) -> None:
    """Let what was loaded be found. The load stands whatever comes of it, and the schedule tries again."""
    try:
        keeping.keep(tell)
    except Exception:
        log.exception("the search index was not built")


def run_soon(job_id: int) -> None:
    """Have a worker do a job as soon as the running transaction has committed."""
    after_commit(lambda: _enqueue(job_id))


def look_after() -> None:
    """Note jobs that give no sign of life as lost, and queue what waits: a lost queue must not lose a job."""
    for job_id, started in service.running():
        try:
            lives = progress.of(job_id) is not None
        except RedisUnavailable:
            return
        if not lives and clock.now() - started > GRACE:
            service.finish(job_id, "lost", error=LOST)
    _enqueue_next()


def remind() -> None:
    """Mail staff what is due."""
    with transaction():
        due.remind()
        deliver_soon()


def _enqueue_next() -> None:
    """Queue what has waited longest. It may be queued already: whoever comes second finds nothing to do."""
    waiting = service.next_waiting()
    if waiting is not None:
        _enqueue(waiting)


def _enqueue(job_id: int) -> None:
    """Queue a job, with more time than others have. Without Redis `look_after` does it later."""
    try:
        redis.call(
            lambda client: queue_on(client).enqueue_call(
                run, args=(job_id,), timeout=SECONDS_ALLOWED, result_ttl=0, failure_ttl=FAILURES_KEPT_SECONDS
            )
        )
    except RedisUnavailable as error:
        log.warning("catalogue job not queued", job=job_id, error=str(error))


SCHEDULE = (Every(60, look_after), Every(24 * 3600, remind), Every(24 * 3600, service.forget_old_files))
