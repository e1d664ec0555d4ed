"""Prices of many codes in many localities on a day: four queries, whatever is asked.

Not computed: deductible, co-insurance, sequestration, the 85 % of some practitioners, the lower of charge and fee.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from webapp.codes.datasets import reading, releases
from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.reading import Facts, Row
from webapp.codes.datasets.releases import Held
from webapp.codes.prices import fees, rules
from webapp.codes.prices.draft import Payment, Service
from webapp.codes.prices.engine import NOTHING, Gpci
from webapp.codes.prices.fees import Caps, Locality, Priced, Unpriced
from webapp.codes.prices.lines import Line

COUNTRY = Locality("national", "National")
"""The units as they are, without indices of cost."""
SETTINGS = (False, True)
HEADER = (
    *("Line", "Code", "Modifiers", "Units", "Locality", "State", "Setting", "Amount"),
    *("How it is reckoned", "Problem", "Sources"),
)


@dataclass(frozen=True, slots=True)
class Quote:
    """What a line pays in one locality, outside a facility and in one."""

    locality: Locality
    non_facility: Payment
    facility: Payment


@dataclass(frozen=True, slots=True)
class Answer:
    """One line with its prices, in the order of the localities, or with the reason why it has none."""

    line: Line
    row: str = ""
    quotes: list[Quote] = field(default_factory=list)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """What all lines pay in a locality, and how many of them have no amount there, by setting."""

    locality: Locality
    non_facility: Decimal
    facility: Decimal
    open_non_facility: int
    open_facility: int


@dataclass(frozen=True, slots=True)
class Prices:
    """The answer to a reader. `problems` are of the question as a whole; `sources` name the releases used."""

    on: date
    answers: list[Answer]
    totals: list[Total]
    problems: list[str]
    sources: list[str]


def localities(day: date) -> list[Locality]:
    """Return all payment localities of a day by state and name, without their anesthesia factors."""
    found = [_locality(row) for row in reading.whole("gpci", day)]
    return sorted(found, key=lambda place: (place.state, place.name, place.key))


def prices(lines: Sequence[Line], places: Sequence[str], day: date, *, qualifying: bool = False) -> Prices:
    """Price lines, as of one patient, practitioner and day, in the localities with some keys.

    Among the keys `national` is the price without indices. `qualifying` takes the conversion factor of qualifying APM
    participants.
    """
    dataset = "mpfs-qpp" if qualifying else "mpfs"
    loaded = releases.on(day)
    if dataset not in loaded:
        return Prices(day, [], [], [f"{DATASETS[dataset].name}: no file of this day is loaded."], [])
    facts = reading.many((line.code for line in lines), (dataset, "oppscap"), day)
    found = _with_bases([(line, fees.find_row(line, facts[line.code], dataset)) for line in lines], dataset, day)
    chosen, problems = _places(places, day)
    answers = _answer(found, chosen, fees.caps_of(list(facts.values())))
    used = [dataset, "gpci", *(each for each in ("oppscap", "anesthesia") if _uses(each, found, facts))]
    return Prices(day, answers, _totals(answers, chosen), problems, [_source(loaded, each, day) for each in used])


def csv_rows(result: Prices) -> Iterator[tuple[str, ...]]:
    """Yield the rows of an export under HEADER, a line, locality and setting each."""
    sources = "; ".join(result.sources)
    for answer in result.answers:
        line = answer.line
        first = (str(line.number), line.code, " ".join(line.modifiers), str(line.units or 1))
        if answer.problem:
            yield (*first, "", "", "", "", "", answer.problem, sources)
        for quote in answer.quotes:
            place = (quote.locality.name, quote.locality.state)
            for setting, payment in (("Non-facility", quote.non_facility), ("Facility", quote.facility)):
                amount = "" if payment.amount is None else str(payment.amount)
                steps = " | ".join(": ".join(filter(None, (step.formula, step.reason))) for step in payment.steps)
                yield (*first, *place, setting, amount, steps, "", sources)


def _with_bases(rows: list[tuple[Line, Row | Unpriced]], dataset: str, day: date) -> list[Priced | Unpriced]:
    named = {row["endoscopic_base"] for _, row in rows if isinstance(row, Row)} - {""}
    bases = reading.many(named, (dataset,), day)
    return [
        row if isinstance(row, Unpriced) else Priced(line, row, _base(bases.get(row["endoscopic_base"]), dataset))
        for line, row in rows
    ]


def _base(facts: Facts | None, dataset: str) -> Row | None:
    return facts.row(dataset) if facts else None


def _places(keys: Sequence[str], day: date) -> tuple[list[Locality], list[str]]:
    facts = reading.many((key for key in keys if key != COUNTRY.key), ("gpci", "anesthesia"), day)
    chosen, problems = [], []
    for key in dict.fromkeys(keys):
        row = facts[key].row("gpci") if key in facts else None
        if key == COUNTRY.key:
            chosen.append(COUNTRY)
        elif row is None:
            problems.append(f"There is no payment locality {key[:20]!r} on this day.")
        else:
            chosen.append(_locality(row, facts[key].value("anesthesia", "factor")))
    return chosen, problems


def _locality(row: Row, anesthesia: str = "") -> Locality:
    gpci = Gpci(*(Decimal(row[name]) for name in ("work", "pe", "mp")))
    return Locality(row.code, row["name"], row["state"], gpci, Decimal(anesthesia) if anesthesia else None)


def _answer(found: Sequence[Priced | Unpriced], places: Sequence[Locality], caps: Caps) -> list[Answer]:
    priced = [each for each in found if isinstance(each, Priced)]
    paid = {(place.key, facility): _pay(priced, place, facility, caps) for place in places for facility in SETTINGS}
    return [
        Answer(each.line, problem=each.problem)
        if isinstance(each, Unpriced)
        else Answer(
            each.line,
            each.row.part,
            [Quote(place, *(paid[place.key, facility][each.line.number] for facility in SETTINGS)) for place in places],
        )
        for each in found
    ]


def _pay(lines: Sequence[Priced], place: Locality, facility: bool, caps: Caps) -> dict[int, Payment]:
    found = {each.line.number: fees.service(each, place, facility, caps) for each in lines}
    services = [each for each in found.values() if isinstance(each, Service)]
    settled = {number: each for number, each in found.items() if isinstance(each, Payment)}
    return settled | rules.pay(services)


def _totals(answers: Sequence[Answer], places: Sequence[Locality]) -> list[Total]:
    totals = []
    for at, place in enumerate(places):
        quotes = [answer.quotes[at] for answer in answers if answer.quotes]
        missing = sum(1 for answer in answers if not answer.quotes)
        sides = [[quote.non_facility.amount for quote in quotes], [quote.facility.amount for quote in quotes]]
        sums = [sum((amount for amount in side if amount is not None), NOTHING) for side in sides]
        totals.append(Total(place, sums[0], sums[1], *(missing + side.count(None) for side in sides)))
    return totals


def _uses(dataset: str, found: Sequence[Priced | Unpriced], facts: Mapping[str, Facts]) -> bool:
    if dataset == "oppscap":
        return any(each.rows(dataset) for each in facts.values())
    return any(isinstance(each, Priced) and each.is_anesthesia for each in found)


def _source(loaded: Mapping[str, Held], dataset: str, day: date) -> str:
    name, release = DATASETS[dataset].name, loaded.get(dataset)
    if release is None:
        return f"{name}: not loaded"
    ended = f", ended {release.valid_to.isoformat()}" if release.valid_to and release.valid_to < day else ""
    return f"{name}, {release.name}{ended}"
