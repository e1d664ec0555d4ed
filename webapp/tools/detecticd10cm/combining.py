"""Combination codes: what the classification says with one code though a note says it with two.

The Index presumes that diseases joined by “with” belong together (ICD-10-CM Official Guidelines, section I.A.15): a
patient with hypertension and chronic kidney disease has hypertensive kidney disease unless the note says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from webapp.tools.detecticd10cm.episodes import HEAD_INJURY

UNSPECIFIED = (".9", ".90", ".909", ".91")
UNRELATED = re.compile(r"\b(?:unrelated to|not (?:due|related) to|non-?diabetic|not diabetic)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Combination:
    """When a code that begins like `first` and one that begins like `second` are present, the first becomes `into`.

    `into` may keep something of both: it is a function of their codes. `drop`: the second is said by it. `close`:
    only within one sentence.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    into: Callable[[str, str], str]
    drop: bool = False
    close: bool = False


def _to(code: str) -> Callable[[str, str], str]:
    return lambda *_: code


def _diabetes(suffix: str) -> Callable[[str, str], str]:
    """Return the diabetes code of the same type with another complication."""
    return lambda code, _: f"{code[:3]}.{suffix}"


DIABETES = ("E08.9", "E09.9", "E10.9", "E11.9", "E13.9")
STROKE = ("Z86.73",)
"""Of a stroke that is past: of an acute one the deficits keep their own codes."""
DEMENTIA = ("G30", "G31.83", "G31.0", "G20")


def _side_of_hemiplegia(code: str, _: str) -> str:
    """Return hemiplegia after a stroke, of the side that a code of hemiplegia says."""
    return f"I69.35{code[-1] if code[-1] in '1234' else '9'}"


def _elsewhere(code: str, _: str) -> str:
    """Return dementia in a disease classified elsewhere, of the same severity and with the same disturbance."""
    suffix = code[3:]
    return "F02" + (f".8{suffix[2:]}" if suffix.startswith(".9") else suffix)


def _osteoporotic(code: str, _: str) -> str:
    """Return the fracture in osteoporosis of the site and episode of a pathological fracture."""
    return f"M80.0{code[5:]}"


def _vertebral(code: str, _: str) -> str:
    """Return the fracture of a vertebra in osteoporosis, of the episode of a collapsed vertebra."""
    return f"M80.08X{code[-1]}"


def _collapsed(_: str, fracture: str) -> str:
    """Return the fracture of a vertebra in osteoporosis, of the episode of a fracture."""
    return f"M80.08X{fracture[-1] if fracture[-1] in 'DGKPS' else 'A'}"


def _neoplastic(code: str, _: str) -> str:
    """Return the fracture in neoplastic disease of the site and episode of a pathological fracture."""
    return f"M84.5{code[5:]}"


