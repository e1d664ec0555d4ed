"""Advice as the page shows it: conflicts first, and each note once for all codes that it stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from webapp.tools.detecticd10cm.conventions import KINDS, Advice, Kind

HEADINGS: dict[Kind, str] = {
    "excludes1": "Codes that exclude each other",
    "code_first": "Code first",
    "use_additional_code": "Use additional code",
}


@dataclass(frozen=True, slots=True)
class Note:
    """A publisher's note, and the codes found that it names."""

    text: str
    found: tuple[str, ...]


@dataclass(slots=True)
class Rule:
    """What stands under one code (`under`) and speaks to `codes`."""

    under: str
    codes: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Group:
    kind: Kind
    heading: str
    rules: list[Rule]


def groups(advice: Iterable[Advice]) -> list[Group]:
    """Return advice by kind: Excludes1 first, then code first, then additional codes."""
    by_kind: dict[Kind, dict[str, list[Advice]]] = {kind: {} for kind in KINDS}
    for each in advice:
        by_kind[each.kind].setdefault(each.under, []).append(each)
    return [
        Group(kind, HEADINGS[kind], [_rule(under, together) for under, together in rules.items()])
        for kind, rules in by_kind.items()
        if rules
    ]


def _rule(under: str, together: list[Advice]) -> Rule:
    notes: dict[str, dict[str, None]] = {}
    for each in together:
        named = notes.setdefault(each.note.lstrip(" ,;:"), {})
        if each.other:
            named[each.other] = None
    return Rule(
        under,
        list(dict.fromkeys(each.code for each in together)),
        [Note(text, tuple(named)) for text, named in notes.items()],
    )
