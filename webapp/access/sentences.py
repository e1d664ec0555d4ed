"""What readers are told about their views: in correct grammar, from numbers alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from webapp.access.policy import Admission, Usage
from webapp.access.visitor import Unpaid
from webapp.billing.plans import GUEST, Plan, PlanCatalogue

PATH_SLOT = "-this-page-"
"""Stands in an address for the page's own path, filled in when the sentence is shown."""

REGISTER = "/register?next=" + PATH_SLOT
LOG_IN = "/login?next=" + PATH_SLOT
PRICING = "/pricing?next=" + PATH_SLOT
MEND = "/billing/mend"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a reader can do to read more: a sentence and where it leads."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Notice:
    """The meter's banner."""

    sentence: str
    offer: str
    href: str
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Wall:
    """What stands where the page would be."""

    sentence: str
    offer: str
    href: str
    login_href: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """The banner after a failed payment."""

    sentence: str
    offer: str
    href: str


def day(moment: datetime) -> str:
    """Return a date as in “1 December”; days are UTC days."""
    return f"{moment.day} {moment:%B}"


def pages(count: int) -> str:
    """Return “1 free code page”, “5 free code pages”."""
    return f"{count} free code page{'' if count == 1 else 's'}"


def notice(plan: Plan, plans: PlanCatalogue, usage: Usage) -> Notice:
    """Return the banner for a metered reader."""
    until = f" until {day(usage.resets_at)}" if usage.resets_at else ""
    opened = " Pages you have opened stay open." if usage.used else ""
    offer = _offer(plan, plans)
    return Notice(
        f"{pages(usage.left)} left{until}.{opened}",
        offer.text if offer else "",
        offer.href if offer else "",
        usage.used,
        usage.limit,
    )


def _offer(plan: Plan, plans: PlanCatalogue) -> Offer | None:
    """Return what a reader of `plan` can do next, or None if there is nothing above it."""
    if plan.key == GUEST:
        free, own = plans.free.views.limit, plan.views.limit or 0
        if free is None:
            return Offer("Create a free account for unlimited pages", REGISTER)
        if free > own:
            return Offer(f"Create a free account for {free - own} more", REGISTER)
        return Offer("Create a free account", REGISTER)
    better = next((p for p in plans.on_sale() if p.rank > plan.rank and p.unlimited), None)
    return Offer(f"Upgrade to {better.name} for unlimited pages", PRICING) if better else None


def alarm(unpaid: Unpaid, now: datetime) -> Alarm:
    """Return the banner for a reader whose payment failed, within the grace and after it."""
    name = unpaid.plan_name
    if now < unpaid.until:
        sentence = f"Your last payment failed. {name} stays open until {day(unpaid.until)}."
    else:
        sentence = f"Your last payment failed, and {name} has ended. Mending the card brings it back."
    return Alarm(sentence, "Mend the card", MEND)


def wall(admission: Admission, plans: PlanCatalogue) -> Wall | None:
    """Return what a preview says, or None for a page that is whole."""
    if admission.full:
        return None
    plan = admission.plan
    login = LOG_IN if plan.key == GUEST else ""
    offer = _offer(plan, plans) or Offer("See the plans", PRICING)
    if admission.reason == "limit" and admission.usage is not None:
        return Wall(_limit_sentence(admission.usage), _wall_offer(plan, offer, plans), offer.href, login)
    if admission.reason == "newcomers":
        sentence = "Many new readers have come from your network today. One click opens this page."
        return Wall(sentence, "Open this page", PATH_SLOT, login)
    if admission.reason == "too many newcomers":
        sentence = "Too many new readers have come from your network today to open more pages without an account."
        return Wall(sentence, offer.text, offer.href, login)
    if admission.reason == "meter down":
        sentence = "Free pages cannot be counted just now, so only the preview is shown. Please try again in a moment."
        return Wall(sentence, "Try again", PATH_SLOT, login)
    if admission.reason == "as of":
        owner = plans.lowest_allowing("as_of")
        name = owner.name if owner else "another plan"
        return Wall(f"Codes as of a date of service are part of {name}.", f"Upgrade to {name}", PRICING, login)
    return Wall("This is the preview of the page.", offer.text, offer.href, login)


def _wall_offer(plan: Plan, offer: Offer, plans: PlanCatalogue) -> str:
    if plan.key == GUEST:
        return offer.text
    better = next((p for p in plans.on_sale() if p.rank > plan.rank), None)
    return f"Upgrade to {better.name}" if better else offer.text


def _limit_sentence(usage: Usage) -> str:
    again = f" More open on {day(usage.resets_at)}." if usage.resets_at else ""
    if usage.limit == 0:
        return "Code pages open with an account."
    if usage.limit == 1:
        return f"You have opened your free code page.{again}"
    return f"You have opened all {usage.limit} of your free code pages.{again}"


def lock(section: str, plan: Plan, plans: PlanCatalogue) -> Offer | None:
    """Return the sentence of a section that `plan` does not show; None if it does, or if no plan does.

    A section of the free plan is unlocked by an account, any other by the least plan that shows it.
    """
    if section in plan.sections:
        return None
    if plan.key == GUEST and section in plans.free.sections:
        return Offer("Create a free account to unlock this content", REGISTER)
    owner = plans.lowest_with(section)
    return Offer(f"Upgrade to {owner.name} to unlock this content", PRICING) if owner else None