HYPERTENSION = ("I10", "I16.9")
PREGNANCY = ("O", "Z3A")
DRUGS = tuple(f"T{number}" for number in range(36, 51))
DRUG_INDUCED = (("R21", "L27.0"), ("L50.9", "L50.0"), ("K59.00", "K59.03"), ("E16.2", "E16.0"), ("D69.6", "D69.59"))
"""What drugs do, and the codes that say so."""
DEFICITS = (("R47.01", "I69.320"), ("R47.1", "I69.322"), ("R13.10", "I69.391"))
"""What a stroke may leave, and the codes that say so."""
COMBINATIONS = (
    Combination(("I13.0",), ("N18.5", "N18.6"), _to("I13.2")),
    Combination(("I11.0",), ("N18.5", "N18.6"), _to("I13.2")),
    Combination(("I11.0",), ("N18",), _to("I13.0")),
    Combination(("I11.9",), ("N18.5", "N18.6"), _to("I13.11")),
    Combination(("I11.9",), ("N18",), _to("I13.10")),
    Combination(("I12.0",), ("I50",), _to("I13.2")),
    Combination(("I12.9",), ("I50",), _to("I13.0")),
    Combination(("I11.9",), ("I50",), _to("I11.0")),
    Combination(HYPERTENSION, ("N18.5", "N18.6"), _to("I12.0")),
    Combination(HYPERTENSION, ("N18",), _to("I12.9")),
    Combination(HYPERTENSION, ("I50",), _to("I11.0")),
    Combination(DIABETES, ("N18",), _diabetes("22")),
    Combination(DIABETES, ("L97.4", "L97.5"), _diabetes("621")),
    Combination(DIABETES, ("L97", "L98.49"), _diabetes("622"), close=True),
    Combination(HYPERTENSION, ("E08.22", "E09.22", "E10.22", "E11.22", "E13.22"), _to("I12.9")),
    Combination(DIABETES, ("I96",), _diabetes("52"), drop=True),
    *(
        Combination((f"{kind}.51",), ("I96",), _to(f"{kind}.52"), drop=True)
        for kind in ("E08", "E09", "E10", "E11", "E13")
    ),
    Combination(DIABETES, ("I73.9", "I70.20", "I70.209"), _diabetes("51"), drop=True),
    Combination(DIABETES, ("K31.84",), _diabetes("43")),
    Combination(DIABETES, ("M14.60", "M14.6"), _diabetes("610"), drop=True, close=True),
    Combination(DIABETES, ("H35.00", "H35.9"), _diabetes("319"), drop=True),
    Combination(DIABETES, ("G62.9", "G63"), _diabetes("42"), drop=True),
    Combination(DIABETES, ("G90.9", "G90.0"), _diabetes("43"), drop=True, close=True),
    Combination(DIABETES, ("R73.9",), _diabetes("65"), drop=True),
    *(Combination(("R73.9",), (kind,), _to(f"{kind[:3]}.65")) for kind in ("E08.", "E09.", "E10.", "E11.", "E13.")),
    *(Combination(("I73.9",), (kind,), _to(f"{kind[:3]}.51")) for kind in ("E08.", "E09.", "E10.", "E11.", "E13.")),
    Combination(("M84.4*",), ("M81.0",), _osteoporotic, drop=True),
    Combination(("M84.4*",), ("C",), _neoplastic, close=True),
    Combination(("Z47*", "Z48*", "Z98.89*"), ("S", "M80", "M84"), _to("")),
    Combination(("R52", "M25.5*", "M79.6*", "R60.9", "R22*"), ("S", "T63"), _to(""), close=True),
    Combination(("Z34*",), ("O",), _to("")),
    *(Combination((f"{kind}.51",), (f"{kind}.52",), _to("")) for kind in ("E08", "E09", "E10", "E11", "E13")),
    Combination(("I85.00",), ("K70.3", "K74.6", "K76.6"), _to("I85.10")),
    Combination(("I85.01",), ("K70.3", "K74.6", "K76.6"), _to("I85.11")),
    *(Combination((code,), ("I69.3",), _to(into)) for code, into in DEFICITS),
    Combination(("R55", "R40.20", "R40.4"), (HEAD_INJURY,), _to(""), close=True),
    Combination(("R33.9",), ("N40",), _to("R33.8")),
    Combination(("J18.9",), ("U07.1",), _to("J12.82")),
    *(Combination((code,), DRUGS, _to(into)) for code, into in DRUG_INDUCED),
    Combination(("A04.8",), ("K25", "K26", "K27", "K28", "K29"), _to("B96.81")),
    Combination(("Z22.330",), PREGNANCY, _to("O99.820")),
    Combination(("M48.5*",), ("M81.0",), _vertebral, drop=True),
    Combination(("A49.8", "A49.9"), ("N30", "N39.0", "N10", "N12"), _to("B96.20")),
    Combination(DIABETES, ("E16.2",), _diabetes("649"), drop=True),
    Combination(("J44.9",), ("J44.1",), _to("J44.1"), drop=True),
    Combination(("J44.9",), ("J12", "J13", "J14", "J15", "J16", "J18", "J20", "J22"), _to("J44.0")),
    Combination(("I25.10",), ("I20.0",), _to("I25.110"), drop=True),
    Combination(("I25.10",), ("I20.8",), _to("I25.118"), drop=True),
    Combination(("I25.10",), ("I20.9",), _to("I25.119"), drop=True),
    Combination(("M81.0",), ("M48.5", "S22.0", "S32.0", "M84.48"), _collapsed, drop=True, close=True),
    Combination(
        ("K57.30", "K57.32"), ("K65.0", "K63.0", "K63.1", "K65.1", "L02.91"), _to("K57.20"), drop=True, close=True
    ),
    Combination(("K50.90",), ("K63.2", "K60.3", "K60.5"), _to("K50.913"), drop=True, close=True),
    Combination(("K50.90",), ("K56.6",), _to("K50.912"), drop=True, close=True),
    Combination(("K50.90",), ("K63.0", "L02.91", "K65.1"), _to("K50.914"), drop=True, close=True),
    Combination(("F03*",), DEMENTIA, _elsewhere),
    Combination(("G81.9*",), STROKE, _side_of_hemiplegia, close=True),
    *(Combination((code,), STROKE, _to(into), close=True) for code, into in DEFICITS),
    Combination(("K80.20",), ("K81.0",), _to("K80.00"), drop=True),
    Combination(("K80.20",), ("K81.1",), _to("K80.10"), drop=True),
    Combination(("K80.20",), ("K81.9",), _to("K80.10"), drop=True),
    Combination(("N40.0",), ("R39.1", "R35.0", "R35.1", "R33.9", "R33.8", "N13.8"), _to("N40.1")),
    Combination(("N20.0",), ("N13.30", "N13.39"), _to("N13.2"), drop=True),
    Combination(("J45.909",), ("J44",), _to("J44.89"), close=True),
    Combination(("K70.30",), ("R18.8",), _to("K70.31"), drop=True),
    Combination(("F10.20",), ("F10.13", "F10.93"), _to("F10.239"), drop=True),
    Combination(("N30.90",), ("R31",), _to("N30.91"), drop=True, close=True),
    Combination(("K50.90",), ("K62.5", "K92.1"), _to("K50.911"), drop=True, close=True),
    Combination(("K51.90",), ("K62.5", "K92.1"), _to("K51.911"), drop=True, close=True),
    Combination(("K21.9",), ("K20.9", "K20.8"), _to("K21.00"), drop=True, close=True),
)
SPECIFIC = (
    "E08",
    "E09",
    "E10",
    "E11",
    "E13",
    "F03",
    "G30",
    "G43",
    "I48",
    "I50",
    "J44",
    "J45",
    "K21",
    "K50",
    "K51",
    "K57",
    "N18",
)
"""Categories of which an unspecified code says nothing beside a specific one."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change to findings by number: one gets another code, or goes (`code` is empty)."""

    number: int
    code: str
    partner: int


