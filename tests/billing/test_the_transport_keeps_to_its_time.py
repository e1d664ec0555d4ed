"""Servers that are slow, silent, or break off: what is asked ends within the patience, and is read right."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from webapp.billing.gateway import Gateway
from webapp.billing.payments import PaymentsAway

PATIENCE = 1.0
Handler = Callable[[socket.socket], None]
CUSTOMER = {"id": "cus_1", "object": "customer", "padding": "x" * 200_000}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def gateway_to() -> Iterator[Callable[[Handler], Gateway]]:
    """A gateway to a server that answers as a handler says."""
    threads, sockets = [], []

    def begin(handler: Handler) -> Gateway:
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(65536)
                        handler(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        threads.append(thread)
        return Gateway(f"sk_test_{'t' * 8}", f"http://127.0.0.1:{listener.getsockname()[1]}")

    yield begin
    for listener in sockets:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join()


def drip(data: bytes) -> Handler:
    def handler(connection: socket.socket) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)

    return handler


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(drip(HEAD + b"X-Long: " + b"a" * 40), id="dripping headers"),
        pytest.param(lambda c: (c.sendall(HEAD + b"Content-Length: 50\r\n\r\n"), drip(b"{" + b" " * 49)(c)), id="body"),
        pytest.param(lambda _: time.sleep(3), id="silence"),
    ],
)
def test_a_slow_answer_is_given_up_in_time(gateway_to, handler: Handler):
    gateway = gateway_to(handler)
    began = time.monotonic()
    with gateway.patience(PATIENCE), pytest.raises(PaymentsAway):
        gateway.customer("cus_1")
    assert time.monotonic() - began < PATIENCE + 0.7


def test_an_answer_that_breaks_off_is_no_answer(gateway_to):
    gateway = gateway_to(lambda c: c.sendall(HEAD + b'Content-Length: 5000\r\n\r\n{"object": "customer"}'))
    with gateway.patience(PATIENCE), pytest.raises(PaymentsAway):
        gateway.customer("cus_1")


def test_a_packed_answer_in_pieces_is_read(gateway_to):
    body = gzip.compress(json.dumps(CUSTOMER).encode())

    def handler(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(body), 50):
            piece = body[start : start + 50]
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")

    found = gateway_to(handler).customer("cus_1")
    assert found is not None
    assert found.id == "cus_1"


def test_an_inner_patience_never_lengthens_the_outer(gateway_to):
    gateway = gateway_to(lambda _: None)
    with gateway.patience(PATIENCE):
        with gateway.patience(60):
            assert gateway.seconds_left <= PATIENCE
        with gateway.patience(0):
            assert gateway.seconds_left <= 0
        assert gateway.seconds_left > 0
