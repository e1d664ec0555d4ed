"""The scorers of `make eval`, on cases small enough to count by hand."""

from __future__ import annotations

import json

import pytest

from benchmarks.eval import misses, sets, timing
from benchmarks.eval.score_detect import Counts, Found, score_documents
from benchmarks.eval.score_notes import score_notes
from benchmarks.eval.score_search import score
from benchmarks.eval.sets import BLIND, PRACTICE, SECOND, Document, Mention, Note, Query

FEWEST_QUERIES, FEWEST_NOTES = 150, 60
LARGEST = 500 * 1024
"""Bytes of a set, so that a change of it can still be read."""

BILLABLE = {"E11.9", "E11.65", "I10", "J45.909", "R05.9", "S93.401A", "Z87.891"}


def found(*codes: str, start: int = 0, end: int = 5) -> list[Found]:
    """Findings at one place, the first the surest."""
    return [Found(code, start, end, 0.9 - 0.1 * place) for place, code in enumerate(codes)]


def note(*mentions: tuple[int, int, str, str], kind: str = "neg") -> Note:
    """A note of mentions: start, end, status, codes."""
    return Note(kind, "x" * 60, tuple(Mention(a, b, status, tuple(codes.split())) for a, b, status, codes in mentions))


def counted(counts: Counts) -> tuple[int, int, int]:
    return counts.right, counts.wrong, counts.missed


def test_a_query_is_answered_by_its_first_right_hit() -> None:
    queries = [
        Query("lay", "sugar", ("E11*",)),
        Query("lay", "pressure", ("I10",)),
        Query("hcpcs", "walker", ("E0100",)),
        Query("code", "e119", ("e11.9",)),
    ]
    made = score(queries, [["I10", "E11"], ["I11", "I15", "I16", "I1A", "J45", "i10"], ["E0100"], ["E119"]])
    assert (made.total.count, made.icd.count, made.kinds["lay"].count) == (4, 3, 2)
    assert (made.total.first, made.total.among_five) == (0.5, 0.75)
    assert made.total.mrr == round((1 / 2 + 1 / 6 + 1 + 1) / 4, 3)
    assert (made.icd.first, made.kinds["hcpcs"].first) == (0.333, 1.0)
    assert made.misses == [0, 1]


def test_a_right_hit_after_the_tenth_counts_nothing() -> None:
    made = score([Query("lay", "pressure", ("I10",))], [["R05.9"] * 10 + ["I10"]])
    assert (made.total.mrr, made.misses) == (0.0, [0])


def test_a_beginning_accepts_what_lies_under_it_and_a_code_only_itself() -> None:
    queries = [Query("lay", "a", ("E11*",)), Query("lay", "b", ("E11",)), Query("lay", "c", ("E11",))]
    made = score(queries, [["E11.9"], ["E11.9"], ["E11"]])
    assert made.misses == [1]


def test_an_item_of_a_note_is_found_by_any_of_its_codes_once() -> None:
    text = note((0, 5, "pos", "E11.9 E11*"), (10, 15, "pos", "I10"))
    made = score_notes([text], [found("E11.65", "E11.9", "R05.9")], BILLABLE)
    assert counted(made.codes) == (1, 1, 1)
    assert (made.codes.precision, made.codes.recall, made.codes.f1) == (0.5, 0.5, 0.5)
    assert made.misses == [(0, ["R05.9"], [("I10",)])]


def test_the_same_item_said_twice_is_one_item_but_two_spans() -> None:
    text = note((0, 5, "pos", "I10"), (20, 25, "pos", "I10"))
    made = score_notes([text], [found("I10")], BILLABLE)
    assert counted(made.codes) == (1, 0, 0)
    assert counted(made.spans) == (1, 0, 1)


def test_what_may_be_coded_is_neither_right_nor_wrong() -> None:
    text = note((0, 5, "opt", "R05.9"))
    for findings in (found("R05.9"), []):
        made = score_notes([text], [findings], BILLABLE)
        assert counted(made.codes) == counted(made.spans) == (0, 0, 0)
        assert made.kinds["neg"].whole == 1


def test_a_right_code_on_other_words_is_a_wrong_span() -> None:
    made = score_notes([note((0, 5, "pos", "I10"))], [found("I10", start=5, end=9)], BILLABLE)
    assert counted(made.codes) == (1, 0, 0)
    assert counted(made.spans) == (0, 1, 1)


