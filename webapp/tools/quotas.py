"""What a reader may use of a tool: how much is left, and uses held while a tool works and then settled.

Amounts are held and ended in transactions of their own, so that they stand whatever becomes of the request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from flask import Flask, current_app, has_app_context

from webapp.access.sentences import Offer
from webapp.access.visitor import Visitor
from webapp.access.web import current_visitor
from webapp.core.errors import CodeshelfError
from webapp.extensions import transaction
from webapp.metering import quota
from webapp.tools import allowance, words

T = TypeVar("T")


class CookieNeeded(CodeshelfError):
    """A guest without a cookie: there is nothing that a use could be counted under."""

    status, code = 403, "cookie_needed"
    message = "This tool counts its uses by a cookie. Allow cookies for this site, reload the page and send it again."


class QuotaExceeded(quota.QuotaExceeded):
    """More than is left was asked for. `offer` is what gives more, None where nothing does."""

    def __init__(self, message: str, offer: Offer | None) -> None:
        super().__init__(message)
        self.offer = offer


@dataclass(frozen=True, slots=True)
class Left:
    """What a reader may use of a tool in the current period.

    `limit` None is unlimited, `until` (exclusive) is None where the period never ends or has not begun. `sample_only`:
    the tool may only be tried on the text that the site offers.
    """

    limit: int | None
    used: int
    until: datetime | None
    sample_only: bool

    @property
    def remaining(self) -> int | None:
        """How many uses are left, None for any number."""
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def sentence(self) -> str:
        """“3 uses left until 1 December.”, empty where uses are not limited."""
        return "" if self.remaining is None else words.left(self.remaining, self.until)


class Held:
    """An amount that is held. It ends once, by `settle` or `release`; whatever comes after that changes nothing.

    Both may be called from the generator of an answer, when the request is over.
    """

    def __init__(self, app: Flask, reservation: int, amount: int) -> None:
        self._app, self._reservation, self.amount = app, reservation, amount

    def settle(self, amount: int) -> None:
        """Keep `amount` of what is held, and give the rest back."""
        in_its_own_transaction(self._app, lambda: quota.settle(self._reservation, amount))

    def release(self) -> None:
        """Give all of it back."""
        in_its_own_transaction(self._app, lambda: quota.release(self._reservation))


def left(tool: str) -> Left:
    """Return what whoever sent the request may use of a tool."""
    return left_of(current_visitor(), tool)


def left_of(visitor: Visitor, tool: str) -> Left:
    """Return what a visitor may use of a tool."""
    given = allowance.of(visitor, tool)
    used = quota.used(visitor.subject, tool, given.window) if visitor.subject else 0
    return Left(given.limit, used, given.window.end, given.sample_only)


def hold(tool: str, amount: int = 1) -> Held:
    """Hold uses of a tool for whoever sent the request.

    Errors: CookieNeeded for a guest without an identity, QuotaExceeded; ValueError for an amount below 1.
    """
    visitor = current_visitor()
    if not visitor.subject:
        raise CookieNeeded
    given = allowance.of(visitor, tool)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy's documented way
    try:
        reservation = in_its_own_transaction(
            app, lambda: quota.reserve(visitor.subject, tool, amount, given.limit, given.window)
        )
    except quota.QuotaExceeded:
        now = left_of(visitor, tool)
        message = words.used_up(tool, now.limit or 0, now.remaining or 0, now.until, amount)
        raise QuotaExceeded(message + words.more(visitor.plan, tool), words.offer(visitor.plan, tool)) from None
    return Held(app, reservation, amount)


@contextmanager
def use(tool: str, amount: int = 1) -> Iterator[Held]:
    """Hold uses of a tool while a block works; they count when it ends, and are given back when it raises.

    A block that used less calls `settle` on what it is given. Errors: as of `hold`.
    """
    held = hold(tool, amount)
    try:
        yield held
    except BaseException:
        held.release()
        raise
    held.settle(amount)


def in_its_own_transaction(app: Flask, work: Callable[[], T]) -> T:
    """Do `work` in a transaction, also when the request and its context are gone."""
    with nullcontext() if has_app_context() else app.app_context(), transaction():
        return work()
