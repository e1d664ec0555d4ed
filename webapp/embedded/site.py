"""The one-command run: Redis, the HTTP server and a worker, in the order in which they need each other."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from config import ROOT, Settings
from webapp.embedded import folder, problems, redis_server, server
from webapp.embedded.child import Child
from webapp.embedded.problems import StartError
from webapp.embedded.supervisor import Stopped, Supervisor

ANSWER_SECONDS = 60.0
SERVER_PATIENCE_SECONDS = server.FINISH_SECONDS + server.OVERLAP_SECONDS + 2.0
WORKER_PATIENCE_SECONDS = 25.0
REDIS_PATIENCE_SECONDS = 10.0
WORKER = (sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "work")


def run(settings: Settings, say: Callable[[str], None], *, prepare: Sequence[str], check: Sequence[str]) -> int:
    """Serve until INT or TERM and return the exit code. Errors: StartError, OSError.

    `prepare` is the command that makes the database ready, `check` the one that tries the settings before a reload.
    """
    with folder.take(settings.data):
        return Site(settings, say).run(prepare, check)


class Site:
    """The children of one run. The data folder's lock is held by the caller."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._supervisor = Supervisor(say)
        mark = {folder.MARK: str(folder.run_folder(settings.data))}
        own = {"DATA": str(settings.data.resolve()), "PLANS_FILE": str(settings.plans_file.resolve())}
        self._environment: Mapping[str, str] = {**os.environ, **own, **mark}
        self._server = self._child("Server", server.command(settings), SERVER_PATIENCE_SECONDS)
        self._worker = self._child("Worker", WORKER, WORKER_PATIENCE_SECONDS)
        self._redis: Child | None = None

    def _child(self, name: str, command: Sequence[str], patience: float) -> Child:
        return Child(name, command, folder=ROOT, environment=self._environment, patience=patience)

    def run(self, prepare: Sequence[str], check: Sequence[str]) -> int:
        try:
            if folder.end_leftovers(self._settings.data):
                self._say("Ended what an earlier run had left behind.")
            server.require_free_port(self._settings)
            self._start_redis()
            code = self._supervisor.run_to_its_end(prepare, ROOT, self._environment)
            if code:
                return code
            self._serve()
            children = [child for child in (self._redis, self._worker, self._server) if child]
            self._supervisor.watch(children, lambda: self._reload(check))
        except Stopped:
            self._say("Stopping.")
        finally:
            self._supervisor.stop([self._server, self._worker])
            self._supervisor.stop([self._redis] if self._redis else [])
            redis_server.tidy(self._settings)
        return 0

    def _start_redis(self) -> None:
        settings = self._settings
        if settings.redis_url:
            parts = urlsplit(settings.redis_url)
            self._say(f"Redis: {parts.hostname or parts.path}, as REDIS_URL says")
            return
        command = redis_server.command(settings)
        redis_server.prepare(settings)
        log = redis_server.data_folder(settings) / "redis.log"
        self._redis = redis = Child(
            "Redis",
            command,
            folder=redis_server.data_folder(settings),
            environment={"PATH": os.defpath},
            patience=REDIS_PATIENCE_SECONDS,
            log=log,
        )
        redis.start()
        socket = settings.redis_socket
        self._supervisor.wait_until(lambda: redis_server.is_ready(socket) or not redis.runs, redis_server.LOAD_SECONDS)
        if not redis_server.is_ready(socket):
            raise StartError(self._why_no_redis(log))
        self._say(f"Redis: {redis_server.version(socket)} at {socket} (process {redis.pid}, {command[0]})")

    def _why_no_redis(self, log: Path) -> str:
        if problems.disk_is_full(self._settings.data):
            return problems.full_disk(self._settings.data)
        lines = log.read_text("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        return f"Redis could not be started: {last} (all of it is in {log})."

    def _serve(self) -> None:
        self._server.start()
        answered = self._supervisor.wait_until(
            lambda: server.answers(self._settings) or not self._server.runs, ANSWER_SECONDS
        )
        if not answered or not self._server.runs:
            raise StartError("The server did not start; its own messages stand above.")
        self._worker.start()  # later, so that it does not slow the server's start
        settings = self._settings
        self._say(f"Worker: jobs and schedule (process {self._worker.pid})")
        self._say(f"Server: {settings.workers} x {settings.threads} threads (process {self._server.pid})")
        self._say(f"{settings.site_name} is served at {server.address(settings)} with its data in {settings.data}")

    def _reload(self, check: Sequence[str]) -> None:
        """Load code and plans anew without losing a request; what cannot be loaded does not replace what runs."""
        if self._supervisor.run_to_its_end(check, ROOT, self._environment):
            self._say("Not reloaded: what runs stays as it is.")
            return
        self._say("Reloading.")
        self._server.send(signal.SIGHUP)
        self._worker.send(signal.SIGTERM)  # it ends when its job is done, and is started again
