"""What the pages share: the sandbox behind them, a card from a form, and how amounts and days are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import current_app

from webapp.billing.sandbox.engine import cards, clockwork, money
from webapp.billing.sandbox.errors import ApiError
from webapp.billing.sandbox.state import Document, State

if TYPE_CHECKING:
    from webapp.billing.sandbox.server import Sandbox

EXPIRY = re.compile(r"\s*(\d{1,2})\s*/\s*(\d{2}|\d{4})\s*\Z", re.ASCII)
FORM_EXPIRY = "12 / 34"
AUTHENTICATION_FAILED = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)


class Choice(NamedTuple):
    """A test number to choose, and what it does."""

    number: str
    effect: str


CARDS = (
    Choice("4242 4242 4242 4242", "pays"),
    Choice("4000 0025 0000 3155", "asks for 3-D Secure once, then pays"),
    Choice("4000 0027 6000 3184", "asks for 3-D Secure every time"),
    Choice("4000 0000 0000 0002", "is declined"),
    Choice("4000 0000 0000 9995", "has insufficient funds"),
    Choice("4000 0000 0000 0069", "has expired"),
    Choice("4000 0000 0000 0127", "has another security code"),
    Choice("4000 0000 0000 0341", "can be saved, then every charge fails"),
    Choice("4000 0000 0000 0259", "pays, then the charge is disputed"),
    Choice("4000 0000 0000 5423", "pays, then a fraud warning comes"),
)
BANK_ACCOUNTS = (
    Choice("000123456789", "the debit settles after three days"),
    Choice("000111111116", "the debit comes back: no such account"),
    Choice("000222222227", "the debit comes back: insufficient funds"),
)


def box() -> Sandbox:
    """The sandbox behind this request."""
    found: Sandbox = current_app.extensions["sandbox"]
    return found


@contextmanager
def session() -> Iterator[State]:
    """A transaction in which all that is due has been done."""
    with box().store.session() as state:
        clockwork.catch_up(state, to=state.now)
    with box().store.session() as state:
        yield state


def payment_method(state: State, form: Mapping[str, str]) -> Document:
    """Write the card or bank account of a form. Errors: ApiError card_error in Stripe's words."""
    if form.get("method") == "us_bank_account":
        method = cards.make_bank_account(state, form.get("account", "").strip())
    else:
        expiry = EXPIRY.match(form.get("expiry", ""))
        if not form.get("number", "").strip():
            raise _incomplete("Your card number is incomplete.", "incomplete_number")
        if expiry is None:
            raise _incomplete("Your card's expiration date is incomplete.", "incomplete_expiry")
        cvc = form.get("cvc", "").strip()
        if not cvc:
            raise _incomplete("Your card's security code is incomplete.", "incomplete_cvc")
        method = cards.make_card(state, form["number"], int(expiry[1]), int(expiry[2]), cvc)
    details = method["billing_details"] | {"name": form.get("name", "").strip() or None}
    return state.put(method | {"billing_details": details})


def _incomplete(message: str, code: str) -> ApiError:
    return ApiError(message, status=402, type="card_error", code=code)


def chosen(form: Mapping[str, str]) -> dict[str, str]:
    """Return the form as it is shown again; a chosen test card fills its fields."""
    shown = {name: form.get(name, "") for name in ("number", "expiry", "cvc", "name", "account", "code", "promotion")}
    shown["method"] = form.get("method", "card")
    if form.get("use"):
        shown |= {"number": form["use"], "expiry": FORM_EXPIRY, "cvc": "123", "method": "card"}
    return shown


def day(instant: int | None) -> str:
    """Return a date as people read it."""
    if instant is None:
        return "–"
    moment = datetime.fromtimestamp(instant, UTC)
    return f"{moment.day} {moment:%B %Y}"


def moment(instant: int | None) -> str:
    """Return a date and time in UTC."""
    return "–" if instant is None else f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M:%S}"


def words(value: str) -> str:
    """Return a Stripe word such as `past_due` for people."""
    return value.replace("_", " ")


FILTERS: dict[str, Callable[..., Any]] = {"money": money.text, "day": day, "moment": moment, "words": words}
