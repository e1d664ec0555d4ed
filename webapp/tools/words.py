"""What readers are told about a tool's uses: in correct grammar, from numbers alone."""

from __future__ import annotations

from datetime import datetime

from webapp.access.sentences import PRICING, REGISTER, Offer, day
from webapp.billing.plans import FREE, GUEST, Plan, PlanCatalogue, ToolQuota, catalogue
from webapp.core.periods import Period
from webapp.tools.views import TOOLS


def uses(count: int) -> str:
    """Return “1 use”, “1,200 uses”."""
    return f"{count:,} use{'' if count == 1 else 's'}"


def left(remaining: int, until: datetime | None) -> str:
    """Return “3 uses left until 1 December.”"""
    return f"{uses(remaining) if remaining else 'No use'} left{f' until {day(until)}' if until else ''}."


def used_up(tool: str, limit: int, remaining: int, until: datetime | None, asked: int) -> str:
    """Say why uses cannot be had: there are none, all are used up, or fewer are left than were asked for."""
    name = TOOLS[tool][0]
    if not limit:
        return f"{name} is not part of your plan."
    if remaining:
        return f"This takes {uses(asked)} of {name}. {left(remaining, until)}"
    all_of = f"your one use of {name}" if limit == 1 else f"all {limit:,} of your uses of {name}"
    again = f" There are more on {day(until)}." if until else ""
    return f"You have used {all_of}.{again}"


def more(plan: Plan, tool: str) -> str:
    """Say what the next plan gives of a tool, as “ Pro gives unlimited uses.”; nothing if no plan gives more."""
    better = _better(plan, tool)
    if better is None:
        return ""
    name = "A free account" if better.key == FREE else better.name
    return f" {name} gives {_much(better.tools[tool])}."


def offer(plan: Plan, tool: str) -> Offer | None:
    """Return what a reader of `plan` can do for more of a tool, or None if no plan gives more."""
    better = _better(plan, tool)
    return offer_of(better) if better else None


def offer_of(better: Plan) -> Offer:
    """Return how a reader comes to a plan."""
    if better.key == FREE:
        return Offer("Create a free account", REGISTER)
    return Offer(f"Upgrade to {better.name}", PRICING)


def _better(plan: Plan, tool: str) -> Plan | None:
    own = plan.tools.get(tool)
    return next((each for each in _above(plan, catalogue()) if _exceeds(each.tools.get(tool), own)), None)


def _above(plan: Plan, plans: PlanCatalogue) -> list[Plan]:
    free = [plans.free] if plan.key == GUEST else []
    return [*free, *(each for each in plans.on_sale() if each.rank > plan.rank)]


def _exceeds(quota: ToolQuota | None, other: ToolQuota | None) -> bool:
    """Whether a quota gives more than another: unlimited more than any number, a month's more than a day's one."""
    if quota is None or quota.limit == 0:
        return False
    if other is None or quota.limit is None:
        return other is None or other.limit is not None
    return other.limit is not None and quota.limit > other.limit


def _much(quota: ToolQuota) -> str:
    if quota.limit is None:
        return "unlimited uses"
    return f"{uses(quota.limit)} {_every(quota.period)}"


def _every(period: Period) -> str:
    if period.kind == "rolling":
        return f"in {period.days} day{'' if period.days == 1 else 's'}"
    return {"day": "a day", "lifetime": "in all"}.get(period.kind, "a month")
