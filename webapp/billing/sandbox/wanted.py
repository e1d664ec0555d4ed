"""Which faults are wanted now, on the API and on deliveries."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

ApiStatus = int | Literal["hang", "close"]


@dataclass
class ApiFault:
    """What happens to the next `times` API requests that fit."""

    status: ApiStatus
    times: int
    method: str | None
    path: str | None
    seconds: float
    then_do: bool


@dataclass
class DeliveryFault:
    """What happens to the next `times` deliveries of a type, or of any."""

    kind: Literal["drop", "duplicate"]
    times: int
    type: str | None


class Wanted:
    """The faults that are wanted now. Safe between threads; nothing of it outlives the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._api: list[ApiFault] = []
        self._deliveries: list[DeliveryFault] = []
        self.held = False
        """Whether all deliveries are kept back."""
        self.delay_seconds = 0.0
        """Real time that each delivery waits before it is sent."""

    def api(
        self,
        status: ApiStatus,
        *,
        times: int = 1,
        method: str | None = None,
        path: str | None = None,
        seconds: float = 30,
        then_do: bool = False,
    ) -> None:
        """Answer the next `times` requests with `status` (a code; "hang": say nothing for `seconds`; "close").

        `path` is a prefix such as /v1/subscriptions. `then_do`: the work is done and its answer kept under the
        idempotency key, but the caller does not see it.
        """
        with self._lock:
            self._api.append(ApiFault(status, times, method, path, seconds, then_do))

    def take_api(self, method: str, path: str) -> ApiFault | None:
        """Return the fault for this request, and count it down."""
        with self._lock:
            for fault in self._api:
                if fault.method in {None, method} and path.startswith(fault.path or "/"):
                    fault.times -= 1
                    self._api = [left for left in self._api if left.times > 0]
                    return fault
        return None

    def drop(self, times: int = 1, type: str | None = None) -> None:
        """Lose the next deliveries for good, without a further try."""
        self._add(DeliveryFault("drop", times, type))

    def duplicate(self, times: int = 1, type: str | None = None) -> None:
        """Send the next deliveries twice."""
        self._add(DeliveryFault("duplicate", times, type))

    def _add(self, fault: DeliveryFault) -> None:
        with self._lock:
            self._deliveries.append(fault)

    def take_delivery(self, type: str) -> Literal["drop", "duplicate"] | None:
        """Return the fault for a delivery of this type, and count it down."""
        with self._lock:
            for fault in self._deliveries:
                if fault.type in {None, type}:
                    fault.times -= 1
                    self._deliveries = [left for left in self._deliveries if left.times > 0]
                    return fault.kind
        return None

    def hold(self, on: bool = True) -> None:
        """Keep all deliveries back, or go on in the order in which they were made."""
        self.held = on

    def delay(self, seconds: float) -> None:
        """Wait before each delivery."""
        self.delay_seconds = seconds

    def clear(self) -> None:
        """Want no fault any more."""
        with self._lock:
            self._api, self._deliveries = [], []
        self.delay_seconds = 0.0
        self.hold(False)

    def wanted(self) -> list[str]:
        """Tell each fault in words, for the control page."""
        with self._lock:
            api = [
                f"{fault.method or 'any'} {fault.path or '/v1'}: {fault.status}"
                f"{' after the work is done' if fault.then_do else ''}, {fault.times} times"
                for fault in self._api
            ]
            deliveries = [
                f"{fault.kind} {fault.type or 'any event'}, {fault.times} times" for fault in self._deliveries
            ]
        delay = [f"each delivery waits {self.delay_seconds:g} s"] if self.delay_seconds else []
        return [*api, *deliveries, *delay, *(["deliveries are held back"] if self.held else [])]
