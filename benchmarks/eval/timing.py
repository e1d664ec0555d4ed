"""How long one answer takes: every text is answered in each of five runs, and its median counts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

Answer = TypeVar("Answer")
RUNS = 5


def timed(
    texts: Sequence[str], answer: Callable[[str], Answer], before: Callable[[], None], runs: int = RUNS
) -> tuple[list[Answer], list[float]]:
    """Return the answers and the milliseconds that each text took. `before` is called before each run.

    Errors: AssertionError if a text is answered otherwise in another run.
    """
    answers: list[Answer] = []
    times: list[list[float]] = [[] for _ in texts]
    for run in range(runs):
        before()
        for place, text in enumerate(texts):
            since = time.perf_counter()
            given = answer(text)
            times[place].append(1000 * (time.perf_counter() - since))
            if run == 0:
                answers.append(given)
            assert given == answers[place], "the same text was answered in two ways"
    return answers, [statistics.median(each) for each in times]


def percentile(times: Sequence[float], share: float) -> float:
    """Return the time that a share of all texts stay below, in milliseconds."""
    ordered = sorted(times)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) if ordered else 0.0
