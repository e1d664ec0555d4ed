"""The meanings of indicators: a text for every value that the publishers list, in our own words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from webapp.codes.facts.indicators import meaning, meanings

LISTED = Path(__file__).resolve().parents[3] / "shared" / "data" / "indicators.json"


def test_a_value_has_its_meaning_by_kind() -> None:
    assert meaning("mpfs.global_days", "090") == "Major surgery: the day before and 90 days after are included."
    assert meaning("opps.si", "C") == "Inpatient procedure: not paid under OPPS."
    assert meaning("mpfs.na_indicator", "") == "Done in this setting."


def test_a_value_that_is_new_has_none() -> None:
    assert meaning("opps.si", "Z9") == ""


def test_a_kind_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        meaning("mpfs.colour", "A")


@pytest.mark.parametrize("kind", sorted(meanings()))
def test_every_value_says_something_short(kind: str) -> None:
    assert all(0 < len(text) <= 150 for text in meanings()[kind].values())


@pytest.mark.skipif(not LISTED.exists(), reason="the publishers' files are not beside this project")
def test_no_listed_value_is_missing() -> None:
    listed = json.loads(LISTED.read_text(encoding="utf-8"))
    missing = [
        (kind, value) for kind, each in listed.items() for value in each["values"] if value not in meanings()[kind]
    ]
    assert missing == []
