"""The one-command run: Redis, the payment sandbox, the HTTP server and a worker, in the order they need each other."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from config import ROOT, Settings
from webapp.embedded import folder, problems, redis_server, sandbox, server
from webapp.embedded.child import Child
from webapp.embedded.problems import StartError
from webapp.embedded.supervisor import Stopped, Supervisor

ANSWER_SECONDS = 60.0
SERVER_PATIENCE_SECONDS = server.FINISH_SECONDS + 2.0
WORKER_PATIENCE_SECONDS = 25.0
REDIS_PATIENCE_SECONDS = 10.0
SANDBOX_PATIENCE_SECONDS = 10.0
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
WORKER = (*FLASK, "jobs", "work")
PUSH_CATALOGUE = (*FLASK, "billing", "push-catalogue", "--quiet")


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
        self._redis: Child | None = None
        self._sandbox: Child | None = None
        self._server: Child | None = None
        self._leaving: Child | None = None
        """Of two servers, during a reload, the one that will go."""
        self._worker: Child | None = None

    def _child(self, name: str, command: Sequence[str], patience: float, log: Path | None = None) -> Child:
        return Child(name, command, folder=ROOT, environment=self._environment, patience=patience, log=log)

    def run(self, prepare: Sequence[str], check: Sequence[str]) -> int:
        try:
            if folder.end_leftovers(self._settings.data):
                self._say("Ended what an earlier run had left behind.")
            server.require_free_port(self._settings)
            self._forget()
            self._start_redis()
            self._start_sandbox()
            code = self._supervisor.run_to_its_end(prepare, ROOT, self._environment)
            if code:
                return code
            self._await_sandbox()
            self._serve()
            self._supervisor.watch(self._children, lambda: self._reload(check))
        except Stopped:
            self._say("Stopping.")
        finally:
            self._supervisor.stop(_those((self._server, self._leaving, self._worker)))
            self._supervisor.stop(_those((self._sandbox, self._redis)))
            self._forget()
            redis_server.tidy(self._settings)
        return 0

    def _forget(self) -> None:
        """Leave nothing behind that only holds while a site runs."""
        folder.forget_settings(self._settings.data)
        sandbox.forget(self._settings)

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

    def _start_sandbox(self) -> None:
        if sandbox.is_wanted(self._settings):
            self._sandbox = self._child(
                "Payment sandbox",
                sandbox.command(self._settings),
                SANDBOX_PATIENCE_SECONDS,
                log=sandbox.log_file(self._settings),
            )
            self._sandbox.start()  # it loads while the database is made ready

    def _await_sandbox(self) -> None:
        """Lead the site to its sandbox, if it has one, and tell commands beside it what was decided."""
        settings = self._settings
        payments = self._sandbox_settings(self._sandbox) if self._sandbox else {}
        self._environment = {**self._environment, **payments}
        folder.leave_settings(settings.data, {"HOST": settings.host, "PORT": str(settings.port), **payments})
        if payments and sandbox.needs_catalogue(settings):
            if self._supervisor.run_to_its_end(PUSH_CATALOGUE, ROOT, self._environment):
                raise StartError("The plans could not be set up in the payment sandbox; its messages stand above.")
            sandbox.note_catalogue(settings)

    def _sandbox_settings(self, child: Child) -> Mapping[str, str]:
        settings = self._settings
        self._supervisor.wait_until(lambda: sandbox.is_ready(settings) or not child.runs, sandbox.LOAD_SECONDS)
        if not sandbox.is_ready(settings):
            raise StartError(f"The payment sandbox did not start: {sandbox.log_file(settings)} says why.")
        found = sandbox.environment(settings)
        self._say(f"Payments: a sandbox at {found['STRIPE_API_BASE']}, no money moves (process {child.pid})")
        return found

    def _children(self) -> list[Child]:
        return _those((self._redis, self._sandbox, self._worker, self._server))

    def _new_server(self) -> Child:
        return self._child("Server", server.command(self._settings), SERVER_PATIENCE_SECONDS)

    def _serve(self) -> None:
        settings = self._settings
        serving = self._server = self._new_server()
        serving.start()
        answered = self._supervisor.wait_until(lambda: server.answers(settings) or not serving.runs, ANSWER_SECONDS)
        if not answered or not serving.runs:
            raise StartError("The server did not start; its own messages stand above.")
        self._worker = self._child("Worker", WORKER, WORKER_PATIENCE_SECONDS)
        self._worker.start()  # later, so that it does not slow the server's start
        self._say(f"Worker: jobs and schedule (process {self._worker.pid})")
        self._say(f"Server: {settings.workers} x {settings.threads} threads (process {serving.pid})")
        self._say(f"{settings.site_name} is served at {server.address(settings)} with its data in {settings.data}")

    def _reload(self, check: Sequence[str]) -> None:
        """Load code and plans anew without losing a request; what cannot be loaded does not replace what runs."""
        if self._supervisor.run_to_its_end(check, ROOT, self._environment):
            self._say("Not reloaded: what runs stays as it is.")
            return
        self._say("Reloading.")
        if not self._replace_server():
            self._say("Not reloaded: the new server did not start, its own messages stand above; the old one goes on.")
            return
        if self._worker is not None:
            self._worker.send(signal.SIGTERM)  # it ends when its job is done, and is started again

    def _replace_server(self) -> bool:
        """Start a new server beside the old one, which ends only when every process of the new one listens."""
        old, new = self._server, self._new_server()
        wanted = server.listeners(self._settings) + self._settings.workers
        self._server = new  # from here on a stop ends both
        self._leaving = old
        new.start()
        self._supervisor.wait_until(lambda: server.listeners(self._settings) >= wanted or not new.runs, ANSWER_SECONDS)
        served = new.runs and server.listeners(self._settings) >= wanted
        self._server, self._leaving = (new, old) if served else (old, new)
        if self._supervisor.stop(_those((self._leaving,))):
            raise Stopped
        self._leaving = None
        return served


def _those(children: Sequence[Child | None]) -> list[Child]:
    """Return the children that this run has."""
    return [child for child in children if child is not None]
