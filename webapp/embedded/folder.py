"""The data folder: one run at a time, and nothing left of an earlier one."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from config import RUN_SETTINGS
from webapp.embedded import kernel
from webapp.embedded.problems import StartError

MARK = "CODESHELF_RUN"
"""Set in the environment of every child, to tell our processes from others after a crash."""
END_SECONDS = 5.0
POLL_SECONDS = 0.05


def run_folder(data: Path) -> Path:
    """Return the folder for locks, made if need be. Errors: OSError."""
    folder = data.resolve() / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def take(data: Path) -> IO[str]:
    """Return the data folder's lock, held while it is open. Errors: StartError if another run holds it, OSError."""
    lock = (run_folder(data) / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise StartError(f"DATA: {data.resolve()} is served already, by process {holder or 'unknown'}.") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def leave_settings(data: Path, decided: Mapping[str, str]) -> None:
    """Leave the settings that this run decided for commands on the same data folder. Errors: OSError."""
    path = data.resolve() / RUN_SETTINGS
    path.touch(mode=0o600)
    path.write_text(json.dumps(dict(decided)))


def forget_settings(data: Path) -> None:
    (data.resolve() / RUN_SETTINGS).unlink(missing_ok=True)


def end_leftovers(data: Path) -> int:
    """End the processes that a killed run left behind, and return how many there were. Call with the lock held."""
    mark = str(run_folder(data))
    found = _ours(mark)
    for pid in found:
        kernel.send(pid, signal.SIGTERM)
    until = time.monotonic() + END_SECONDS
    while left := _ours(mark):
        if time.monotonic() > until:
            for pid in left:
                kernel.send(pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)
    return len(found)


def _ours(mark: str) -> set[int]:
    return set(kernel.marked(MARK, mark)) - {os.getpid()}
