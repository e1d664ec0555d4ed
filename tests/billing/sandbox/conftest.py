"""A started sandbox, the real library in front of it, and a clock that a test moves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.billing.sandbox.stories import Story
from webapp.billing.sandbox.server import Sandbox
from webapp.core import clock


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A started sandbox of the test's own, whose clock lies in its folder; it has no webhook endpoint yet."""
    clock.use_offset_file(tmp_path / "clock_offset")
    with Sandbox(tmp_path) as started:
        yield started
    clock.use_offset_file(None)


@pytest.fixture
def make_client(sandbox: Sandbox) -> Iterator[Callable[..., stripe.StripeClient]]:
    """Build clients as the site does: `make_client(retries=2, timeout=10, key=…)`."""
    made = []

    def make(*, retries: int = 0, timeout: float = 10, key: str | None = None, **options: Any) -> stripe.StripeClient:
        http = stripe.RequestsClient(timeout=timeout)
        made.append(http)
        return stripe.StripeClient(
            key or sandbox.key,
            base_addresses={"api": sandbox.url},
            http_client=http,
            max_network_retries=retries,
            **options,
        )

    yield make
    for http in made:
        http.close()  # type: ignore[no-untyped-call]  # the library's


@pytest.fixture
def stripe_client(make_client: Callable[..., stripe.StripeClient]) -> stripe.StripeClient:
    """The real library in front of the sandbox, without retries."""
    return make_client()


@pytest.fixture
def advance(sandbox: Sandbox) -> Callable[..., None]:
    """Move the clock: `advance(days=8)`; what is due by then is done."""

    def move(*, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        sandbox.move_clock(int(days * 86400 + hours * 3600 + seconds))

    return move


class Inbox:
    """A webhook endpoint: keeps what came and answers as the test wants."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, str]] = []
        self.answer = 200
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.received.append((body, self.headers["Stripe-Signature"]))
                self.send_response(inbox.answer)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Keep the tests' output quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/stripe"

    def events(self, secret: str) -> list[stripe.Event]:
        """Verify what came with the library and return it."""
        return [stripe.Webhook.construct_event(body, header, secret) for body, header in self.received]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def inbox(sandbox: Sandbox) -> Iterator[Inbox]:
    """The sandbox's default endpoint."""
    opened = Inbox()
    sandbox.set_webhook_url(opened.url)
    yield opened
    opened.close()


@pytest.fixture
def story(sandbox: Sandbox, stripe_client: stripe.StripeClient, advance: Callable[..., None]) -> Story:
    """A shop with one customer, and what a person and time do to it."""
    return Story(sandbox, stripe_client, advance)
