"""The figures as tables for a terminal, each beside the best that another way of doing it reaches."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.eval.figures import Figures
from webapp.tools import peers


def show(made: Figures) -> None:
    """Print everything that was measured."""
    _table(
        ("search", "files", "queries", "first", "of 5", "MRR", "p50 ms", "p95 ms", "ICD first", "ICD of 5", "ICD MRR"),
        [
            *(_search(each) for each in made["search"]),
            ("best peer", "", "", *_best(peers.SEARCH, "first", "among_five", "mrr"), *_least(peers.SEARCH)),
        ],
    )
    _table(
        ("notes", "files", "notes", "P", "R", "F1", "span F1", "suppressed", "p50 ms", "p95 ms"),
        [
            *(_row(each, *RATES, "span_f1", "suppressed", "p50_ms", "p95_ms") for each in made["notes"]),
            (
                "best peer",
                "",
                "",
                "",
                "",
                *_best(peers.DETECTION, "notes_f1"),
                "",
                *_best(peers.DETECTION, "suppressed"),
            ),
        ],
    )
    _table(
        ("CodiEsp", "files", "texts", "P", "R", "F1", "3-char F1", "MAP", "p50 ms", "p95 ms"),
        [
            *(_row(each, *RATES, "category_f1", "map", "p50_ms", "p95_ms") for each in made["codiesp"]),
            ("best peer", *[""] * 4, *_best(peers.DETECTION, "codiesp_f1", "codiesp_category_f1", "codiesp_map")),
        ],
    )
    for name, columns in (
        ("search", ("first", "among_five", "mrr")),
        ("notes", ("precision", "recall", "f1", "whole")),
    ):
        for each in made[name]:
            head = (f"{name}: {each['set']}, {each['files']}", "count", *columns)
            _table(head, [(kind, *_cells(of, "count", *columns)) for kind, of in each["kinds"].items()])
    _table(
        ("store of", "codes", "terms", "build s", "open ms", "first ms", "own MB", "mapped MB"),
        [
            _cells(each, "files", "codes", "terms", "build_s", "open_ms", "first_ms", "own_mb", "mapped_mb")
            for each in made["stores"]
        ],
    )


RATES = ("precision", "recall", "f1")


def _search(each: Figures) -> tuple[str, ...]:
    icd = _cells(each["icd"], "first", "among_five", "mrr")
    return (*_row(each, "first", "among_five", "mrr", "p50_ms", "p95_ms"), *icd)


def _row(each: Figures, *names: str) -> tuple[str, ...]:
    return _cells(each, "set", "files", "count", *names)


def _cells(each: Figures, *names: str) -> tuple[str, ...]:
    return tuple(_told(each[name]) for name in names)


def _told(value: object) -> str:
    return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _best(rows: Iterable[object], *names: str) -> tuple[str, ...]:
    return tuple(_told(max(getattr(row, name) for row in rows)) for name in names)


def _least(rows: Iterable[peers.SearchPeer]) -> tuple[str, ...]:
    return tuple(_told(float(min(getattr(row, name) for row in rows))) for name in ("p50_ms", "p95_ms"))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    filled = [row + ("",) * (len(head) - len(row)) for row in rows]
    widths = [max(len(row[at]) for row in (head, *filled)) for at in range(len(head))]
    for row in (head, *filled):
        first, *others = (
            cell.ljust(width) if not at else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join((first, *others)).rstrip())
    print()
