"""Connections to PostgreSQL that do not wait for a server which went silent, as it does behind a dead network.

libpq's own limits end a silent connecting only: a query that was sent waits for its answer for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

from webapp.core.breaker import Breaker

RV = TypeVar("RV")

SILENCE_SECONDS = 2.0
POLL_SECONDS = 0.1


class Server:
    """One PostgreSQL, as one process sees it. Once it was silent, no one waits for it until it answers a probe."""

    def __init__(self, hurried: Callable[[], bool], *arguments: Any, **parameters: Any) -> None:
        """`hurried`: whether someone waits for the caller's answer; commands and jobs have time.

        The rest are the arguments of `psycopg.connect`; its `connect_timeout` is in them.
        """
        self._hurried = hurried
        self._arguments, self._parameters = arguments, parameters
        self._breaker = Breaker(self._answers)

    def connect(self) -> Connection:
        """Connect. Errors: psycopg.OperationalError, at once while the server is known to be silent."""
        if self._breaker.is_open:
            raise psycopg.OperationalError("PostgreSQL is known to be silent")
        try:
            connection = Connection.connect(*self._arguments, **self._parameters)
        except psycopg.errors.ConnectionTimeout:
            self._breaker.trip()
            raise
        connection.hurried, connection.went_silent = self._hurried, self._breaker.trip
        return connection

    def _answers(self) -> bool:
        try:
            with Connection.connect(*self._arguments, **self._parameters) as connection:
                connection.hurried = lambda: True
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True


class Connection(psycopg.Connection[Any]):
    """A connection that closes itself when the server is silent for SILENCE_SECONDS while someone is in a hurry."""

    hurried: Callable[[], bool] = staticmethod(lambda: False)
    went_silent: Callable[[], None] = staticmethod(lambda: None)

    def wait(self, gen: PQGen[RV], interval: float = POLL_SECONDS, timeout: float | None = None) -> RV:
        """Wait for the server's answer. Errors: psycopg.OperationalError."""
        if timeout is not None or not self.hurried():
            return super().wait(gen, interval, timeout)
        began = time.monotonic()
        try:
            return super().wait(gen, interval, SILENCE_SECONDS)
        except psycopg.OperationalError:
            if time.monotonic() - began >= SILENCE_SECONDS:
                self.close()
                self.went_silent()
            raise
