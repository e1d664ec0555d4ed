"""The sandbox's documents: one transaction at a time, nothing half written."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.billing.sandbox.errors import ApiError, declined, missing
from webapp.billing.sandbox.routing import in_range, listing
from webapp.billing.sandbox.state import State, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "sandbox.db")
    yield opened
    opened.close()


def customer(key: str, **fields: object) -> dict[str, object]:
    return {"id": key, "object": "customer", **fields}


def test_the_file_is_its_owners_alone(store: Store, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "sandbox.db").stat().st_mode) == 0o600


def test_documents_are_found_by_their_fields_newest_first(store: Store) -> None:
    with store.session() as state:
        for number in range(3):
            state.put(customer(f"cus_{number}", email="alice@example.org" if number else None, deleted=number == 2))
        state.put(customer("cus_0", email=None, deleted=False, name="changed"))
    with store.session() as state:
        assert [row["id"] for row in state.find("customer")] == ["cus_2", "cus_1", "cus_0"]
        assert [row["id"] for row in state.find("customer", email=None)] == ["cus_0"]
        assert [row["id"] for row in state.find("customer", email="alice@example.org", deleted=False)] == ["cus_1"]
        assert state.require("customer", "cus_0")["name"] == "changed"
        state.remove("customer", "cus_0")
        assert state.get("customer", "cus_0") is None


def test_what_was_read_is_a_copy(store: Store) -> None:
    with store.session() as state:
        state.put(customer("cus_1", name="bob"))
        state.require("customer", "cus_1")["name"] = "charlie"
        assert state.require("customer", "cus_1")["name"] == "bob"


def test_an_unknown_object_is_missing_with_404_in_the_path_and_400_in_a_parameter(store: Store) -> None:
    with store.session() as state, pytest.raises(ApiError) as raised:
        state.require("customer", "cus_9")
    assert raised.value.body()["error"]["message"] == "No such customer: 'cus_9'"
    assert (raised.value.status, raised.value.code) == (404, "resource_missing")
    assert missing("price", "price_9", "items[0][price]").status == 400


def test_an_error_rolls_back_unless_it_keeps(store: Store) -> None:
    def write(state: State, key: str, error: Exception) -> None:
        state.put(customer(key))
        raise error

    with pytest.raises(ValueError), store.session() as state:
        write(state, "cus_1", ValueError())
    with pytest.raises(ApiError), store.session() as state:
        write(state, "cus_2", ApiError("no"))
    with pytest.raises(ApiError), store.session() as state:
        write(state, "cus_3", declined("Your card was declined.", "generic_decline"))
    with store.session() as state:
        assert [row["id"] for row in state.find("customer")] == ["cus_3"]


def test_a_second_session_of_one_thread_is_an_error_not_a_standstill(store: Store) -> None:
    with store.session(), pytest.raises(RuntimeError), store.session():
        pass


def test_threads_wait_for_each_other(store: Store) -> None:
    with store.session() as state:
        state.put(customer("cus_1", balance=0))

    def add() -> None:
        for _ in range(20):
            with store.session() as state:
                found = state.require("customer", "cus_1")
                state.put({**found, "balance": found["balance"] + 1})

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.session() as state:
        assert state.require("customer", "cus_1")["balance"] == 160


def test_an_event_shows_the_object_as_it_was_without_internal_fields(store: Store) -> None:
    with store.session() as state:
        endpoint = {"object": "webhook_endpoint", "status": "enabled", "enabled_events": ["customer.created"]}
        state.put({"id": "we_1", **endpoint})
        state.put({"id": "we_2", **endpoint, "status": "disabled"})
        state.put({"id": "we_3", **endpoint, "enabled_events": ["invoice.paid"]})
        shown = customer("cus_1", name="alice", _number="4242")
        event = state.emit("customer.created", shown)
        shown["name"] = "bob"
        assert state.require("event", event["id"])["data"] == {"object": customer("cus_1", name="alice")}
        assert event["pending_webhooks"] == 1
        assert [row["endpoint"] for row in state.find("_delivery")] == ["we_1"]


def test_lists_are_paged_both_ways() -> None:
    rows = [customer(f"cus_{number}") for number in range(5)]

    def ids(**params: object) -> tuple[list[object], bool]:
        page = listing(rows, dict(params), url="/v1/customers")
        return [row["id"][-1] for row in page["data"]], page["has_more"]

    assert ids() == (["0", "1", "2", "3", "4"], False)
    assert ids(limit=2) == (["0", "1"], True)
    assert ids(limit=2, starting_after="cus_2") == (["3", "4"], False)
    assert ids(limit=2, ending_before="cus_3") == (["1", "2"], True)
    assert ids(limit=5, ending_before="cus_2") == (["0", "1"], False)
    for wrong in ({"limit": 0}, {"limit": 101}, {"starting_after": "cus_9"}):
        with pytest.raises(ApiError):
            ids(**wrong)


def test_a_range_of_time() -> None:
    assert in_range(5, None)
    assert in_range(5, 5)
    assert in_range(5, {"gte": 5, "lt": 6})
    assert not in_range(5, {"gt": 5})
    assert not in_range(5, {"lte": 4})
    assert not in_range(None, {"gt": 0})
