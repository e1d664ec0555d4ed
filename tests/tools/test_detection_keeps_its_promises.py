"""Whatever text is given: places lie in it, scores are shares, codes exist and hold, and time grows with its length."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from webapp.codes.listing import plain
from webapp.codes.terms import keeping
from webapp.core.errors import BadInput
from webapp.tools.detecticd10cm import cards, marking, service
from webapp.tools.detecticd10cm.cards import STATUSES
from webapp.tools.detecticd10cm.reading import LONGEST_TEXT
from webapp.tools.detecticd10cm.samples import SAMPLES
from webapp.tools.detecticd10cm.service import SETTINGS

WORDS = (
    *("type 2 diabetes mellitus", "Type 1 diabetes", "with diabetic polyneuropathy", "essential hypertension", "HTN"),
    *("pneumonia", "chest pain", "asthma", "fever", "osteoarthritis of the right knee", "left knee", "GERD", "DM2"),
    *("no", "denies", "without", "possible", "r/o", "if", "history of", "s/p", "mother had", "family history:", "PMH:"),
    *("but", "and", "or", ",", ";", ".", "?", "\n", "\n\n", " - ", "\t", "\r\n", "(", ")", "diabetis", "pnuemonia"),
    *("\0", "\ud800", "😀", "é̂", "İ", "ﬁ", "٣", "\u2028", "<b>", "&amp;", "'s", "’s", "1.", "20 mg", "E11.9"),
)
TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=40).map(" ".join) | st.text(max_size=200)
HOSTILE = (
    *(
        "a",
        "1",
        " ",
        "\n",
        "\t",
        ",",
        ", ",
        ". ",
        "(",
        "?",
        "-",
        " - ",
        ":",
        "x: ",
        "é",
        "\u0301",
        "😀",
        "no ",
        "a ",
        "aA1 ",
    ),
    *("diabetes, ", "fever. ", "fever and ", "mother ", "mother had fever ", "history of ", "if ", "r/o ", "zqxrtyuv "),
    *("no fever or ", "type 2 ", "HTN ", "\n- ", "family history: ", "pneumonai "),
)
SHORT, LONG = 3_000, 12_000
"""Characters; four times the text may cost four times the work, and a little more."""
GROWTH = 9
QUICK_SECONDS = 0.4
"""What is too quick to be compared."""


@pytest.fixture
def ready(notes_app: Flask) -> Iterator[Flask]:
    with notes_app.app_context():
        service.detect("fever")
        yield notes_app


@given(text=TEXTS, setting=st.sampled_from(SETTINGS))
@example(text=SAMPLES["clinic"].text, setting="auto")
@example(text="", setting="inpatient")
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_text_is_answered_soundly(ready: Flask, text: str, setting: service.Setting) -> None:
    found = service.detect(text, setting=setting)
    store = keeping.current()
    for each in found.findings:
        assert 0 <= each.start < each.end <= len(text)
        assert 0 <= each.score <= 1
        assert each.status in STATUSES
        for code in (each.code, *each.alternatives):
            rows = [row for row in store.rows(0, plain(code)) if store.key(row) == code]
            assert any(store.in_force(row, found.on.toordinal()) for row in rows), code
    assert [each.start for each in found.findings] == sorted(each.start for each in found.findings)
    assert service.detect(text, setting=setting) == found
    shown = cards.cards(text, found.findings, {"notes", "index_terms"}, found.on)
    marks = marking.mark(
        text, found.findings, {(card.finding.code, card.finding.status): card.number for card in shown}
    )
    assert "".join(mark.text for mark in marks) == text
    assert {number for mark in marks for number in mark.cards} == {card.number for card in shown}


def test_codes_are_those_of_the_day(ready: Flask) -> None:
    assert service.detect("fever", on=date(1999, 1, 1)).findings == []
    assert [each.code for each in service.detect("fever", on=date(2026, 10, 1)).findings] == ["R50.9"]
    for day in (date.min, date.max):
        service.detect("fever", on=day)


def test_a_text_that_is_too_long_is_refused(ready: Flask) -> None:
    with pytest.raises(BadInput):
        service.detect("a" * (LONGEST_TEXT + 1))


def work(text: str) -> float:
    """Processor seconds of a detection, the better of two."""
    taken = []
    for _ in range(2):
        begun = time.process_time()
        service.detect(text)
        taken.append(time.process_time() - begun)
        if taken[0] > QUICK_SECONDS:
            break
    return min(taken)


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
def test_the_work_grows_with_the_text_and_no_faster(ready: Flask, piece: str) -> None:
    long = work((piece * LONG)[:LONG])
    assert long < QUICK_SECONDS or long < GROWTH * work((piece * SHORT)[:SHORT])


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["a", "1", " ", "\n", ", ", "\u0301"], ids=repr)
def test_the_longest_text_is_as_quick_for_its_length(ready: Flask, piece: str) -> None:
    whole = work((piece * LONGEST_TEXT)[:LONGEST_TEXT])
    assert whole < QUICK_SECONDS or whole < 2 * GROWTH * work((piece * LONGEST_TEXT)[: LONGEST_TEXT // 8])
