"""Stripe's documented test cards and bank accounts (https://docs.stripe.com/testing) and what each of them does."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from webapp.billing.sandbox.errors import ApiError, invalid
from webapp.billing.sandbox.state import Document, State

Authentication = Literal["never", "once", "on_session", "always"]
"""When the bank asks for 3-D Secure: until it was passed once, whenever the person is there, or every time."""


class Refusal(NamedTuple):
    """Why a payment fails, in Stripe's words (https://docs.stripe.com/declines/codes)."""

    code: str
    decline_code: str
    message: str


class Behaviour(NamedTuple):
    """What a card or account does. `attaches`: a refused one may still be saved."""

    refusal: Refusal | None = None
    attaches: bool = False
    authentication: Authentication = "never"
    afterwards: Literal["dispute", "fraud_warning"] | None = None


GENERIC = Refusal("card_declined", "generic_decline", "Your card was declined.")
AUTHENTICATION_FAILED = Refusal(
    "payment_intent_authentication_failure",
    "authentication_failed",
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)
NO_PAYMENT_METHOD = Refusal(
    "missing",
    "missing",
    "This customer has no attached payment source or default payment method. Please consider adding a default payment "
    "method.",
)
PAYS = Behaviour()
CARDS: dict[str, Behaviour] = {
    "4242424242424242": PAYS,
    "4000056655665556": PAYS,
    "5555555555554444": PAYS,
    "378282246310005": PAYS,
    "6011111111111117": PAYS,
    "4000000000000002": Behaviour(GENERIC),
    "4000000000009995": Behaviour(Refusal("card_declined", "insufficient_funds", "Your card has insufficient funds.")),
    "4000000000000069": Behaviour(Refusal("expired_card", "expired_card", "Your card has expired.")),
    "4000000000000127": Behaviour(Refusal("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")),
    "4000000000000341": Behaviour(GENERIC, attaches=True),
    "4000002500003155": Behaviour(authentication="once"),
    "4000000000003220": Behaviour(authentication="on_session"),
    "4000002760003184": Behaviour(authentication="always"),
    "4000000000000259": Behaviour(afterwards="dispute"),
    "4000000000005423": Behaviour(afterwards="fraud_warning"),
}
TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_discover": "6011111111111117",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createIssuerFraudRecord": "4000000000005423",
}
"""Names that stand for a new payment method with that card wherever an id is expected."""
ACCOUNTS: dict[str, Behaviour] = {
    "000123456789": PAYS,
    "000111111116": Behaviour(
        Refusal("no_account", "no_account", "The customer's bank account could not be located."), attaches=True
    ),
    "000222222227": Behaviour(
        Refusal("insufficient_funds", "insufficient_funds", "The customer's account has insufficient funds."),
        attaches=True,
    ),
}
ACCOUNT_TOKENS = {
    "pm_usBankAccount": "000123456789",
    "pm_usBankAccount_success": "000123456789",
    "pm_usBankAccount_noAccount": "000111111116",
    "pm_usBankAccount_insufficientFunds": "000222222227",
}
TEST_ROUTING_NUMBER = "110000000"


def make_card(state: State, number: str, exp_month: int, exp_year: int, cvc: str | None) -> Document:
    """Write a payment method from what a person typed. Errors: ApiError card_error for what Stripe refuses at once."""
    digits = number.replace(" ", "").replace("-", "")
    year = exp_year + 2000 if exp_year < 100 else exp_year
    _check_card(state, digits, exp_month, year, cvc)
    brand = _brand(digits)
    card: Document = {
        "brand": brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "unchecked" if cvc else None,
        },
        "country": "US",
        "display_brand": "american_express" if brand == "amex" else brand,
        "exp_month": exp_month,
        "exp_year": year,
        "fingerprint": _fingerprint(digits),
        "funding": "debit" if digits == "4000056655665556" else "credit",
        "generated_from": None,
        "last4": digits[-4:],
        "networks": {"available": [brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _write(state, "card", card, digits)


def make_bank_account(
    state: State, account_number: str, routing_number: str = TEST_ROUTING_NUMBER, holder_type: str = "individual"
) -> Document:
    """Write a US bank account, which pays some days later. Errors: ApiError for a number that is no test account."""
    if account_number not in ACCOUNTS:
        raise invalid("You must use a test bank account number.", "us_bank_account[account_number]")
    account: Document = {
        "account_holder_type": holder_type,
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": _fingerprint(routing_number + account_number),
        "last4": account_number[-4:],
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": routing_number,
        "status_details": {},
    }
    return _write(state, "us_bank_account", account, account_number)


def from_token(state: State, token: str) -> Document | None:
    """Write the payment method that a test name such as pm_card_visa stands for; None: it is no such name."""
    if token in TOKENS:
        year = datetime.fromtimestamp(state.now, UTC).year + 3
        return make_card(state, TOKENS[token], 12, year, "123" if token != "pm_card_amex" else "1234")  # noqa: S105 - a public test name
    if token in ACCOUNT_TOKENS:
        return make_bank_account(state, ACCOUNT_TOKENS[token])
    return None


def behaviour(method: Document) -> Behaviour:
    """Return what this payment method does when it is charged or saved."""
    return (CARDS if method["type"] == "card" else ACCOUNTS)[method["_number"]]


def _check_card(state: State, digits: str, month: int, year: int, cvc: str | None) -> None:
    today = datetime.fromtimestamp(state.now, UTC)
    if not (digits.isdecimal() and 12 <= len(digits) <= 19 and _luhn(digits)):
        raise _card_error("Your card number is incorrect.", "incorrect_number", "number")
    if not 1 <= month <= 12 or (year == today.year and month < today.month):
        raise _card_error("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")
    if not today.year <= year <= today.year + 50:
        raise _card_error("Your card's expiration year is invalid.", "invalid_expiry_year", "exp_year")
    length = 4 if _brand(digits) == "amex" else 3
    if cvc is not None and not (cvc.isdecimal() and len(cvc) == length):
        raise _card_error("Your card's security code is invalid.", "invalid_cvc", "cvc")
    if digits not in CARDS:
        raise _card_error(
            "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid "
            "test cards, visit: https://stripe.com/docs/testing.",
            "card_declined",
            "",
            "test_mode_live_card",
        )


def _card_error(message: str, code: str, param: str, decline_code: str | None = None) -> ApiError:
    return ApiError(message, status=402, type="card_error", code=code, param=param or None, decline_code=decline_code)


def _luhn(digits: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _brand(digits: str) -> str:
    if digits.startswith(("34", "37")):
        return "amex"
    return {"4": "visa", "5": "mastercard", "6": "discover"}.get(digits[:1], "unknown")


def _fingerprint(digits: str) -> str:
    return hashlib.sha256(digits.encode()).hexdigest()[:16]


def _write(state: State, type: str, details: dict[str, Any], number: str) -> Document:
    empty_address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return state.put(
        {
            "id": state.new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": {"address": empty_address, "email": None, "name": None, "phone": None, "tax_id": None},
            type: details,
            "created": state.now,
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "type": type,
            "_number": number,
            "_authenticated": False,
        }
    )
