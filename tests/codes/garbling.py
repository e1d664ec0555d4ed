"""Files that arrive broken: cut, with bytes lost, added or changed, with columns exchanged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from webapp.codes.datasets.catalogue import DATASETS
from webapp.codes.datasets.parsed import Given, Parsed
from webapp.codes.importers.files import SourceFile
from webapp.codes.listing import FileRefused

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
"""The publishers' files, where they lie beside this project."""
ABSENT = "the publishers' files are not beside this project"
Read = Callable[[SourceFile, Given], Parsed]


@st.composite
def garbled(draw: st.DrawFn, good: bytes, delimiter: bytes = b",") -> bytes:
    """Return `good` with one thing wrong."""
    at = draw(st.integers(0, len(good) - 1))
    kind = draw(st.sampled_from(["cut", "lose", "add", "change", "exchange"]))
    if kind == "cut":
        return good[:at]
    if kind == "lose":
        return good[:at] + good[at + draw(st.integers(1, 40)) :]
    if kind == "add":
        return good[:at] + draw(st.binary(min_size=1, max_size=12)) + good[at:]
    if kind == "change":
        return good[:at] + draw(st.binary(min_size=1, max_size=1)) + good[at + 1 :]
    first, second = draw(st.integers(0, 7)), draw(st.integers(0, 7))
    return b"\n".join(_exchanged(line.split(delimiter), first, second, delimiter) for line in good.split(b"\n"))


def _exchanged(cells: list[bytes], first: int, second: int, delimiter: bytes) -> bytes:
    if max(first, second) < len(cells):
        cells[first], cells[second] = cells[second], cells[first]
    return delimiter.join(cells)


def is_refused_or_fit_to_store(read: Read, file: SourceFile, given: Given) -> None:
    """Assert that a reader refuses a file in its own words, or gives rows that the tables take."""
    try:
        parsed = read(file, given)
    except FileRefused:
        parsed = None
    if parsed is None:
        assert file.name in refusal(read, file, given)
        return
    for table in parsed.tables:
        dataset = DATASETS[table.dataset]
        assert table.licensed == dataset.licensed
        for (code, part), values in table.rows.items():
            assert 0 < len(code) <= 20
            assert len(part) <= 120
            assert len(values) == len(dataset.columns)
            assert not any("\0" in text for text in (code, part, *values))


def refusal(read: Read, file: SourceFile, given: Given | None = None) -> str:
    """Return the words in which a reader refuses a file."""
    try:
        read(file, given or Given())
    except FileRefused as refused:
        return str(refused)
    raise AssertionError(f"{file.name} is not refused")
