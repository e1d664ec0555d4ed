"""CSV files as spreadsheets and programs read them."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.codes import export

CELLS = st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=2))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=", "\t=1", "\r=1"])
def test_what_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert export.safe(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "a=1", " =1", "'=1", "1-2", "E11.9", -1, -0.5, 0, None])
def test_anything_else_stays_as_it_is(value: export.Value) -> None:
    assert export.safe(value) == value


def test_lines_and_quotes_are_as_the_rfc_says() -> None:
    text = "".join(export.chunks(["code", "text"], [["A00", 'a "dragon", hot'], ["B10", "two\nlines"], ["-", None]]))
    assert text == 'code,text\r\nA00,"a ""dragon"", hot"\r\nB10,"two\nlines"\r\n\'-,\r\n'


def test_the_mark_of_utf_8_comes_once_and_only_if_asked_for() -> None:
    rows = [["ü"]] * (2 * export.ROWS_AT_ONCE)
    assert not "".join(export.chunks(["a"], rows)).startswith(export.BOM)
    marked = "".join(export.chunks(["a"], rows, bom=True))
    assert marked.startswith(f"{export.BOM}a\r\n")
    assert marked.count(export.BOM) == 1


def test_a_long_table_comes_in_pieces_before_all_is_made() -> None:
    made = []

    def rows() -> object:
        for number in range(3 * export.ROWS_AT_ONCE):
            made.append(number)
            yield [number]

    pieces = export.chunks(["n"], rows())  # type: ignore[arg-type]  # a generator, as views give it
    first = next(pieces)
    assert len(made) < 2 * export.ROWS_AT_ONCE
    assert len((first + "".join(pieces)).split("\r\n")) == 3 * export.ROWS_AT_ONCE + 2


@settings(max_examples=50, deadline=None)
@given(rows=CELLS)
def test_any_text_comes_back_and_none_as_a_formula(rows: list[list[str]]) -> None:
    text = "".join(export.chunks(["a", "b"], rows))
    back = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [[str(export.safe(value)) for value in row] for row in rows] == back
    assert not any(cell.startswith(export.FORMULA) for row in back for cell in row)
