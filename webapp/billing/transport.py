"""HTTP that keeps to a time: all that one thread asks in a block may take so long together, however it is spent.

A socket's timeout starts anew with every byte that comes. Here each read is given what is left of the whole.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

TIMEOUT_SECONDS = 10.0
"""What one request may take where no block says less."""
LEAST_SECONDS = 0.3


class Patience(threading.local):
    """How long this thread may still wait; `until` is on the monotonic clock, None outside of a block."""

    until: float | None = None
    answer_until: float = 0.0
    """When the answer that is being read must be there."""

    @contextlib.contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Let the block take so long, or what an outer block leaves."""
        earlier, until = self.until, time.monotonic() + seconds
        self.until = until if earlier is None else min(earlier, until)
        try:
            yield
        finally:
            self.until = earlier

    @property
    def left(self) -> float:
        """Seconds that a request begun now may take."""
        return TIMEOUT_SECONDS if self.until is None else min(TIMEOUT_SECONDS, self.until - time.monotonic())


patience = Patience()


class Session(requests.Session):
    """A session whose requests end within the thread's patience."""

    def __init__(self) -> None:
        super().__init__()
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter())

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Errors: requests.Timeout, also when there is no patience left to begin."""
        left = patience.left
        if left < LEAST_SECONDS:
            raise requests.Timeout("no time left")
        patience.answer_until = time.monotonic() + left
        return super().request(*args, **{**kwargs, "timeout": left})


class _Bounded(io.RawIOBase):
    """A socket's stream of which each read waits no longer than the whole answer may still take."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock, self._until = sock, until
        self._stream = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer comes too slowly")
        self._sock.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Bounded(sock, patience.answer_until))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
