"""One supervised child process, the leader of a session and process group of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from webapp.embedded import kernel

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 30.0
"""A child that lived so long is started again at once."""
ORPHANS_SECONDS = 3.0
"""How long what a dead leader left behind may finish its requests."""
POLL_SECONDS = 0.02
NOTHING = 0
"""The signal that only asks whether there is someone to send it to."""


class Child:
    """Starts, watches and ends one command. Not for use from several threads."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        patience: float,
        log: Path | None = None,
    ) -> None:
        """`patience`: seconds that it may take to end. `log`: where its output goes instead of ours."""
        self.name = name
        self.patience = patience
        self.due = 0.0
        """When it may be started again, on the monotonic clock."""
        self._command = command
        self._folder = folder
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = 0.0

    @property
    def pid(self) -> int:
        """Its process id, 0 while it was not started or is waiting to be started again."""
        return self._process.pid if self._process else 0

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it. Errors: OSError."""
        output = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) if self._log else None
        try:
            self._started = time.monotonic()
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                umask=0o077,
                preexec_fn=kernel.end_with_parent,
            )
        except OSError:
            self._put_off()
            raise
        finally:
            if output is not None:
                os.close(output)

    def clear(self) -> str:
        """After its end: end what it left behind, set when it is due again, and say how it ended."""
        code = self._process.wait() if self._process else 0
        self._end_group(ORPHANS_SECONDS)
        self._process = None
        if time.monotonic() - self._started >= STEADY_SECONDS:
            self._pause = 0.0
        self._put_off()
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the leader alone, if it runs."""
        if self.runs:
            kernel.send(self.pid, number)

    def kill(self) -> None:
        kernel.send_group(self.pid, signal.SIGKILL)

    def end_rest(self) -> None:
        """Once it has ended, end what it left behind."""
        if self._process is not None:
            self._end_group(0)

    def _put_off(self) -> None:
        self.due = time.monotonic() + self._pause
        self._pause = min(max(self._pause * 2, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)

    def _end_group(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        number: int = signal.SIGTERM
        while kernel.send_group(self.pid, number):
            kernel.reap_group(self.pid)
            time.sleep(POLL_SECONDS)
            number = signal.SIGKILL if time.monotonic() >= until else NOTHING
