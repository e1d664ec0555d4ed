"""Idempotency keys (https://docs.stripe.com/api/idempotent_requests): a repeated POST gets the first one's answer."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from webapp.billing.sandbox.errors import ApiError
from webapp.billing.sandbox.state import State

KEPT_SECONDS = 24 * 3600
LONGEST_KEY = 255
KIND = "_idempotency"


class Answer(NamedTuple):
    """What a request was answered with."""

    status: int
    body: dict[str, Any]


class Running:
    """The keys whose requests are being worked on now."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def only(self, key: str | None) -> Iterator[None]:
        """Let no other request use the key meanwhile. Errors: ApiError 409 if one does."""
        with self._lock:
            if key in self._keys:
                raise ApiError(
                    "There is currently another in-progress request using this Stripe-Idempotency-Key "
                    "(that probably means you submitted twice, and the other request is still going through): "
                    f"{key}. Please try again later.",
                    status=409,
                    type="idempotency_error",
                    code="idempotency_key_in_use",
                    headers={"Stripe-Should-Retry": "true"},
                )
            if key:
                self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key or "")


def fingerprint(method: str, path: str, params: dict[str, Any]) -> str:
    """Return what two requests under one key must have in common."""
    return hashlib.sha256(json.dumps([method, path, params], sort_keys=True).encode()).hexdigest()


def earlier(state: State, key: str, mark: str) -> Answer | None:
    """Return the kept answer, or None. Errors: ApiError if the key was used for another request or is too long."""
    if len(key) > LONGEST_KEY:
        message = f"Keys for idempotent requests can only be a maximum of {LONGEST_KEY} characters long."
        raise ApiError(message, type="idempotency_error")
    kept = state.get(KIND, key)
    if kept is None or kept["created"] + KEPT_SECONDS < state.now:
        return None
    if kept["fingerprint"] != mark:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{key}' if you meant to execute a different request."
        )
        raise ApiError(message, type="idempotency_error")
    return Answer(kept["status"], kept["body"])


def keep(state: State, key: str, mark: str, answer: Answer) -> None:
    """Keep an answer for a day of the sandbox's clock."""
    state.put(
        {
            "object": KIND,
            "id": key,
            "created": state.now,
            "fingerprint": mark,
            "status": answer.status,
            "body": answer.body,
        }
    )
