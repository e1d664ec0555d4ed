"""Arithmetic on amounts in the currency's smallest unit. Nothing here is a float."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"]
)
"""Currencies without a smaller unit (https://docs.stripe.com/currencies#zero-decimal)."""
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£"}


def share(amount: int, part: int, whole: int) -> int:
    """Return `amount` × `part` / `whole`, halves away from zero: how Stripe prorates by the second."""
    if whole == 0:
        return 0
    return int((Decimal(amount) * part / whole).quantize(Decimal(1), ROUND_HALF_UP))


def percentage(amount: int, percent: float) -> int:
    """Return that many per cent of `amount`, halves away from zero."""
    return int((Decimal(amount) * Decimal(str(percent)) / 100).quantize(Decimal(1), ROUND_HALF_UP))


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights`, which are not negative, so that the parts add up to it exactly."""
    parts: list[int] = []
    left_total, left_weight = total, sum(weights)
    for weight in weights:
        part = share(left_total, weight, left_weight)
        parts.append(part)
        left_total, left_weight = left_total - part, left_weight - weight
    return parts


def text(amount: int, currency: str) -> str:
    """Return an amount as people read it: $29.00, -€5.00, ¥ as JPY 500."""
    sign, number = ("-" if amount < 0 else ""), abs(amount)
    figures = f"{number:,}" if currency in ZERO_DECIMAL else f"{number // 100:,}.{number % 100:02}"
    return f"{sign}{SYMBOLS[currency]}{figures}" if currency in SYMBOLS else f"{sign}{currency.upper()} {figures}"
