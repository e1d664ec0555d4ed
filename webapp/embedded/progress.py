"""Tells the operator how far the first load is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import click


class Progress:
    """A bar on a terminal, else one line for each part. Called with a label, what is done, and of how much."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._label = ""
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()

    def __call__(self, label: str, done: int, total: int) -> None:
        if label != self._label:
            self._finish()
            self._label = label
            self._begin(label, max(total, 1))
        if self._bar is not None:
            self._bar.update(done - self._bar.pos)

    def _begin(self, label: str, total: int) -> None:
        if sys.stdout.isatty():
            self._bar = click.progressbar(length=total, label=f"Loading: {label}")
            self._bar.render_progress()
        else:
            self._say(f"Loading: {label}")

    def _finish(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None
