"""How far a load is, told while its rows go by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

Progress = Callable[[str, int, int], None]
"""Is told a label, how many are done, and of how many."""

EVERY = 5000


def silent(_label: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def counted(items: Iterable[T], label: str, total: int, progress: Progress) -> Iterator[T]:
    """Yield `items`, telling `progress` now and then and at the end. `total` is how many are expected."""
    done = 0
    for done, item in enumerate(items, 1):
        yield item
        if done % EVERY == 0:
            progress(label, done, max(done, total))
    progress(label, done, done)
