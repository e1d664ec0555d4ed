"""May they: a pure function of who asks, for what, and what the meter said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from webapp.access.visitor import Visitor
from webapp.billing.plans import Plan, PlanCatalogue
from webapp.metering.meter import Opening

Purpose = Literal["read", "look"]
"""`read`: a GET that shows the page to its reader. `look`: HEAD or prefetch, which cost nothing."""

Reason = Literal[
    "navigation",
    "not metered",
    "unlimited",
    "counted",
    "open already",
    "limit",
    "meter down",
    "bot",
    "crawler",
    "newcomers",
    "too many newcomers",
    "look",
    "as of",
]

WALLS: frozenset[Reason] = frozenset({"limit", "too many newcomers", "as of"})
"""Reasons that end in 402: the page is not free. The other previews are no wall, and answer 200."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for. `meter_id`: what a view of it is counted under."""

    system: str
    meter_id: int
    billable: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """A metered reader's views in the period. `used` never exceeds `limit`, whatever was merged."""

    limit: int
    used: int
    resets_at: datetime | None

    @property
    def left(self) -> int:
        return self.limit - self.used


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer: the whole page by `plan`'s sections, or the preview; and why."""

    full: bool
    reason: Reason
    plan: Plan
    usage: Usage | None = None

    @property
    def status(self) -> int:
        return 402 if not self.full and self.reason in WALLS else 200


def without_meter(visitor: Visitor, target: Target, plans: PlanCatalogue, *, crawlers_read: bool) -> Admission | None:
    """Return the admission where no meter is needed to know it, else None.

    `crawlers_read`: the operator lets proven crawlers read what a guest may.
    """
    if visitor.staff or visitor.plan.unlimited:
        return Admission(True, "unlimited", visitor.plan)
    if not plans.is_metered(target.system):
        return Admission(True, "not metered", visitor.plan)
    if not target.billable and not visitor.subject:
        return Admission(True, "navigation", visitor.plan)
    if visitor.bot:
        proven = crawlers_read and visitor.proven_crawler
        return Admission(proven, "crawler" if proven else "bot", visitor.plan)
    if not visitor.subject:
        return Admission(False, _without_subject(visitor), visitor.plan)
    if target.billable and visitor.newcomer and visitor.crowd == "soft":
        return Admission(False, "newcomers", visitor.plan)
    return None


def _without_subject(visitor: Visitor) -> Reason:
    """Why a newcomer has no identity to count under: the network's ceiling, Redis, or a request that only looks."""
    if visitor.crowd == "hard":
        return "too many newcomers"
    return "meter down" if visitor.welcome else "look"


def with_meter(visitor: Visitor, target: Target, opening: Opening | None, purpose: Purpose) -> Admission:
    """Return the admission after the meter was asked; `opening` is None when it could not be."""
    plan = visitor.plan
    if opening is None:
        return Admission(not target.billable, "navigation" if not target.billable else "meter down", plan)
    limit = plan.views.limit
    if limit is None:
        raise ValueError("a plan without a limit has no meter")
    usage = Usage(limit, min(opening.used, limit), opening.resets_at)
    if not target.billable:
        return Admission(True, "navigation", plan, usage)
    if opening.outcome == "refused":
        return Admission(False, "limit", plan, usage)
    if opening.outcome == "open already":
        return Admission(True, "open already", plan, usage)
    if purpose == "look":
        return Admission(False, "look", plan, usage)
    return Admission(True, "counted", plan, usage)
