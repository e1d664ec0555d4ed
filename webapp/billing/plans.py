"""The plan catalogue: `plans.toml`, parsed and checked once at start.

Sections and tools are plain strings here; `app.py` checks them against the pages and tools that exist.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from flask import current_app
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from webapp.core.periods import Period

GUEST = "guest"
FREE = "free"
LOOKUP_KEY = r"^[a-z0-9_]{1,60}$"


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

    lookup_key: str = Field(pattern=LOOKUP_KEY)
    interval: Literal["month", "year"]
    amount: int = Field(ge=0)


class Trial(_Strict):
    """A free beginning, once in a reader's life.

    `card`: whether the checkout asks for one. `without_card`: what Stripe does at the trial's end if there is none.
    """

    days: int = Field(ge=1, le=730)
    card: Literal["required", "optional"] = "required"
    without_card: Literal["pause", "cancel"] = "cancel"


class Coupon(_Strict):
    """A discount as it is made at Stripe. `amount_off` is in the currency's smallest unit."""

    percent_off: float | None = Field(None, gt=0, le=100)
    amount_off: int | None = Field(None, ge=1)
    duration: Literal["once", "repeating", "forever"] = "once"
    months: int | None = Field(None, ge=1)
    codes: list[Annotated[str, Field(pattern=r"^[A-Z0-9]{3,40}$")]] = []
    """What readers type at the checkout."""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Coupon:
        if (self.percent_off is None) == (self.amount_off is None):
            raise ValueError("needs percent_off or amount_off, and not both")
        if (self.duration == "repeating") != (self.months is not None):
            raise ValueError("months belongs to the duration repeating, and to no other")
        return self


class ReminderDays(_Strict):
    """How many days before a renewal its reader is reminded, by interval; 0: never."""

    month: int = Field(3, ge=0, le=27)
    year: int = Field(14, ge=0, le=27)


class Billing(_Strict):
    """How subscriptions are sold and what happens when a payment fails."""

    grace_days: int = Field(7, ge=0, le=60)
    reminder_days: ReminderDays = ReminderDays()
    promotion_codes: bool = True
    automatic_tax: bool = False


class PlanEntry(_Strict):
    """One plan as it is written in the file."""

    name: str = Field(min_length=1)
    summary: str = ""
    extends: str | None = None
    on_sale: bool = False
    sections: list[str] = []
    features: list[str] = []
    views: Views | None = None
    tools: dict[str, ToolQuota] = {}
    trial: Trial | None = None
    prices: list[Price] = []
    retired: list[Annotated[str, Field(pattern=LOOKUP_KEY)]] = []


class Plan(BaseModel):
    """One plan with what it inherits."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    key: str
    rank: int
    name: str
    summary: str
    on_sale: bool
    sections: frozenset[str]
    features: frozenset[str]
    views: Views
    tools: dict[str, ToolQuota]
    trial: Trial | None
    prices: list[Price]
    retired: list[str]
    """Lookup keys that are no longer sold; who holds one keeps the plan."""

    @cached_property
    def unlimited(self) -> bool:
        return self.views.limit is None


class _Metering(_Strict):
    systems: dict[str, bool] = {}


class _File(_Strict):
    currency: str = Field(pattern=r"^[a-z]{3}$")
    metering: _Metering = _Metering()
    billing: Billing = Billing()
    coupons: dict[Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,60}$")], Coupon] = {}
    plans: dict[str, PlanEntry]

    @model_validator(mode="after")
    def _has_the_two_everyone_starts_with(self) -> _File:
        for key in (GUEST, FREE):
            if key not in self.plans:
                raise ValueError(f"plans.{key} is missing")
        return self


class PlanCatalogue:
    """All plans, from the least to the most, and which code systems are metered."""

    def __init__(
        self, plans: list[Plan], metered: dict[str, bool], currency: str, billing: Billing, coupons: dict[str, Coupon]
    ) -> None:
        self.plans = {plan.key: plan for plan in plans}
        self.currency, self.billing, self.coupons = currency, billing, coupons
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

    def sold(self, lookup_key: str) -> tuple[Plan, Price] | None:
        """Return the plan and price that a lookup key sells today; None for any other key."""
        prices = ((plan, price) for plan in self.on_sale() for price in plan.prices)
        return next((found for found in prices if found[1].lookup_key == lookup_key), None)

    def plan_of(self, lookup_key: str) -> Plan | None:
        """Return the plan that a lookup key stands for, whether it is on sale, not yet, or no longer."""
        for plan in self.plans.values():
            if lookup_key in plan.retired or any(price.lookup_key == lookup_key for price in plan.prices):
                return plan
        return None

    def lowest_with(self, section: str) -> Plan | None:
        """Return the least plan that shows a section, one on sale if there is any; None if no plan does."""
        return self._least(plan for plan in self.plans.values() if section in plan.sections)

    def lowest_allowing(self, feature: str) -> Plan | None:
        """Return the least plan that has a feature, one on sale if there is any; None if no plan does."""
        return self._least(plan for plan in self.plans.values() if feature in plan.features)

    def _least(self, having: Iterable[Plan]) -> Plan | None:
        plans = list(having)
        return next((plan for plan in plans if plan.on_sale), plans[0] if plans else None)


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
    return PlanCatalogue(list(resolved.values()), file.metering.systems, file.currency, file.billing, file.coupons)


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
        features=frozenset(entry.features) | (base.features if base else frozenset()),
        views=views,
        tools={**(base.tools if base else {}), **entry.tools},
        trial=entry.trial,
        prices=entry.prices,
        retired=entry.retired,
    )


def _refuse_shared_lookup_keys(name: str, plans: dict[str, Plan]) -> None:
    seen: set[str] = set()
    for plan in plans.values():
        named = [(f"prices.{index}.lookup_key", price.lookup_key) for index, price in enumerate(plan.prices)]
        for place, key in (*named, *((f"retired.{index}", key) for index, key in enumerate(plan.retired))):
            if key in seen:
                raise PlansError(f"{name}: plans.{plan.key}.{place}: {key!r} is used twice")
            seen.add(key)


def catalogue() -> PlanCatalogue:
    """The plans of the running application."""
    found: PlanCatalogue = current_app.extensions["plans"]
    return found
