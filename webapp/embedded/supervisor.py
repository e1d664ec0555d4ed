"""Runs children until told to stop: starts again what dies, with growing pauses, and ends all in order."""

from __future__ import annotations

import queue
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from webapp.embedded import kernel
from webapp.embedded.child import Child

POLL_SECONDS = 0.05
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
HEARD_SIGNALS = (*STOP_SIGNALS, signal.SIGHUP, signal.SIGCHLD)


class Stopped(Exception):
    """The operator asked to stop."""


class Supervisor:
    """Watches children from the main thread of a process that has no other thread."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Take over the process's signals. `say` tells the operator a line."""
        self._say = say
        self._heard: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in HEARD_SIGNALS:
            signal.signal(number, self._hear)
        kernel.adopt_orphans()

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self._heard.put(number)  # safe inside a handler, which the queue's documentation promises

    def wait(self, seconds: float) -> int | None:
        """Return the next signal, or None if none comes in time. Errors: Stopped."""
        try:
            number = self._heard.get(timeout=seconds)
        except queue.Empty:
            return None
        if number in STOP_SIGNALS:
            raise Stopped
        return number

    def wait_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Return whether `condition` came true in time. Errors: Stopped."""
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= until:
                return False
            self.wait(POLL_SECONDS)
        return True

    def run_to_its_end(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> int:
        """Run a command that ends by itself and return its exit code. Errors: Stopped, OSError."""
        process = subprocess.Popen(command, cwd=folder, env=environment, preexec_fn=kernel.end_with_parent)
        try:
            while process.poll() is None:
                self.wait(POLL_SECONDS)
            self.wait(0)  # Ctrl-C may have ended it, and reached us too
        finally:
            process.terminate()
            process.wait()
        return process.returncode

    def watch(self, children: Callable[[], Sequence[Child]], reload: Callable[[], None]) -> None:
        """Keep those running that are its `children` now, and call `reload` on HUP. Errors: Stopped."""
        while True:
            for child in children():
                self._revive(child)
            pauses = [child.due - time.monotonic() for child in children() if not child.pid]
            number = self.wait(max(min(pauses, default=60.0), 0.0))
            if number == signal.SIGHUP:
                reload()

    def _revive(self, child: Child) -> None:
        if child.runs:
            return
        if child.pid:
            self._say(f"{child.name} (process {child.pid}) {child.clear()}; starting it again.")
        if time.monotonic() >= child.due:
            try:
                child.start()
            except OSError as error:
                self._say(f"{child.name} cannot be started, trying again: {error}")

    def stop(self, children: Sequence[Child]) -> bool:
        """Ask `children` to end, all at once; kill those that take too long, or when asked to stop meanwhile.

        Return whether that was asked.
        """
        for child in children:
            child.send(signal.SIGTERM)
        began = time.monotonic()
        hurry = False
        while running := [child for child in children if child.runs]:
            hurry = self._asked_to_stop() or hurry
            for child in running:
                if hurry or time.monotonic() - began >= child.patience:
                    child.kill()
        for child in children:
            child.end_rest()
        return hurry

    def _asked_to_stop(self) -> bool:
        try:
            self.wait(POLL_SECONDS)
        except Stopped:
            return True
        return False
