"""A threaded HTTP server that can be stopped at once, with nothing left behind."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

HOST = "127.0.0.1"


class Handler(WSGIRequestHandler):
    """One request a connection, so that no idle connection outlives its use; and no line in the log for each."""

    protocol_version = "HTTP/1.0"
    timeout = 30

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the control page shows the requests."""


class Server(ThreadedWSGIServer):
    """Knows its connections, so that `close` can cut those that still wait."""

    daemon_threads = False

    def __init__(self, app: Flask, port: int) -> None:
        """Take the port. Errors: OSError."""
        self._open: set[socket.socket] = set()
        with socket.create_server((HOST, port), backlog=128) as listening:  # the base class would end the process
            super().__init__(HOST, port, app, Handler, fd=listening.fileno())
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox-http")

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has gone away is its own affair."""

    def start(self) -> None:
        self._thread.start()

    def server_close(self) -> None:
        """Cut the connections that are still open, then wait for their threads."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def close(self) -> None:
        """Take no more requests and wait for every thread."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()