def changes(codes: Iterable[tuple[str, int]], text: str) -> list[Change]:
    """Return what to change in present findings, given as (code, number of its sentence)."""
    if UNRELATED.search(text):
        return []
    findings = _Findings(list(codes))
    before = -1
    while before != len(findings.made):  # what one rule makes may be the beginning of another
        before = len(findings.made)
        for rule in COMBINATIONS:
            findings.apply(rule)
    findings.drop_unspecified()
    return findings.made


class _Findings:
    """Codes by the findings that have them, while rules change them."""

    def __init__(self, codes: list[tuple[str, int]]) -> None:
        self.made: list[Change] = []
        self._numbers: dict[str, list[int]] = {}
        self._sentence = [sentence for _, sentence in codes]
        for number, (code, _) in enumerate(codes):
            self._numbers.setdefault(code, []).append(number)

    def apply(self, rule: Combination) -> None:
        """Let the first code of a rule become another, wherever the second is there too."""
        starts = _starts(rule.first)
        for code in [each for each in self._numbers if each.startswith(starts) and _is(each, rule.first)]:
            others = [each for each in self._numbers if each != code and each.startswith(rule.second)]
            for other in others:
                self._combine(rule, code, other)

    def _combine(self, rule: Combination, code: str, other: str) -> None:
        partners = list(self._numbers.get(other, []))
        near = {self._sentence[number]: number for number in partners}
        changed = [number for number in self._numbers.get(code, []) if not rule.close or self._sentence[number] in near]
        if not changed or not partners:
            return
        into = rule.into(code, other)
        used = {near[self._sentence[number]] if rule.close else partners[0] for number in changed}
        for number in changed:
            self._move(number, code, into)
            self.made.append(Change(number, into, near.get(self._sentence[number], partners[0])))
        if rule.drop:
            for partner in used if rule.close else list(partners):
                self._move(partner, other, "")
                self.made.append(Change(partner, "", changed[0]))

    def _move(self, number: int, code: str, into: str) -> None:
        self._numbers[code].remove(number)
        if not self._numbers[code]:
            del self._numbers[code]
        if into:
            self._numbers.setdefault(into, []).append(number)

    def drop_unspecified(self) -> None:
        """Leave out unspecified codes beside specific ones, and a history of stroke beside what it left."""
        for code in list(self._numbers):
            said = code[:3] in SPECIFIC and code.endswith(UNSPECIFIED)
            partner = next((other for other in self._numbers if said and _says_more(other, code)), "")
            if code == "Z86.73":
                partner = next((other for other in self._numbers if other.startswith("I69")), "")
            if partner:
                self.made += [Change(number, "", self._numbers[partner][0]) for number in self._numbers[code]]


@lru_cache(maxsize=500)
def _starts(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return what codes that are wanted begin with."""
    return tuple(each.rstrip("*") for each in wanted)


def _is(code: str, wanted: tuple[str, ...]) -> bool:
    """Whether a code is one of those wanted; a star stands for any ending."""
    return any(code.startswith(each[:-1]) if each.endswith("*") else code == each for each in wanted)


def _says_more(one: str, other: str) -> bool:
    return one[:3] == other[:3] and one != other and not one.endswith(UNSPECIFIED)
