"""Several procedures on one day: ranking by price, and families of endoscopies.

Source: Medicare Claims Processing Manual, chapter 12, 40.6: the highest price is paid in full, the second to fifth at
50 %, more by report and no lower than 50 %. In a family of endoscopies the highest is paid in full and each other one
with what it costs more than the family's base; the base itself is included. A family is then ranked as one procedure.
Each unit of a line counts as a procedure. CMS ranks whether or not modifier 51 stands on the line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from webapp.codes.prices.draft import Draft
from webapp.codes.prices.engine import NOTHING, dollars, share

STANDARD, ENDOSCOPY = "2", "3"
PERCENTS = (100, 50, 50, 50, 50)
LEAST = 50
EXPLAINED = {
    "1": "multiple indicator 1: the reduction from before 1995 (100, 50, 25, 25, 25 %) is not computed",
    "4": "multiple indicator 4: second and later images pay 50 % less for the technical and 5 % less for the "
    "professional component; not computed",
    "5": "multiple indicator 5: second and later therapies pay half of the practice expense; not computed",
    "6": "multiple indicator 6: second and later cardiovascular tests pay 25 % less for the technical component; "
    "not computed",
    "7": "multiple indicator 7: second and later eye tests pay 20 % less for the technical component; not computed",
}
"""Indicators whose rule is told and not applied, where several lines have the same one."""


@dataclass(slots=True)
class _Unit:
    draft: Draft
    at: int
    amount: Decimal

    def step(self, formula: str, reason: str) -> None:
        label = f"Unit {self.at}: " if self.draft.service.units > 1 else ""
        self.draft.step(label + formula, reason)


@dataclass(slots=True)
class _Procedure:
    """What is ranked: a unit, or a family of endoscopies."""

    units: list[_Unit] = field(default_factory=list)

    @property
    def amount(self) -> Decimal:
        return sum((unit.amount for unit in self.units), NOTHING)


def reduce(drafts: Sequence[Draft]) -> None:
    """Apply the rules to lines of one day by one practitioner; lines of others must not be among them."""
    _explain(drafts)
    ranked = [draft for draft in drafts if draft.service.multiple in (STANDARD, ENDOSCOPY)]
    for draft in ranked:
        if draft.service.units > draft.ranked_units:
            draft.leave_open(f"more than {len(PERCENTS)} procedures: paid by report")
    units = [_Unit(each, at, each.amount) for each in ranked for at in range(1, each.ranked_units + 1)]
    procedures = _procedures(units)
    for procedure in procedures:
        if len(procedure.units) > 1:
            _reduce_family(procedure.units)
    _rank(procedures)
    for draft in ranked:
        draft.amount = NOTHING
    for unit in units:
        unit.draft.amount += unit.amount


def _explain(drafts: Sequence[Draft]) -> None:
    units: Counter[str] = Counter()
    for draft in drafts:
        units[draft.service.multiple] += draft.service.units
    for draft in drafts:
        indicator = draft.service.multiple
        if indicator in EXPLAINED and units[indicator] > 1:
            draft.step("", EXPLAINED[indicator])
        elif indicator == "0" and "51" in draft.service.modifiers:
            draft.step("", "multiple indicator 0: modifier 51 reduces nothing")


def _procedures(units: Iterable[_Unit]) -> list[_Procedure]:
    """Group units: those of one family of endoscopies together, with its base, any other alone."""
    units = list(units)
    bases = {unit.draft.service.family for unit in units} - {""}
    families: defaultdict[str, _Procedure] = defaultdict(_Procedure)
    alone = []
    for unit in units:
        service = unit.draft.service
        family = service.family or (service.code if service.code in bases else "")
        if family:
            families[family].units.append(unit)
        else:
            alone.append(_Procedure([unit]))
    return [*families.values(), *alone]


def _reduce_family(units: list[_Unit]) -> None:
    scopes = sorted((unit for unit in units if unit.draft.service.family), key=lambda unit: -unit.amount)
    for unit in units:
        if not unit.draft.service.family:
            unit.amount = NOTHING
            unit.step("0.00", "the base of a family of endoscopies is included in the other one's price")
    highest = scopes[0]
    if len(scopes) > 1:
        highest.step("", f"highest price of the endoscopies of base {highest.draft.service.family}: paid in full")
    for unit in scopes[1:]:
        _subtract_base(unit)


def _subtract_base(unit: _Unit) -> None:
    service = unit.draft.service
    if service.base_fee is None:
        unit.draft.leave_open(f"the endoscopic base {service.family} has no price here, so the difference is not known")
        return
    left = max(unit.amount - service.base_fee, NOTHING)
    unit.step(
        f"{dollars(unit.amount)} − {dollars(service.base_fee)} = {dollars(left)}",
        f"another endoscopy of base {service.family} (multiple indicator 3): the base's price is taken off",
    )
    unit.amount = left


def _rank(procedures: list[_Procedure]) -> None:
    if len(procedures) < 2:
        return
    ordered = sorted(procedures, key=lambda procedure: -procedure.amount)
    for place, procedure in enumerate(ordered, start=1):
        for unit in procedure.units:
            if unit.amount:
                _pay_at(unit, place, len(ordered), family=len(procedure.units) > 1)


def _pay_at(unit: _Unit, place: int, count: int, *, family: bool) -> None:
    what = "its family of endoscopies" if family else f"multiple indicator {unit.draft.service.multiple}"
    if place > len(PERCENTS):
        least = share(unit.amount, Decimal(LEAST))
        unit.draft.leave_open(
            f"procedure {place} of {count} by price: paid by report, no lower than {LEAST} % ({dollars(least)})"
        )
        return
    percent = Decimal(PERCENTS[place - 1])
    paid = share(unit.amount, percent)
    unit.step(f"{dollars(unit.amount)} × {percent} % = {dollars(paid)}", f"{place} of {count} by price, {what}")
    unit.amount = paid
