"""From a subscription's status to access: pure functions of what Stripe told us and the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

PAID = frozenset({"trialing", "active"})
LIVE = PAID | {"past_due"}
OPEN = LIVE | {"unpaid", "paused", "incomplete"}
"""Statuses of a subscription that has not ended, and that its reader may still mend."""

DISPUTES_OPEN = frozenset({"needs_response", "under_review", "appeal_needs_response", "appeal_under_review"})
"""The money is withdrawn, and the bank has not decided. Inquiries (`warning_…`) withdraw nothing."""
DISPUTE_LOST = "lost"
DISPUTES_DECIDED = frozenset({DISPUTE_LOST, "won", "warning_closed", "prevented"})


class Terms(Protocol):
    """What the function needs to know of a subscription."""

    @property
    def status(self) -> str: ...
    @property
    def plan_key(self) -> str | None: ...
    @property
    def period_end(self) -> datetime: ...
    @property
    def cancel_at(self) -> datetime | None: ...
    @property
    def cancel_at_period_end(self) -> bool: ...
    @property
    def past_due_since(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Access:
    """A plan until a moment (exclusive); None: until we hear otherwise."""

    plan_key: str
    until: datetime | None


def access(terms: Terms, grace: timedelta, now: datetime) -> Access | None:
    """Return the access that a subscription gives now, None for none.

    Paid or on trial: the plan, until the end of a cancelled one. Past due: the plan for a grace that began when the
    unpaid invoice was made. Everything else gives none.
    """
    if terms.plan_key is None or terms.status not in LIVE:
        return None
    ends = [ends_at(terms)]
    if terms.status == "past_due":
        ends.append(grace_end(terms, grace) or now)
    until = min((end for end in ends if end is not None), default=None)
    if until is not None and until <= now:
        return None
    return Access(terms.plan_key, until)


def ends_at(terms: Terms) -> datetime | None:
    """Return when a subscription is known to end, None if it goes on."""
    if terms.cancel_at is not None:
        return terms.cancel_at
    return terms.period_end if terms.cancel_at_period_end else None


def grace_end(terms: Terms, grace: timedelta) -> datetime | None:
    """Return until when a plan stays open after its renewal failed; None while nothing failed."""
    return terms.past_due_since + grace if terms.past_due_since is not None else None
