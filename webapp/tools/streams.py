"""Answers that take long are streamed, and each holds a thread: at most half of a process's threads may do so."""

from __future__ import annotations

import threading

from flask import current_app

from webapp.core.errors import TooManyRequests
from webapp.extensions import settings

KEY = "tool_streams"
RETRY_SECONDS = 15
_making = threading.Lock()


class Busy(TooManyRequests):
    code, message = "too_many_streams", "Several long answers are on their way just now. Please try again in a moment."


class Place:
    """A place among the streams; it is given back once, whoever asks first."""

    def __init__(self, places: threading.Semaphore) -> None:
        self._places: threading.Semaphore | None = places
        self._lock = threading.Lock()

    def leave(self) -> None:
        """Let another stream begin."""
        with self._lock:
            places, self._places = self._places, None
        if places is not None:
            places.release()


def take_place() -> Place:
    """Return a place for a stream of this process. Errors: Busy."""
    with _making:
        places: threading.Semaphore = current_app.extensions.setdefault(
            KEY, threading.Semaphore(max(1, settings().threads // 2))
        )
    if not places.acquire(blocking=False):
        raise Busy(retry_after=RETRY_SECONDS)
    return Place(places)
