"""The plan catalogue: `plans.toml`, parsed and checked once at start.

Sections and tools are plain strings here; `app.py` checks them against the pages and tools that exist.
"""

from __future__ import annotations

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from flask import current_app
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from webapp.core.periods import Period

GUEST = "guest"
FREE = "free"


class PlansError(Exception):
    """The plan catalogue cannot be used; the message names the file and the key's path, or the line."""


def _unlimited_is_none(value: object) -> object:
    return None if value == "unlimited" else value


def _period(value: object) -> object:
    return Period.parse(value) if isinstance(value, str) else value


Limit = Annotated[Annotated[int, Field(ge=0)] | None, BeforeValidator(_unlimited_is_none)]
"""A count, or None for `unlimited`."""
PeriodField = Annotated[Period, BeforeValidator(_period)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, strict=True)


class Views(_Strict):
    """How many distinct code pages a period."""

    limit: Limit
    period: PeriodField


class ToolQuota(_Strict):
    """How much of a tool a period."""

    limit: Limit
    period: PeriodField
    sample_only: bool = False


class Price(_Strict):
    """One price on sale. `amount` is in the currency's smallest unit."""

    lookup_key: str = Field(pattern=r"^[a-z0-9_]{1,60}$")
    interval: Literal["month", "year"]
    amount: int = Field(ge=0)


class PlanEntry(_Strict):
    """One plan as it is written in the file."""

    name: str = Field(min_length=1)
    summary: str = ""
    extends: str | None = None
    on_sale: bool = False
    sections: list[str] = []
    views: Views | None = None
    tools: dict[str, ToolQuota] = {}
    prices: list[Price] = []


class Plan(BaseModel):
    """One plan with what it inherits."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    key: str
    rank: int
    name: str
    summary: str
    on_sale: bool
    sections: frozenset[str]
    views: Views
    tools: dict[str, ToolQuota]
    prices: list[Price]

    @cached_property
    def unlimited(self) -> bool:
        return self.views.limit is None


class _Metering(_Strict):
    systems: dict[str, bool] = {}


class _File(_Strict):
    currency: str = Field(pattern=r"^[a-z]{3}$")
    metering: _Metering = _Metering()
    plans: dict[str, PlanEntry]

    @model_validator(mode="after")
    def _has_the_two_everyone_starts_with(self) -> _File:
        for key in (GUEST, FREE):
            if key not in self.plans:
                raise ValueError(f"plans.{key} is missing")
        return self


class PlanCatalogue:
    """All plans, from the least to the most, and which code systems are metered."""

    def __init__(self, plans: list[Plan], metered: dict[str, bool], currency: str) -> None:
        self.plans = {plan.key: plan for plan in plans}
        self.currency = currency
        self._metered = metered
        self.sections = frozenset[str]().union(*(plan.sections for plan in plans))

    @property
    def guest(self) -> Plan:
        return self.plans[GUEST]

    @property
    def free(self) -> Plan:
        return self.plans[FREE]

    @property
    def most(self) -> Plan:
        """The plan that shows the most sections; staff read by it."""
        return max(self.plans.values(), key=lambda plan: (len(plan.sections), plan.rank))

    def __getitem__(self, key: str) -> Plan:
        return self.plans[key]

    def get(self, key: str) -> Plan | None:
        return self.plans.get(key)

    def is_metered(self, system: str) -> bool:
        """Whether opening this code system's pages costs views (unnamed systems do)."""
        return self._metered.get(system, True)

    def on_sale(self) -> list[Plan]:
        return [plan for plan in self.plans.values() if plan.on_sale]

    def lowest_with(self, section: str) -> Plan | None:
        """Return the least plan that shows a section, one on sale if there is any; None if no plan does."""
        having = [plan for plan in self.plans.values() if section in plan.sections]
        return next((plan for plan in having if plan.on_sale), having[0] if having else None)


def load(path: Path) -> PlanCatalogue:
    """Read and check the catalogue. Errors: PlansError with the key's path, or the line for a syntax error."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        file = _File.model_validate(raw)
    except OSError as error:
        raise PlansError(f"PLANS_FILE: {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlansError(f"{path.name}: {error}") from error
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, p['loc'])) or 'file'}: {p['msg']}" for p in error.errors())
        raise PlansError("\n".join(f"{path.name}: {problem}" for problem in problems)) from None
    resolved: dict[str, Plan] = {}
    for rank, (key, entry) in enumerate(file.plans.items()):
        resolved[key] = _resolve(path.name, key, rank, entry, resolved)
    _refuse_shared_lookup_keys(path.name, resolved)
    return PlanCatalogue(list(resolved.values()), file.metering.systems, file.currency)


def _resolve(name: str, key: str, rank: int, entry: PlanEntry, earlier: dict[str, Plan]) -> Plan:
    base = earlier.get(entry.extends) if entry.extends else None
    if entry.extends and base is None:
        raise PlansError(f"{name}: plans.{key}.extends: {entry.extends!r} is no plan above this one")
    views = entry.views or (base.views if base else None)
    if views is None:
        raise PlansError(f"{name}: plans.{key}.views is missing")
    if views.period.kind == "anniversary":
        raise PlansError(f"{name}: plans.{key}.views.period: views are counted by calendar, not from an anniversary")
    if entry.on_sale and not entry.prices:
        raise PlansError(f"{name}: plans.{key}.prices is missing: a plan on sale needs a price")
    return Plan(
        key=key,
        rank=rank,
        name=entry.name,
        summary=entry.summary,
        on_sale=entry.on_sale,
        sections=frozenset(entry.sections) | (base.sections if base else frozenset()),
        views=views,
        tools={**(base.tools if base else {}), **entry.tools},
        prices=entry.prices,
    )


def _refuse_shared_lookup_keys(name: str, plans: dict[str, Plan]) -> None:
    owners: dict[str, str] = {}
    for plan in plans.values():
        for index, price in enumerate(plan.prices):
            other = owners.setdefault(price.lookup_key, plan.key)
            if other != plan.key or sum(p.lookup_key == price.lookup_key for p in plan.prices) > 1:
                raise PlansError(
                    f"{name}: plans.{plan.key}.prices.{index}.lookup_key: {price.lookup_key!r} is used twice"
                )


def catalogue() -> PlanCatalogue:
    """The plans of the running application."""
    found: PlanCatalogue = current_app.extensions["plans"]
    return found
