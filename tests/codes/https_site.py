"""A publisher's site on loopback, over https with a certificate that is made for the test."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

NO_OPENSSL = "no openssl command on this machine: nothing is fetched from an https site (apt-get install openssl)"
Answer = Callable[["Visit"], None]


class Certificate(NamedTuple):
    """Paths of a certificate for 127.0.0.1 and localhost, which vouches for itself, and of its key."""

    certificate: Path
    key: Path


def certificate(folder: Path) -> Certificate | None:
    """Make a certificate that holds for a day; None where nothing is there to make it with."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return None
    made = Certificate(folder / "site.pem", folder / "site.key")
    command = (
        *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-out", made.certificate, "-keyout", made.key),
    )
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return made


class Visit(BaseHTTPRequestHandler):
    """One request. The answer that the site has for its path is given; without one it is 404."""

    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        self.close_connection = True
        self.site.asked.append(self.path)
        self.site.headers.append(dict(self.headers))
        self.site.answers.get(self.path.partition("?")[0], status(404))(self)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Site:
    """`answers` by path, which tests fill; `asked` are the paths that were asked for, with their headers."""

    def __init__(self, port: int, scheme: str = "https") -> None:
        self.address = f"{scheme}://localhost:{port}"
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []


@contextmanager
def running(made: Certificate | None) -> Iterator[Site]:
    """Run a site; without a certificate it is one of plain http."""
    visit = type("VisitHere", (Visit,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), visit)
    visit.site = Site(server.server_address[1], "https" if made else "http")
    if made:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*made)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield visit.site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def body(data: bytes, headers: dict[str, str] | None = None, code: int = 200) -> Answer:
    """Answer with a body; its length is that of `data` unless `headers` say another one."""

    def answer(visit: Visit) -> None:
        visit.send_response(code)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            visit.send_header(name, value)
        visit.end_headers()
        visit.wfile.write(data)

    return answer


def status(code: int) -> Answer:
    return body(b"", code=code)


def redirect(location: str) -> Answer:
    return body(b"", {"Location": location}, 302)


def chunked(pieces: list[bytes], whole: bool = True) -> Answer:
    """Answer in pieces without saying how many bytes they have; of one that is not `whole` the end is missing."""

    def answer(visit: Visit) -> None:
        visit.send_response(200)
        visit.send_header("Transfer-Encoding", "chunked")
        visit.end_headers()
        for piece in pieces:
            visit.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        if whole:
            visit.wfile.write(b"0\r\n\r\n")

    return answer
