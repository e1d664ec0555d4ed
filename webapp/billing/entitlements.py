"""Entitlement: a pure function of a reader's grants and the time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from webapp.billing.plans import Plan, PlanCatalogue


class Grant(Protocol):
    """What the function needs to know of a grant."""

    @property
    def plan_key(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Entitlement:
    """The plan a reader has. `since` anchors anniversary periods; `until` is the plan's end, exclusive.

    `stands_until` is when the answer may change by time alone: no later answer may be taken from a cache.
    """

    plan: Plan
    since: datetime | None = None
    until: datetime | None = None
    stands_until: datetime | None = None


def entitlement(grants: Iterable[Grant], now: datetime, plans: PlanCatalogue) -> Entitlement:
    """Return the best plan among the grants in force; of equals the one that lasts longest; else the free plan.

    Grants of plans that the catalogue no longer has count for nothing.
    """
    known = [(plan, grant) for grant in grants if (plan := plans.get(grant.plan_key)) is not None]
    active = [(p, g) for p, g in known if g.starts_at <= now and (g.ends_at is None or now < g.ends_at)]
    edges = [edge for _, g in known for edge in (g.starts_at, g.ends_at) if edge is not None and edge > now]
    stands_until = min(edges, default=None)
    if not active:
        return Entitlement(plans.free, stands_until=stands_until)
    plan, grant = max(active, key=lambda pair: (pair[0].rank, _lasting(pair[1].ends_at)))
    if plan.rank < plans.free.rank:
        return Entitlement(plans.free, stands_until=stands_until)
    return Entitlement(plan, grant.starts_at, grant.ends_at, stands_until)


def _lasting(ends_at: datetime | None) -> float:
    return float("inf") if ends_at is None else ends_at.timestamp()
