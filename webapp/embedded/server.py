"""The HTTP server: Granian's command line, and whether its port is free and its site answers."""

from __future__ import annotations

import errno
import http.client
import socket
import sys

from config import Settings
from webapp.embedded.problems import StartError

FINISH_SECONDS = 10
"""How long a stopping server may finish its requests."""
OVERLAP_SECONDS = 6.0
"""On a reload old processes go on for so long, while the new ones load."""
ANSWER_SECONDS = 2.0
UNSPECIFIED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # not bound here: these are asked elsewhere


def command(settings: Settings) -> list[str]:
    """Return Granian's command line."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "wsgi:app", "--http", "1", "--no-ws"),
        *("--host", settings.host, "--port", str(settings.port)),
        *("--workers", str(settings.workers), "--blocking-threads", str(settings.threads)),
        *("--respawn-failed-workers", "--respawn-interval", str(OVERLAP_SECONDS)),
        *("--workers-kill-timeout", str(FINISH_SECONDS), "--log-level", "error"),
    ]


def require_free_port(settings: Settings) -> None:
    """Refuse a port that something listens on: Granian itself would share it. Errors: StartError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(f"PORT: {settings.port} is in use on {settings.host}: choose another one.") from None
        reason = error.strerror or error
        raise StartError(f"HOST, PORT: cannot listen on {settings.host}:{settings.port}: {reason}.") from None


def answers(settings: Settings) -> bool:
    """Whether the site says that it lives."""
    host = UNSPECIFIED.get(settings.host, settings.host)
    connection = http.client.HTTPConnection(host, settings.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def address(settings: Settings) -> str:
    """Return the address to open in a browser on this machine."""
    host = UNSPECIFIED.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
