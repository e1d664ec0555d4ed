"""Payment rules of the fee schedule for the modifiers of a line, and for the lines of one day together.

Source: Medicare Claims Processing Manual, chapter 12, 40 (global surgery), 40.6 to 40.8, 20.4.3 and 20.4.5; the
indicators of the relative value file. The order is CMS's: both sides, then several procedures, then what a part of the
care, an assistant or a second surgeon is paid. Each step is rounded half up to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from webapp.codes.prices import multiple
from webapp.codes.prices.draft import Draft, Payment, Service
from webapp.codes.prices.engine import NOTHING, dollars, share

BILATERAL = {
    "0": (100, "the 150 % for both sides does not apply"),
    "1": (150, "both sides are paid at 150 %"),
    "2": (100, "the price is for both sides already"),
    "3": (200, "each side is paid in full"),
    "9": (100, "modifier 50 does not apply to this service"),
}
"""Percent of the price with modifier 50, by bilateral indicator, and why."""

ASSISTANT = {"80": Decimal(16), "81": Decimal(16), "82": Decimal(16), "AS": Decimal("13.6")}
"""Percent of the price that an assistant at surgery is paid; AS is 85 % of the 16 %."""
ASSISTANT_PAID = {
    "0": "paid only where documents show that an assistant was needed",
    "2": "an assistant may be paid",
}
CO_SURGEON = Decimal("62.5")
CO_SURGEONS_PAID = {
    "1": "two surgeons are paid only where documents show that both were needed",
    "2": "two surgeons of different specialties are paid",
}
TEAM_PAID = ("1", "2")
PARTS = {
    "54": (("pre_op", "intra_op"), "surgical care only: the shares before and during surgery"),
    "55": (("post_op",), "care after surgery only"),
    "56": (("pre_op",), "care before surgery only"),
    "78": (("intra_op",), "return to the operating room: the share during surgery"),
}
"""Modifiers for a part of a global price: the shares that are paid, and why."""
BY_REPORT = {"22": "more work than usual", "52": "reduced service", "53": "discontinued, and it has no row of its own"}


def pay(services: Sequence[Service]) -> dict[int, Payment]:
    """Return what each line pays, by its number. The lines are one patient's of one day, by one practitioner;
    assistants' lines are ranked among themselves.
    """
    drafts = [_begin(service) for service in services]
    paid = [draft for draft in drafts if not _is_refused(draft)]
    for draft in paid:
        _both_sides(draft)
    for assistants in (False, True):
        multiple.reduce([draft for draft in paid if _is_assistant(draft.service) is assistants])
    for draft in paid:
        _count_units(draft)
        _assistant(draft)
        _co_surgeons(draft)
        _parts(draft)
        _by_report(draft)
        _others(draft)
    _only_alone(drafts)
    return {draft.service.number: draft.payment() for draft in drafts}


def _begin(service: Service) -> Draft:
    draft = Draft(service, service.fee)
    row = f", row {service.row}" if service.row else ""
    draft.step(service.formula or dollars(service.fee), f"price of one unit by the fee schedule{row}")
    return draft


def _is_refused(draft: Draft) -> bool:
    """Tell whether a modifier names a practitioner whom the indicators do not let be paid; the line then pays 0."""
    service = draft.service
    for modifier in service.modifiers:
        if modifier in ASSISTANT and service.assistant not in ASSISTANT_PAID:
            reason = f"assistant indicator {service.assistant or 'open'}: no assistant is paid"
        elif modifier == "62" and service.co_surgeons not in CO_SURGEONS_PAID:
            reason = f"co-surgeon indicator {service.co_surgeons or 'open'}: two surgeons are not paid"
        elif modifier == "66" and service.team not in TEAM_PAID:
            reason = f"team indicator {service.team or 'open'}: no team is paid"
        else:
            continue
        _pay_nothing(draft, f"modifier {modifier}, {reason}")
        return True
    return False


def _both_sides(draft: Draft) -> None:
    if "50" in draft.service.modifiers:
        indicator = draft.service.bilateral
        percent, reason = BILATERAL.get(indicator, BILATERAL["9"])
        _take(draft, Decimal(percent), f"modifier 50, bilateral indicator {indicator or 'open'}: {reason}")


def _count_units(draft: Draft) -> None:
    """Multiply by the units, unless each was ranked as a procedure."""
    service = draft.service
    if service.units > 1 and service.multiple not in (multiple.STANDARD, multiple.ENDOSCOPY):
        total = draft.amount * service.units
        draft.step(f"{service.units} × {dollars(draft.amount)} = {dollars(total)}", "units")
        draft.amount = total


def _is_assistant(service: Service) -> bool:
    return not ASSISTANT.keys().isdisjoint(service.modifiers)


def _assistant(draft: Draft) -> None:
    modifier = next((each for each in draft.service.modifiers if each in ASSISTANT), None)
    if modifier is not None:
        indicator = draft.service.assistant
        _take(
            draft,
            ASSISTANT[modifier],
            f"modifier {modifier}, assistant indicator {indicator}: {ASSISTANT_PAID[indicator]}",
        )


def _co_surgeons(draft: Draft) -> None:
    if "62" in draft.service.modifiers:
        indicator = draft.service.co_surgeons
        reason = f"{CO_SURGEONS_PAID[indicator]}, each {CO_SURGEON} %"
        _take(draft, CO_SURGEON, f"modifier 62, co-surgeon indicator {indicator}: {reason}")


def _parts(draft: Draft) -> None:
    service = draft.service
    shares = {"pre_op": service.pre_op, "intra_op": service.intra_op, "post_op": service.post_op}
    for modifier in service.modifiers:
        if modifier not in PARTS:
            continue
        names, reason = PARTS[modifier]
        if any(shares.values()):
            percent = sum((shares[name] for name in names), Decimal(0)) * 100
            _take(draft, percent.normalize() if percent % 1 else percent.quantize(1), f"modifier {modifier}, {reason}")
        elif modifier == "78":
            draft.step("", "modifier 78: the price holds no share before or after surgery, so it is paid in full")
        else:
            draft.leave_open(f"modifier {modifier}: the fee schedule does not split this price into shares")


def _by_report(draft: Draft) -> None:
    service = draft.service
    for modifier in service.modifiers:
        if modifier in BY_REPORT and modifier != service.row:
            draft.leave_open(f"modifier {modifier} ({BY_REPORT[modifier]}): the carrier sets the price by report")
    if "66" in service.modifiers:
        draft.leave_open(f"modifier 66, team indicator {service.team}: the carrier sets the price by report")


def _others(draft: Draft) -> None:
    known = {"50", "51", "62", "66", draft.service.row} | ASSISTANT.keys() | PARTS.keys() | BY_REPORT.keys()
    others = [modifier for modifier in draft.service.modifiers if modifier not in known]
    if others:
        draft.step("", f"no payment rule is computed for {', '.join(others)}")


def _only_alone(drafts: Sequence[Draft]) -> None:
    """Pay status T only where nothing else is paid on the day."""
    if any(draft.service.status != "T" and (draft.amount or draft.is_open) for draft in drafts):
        for draft in drafts:
            if draft.service.status == "T":
                _pay_nothing(draft, "status T: paid only where nothing else is paid on the day")


def _take(draft: Draft, percent: Decimal, reason: str) -> None:
    paid = share(draft.amount, percent)
    draft.step(f"{dollars(draft.amount)} × {percent} % = {dollars(paid)}", reason)
    draft.amount = paid


def _pay_nothing(draft: Draft, reason: str) -> None:
    draft.amount = NOTHING
    draft.step("0.00", reason)
