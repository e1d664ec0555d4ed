"""Risk adjustment by condition categories: which categories diagnoses lead to, which of them drop, and their sum.

The sum is a simple one: the factors of the categories that stand, and of the variables that the reader gives (age and
sex, interactions). Nothing is normalised, and no interaction or count of conditions is found by itself.
Source: CMS, risk adjustment model software (format, hierarchies and coefficients of each model).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Category:
    """A category that diagnoses lead to. `dropped_by` are those above it that are there too: it is then not counted.

    `factor` is None where none is loaded.
    """

    number: str
    codes: tuple[str, ...]
    dropped_by: tuple[str, ...] = ()
    factor: Decimal | None = None

    @property
    def stands(self) -> bool:
        return not self.dropped_by


@dataclass(frozen=True, slots=True)
class Score:
    """The categories by number, and the sum of the factors. `total` is None where no factor is known at all.

    `without_factor` are categories that stand and variables without a factor: the sum leaves them out.
    """

    categories: list[Category]
    variables: dict[str, Decimal]
    without_factor: list[str]
    total: Decimal | None


def score(
    mapped: Mapping[str, Collection[str]],
    drops: Mapping[str, Collection[str]],
    factors: Mapping[str, Decimal],
    variables: Mapping[str, Decimal | None],
) -> Score:
    """Return what diagnoses score in one model and segment.

    `mapped`: the categories of each code; `drops`: whom a category drops; `factors`: by category; `variables`: those
    given by the reader with their factors, None for one that the segment does not have.
    """
    codes: dict[str, list[str]] = {}
    for code, numbers in mapped.items():
        for number in numbers:
            codes.setdefault(number, []).append(code)
    above = _dropped_by(sorted(codes, key=int), drops)
    categories = [Category(number, tuple(codes[number]), tuple(above[number]), factors.get(number)) for number in above]
    standing = [category for category in categories if category.stands]
    found = {name: factor for name, factor in variables.items() if factor is not None}
    without = [each.number for each in standing if each.factor is None] + [
        name for name in variables if name not in found
    ]
    known = [each.factor for each in standing if each.factor is not None] + list(found.values())
    return Score(categories, found, without, sum(known, Decimal(0)) if known else None)


def _dropped_by(numbers: Sequence[str], drops: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Return who drops each category. As in CMS's software they are gone through by number, and one that has been
    dropped drops none.
    """
    above: dict[str, list[str]] = {number: [] for number in numbers}
    for number in numbers:
        if not above[number]:
            for child in drops.get(number, ()):
                if child in above:
                    above[child].append(number)
    return above
