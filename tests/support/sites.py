"""A whole site, as `python -m webapp` runs it, and its processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from tests.support import applications
from tests.support.processes import free_port, wait_until
from webapp.codes.importers import icd10cm
from webapp.codes.models import CodeSystem, Release
from webapp.extensions import db, transaction

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


def environ(data: Path, **given: object) -> dict[str, str]:
    """The environment of a site on a data folder, without the settings of the shell.

    It runs no payment sandbox unless told to: that takes a second or two, and most tests are about something else.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    own = {"DATA": str(data), "PAYMENT_SANDBOX": "false"}
    return {**kept, **own, **{name: str(value) for name, value in given.items()}}


def without_catalogue(data: Path, migrated: Path) -> None:
    """Fill a data folder so that a start has nothing to load: a release stands there that is newer than any."""
    shutil.copy(migrated, data / "codeshelf.db")
    app = applications.create_app(applications.settings(DATA=data))
    with app.app_context(), transaction():
        system = db.session.scalars(db.select(CodeSystem).where(CodeSystem.key == icd10cm.SYSTEM)).first()
        system = system or CodeSystem(key=icd10cm.SYSTEM, name="ICD-10-CM")
        db.session.add(system)
        db.session.flush()
        release = Release(
            system_id=system.id,
            source=icd10cm.SOURCE,
            name="none",
            valid_from=date(2099, 1, 1),
            file_name="",
            sha256="",
            format=0,
            loaded_at=datetime.now(UTC),
        )
        db.session.add(release)
        db.session.flush()
        system.current_release_id = release.id
    applications.close(app)


def run(arguments: list[str], environment: Mapping[str, str], seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a Python command of the site to its end."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds
    )


class RunningSite:
    """`python -m webapp` on a data folder and a free port; it ends with the `with` block."""

    def __init__(self, data: Path, **settings: object) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = environ(data, PORT=self.port, **settings)
        self._log = data / "output.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RunningSite:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """All that it said since its last start."""
        return self._log.read_text()

    def begin(self) -> None:
        """Start it without waiting for it."""
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "webapp"], cwd=ROOT, env=self.environ, stdout=log, stderr=log
            )

    def start(self) -> None:
        """Start it and wait until it serves."""
        self.begin()
        wait_until(lambda: self._has_ended() or "is served at" in self.output, START_SECONDS, "the site's start")
        assert not self._has_ended(), f"the site ended: {self.output}"

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 40) -> int:
        """Send a signal and return the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(seconds)

    def answers(self, path: str = "/health/live") -> bool:
        try:
            with urllib.request.urlopen(self.url + path, timeout=2) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def child(self, word: str) -> int:
        """The id of the child whose command line holds `word`, 0 if there is none."""
        return next((pid for pid in children(self.pid) if word in command_line(pid)), 0)

    def _has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None


def children(parent: int) -> Iterator[int]:
    """The ids of a process's children."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            yield int(folder.name)


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def lives(pid: int) -> bool:
    """Whether a process runs: one that has ended and is not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False
