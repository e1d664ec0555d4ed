"""The section “Modifiers”: those that the indicators of a procedure allow, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from webapp.codes.datasets import licences, reading
from webapp.codes.datasets.reading import Row
from webapp.codes.document import Block
from webapp.codes.facts.indicators import meaning
from webapp.codes.facts.information import fee_schedule_row
from webapp.codes.facts.subject import ICD10CM, Subject
from webapp.codes.prices.fees import number

COLUMNS = ["Modifier", "Meaning", "Why"]
LEVEL_TWO, LICENSED = "hcpcs-modifiers", "cpt-modifiers"


@dataclass(frozen=True, slots=True)
class Rule:
    """Values of an indicator that allow modifiers. `name` is how the reason calls it, `kind` its meanings."""

    modifiers: tuple[str, ...]
    column: str
    values: tuple[str, ...]
    name: str
    kind: str


RULES = (
    Rule(("26", "TC"), "pctc", ("1",), "PC/TC indicator", "mpfs.pctc"),
    Rule(("50", "LT", "RT"), "bilateral", ("1", "3"), "Bilateral surgery indicator", "mpfs.bilateral"),
    Rule(("51",), "multiple", ("2", "3"), "Multiple procedures indicator", "mpfs.mult_proc"),
    Rule(("62",), "co_surgeons", ("1", "2"), "Co-surgeons indicator", "mpfs.co_surg"),
    Rule(("66",), "team", ("1", "2"), "Team surgery indicator", "mpfs.team_surg"),
    Rule(("80", "81", "82", "AS"), "assistant", ("0", "2"), "Assistant surgeon indicator", "mpfs.asst_surg"),
    Rule(("22",), "global_days", ("000", "010", "090"), "Global days", "mpfs.global_days"),
    Rule(("54", "55", "56"), "global_days", ("010", "090"), "Global days", "mpfs.global_days"),
    Rule(("58", "78", "79"), "global_days", ("010", "090"), "Global days", "mpfs.global_days"),
    Rule(("AA", "AD", "QK", "QX", "QY", "QZ"), "status", ("J",), "Status", "mpfs.status"),
)
"""Source: the fee schedule's record layout, and Medicare Claims Processing Manual, chapter 12, sections 40 and 50."""
SPLIT = ("54", "55", "56")
ROWS = ("26", "TC", "53")
"""Modifiers that the fee schedule may give values of their own."""
ITEM_RULES = {"31": ("RR",), "32": ("NU", "RR", "UE"), "36": ("KH", "KI", "KJ", "RR")}
"""By pricing indicator of HCPCS Level II. Source: Medicare Claims Processing Manual, chapter 20, 30 and 130."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a modifier means, and which dataset says so: none for our own label."""

    text: str
    dataset: str = ""


def blocks(subject: Subject) -> list[Block]:
    """Return the modifiers that the fee schedule allows, and those of items that HCPCS Level II says how to price.

    Under a licence the CPT modifiers carry the licensee's texts, and the source the copyright line.
    """
    if subject.document.system == ICD10CM:
        return []
    reasons = {"mpfs": dict(_by_fee_schedule(subject)), "hcpcs": dict(_by_pricing(subject))}
    texts = _texts(subject, [modifier for why in reasons.values() for modifier in why])
    return [_table(subject, dataset, why, texts) for dataset, why in reasons.items() if why]


def _table(subject: Subject, dataset: str, why: dict[str, str], texts: dict[str, Text]) -> Block:
    used = {texts[each].dataset for each in why}
    block = subject.table(
        COLUMNS,
        [[each, texts[each].text, why[each]] for each in sorted(why)],
        *(dataset, *(source for source in (LEVEL_TWO, LICENSED) if source in used)),
    )
    licence = licences.installed(licences.CPT) if LICENSED in used else None
    if licence:
        block.source, block.licensed = f"{block.source}. {licence.line}", licences.CPT
    return block


def _by_fee_schedule(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield modifiers with the reason."""
    row = fee_schedule_row(subject)
    if row is None:
        return
    for modifier in ROWS:
        if subject.facts.row("mpfs", modifier):
            yield modifier, "The fee schedule gives values of its own for it."
    for rule in RULES:
        if row[rule.column] in rule.values:
            why = f"{rule.name} {row[rule.column]}. {meaning(rule.kind, row[rule.column])}"
            for modifier in rule.modifiers:
                yield modifier, f"{why} {_shares(row)}".strip() if modifier in SPLIT else why


def _shares(row: Row) -> str:
    """Say how the fee is split between the surgeon and who cares before and after; empty where it is not."""
    before, during, after = (number(row[name]) for name in ("pre_op", "intra_op", "post_op"))
    return f"Of the fee, {before:%} is for before, {during:%} for surgery, {after:%} for after." if during else ""


def _by_pricing(subject: Subject) -> Iterator[tuple[str, str]]:
    for value in subject.facts.value("hcpcs", "pricing").split():
        for modifier in ITEM_RULES.get(value, ()):
            yield modifier, f"Pricing indicator {value}. {meaning('hcpcs.pricing', value)}"


def _texts(subject: Subject, modifiers: list[str]) -> dict[str, Text]:
    """Return the licensee's texts, else the publisher's of Level II, else our own labels."""
    texts = {each: Text(_label(each)) for each in modifiers}
    lettered = [each for each in modifiers if each.isalpha()]
    if lettered:
        for each, facts in subject.others(lettered, LEVEL_TWO).items():
            if text := facts.value(LEVEL_TWO, "long"):
                texts[each] = Text(text, LEVEL_TWO)
    if modifiers and licences.installed(licences.CPT):
        licensed = reading.licensed_many(modifiers, LICENSED, subject.on)
        texts |= {each: Text(text, LICENSED) for each, text in licensed.items()}
    return texts


def _label(modifier: str) -> str:
    return meaning("modifier.cpt_labels", modifier) or meaning("modifier.level_two_labels", modifier)
