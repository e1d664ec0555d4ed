"""Letting time pass: everything that is due happens in order of time, each thing at its own instant."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import NamedTuple

from webapp.billing.sandbox.engine import (
    cancellation,
    checkout,
    creation,
    invoices,
    pausing,
    pending_updates,
    renewals,
    subscriptions,
    trials,
)
from webapp.billing.sandbox.engine.periods import DAY, HOUR
from webapp.billing.sandbox.state import Document, State

FIRST_PAYMENT_LIFE = 23 * HOUR
"""How long the first invoice of an incomplete subscription can be paid."""
UPCOMING = 7 * DAY
"""How long before a renewal it is announced."""


class Due(NamedTuple):
    """Something that happens at an instant. `rank` orders what happens at the same one: ends before renewals."""

    at: int
    rank: int
    created: int
    id: str
    owner: str
    act: Callable[[State, Document], object]
    document: Document


def catch_up(state: State, to: int) -> None:
    """Do everything that is due up to the instant `to` (unix seconds), which is `state.now` afterwards.

    What one customer has does not depend on another's: only the dues of the one that something happened to are
    looked up again.
    """
    first: dict[str, Due] = {}
    for due in _all(state):
        first[due.owner] = min(due, first.get(due.owner, due), key=_order)
    heap = [(_order(due), due) for due in first.values()]
    heapq.heapify(heap)
    while heap and heap[0][1].at <= to:
        _, due = heapq.heappop(heap)
        state.now = due.at
        due.act(state, due.document)
        following = min(_all(state, customer=due.owner), key=_order, default=None)
        if following is not None:
            heapq.heappush(heap, (_order(following), following))
    state.now = to


def _order(due: Due) -> tuple[int, int, int, str]:
    return due.at, due.rank, due.created, due.id


def _all(state: State, **same: str) -> Iterator[Due]:
    """Yield all that is to come, of everybody or of one customer."""
    for intent in state.find("payment_intent", status="processing", **same):
        yield _due(intent, intent["_settles_at"], 0, _settle)
    for session in state.find("checkout.session", status="open", **same):
        yield _due(session, session["expires_at"], 1, _expire)
    for invoice in state.find("invoice", status="open", **same):
        if invoice["next_payment_attempt"] is not None:
            yield _due(invoice, invoice["next_payment_attempt"], 5, invoices.collect)
    for status in subscriptions.LIVE:
        for subscription in state.find("subscription", status=status, **same):
            yield from _of_subscription(state, subscription)


def _of_subscription(state: State, subscription: Document) -> Iterator[Due]:
    status, end = subscription["status"], subscriptions.current_end(subscription)
    if subscription["pending_update"] is not None:
        yield _due(subscription, subscription["pending_update"]["expires_at"], 2, pending_updates.expire)
    cancel_at = end if subscription["cancel_at_period_end"] else subscription["cancel_at"]
    if cancel_at is not None and status not in {"incomplete"}:
        yield _due(subscription, cancel_at, 3, cancellation.fall_due)
    pause = subscription["pause_collection"]
    if pause is not None and pause["resumes_at"] is not None:
        yield _due(subscription, pause["resumes_at"], 2, pausing.resume_collection)
    if status == "incomplete":
        if not invoices.processing(state, subscription["latest_invoice"]):
            yield _due(subscription, subscription["created"] + FIRST_PAYMENT_LIFE, 4, cancellation.expire_incomplete)
    elif status == "paused":
        if subscription.get("_resume_until") is not None:
            yield _due(subscription, subscription["_resume_until"], 4, pausing.give_up_resuming)
    elif status == "trialing":
        if subscription.get("_announced") != subscription["trial_end"]:
            yield _due(subscription, subscription["trial_end"] - creation.TRIAL_WARNING, 6, creation.announce_trial_end)
        yield _due(subscription, subscription["trial_end"], 7, trials.end)
    else:
        if status != "unpaid" and subscription.get("_upcoming") != end and cancel_at != end:
            yield _due(subscription, end - UPCOMING, 6, renewals.announce)
        yield _due(subscription, end, 8, renewals.renew)


def _due(document: Document, at: int, rank: int, act: Callable[[State, Document], object]) -> Due:
    owner = document["customer"] or document["id"]
    return Due(max(at, document["created"]), rank, document["created"], document["id"], owner, act, document)


def _expire(state: State, session: Document) -> None:
    checkout.expire(state, session["id"])


def _settle(state: State, intent: Document) -> None:
    attempt = invoices.settle(state, intent)
    checkout.settled(state, intent, attempt)
