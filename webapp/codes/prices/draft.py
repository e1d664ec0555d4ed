"""A line on its way to a price: what it is, what it pays so far, and the steps that led there."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

RANKED_AT_MOST = 6
"""More units than are ranked by price: the sixth is paid by report already."""


@dataclass(frozen=True, slots=True)
class Service:
    """One line as it is paid. `fee` is one unit's price in dollars, `formula` its figures; the indicators are CMS's.

    `pre_op`, `intra_op` and `post_op` are the shares of a global price, 0 to 1. `row` is the modifier of the fee
    schedule's row. `base_fee` is the price of the endoscopic base, None if it has none.
    """

    number: int
    code: str
    modifiers: tuple[str, ...]
    units: int
    fee: Decimal
    formula: str = ""
    row: str = ""
    status: str = "A"
    multiple: str = "0"
    bilateral: str = "0"
    assistant: str = "0"
    co_surgeons: str = "0"
    team: str = "0"
    pre_op: Decimal = Decimal(0)
    intra_op: Decimal = Decimal(0)
    post_op: Decimal = Decimal(0)
    endoscopic_base: str = ""
    base_fee: Decimal | None = None

    @property
    def family(self) -> str:
        """The base code of the family of endoscopies, empty for any other service."""
        return self.endoscopic_base if self.multiple == "3" else ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a price: the sum with its figures, empty where nothing is reckoned, and the rule's reason."""

    formula: str
    reason: str


@dataclass(frozen=True, slots=True)
class Payment:
    """What a line pays in one place and setting. `amount` is None where the rules leave it open or pay nothing here."""

    amount: Decimal | None
    steps: tuple[Step, ...] = ()


@dataclass(slots=True)
class Draft:
    """A line's price while the rules are applied: `amount` is one unit's until the units are ranked or counted."""

    service: Service
    amount: Decimal
    steps: list[Step] = field(default_factory=list)
    is_open: bool = False

    @property
    def ranked_units(self) -> int:
        return min(self.service.units, RANKED_AT_MOST)

    def step(self, formula: str, reason: str) -> None:
        self.steps.append(Step(formula, reason[:1].upper() + reason[1:] + "."))

    def leave_open(self, reason: str) -> None:
        """Note that the carrier decides what is paid."""
        self.is_open = True
        self.step("", reason)

    def payment(self) -> Payment:
        return Payment(None if self.is_open else self.amount, tuple(self.steps))
