"""Requests whose body comes slowly: they may hold half of the threads, each for a while, so that others are served.

The server hands a request on once its headers are there, and reading the body then holds a thread. A body is nearly
always there by then; one that is not must find a free place to wait in, and may take so long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from werkzeug.exceptions import RequestTimeout

from webapp.core.errors import Unavailable

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

AT_ONCE_SECONDS = 0.05
"""A body that takes no longer than this needs no place."""
LONGEST_SECONDS = 10.0


class Bodies:
    """WSGI middleware around the application."""

    def __init__(self, app: WsgiApp, threads: int) -> None:
        """`threads`: how many requests the server works on at a time."""
        self._app = app
        self._places = threading.BoundedSemaphore(max(1, threads // 2))

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = _Body(environ["wsgi.input"], self._places)
        return self._app(environ, start_response)


class _Body:
    """A body whose reading ends in time. Only `read` is needed: Werkzeug reads nothing else."""

    def __init__(self, stream: Any, places: threading.BoundedSemaphore) -> None:
        self._stream, self._places = stream, places
        self._left = LONGEST_SECONDS

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes. Errors: RequestTimeout (408), Unavailable if too many wait already."""
        result: Future[bytes] = Future()
        threading.Thread(target=self._fetch, args=(size, result), name="body", daemon=True).start()
        began = time.monotonic()
        try:
            return result.result(AT_ONCE_SECONDS)
        except TimeoutError:
            pass
        if not self._places.acquire(blocking=False):
            raise Unavailable
        try:
            return result.result(self._left)
        except TimeoutError:
            raise RequestTimeout from None
        finally:
            self._left -= time.monotonic() - began
            self._places.release()

    def _fetch(self, size: int, result: Future[bytes]) -> None:
        """Read in a thread of its own, which ends with the connection: nothing else can leave a read that waits."""
        try:
            result.set_result(self._stream.read(size) if size >= 0 else self._stream.read())
        except BaseException as error:  # noqa: BLE001  # raised where the result is awaited
            result.set_exception(error)
