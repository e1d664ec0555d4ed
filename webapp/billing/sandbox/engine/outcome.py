"""How something that a person did on one of the sandbox's pages ended."""

from __future__ import annotations

from typing import Literal, NamedTuple

from webapp.billing.sandbox.engine.cards import Refusal
from webapp.billing.sandbox.engine.payments import Attempt

NEEDS_AUTHENTICATION = "Your bank asks you to confirm this payment."


class Outcome(NamedTuple):
    """`paid` also says that nothing had to be paid; `message` is a sentence for the person."""

    kind: Literal["paid", "declined", "needs_authentication", "processing"]
    message: str = ""
    refusal: Refusal | None = None


def of(attempt: Attempt) -> Outcome:
    """Return what an attempt to charge means to the person who pays."""
    if attempt.kind == "succeeded":
        return Outcome("paid")
    if attempt.kind == "processing":
        return Outcome("processing", "Your bank debit is on its way.")
    if attempt.kind == "requires_action":
        return Outcome("needs_authentication", NEEDS_AUTHENTICATION)
    return Outcome("declined", attempt.refusal.message if attempt.refusal else "", attempt.refusal)
