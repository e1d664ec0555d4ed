"""Requests whose body comes slowly wait beside the threads that work, so that others are served meanwhile.

The server hands a request on once its headers are there. Reading a body that is not there yet holds a thread for as
long as the client likes, and nothing can end such a read. So there are more threads than may work at a time: whoever
waits for a body leaves the place at work to others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from webapp.core.errors import Unavailable

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

WAITING_THREADS = 192
"""How many requests may wait for their bodies at a time, in each server process."""


class Bodies:
    """WSGI middleware around the application."""

    def __init__(self, app: WsgiApp, threads: int) -> None:
        """`threads`: how many requests may be worked on at a time."""
        self._app = app
        self._at_work = threading.Semaphore(threads)
        self._waiting = threading.Semaphore(WAITING_THREADS)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = _Body(environ["wsgi.input"], self._at_work, self._waiting)
        with self._at_work:
            return self._app(environ, start_response)


class _Body:
    """A body that is waited for elsewhere. Werkzeug reads by `read` alone."""

    def __init__(self, stream: Any, at_work: threading.Semaphore, waiting: threading.Semaphore) -> None:
        self._stream, self._at_work, self._waiting = stream, at_work, waiting

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes. Errors: Unavailable if too many wait already."""
        if not self._waiting.acquire(blocking=False):
            raise Unavailable
        self._at_work.release()
        try:
            found: bytes = self._stream.read(size) if size >= 0 else self._stream.read()
            return found
        finally:
            self._at_work.acquire()
            self._waiting.release()
