"""Faults of the API: the library sees what it would see on Stripe's bad day."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from webapp.billing.sandbox.server import Sandbox

MakeClient = Callable[..., stripe.StripeClient]


@pytest.mark.parametrize(
    ("status", "error"), [(500, stripe.APIError), (503, stripe.APIError), (429, stripe.RateLimitError)]
)
def test_a_status_is_answered_as_often_as_asked(
    sandbox: Sandbox, stripe_client: stripe.StripeClient, status: int, error: type[stripe.StripeError]
) -> None:
    sandbox.faults.api(status, times=2)
    for _ in range(2):
        with pytest.raises(error):
            stripe_client.v1.customers.list()
    assert stripe_client.v1.customers.list().data == []


def test_only_what_fits_fails(sandbox: Sandbox, stripe_client: stripe.StripeClient) -> None:
    sandbox.faults.api(500, method="POST", path="/v1/customers")
    assert stripe_client.v1.customers.list().data == []
    assert stripe_client.v1.products.create({"name": "Pro"}).name == "Pro"
    with pytest.raises(stripe.APIError):
        stripe_client.v1.customers.create({})


def test_a_closed_connection_and_silence(sandbox: Sandbox, make_client: MakeClient) -> None:
    sandbox.faults.api("close")
    with pytest.raises(stripe.APIConnectionError):
        make_client().v1.customers.list()
    sandbox.faults.api("hang", seconds=5)
    began = time.monotonic()
    with pytest.raises(stripe.APIConnectionError):
        make_client(timeout=0.3).v1.customers.list()
    assert time.monotonic() - began < 2


def test_silence_holds_nothing_up(sandbox: Sandbox, make_client: MakeClient) -> None:
    sandbox.faults.api("hang", seconds=3, path="/v1/products")

    def wait() -> None:
        with pytest.raises(stripe.APIConnectionError):
            make_client(timeout=1).v1.products.list()

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.1)
    began = time.monotonic()
    make_client().v1.customers.create({"name": "alice"})
    assert time.monotonic() - began < 0.5
    waiting.join()


@pytest.mark.parametrize("status", [500, "close"])
def test_work_whose_answer_was_lost_is_done_once(sandbox: Sandbox, make_client: MakeClient, status: Any) -> None:
    """The library repeats the request under its own key, and gets the answer of the first."""
    sandbox.faults.api(status, then_do=True, method="POST")
    client = make_client(retries=1)
    customer = client.v1.customers.create({"name": "alice"})
    assert [found.id for found in client.v1.customers.list().data] == [customer.id]


def test_all_faults_can_be_taken_back(sandbox: Sandbox, stripe_client: stripe.StripeClient) -> None:
    sandbox.faults.api(500, times=100)
    sandbox.faults.drop(3)
    sandbox.faults.hold(True)
    assert len(sandbox.faults.wanted()) == 3
    sandbox.faults.clear()
    assert sandbox.faults.wanted() == []
    assert stripe_client.v1.customers.list().data == []
