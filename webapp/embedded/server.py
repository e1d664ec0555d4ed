"""The HTTP server: Granian's command line, and whether its port is free and its site answers."""

from __future__ import annotations

import errno
import http.client
import socket
import sys
from pathlib import Path

from config import Settings
from webapp.embedded.problems import StartError
from webapp.site.bodies import WAITING_THREADS

FINISH_SECONDS = 10
"""How long a stopping server may finish its requests."""
LISTENS = "0A"
"""The state of a listening socket in the kernel's tables."""
SOCKET_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
ANSWER_SECONDS = 2.0
UNSPECIFIED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # not bound here: these are asked elsewhere


def command(settings: Settings) -> list[str]:
    """Return Granian's command line. Errors: StartError for a host that cannot be found."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "wsgi:app", "--http", "1", "--no-ws"),
        *("--host", ip_address(settings), "--port", str(settings.port)),
        *("--workers", str(settings.workers), "--blocking-threads", str(settings.threads + WAITING_THREADS)),
        *("--respawn-failed-workers", "--workers-kill-timeout", str(FINISH_SECONDS), "--log-level", "error"),
    ]


def ip_address(settings: Settings) -> str:
    """Return the address to listen on, which Granian wants in figures; of several, IPv4. Errors: StartError."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise StartError(f"HOST: {settings.host} is no address and no known name.") from None
    families = {family: str(address[0]) for family, _, _, _, address in reversed(found)}
    return families.get(socket.AF_INET) or families[socket.AF_INET6]


def require_free_port(settings: Settings) -> None:
    """Refuse a port that something listens on: Granian itself would share it. Errors: StartError."""
    ip = ip_address(settings)
    try:
        with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((ip, settings.port))
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


def listeners(settings: Settings) -> int:
    """Return how many sockets listen on the site's port: each process of the server has one once it has loaded."""
    port = f":{settings.port:04X}"
    rows = (row.split() for table in SOCKET_TABLES if table.exists() for row in table.read_text().splitlines())
    return sum(row[1].endswith(port) and row[3] == LISTENS for row in rows)


def address(settings: Settings) -> str:
    """Return the address to open in a browser on this machine."""
    host = UNSPECIFIED.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