def test_mentions_are_let_alone_unless_a_finding_stands_on_them() -> None:
    text = note((0, 5, "neg", ""), (10, 15, "fam", ""), (20, 25, "neg", ""), (20, 30, "pos", "I10"))
    made = score_notes([text], [[*found("R05.9", start=3, end=8), *found("I10", start=20, end=30)]], BILLABLE)
    assert made.suppressed == {"neg": (1, 2), "fam": (1, 1)}
    assert made.let_alone == pytest.approx(2 / 3)


def test_a_code_given_that_is_billable_no_more_is_found_by_one_below_it() -> None:
    documents = [Document("x", ("E11", "I10", "J45.9"))]
    made = score_documents(documents, [found("E11.9", "R05.9", "J45.909")], BILLABLE)
    assert counted(made.codes) == (2, 1, 1)
    assert counted(made.categories) == (2, 1, 1)
    assert made.average_precision == pytest.approx((1 / 1 + 2 / 3) / 3)


def test_a_billable_code_is_found_by_itself_only() -> None:
    made = score_documents([Document("x", ("I10",))], [found("I10.1")], BILLABLE)
    assert counted(made.codes) == (0, 1, 1)
    assert counted(made.categories) == (1, 0, 0)


def test_a_code_found_often_counts_once_with_its_best_score() -> None:
    findings = [Found("R05.9", 0, 1, 0.5), Found("I10", 0, 1, 0.2), Found("I10", 9, 10, 0.9)]
    made = score_documents([Document("x", ("I10",))], [findings], BILLABLE)
    assert made.average_precision == 1.0
    assert counted(made.codes) == (1, 1, 0)


def test_a_text_without_findings_misses_everything() -> None:
    made = score_documents([Document("x", ("I10",))], [[]], BILLABLE)
    assert (made.codes.f1, made.average_precision) == (0.0, 0.0)


def test_each_text_is_answered_in_every_run_and_its_answer_is_the_same() -> None:
    runs: list[str] = []
    answers, times = timing.timed(["a", "b"], str.upper, lambda: runs.append("run"), runs=5)
    assert (answers, len(times), len(runs)) == (["A", "B"], 2, 5)
    given = iter("1234")
    with pytest.raises(AssertionError, match="two ways"):
        timing.timed(["a"], lambda _text: next(given), lambda: None, runs=2)


def test_percentiles_are_those_of_sorted_times() -> None:
    times = [float(each) for each in range(100, 0, -1)]
    assert (timing.percentile(times, 0.5), timing.percentile(times, 0.95), timing.percentile([], 0.5)) == (51, 96, 0)


def test_errors_on_a_blind_set_are_never_listed() -> None:
    query, text = Query("lay", "sugar", ("E11*",)), note((0, 5, "pos", "I10"))
    searched, detected = score([query], [["I10"]]), score_notes([text], [[]], BILLABLE)
    for held_out in (BLIND, SECOND):
        assert not list(misses.of_search(held_out, [query], [["I10"]], searched))
        assert not list(misses.of_notes(held_out, [text], detected))
    assert "sugar" in next(misses.of_search(PRACTICE, [query], [["I10"]], searched))
    assert "I10" in next(misses.of_notes(PRACTICE, [text], detected))


@pytest.mark.parametrize("name", [BLIND, SECOND, PRACTICE])
def test_the_sets_are_whole(name: str) -> None:
    queries, notes = sets.queries()[name], sets.notes()[name]
    assert len(queries) >= FEWEST_QUERIES
    assert len(notes) >= FEWEST_NOTES
    assert all(query.accept and query.text.strip() for query in queries)
    for each in notes:
        for mention in each.mentions:
            assert 0 <= mention.start < mention.end <= len(each.text)
            assert bool(mention.codes) or mention.status != "pos"


@pytest.mark.parametrize("path", sorted(sets.HERE.glob("*.jsonl")), ids=lambda path: path.stem)
def test_a_sets_file_is_small_and_its_ids_are_unique(path) -> None:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert path.stat().st_size < LARGEST
    assert len({row["id"] for row in rows}) == len(rows)
    assert all(
        row["text"][each["start"] : each["end"]] == each["text"] for row in rows for each in row.get("mentions", ())
    )
