"""CMS's payment formula of the physician fee schedule, in exact decimals.

Source: PPRRVU record layout and 42 CFR 414.22-414.28: ((work × GPCI) + (PE × GPCI) + (MP × GPCI)) × conversion factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Rvu:
    """The relative value units of one service: the work, its practice expense by setting, malpractice cost."""

    work: Decimal
    non_facility_pe: Decimal
    facility_pe: Decimal
    mp: Decimal

    def pe(self, facility: bool) -> Decimal:
        return self.facility_pe if facility else self.non_facility_pe

    def total(self, facility: bool) -> Decimal:
        return self.work + self.pe(facility) + self.mp


@dataclass(frozen=True, slots=True)
class Gpci:
    """The geographic practice cost indices of a payment locality."""

    work: Decimal
    pe: Decimal
    mp: Decimal


NATIONAL = Gpci(Decimal(1), Decimal(1), Decimal(1))
"""The indices that leave the units as they are."""


def price(rvu: Rvu, gpci: Gpci, factor: Decimal, facility: bool) -> Decimal:
    """Return what a service pays in a locality, in dollars, rounded half up to the cent."""
    return cents((rvu.work * gpci.work + rvu.pe(facility) * gpci.pe + rvu.mp * gpci.mp) * factor)


def formula(rvu: Rvu, gpci: Gpci, factor: Decimal, facility: bool) -> str:
    """Return the same sum with its figures, as readers check it."""
    terms = ((rvu.work, gpci.work), (rvu.pe(facility), gpci.pe), (rvu.mp, gpci.mp))
    units = " + ".join(f"{value} × {index}" for value, index in terms)
    return f"({units}) × {factor} = {dollars(price(rvu, gpci, factor, facility))}"


def cents(amount: Decimal) -> Decimal:
    """Round half up to the cent."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def share(amount: Decimal, percent: Decimal) -> Decimal:
    """Return a percentage of an amount, rounded half up to the cent."""
    return cents(amount * percent / HUNDRED)


def dollars(amount: Decimal) -> str:
    """Write an amount with two decimals, as it stands in formulas."""
    return f"{amount:,.2f}"
