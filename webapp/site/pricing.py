"""The pricing page's table, made from the plan catalogue: nothing here knows a number or a section."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from webapp.billing.plans import Limit, Plan, PlanCatalogue, Price
from webapp.codes.document import SECTIONS
from webapp.codes.features import FEATURES
from webapp.core.periods import Period
from webapp.site.context import count_of
from webapp.tools.views import TOOLS

Cell = bool | str


@dataclass(frozen=True, slots=True)
class Column:
    """A plan as the page shows it; `prices` is empty for a plan without a price."""

    key: str
    name: str
    summary: str
    views: str
    prices: list[Price]


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Group:
    heading: str
    rows: list[Row]


def shown(plans: PlanCatalogue) -> list[Plan]:
    """Guest, free, and what is on sale."""
    return [plan for plan in plans.plans.values() if plan.on_sale or plan.key in {plans.guest.key, plans.free.key}]


def columns(plans: PlanCatalogue) -> list[Column]:
    """Return the plans of the page, from the least to the most."""
    return [
        Column(plan.key, plan.name, plan.summary, views_in_words(plan), list(plan.prices) if plan.on_sale else [])
        for plan in shown(plans)
    ]


def groups(plans: PlanCatalogue, tools: Collection[str], sections: Iterable[str] = SECTIONS) -> list[Group]:
    """Return the comparison: views, then `sections` in page order, then the `tools` that work."""
    chosen = shown(plans)
    views = Row("Code pages", [_short(plan.views.limit, plan.views.period) for plan in chosen])
    rows = [Row(SECTIONS[key], [key in plan.sections for plan in chosen]) for key in sections]
    kept = [row for row in rows if any(row.cells)]
    more = [Row(name, [key in plan.features for plan in chosen]) for key, name in FEATURES.items()]
    result = [Group("", [views]), Group("Sections", kept), Group("More", [row for row in more if any(row.cells)])]
    uses = [Row(TOOLS[tool][0], [_tool(plan, tool) for plan in chosen]) for tool in tools]
    return [*result, Group("Tools", uses)] if uses else result


def views_in_words(plan: Plan) -> str:
    """Return “1 code page a month”, “Unlimited code pages”."""
    if plan.views.limit is None:
        return "Unlimited code pages"
    return f"{count_of(plan.views.limit, 'code page')} {period_in_words(plan.views.period)}"


def period_in_words(period: Period) -> str:
    """Return how often a limit begins anew: “a month”, “in 30 days”, “in all”."""
    if period.kind == "rolling":
        return f"in {count_of(period.days, 'day')}"
    return {"day": "a day", "lifetime": "in all"}.get(period.kind, "a month")


def _short(limit: Limit, period: Period) -> str:
    return "unlimited" if limit is None else f"{limit:,} {period_in_words(period)}"


def _tool(plan: Plan, tool: str) -> Cell:
    quota = plan.tools.get(tool)
    if quota is None or quota.limit == 0:
        return False
    return _short(quota.limit, quota.period) + (", sample text only" if quota.sample_only else "")
