"""Condition categories and risk scores of a list of diagnoses on a day, in every model that is loaded: four queries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from webapp.codes.datasets import reading, releases
from webapp.codes.datasets.reading import Facts
from webapp.codes.datasets.releases import Held
from webapp.codes.models import Code, CodeSystem
from webapp.codes.raf.engine import Score, score
from webapp.codes.raf.models import MODELS, Model
from webapp.extensions import db

CODE = re.compile(r"[A-Z][0-9][0-9A-Z]([0-9A-Z]{1,4})?")
MOST_CODES = 200
SIMPLE = (
    "A simple sum of the factors loaded here, for the segment and variables given. It is not normalised, has no coding "
    "adjustment, and no interaction or count of conditions that is not given as a variable."
)
"""What every sum is, to be shown beside it."""
HEADER = ("Model", "Release", "Category", "Name", "Codes", "Dropped by", "Segment", "Factor", "Note")
_KNOWN = select(Code.plain).join(CodeSystem, CodeSystem.id == Code.system_id).where(CodeSystem.key == "icd-10-cm")


@dataclass(frozen=True, slots=True)
class Question:
    """Plain ICD-10-CM codes, and what of the text is none."""

    codes: list[str]
    problems: list[str]


@dataclass(frozen=True, slots=True)
class Result:
    """What the diagnoses come to in one model. `labels` are the categories' names by number, where they are loaded.

    `segments` are those that have factors for these categories or variables; `note` tells why there is no sum, or
    what the sum leaves out.
    """

    model: Model
    release: str
    score: Score
    labels: Mapping[str, str]
    segments: list[str]
    note: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a reader. `unmapped` are codes that no loaded model has a category for."""

    on: date
    segment: str
    results: list[Result]
    unmapped: list[str]
    problems: list[str]


def read(text: str) -> Question:
    """Read codes with or without dots, parted by commas, semicolons or blanks, each counted once."""
    found = Question([], [])
    for word in dict.fromkeys(re.split(r"[\s,;]+", text.strip().upper())):
        plain = word.replace(".", "", 1)
        if not word or plain in found.codes:
            continue
        if len(found.codes) == MOST_CODES:
            found.problems.append(f"Codes after the first {MOST_CODES} are left out.")
            break
        if CODE.fullmatch(plain):
            found.codes.append(plain)
        else:
            found.problems.append(f"{word[:20]!r} is no ICD-10-CM code.")
    return found


def scores(codes: Sequence[str], day: date, segment: str = "", variables: Sequence[str] = ()) -> Answer:
    """Return categories and sums of plain codes in each loaded model that has any of them, the newest first.

    `segment` and `variables` are named as in the loaded factors (`CNA`, `F65_69`). Problems: no model loaded, codes
    that do not exist.
    """
    loaded = releases.on(day)
    models = [model for model in MODELS if model.dataset in loaded]
    if not models:
        return Answer(day, segment, [], [], ["No mapping to condition categories is loaded for this day."])
    facts = reading.many(codes, [model.dataset for model in models], day)
    mapped = {model.dataset: _categories(model, facts) for model in models}
    tables = _tables(models, mapped, day)
    results = [
        _result(model, _named(loaded[model.dataset], day), mapped[model.dataset], tables, segment, variables)
        for model in models
        if mapped[model.dataset]
    ]
    unmapped = [code for code in facts if not any(code in each for each in mapped.values())]
    return Answer(day, segment, results, unmapped, _unknown(unmapped))


def csv_rows(answer: Answer) -> Iterator[tuple[str, ...]]:
    """Yield the rows of an export under HEADER: the categories of each model, the variables, and the sum."""
    for result in answer.results:
        model, found = result.model, result.score
        first = (model.name, result.release)
        for each in found.categories:
            above = " ".join(map(model.category, each.dropped_by))
            factor = "" if each.factor is None else str(each.factor)
            named = (model.category(each.number), result.labels.get(each.number, ""), " ".join(each.codes))
            yield (*first, *named, above, answer.segment, factor, "")
        for name, value in found.variables.items():
            yield (*first, name, "", "", "", answer.segment, str(value), "")
        total = "" if found.total is None else str(found.total)
        yield (*first, "Sum", "", "", "", answer.segment, total, " ".join(filter(None, (result.note, SIMPLE))))


def _categories(model: Model, facts: Mapping[str, Facts]) -> dict[str, list[str]]:
    found = {code: [row["cc"] for row in each.rows(model.dataset)] for code, each in facts.items()}
    return {code: numbers for code, numbers in found.items() if numbers}


def _numbers(mapped: Mapping[str, Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(number for numbers in mapped.values() for number in numbers))


def _tables(models: Sequence[Model], mapped: Mapping[str, dict[str, list[str]]], day: date) -> dict[str, Facts]:
    """Return names, hierarchies and factors of the categories found, by the keys that the models give them."""
    keys = [model.version for model in models]
    for model in models:
        for number in _numbers(mapped[model.dataset]):
            keys += (model.label_key(number), model.hierarchy_key(number))
    return reading.many(keys, ("hcc-labels", "hcc-hierarchies", "hcc-factors"), day)


def _result(
    model: Model,
    release: str,
    mapped: dict[str, list[str]],
    tables: Mapping[str, Facts],
    segment: str,
    variables: Sequence[str],
) -> Result:
    numbers = _numbers(mapped)
    labels = {number: tables[model.label_key(number)].value("hcc-labels", "label", model.domain) for number in numbers}
    drops = {number: _dropped(model, tables[model.hierarchy_key(number)]) for number in numbers}
    by_segment = {
        number: {row.part: Decimal(row["factor"]) for row in tables[model.label_key(number)].rows("hcc-factors")}
        for number in numbers
    }
    factors = {number: found[segment] for number, found in by_segment.items() if segment in found}
    others = {row.part: Decimal(row["factor"]) for row in tables[model.version].rows("hcc-factors")}
    given = {name: others.get(f"{segment} {name}") for name in variables}
    segments = sorted(
        {part for found in by_segment.values() for part in found} | {part.rsplit(" ", 1)[0] for part in others}
    )
    found = score(mapped, drops, factors, given)
    named = {number: label for number, label in labels.items() if label}
    return Result(model, release, found, named, segments, _note(model, found, segment, segments))


def _dropped(model: Model, facts: Facts) -> set[str]:
    """Return whom a category drops in a model; another of the same version may have rows of its own."""
    return {row["child"] for row in facts.rows("hcc-hierarchies") if row.part == f"{row['child']} {model.domain}"}


def _note(model: Model, found: Score, segment: str, segments: Sequence[str]) -> str:
    if not segments:
        return "The factors of this model are not loaded, so there is no sum."
    if segment not in segments:
        return f"There is no sum without a segment: one of {', '.join(segments)}."
    if found.without_factor:
        left_out = (model.category(each) if each.isdecimal() else each for each in found.without_factor)
        return f"Without a factor in this segment, and left out of the sum: {', '.join(left_out)}."
    return ""


def _named(release: Held, day: date) -> str:
    ended = release.valid_to is not None and release.valid_to < day
    return f"{release.name}, ended {release.valid_to}" if ended else release.name


def _unknown(codes: Sequence[str]) -> list[str]:
    if not codes:
        return []
    known = set(db.session.scalars(_KNOWN.where(Code.plain.in_(codes))))
    return [f"{code} is no ICD-10-CM code that is loaded here." for code in codes if code not in known]
