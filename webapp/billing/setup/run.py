"""What the parts of a push share: asking, comparing, writing one thing at a time and telling about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from babel.numbers import get_currency_precision

from webapp.billing import payments, prices, snapshots
from webapp.billing.plans import PlanCatalogue
from webapp.core.errors import CodeshelfError
from webapp.extensions import transaction

if TYPE_CHECKING:
    from webapp.billing.gateway import Gateway

State = Literal["created", "changed", "retired", "unchanged"]
Document = dict[str, Any]
PAGE = 100
NEW = "(new)"
"""The id, in a dry run, of what is not there yet."""


class PushFailed(Exception):
    """The push stopped; the message says at what, why, and what to do."""


class Line(NamedTuple):
    """One thing of the catalogue and what was done about it."""

    state: State
    what: str


class Found(Protocol):
    def to_dict(self) -> Document: ...


class Pages(Protocol):
    def auto_paging_iter(self) -> Iterable[Found]: ...


@dataclass
class Run:
    """One push. In a dry run `tell` hears the same lines and nothing is written, here or at Stripe."""

    gateway: Gateway
    catalogue: PlanCatalogue
    site_url: str
    dry: bool
    tell: Callable[[Line], None]
    doing: str = field(default="reading what is there", init=False)
    """What a failure interrupts."""

    def every(self, ask: Callable[[], Pages]) -> list[Document]:
        """Return all objects of a listing, over all of its pages. Errors: those of `payments`."""
        with self.gateway.errors():
            return [found.to_dict() for found in ask().auto_paging_iter()]

    def unchanged(self, what: str) -> None:
        self.tell(Line("unchanged", what))

    def write(self, state: State, what: str, do: Callable[[], Found]) -> Document | None:
        """Do one thing and tell of it; None in a dry run. Errors: those of `payments`."""
        self.doing = what
        done = None
        if not self.dry:
            with self.gateway.errors():
                done = do().to_dict()
        self.tell(Line(state, what))
        return done

    def remember(self, found: Iterable[Document]) -> None:
        """Keep prices in our table, with the plan they stand for."""
        if not self.dry:
            with transaction():
                for price in found:
                    prices.remember(snapshots.price(price))


def key_of(*parts: object) -> str:
    """Return an idempotency key: the same wish, made of the same state, is fulfilled once.

    Only for what can never be deleted at Stripe: a key is kept for a day and would answer with what is gone.
    """
    return f"codeshelf-push-{digest(parts)}"


def digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def covers(actual: Any, wanted: Any) -> bool:
    """Whether `actual` says all that `wanted` does. The order of lists of plain values does not count."""
    if isinstance(wanted, Mapping):
        return isinstance(actual, Mapping) and all(covers(actual.get(name), wanted[name]) for name in wanted)
    if isinstance(wanted, list):
        return sorted(actual or []) == sorted(wanted)
    return bool(actual == wanted or (wanted == "" and actual is None))


def money(amount: int | None, currency: str) -> str:
    """Return an amount in the currency's smallest unit as in “29.00 USD”; Stripe has none for fractions of it."""
    digits = get_currency_precision(currency.upper())
    return f"{Decimal(amount or 0).scaleb(-digits):.{digits}f} {currency.upper()}"


def explained(error: CodeshelfError) -> str:
    """Say what went wrong with Stripe, to the operator: the sentences of `payments` are for readers."""
    if isinstance(error, payments.PaymentsOff):
        return "STRIPE_SECRET_KEY is not set."
    if isinstance(error, payments.PaymentRefused):
        return f"Stripe refuses it: {error.reason}"
    status = getattr(error.__cause__, "http_status", None)
    if status == 401:
        return "Stripe does not know the key in STRIPE_SECRET_KEY."
    if status == 403:
        return "the key in STRIPE_SECRET_KEY is not allowed to do this: give it the permission, or use another key."
    reason = f"status {status}" if status else type(error.__cause__).__name__
    return f"Stripe does not answer ({reason}). Try again in a few minutes."
