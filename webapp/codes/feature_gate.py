"""What a plan allows beside the sections of a page: whether this reader may, and what the others are told."""

from __future__ import annotations

from webapp.access.sentences import LOG_IN, PATH_SLOT, PRICING, Wall
from webapp.access.web import current_visitor, return_path
from webapp.billing.plans import GUEST, catalogue
from webapp.codes.features import FEATURES
from webapp.core.errors import CodeshelfError

SUBJECTS = {"claim_check": "The claim check is"}
"""How a sentence on a feature begins, where its name is no plural."""


class NotInPlan(CodeshelfError):
    status, code, message = 402, "not_in_plan", "This is part of another plan."


def has(feature: str) -> bool:
    """Whether the reader's plan has a feature."""
    return feature in current_visitor().plan.features


def require(feature: str) -> None:
    """Let only readers pass whose plan has a feature. Errors: NotInPlan."""
    if not has(feature):
        raise NotInPlan(_sentence(feature))


def wall(feature: str) -> Wall | None:
    """Return what stands where a feature would be. None for readers who have it, and for machines, which get none."""
    visitor = current_visitor()
    if has(feature) or visitor.bot:
        return None
    owner, here = catalogue().lowest_allowing(feature), return_path()
    offer = f"Upgrade to {owner.name}" if owner else "See the plans"
    login = LOG_IN.replace(PATH_SLOT, here) if visitor.plan.key == GUEST else ""
    return Wall(_sentence(feature), offer, PRICING.replace(PATH_SLOT, here), login)


def _sentence(feature: str) -> str:
    owner = catalogue().lowest_allowing(feature)
    subject = SUBJECTS.get(feature) or f"{FEATURES[feature]} are"
    return f"{subject} part of {owner.name if owner else 'another plan'}."
