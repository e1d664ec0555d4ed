from time import perf_counter

import pytest
from flask import Flask, current_app
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from tests.support.redis_server import RedisServer
from webapp.extensions import redis
from webapp.jobs import queue, worker


def note(word: str) -> None:
    """A job."""
    redis.client.rpush("noted", f"{word} in {current_app.name}")


def fail() -> None:
    """A job that fails."""
    raise ValueError("as planned")


def test_a_queued_job_runs_inside_the_application(app: Flask) -> None:
    with app.app_context():
        queue.enqueue(note, "hello")
        worker.drain()

    assert redis.client.lrange("noted", 0, -1) == [b"hello in webapp"]
    assert queue.queue_on(redis.client).count == 0


def test_jobs_run_in_their_order(app: Flask) -> None:
    with app.app_context():
        for word in ("a", "b", "c"):
            queue.enqueue(note, word)
        worker.drain()

    assert redis.client.lrange("noted", 0, -1) == [b"a in webapp", b"b in webapp", b"c in webapp"]


def test_a_failure_is_kept_and_stops_nothing(app: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    with app.app_context():
        queue.enqueue(fail)
        queue.enqueue(note, "after")
        worker.drain()

    assert redis.client.lrange("noted", 0, -1) == [b"after in webapp"]
    site_queue = queue.queue_on(redis.client)
    [failed] = FailedJobRegistry(queue=site_queue).get_job_ids()
    job = Job.fetch(failed, connection=redis.client, serializer=JSONSerializer)
    assert "as planned" in (job.latest_result().exc_string or "")


def test_arguments_are_json_and_never_unpickled(app: Flask) -> None:
    with app.app_context():
        queue.enqueue(note, "plain")
    [job_id] = queue.queue_on(redis.client).job_ids
    data = redis.client.hget(f"rq:job:{job_id}", "data")
    assert __import__("zlib").decompress(data) == b'["tests.jobs.test_jobs_are_done.note", null, ["plain"], {}]'


def test_without_redis_queueing_costs_next_to_nothing(app: Flask, redis_server: RedisServer) -> None:
    redis_server.kill()
    with app.app_context():
        begun = perf_counter()
        for _ in range(20):
            queue.enqueue(note, "lost")
        assert perf_counter() - begun < 1


def test_the_command_does_what_is_queued(app: Flask) -> None:
    with app.app_context():
        queue.enqueue(note, "hello")

    assert app.test_cli_runner().invoke(args=["jobs", "work", "--once"]).exit_code == 0

    assert redis.client.lrange("noted", 0, -1) == [b"hello in webapp"]
