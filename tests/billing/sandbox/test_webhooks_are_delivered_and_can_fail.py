"""Deliveries: signed in real time, in order, tried again; and every fault that can be asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.billing.sandbox.conftest import Inbox
from webapp.billing.sandbox import webhooks
from webapp.billing.sandbox.server import Sandbox
from webapp.core import clock


@pytest.fixture
def emit(sandbox: Sandbox) -> Callable[..., dict[str, Any]]:
    """Let something happen in the account: `emit("customer.updated", number=2)`."""

    def make(kind: str = "customer.updated", number: int = 1) -> dict[str, Any]:
        with sandbox.store.session() as state:
            return state.emit(kind, {"id": f"cus_{number}", "object": "customer", "name": "Ælfred"})

    return make


Emit = Callable[..., dict[str, Any]]


def kinds(inbox: Inbox) -> list[str]:
    return [json.loads(body)["data"]["object"]["id"] for body, _ in inbox.received]


def test_the_library_accepts_what_is_delivered(sandbox: Sandbox, inbox: Inbox, emit: Emit) -> None:
    made = emit()
    sandbox.settle()
    (event,) = inbox.events(sandbox.secrets()[0])
    assert (event.id, event.type, event.api_version) == (made["id"], "customer.updated", "2026-10-28.endive")
    assert event.livemode is False


def test_deliveries_come_in_order_and_the_event_says_so(
    sandbox: Sandbox, inbox: Inbox, emit: Emit, stripe_client: stripe.StripeClient
) -> None:
    for number in range(20):
        emit(number=number)
    sandbox.settle()
    assert kinds(inbox) == [f"cus_{number}" for number in range(20)]
    events = stripe_client.v1.events.list({"limit": 100}).data
    assert [event.pending_webhooks for event in events] == [0] * 20
    assert stripe_client.v1.events.list({"delivery_success": False}).data == []
    assert len(stripe_client.v1.events.list({"delivery_success": True, "limit": 100}).data) == 20


def test_a_refused_delivery_is_tried_again(
    sandbox: Sandbox,
    inbox: Inbox,
    emit: Emit,
    stripe_client: stripe.StripeClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inbox.answer = 503
    event = emit()
    sandbox.settle()
    assert [found.id for found in stripe_client.v1.events.list({"delivery_success": False}).data] == [event["id"]]
    assert stripe_client.v1.events.retrieve(event["id"]).pending_webhooks == 1
    inbox.answer = 200
    later = webhooks.real_seconds() + webhooks.RETRY_SECONDS[0] + 1
    monkeypatch.setattr(webhooks, "real_seconds", lambda: later)
    sandbox.settle()
    assert len(inbox.received) == 2
    assert stripe_client.v1.events.list({"delivery_success": False}).data == []


def test_after_three_days_no_more_tries(
    sandbox: Sandbox, inbox: Inbox, emit: Emit, advance: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.answer = 500
    emit()
    sandbox.settle()
    advance(days=4)
    monkeypatch.setattr(webhooks, "RETRY_SECONDS", (0.0,))
    later = webhooks.real_seconds() + 2
    monkeypatch.setattr(webhooks, "real_seconds", lambda: later)
    sandbox.settle()
    with sandbox.store.session() as state:
        assert [row["state"] for row in state.find("_delivery")] == ["failed"]
        assert len(webhooks.undelivered(state)) == 1


def test_an_endpoint_that_is_not_there_delays_nothing(sandbox: Sandbox, emit: Emit) -> None:
    sandbox.set_webhook_url("http://127.0.0.1:9/nobody")
    emit()
    sandbox.settle()
    with sandbox.store.session() as state:
        (delivery,) = state.find("_delivery")
    assert (delivery["state"], delivery["attempts"]) == ("due", 1)


def test_signatures_are_in_real_time_when_the_clock_was_moved(
    sandbox: Sandbox, inbox: Inbox, emit: Emit, advance: Callable[..., None]
) -> None:
    advance(days=40)
    emit()
    sandbox.settle()
    (event,) = inbox.events(sandbox.secrets()[0])
    assert abs(event.created - clock.now().timestamp()) < 30
    stamp = int(inbox.received[0][1].split(",")[0].removeprefix("t="))
    assert abs(stamp - clock.real_now().timestamp()) < 30


def test_dropped_and_duplicated(sandbox: Sandbox, inbox: Inbox, emit: Emit, stripe_client: stripe.StripeClient) -> None:
    sandbox.faults.drop(1, "customer.deleted")
    sandbox.faults.duplicate(1)
    emit(number=1)
    lost = emit("customer.deleted", 2)
    emit(number=3)
    sandbox.settle()
    assert kinds(inbox) == ["cus_1", "cus_1", "cus_3"]
    assert [event.id for event in stripe_client.v1.events.list({"delivery_success": False}).data] == [lost["id"]]


@pytest.mark.parametrize(
    ("order", "expected"), [("as sent", [0, 1, 2, 3, 4]), ("reversed", [4, 3, 2, 1, 0]), ("shuffled", None)]
)
def test_held_back_and_released(
    sandbox: Sandbox, inbox: Inbox, emit: Emit, order: Any, expected: list[int] | None
) -> None:
    sandbox.faults.hold(True)
    for number in range(5):
        emit(number=number)
    sandbox.settle()
    assert inbox.received == []
    sandbox.faults.release(order, seed=7)
    came = [int(each.removeprefix("cus_")) for each in kinds(inbox)]
    assert came == expected or (expected is None and sorted(came) == [0, 1, 2, 3, 4] != came)
    emit(number=5)
    sandbox.settle()
    assert kinds(inbox)[-1] == "cus_5"


def test_replayed(sandbox: Sandbox, inbox: Inbox, emit: Emit) -> None:
    event = emit()
    sandbox.settle()
    assert sandbox.faults.replay(event["id"]) == 200
    assert [found.id for found in inbox.events(sandbox.secrets()[0])] == [event["id"]] * 2


def test_a_rolled_secret_signs_beside_the_old_one(sandbox: Sandbox, inbox: Inbox, emit: Emit) -> None:
    (old,) = sandbox.secrets()
    new = sandbox.faults.roll_secret()
    assert sandbox.secrets() == [new, old]
    emit()
    sandbox.settle()
    for secret in (old, new):
        assert len(inbox.events(secret)) == 1
    last = sandbox.faults.roll_secret(overlap=False)
    assert sandbox.secrets() == [last]
    inbox.received.clear()
    emit()
    sandbox.settle()
    inbox.events(last)
    with pytest.raises(stripe.SignatureVerificationError):
        inbox.events(new)


def test_forged_old_and_thin_events_are_sent_as_asked(sandbox: Sandbox, inbox: Inbox) -> None:
    event = {"id": "evt_1", "object": "event", "type": "customer.deleted", "livemode": False}
    (secret,) = sandbox.secrets()
    real = int(clock.real_now().timestamp())
    assert sandbox.faults.send(event, secret=f"whsec_{'x' * 24}") == 200
    assert sandbox.faults.send(event, timestamp=real - 301) == 200
    assert sandbox.faults.send(event | {"object": "v2.core.event"}) == 200
    assert sandbox.faults.send(event, livemode=True) == 200
    assert sandbox.faults.send(event, signature="nonsense") == 200
    for body, header in (*inbox.received[:2], inbox.received[4]):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, header, secret)
    with pytest.raises(ValueError, match="thin"):
        stripe.Webhook.construct_event(*inbox.received[2], secret)
    assert stripe.Webhook.construct_event(*inbox.received[3], secret).livemode


def test_an_endpoint_of_the_api_gets_what_it_wants(
    sandbox: Sandbox, inbox: Inbox, emit: Emit, stripe_client: stripe.StripeClient
) -> None:
    made = stripe_client.v1.webhook_endpoints.create(
        {"url": inbox.url, "enabled_events": ["invoice.paid"], "api_version": "2026-10-28.endive"}
    )
    assert made.secret
    emit("customer.updated")
    emit("invoice.paid")
    sandbox.settle()
    assert len(inbox.received) == 3
    stripe.Webhook.construct_event(*inbox.received[2], made.secret)
    shown = stripe_client.v1.webhook_endpoints.retrieve(made.id)
    assert "secret" not in shown.to_dict()
    assert stripe_client.v1.webhook_endpoints.update(made.id, {"disabled": True}).status == "disabled"
    assert stripe_client.v1.webhook_endpoints.delete(made.id).deleted
    assert made.id not in [row.id for row in stripe_client.v1.webhook_endpoints.list().data]


def test_events_are_listed_by_type_and_time(emit: Emit, stripe_client: stripe.StripeClient) -> None:
    first, second = emit("customer.created"), emit("invoice.paid")

    def ids(**params: Any) -> list[str]:
        return [event.id for event in stripe_client.v1.events.list(params).data]  # type: ignore[arg-type]

    assert ids() == [second["id"], first["id"]]
    assert ids(type="customer.*") == [first["id"]]
    assert ids(types=["invoice.paid", "invoice.voided"]) == [second["id"]]
    assert ids(created={"gt": second["created"]}) == []
    with pytest.raises(stripe.InvalidRequestError):
        ids(type="invoice.paid", types=["invoice.paid"])
