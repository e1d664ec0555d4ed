"""A circuit breaker for a part that may be down: one process waits for it once, then does without until it is back."""

from __future__ import annotations

import threading
from collections.abc import Callable

PROBE_EVERY_SECONDS = 0.5


class Breaker:
    """Closed while the part answers. `trip()` opens it; a thread of its own probes until the part is back.

    No request ever probes: a request either finds the breaker closed, or does without at no cost.
    """

    def __init__(self, probe: Callable[[], bool]) -> None:
        """`probe` returns True once the part can be used again; it may take as long as it likes, and must not raise."""
        self._probe = probe
        self._lock = threading.Lock()
        self._open = False
        self._waiting: list[Callable[[], None]] = []

    @property
    def is_open(self) -> bool:
        return self._open

    def trip(self) -> None:
        """Open the breaker, if it is not open yet, and begin to probe."""
        with self._lock:
            if self._open:
                return
            threading.Thread(target=self._watch, name="breaker", daemon=True).start()
            self._open = True

    def once_closed(self, work: Callable[[], None]) -> None:
        """Run `work` as soon as the part is back; at once if it never was away."""
        with self._lock:
            if self._open:
                self._waiting.append(work)
                return
        work()

    def _watch(self) -> None:
        pause = threading.Event()
        while not self._probe():
            pause.wait(PROBE_EVERY_SECONDS)
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self._open = False
        for work in waiting:
            work()
