"""The meter: how many distinct items a subject has opened in a window, exact under any concurrency.

A subject is any string, an item any integer. Each (subject, window) is one Redis set of items; one Lua script in one
round trip decides and counts. The meter knows no users, no plans and no pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from webapp.core import clock
from webapp.core.periods import Window
from webapp.extensions import RedisClient
from webapp.metering.scripts import Script

Outcome = Literal["refused", "counted", "open already"]
OUTCOMES: tuple[Outcome, ...] = ("refused", "counted", "open already")

NOTHING = -(2**31)
"""An item that nobody has: asking for it tells the usage."""
GRACE_SECONDS = 3600
"""A set outlives its window by so much: Redis's clock may run ahead of ours, and the window is in the key anyway."""
MERGE_AT_ONCE = 5000
"""Items in one script call: Lua's unpack is held to some 8,000 values."""

_open = Script("open.lua")
_merge = Script("merge.lua")


@dataclass(frozen=True, slots=True)
class Opening:
    """What became of opening an item. `used` counts distinct items and may exceed a limit after a merge.

    `resets_at` is when the window ends, None when it never does (or a rolling one has not begun).
    """

    outcome: Outcome
    used: int
    resets_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.outcome != "refused"


class Meter:
    """Counts distinct items a window. Every method's error: extensions.RedisUnavailable."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    def open(self, subject: str, item: int, limit: int, window: Window, *, commit: bool = True) -> Opening:
        """Open `item` if it is open already or fewer than `limit` are; with `commit=False` only tell."""
        end, span = _ends(window)
        key = key_of(subject, window)
        outcome, used, ttl = _open(self._redis, key, item, limit, end, span, 1 if commit else 0)
        return Opening(OUTCOMES[outcome], used, _reset(window, ttl))

    def usage(self, subject: str, window: Window) -> Opening:
        """Tell how much is used, opening nothing."""
        return self.open(subject, NOTHING, 0, window, commit=False)

    def refund(self, subject: str, item: int, window: Window) -> None:
        """Take back one item that was counted for nothing, as when its page could not be shown."""
        self._redis.call(lambda client: client.srem(key_of(subject, window), item))

    def items(self, subject: str, window: Window) -> list[int]:
        """Return the items open in the window, in ascending order."""
        members = self._redis.call(lambda client: client.smembers(key_of(subject, window)))
        return sorted(item for item in map(int, members) if item >= 0)

    def merge(self, source: tuple[str, Window], target: tuple[str, Window]) -> int:
        """Add what `source` has open to `target`, whatever its limit; return the target's used count.

        The source stays as it is, so that nothing is gained by going back to it, and a repeated merge adds nothing.
        """
        items = self.items(*source)
        if not items:
            return self.usage(*target).used
        return self._add(target, items)

    def _add(self, target: tuple[str, Window], items: Sequence[int]) -> int:
        key, ends, used = key_of(*target), _ends(target[1]), 0
        for start in range(0, len(items), MERGE_AT_ONCE):
            used = _merge(self._redis, key, *ends, *items[start : start + MERGE_AT_ONCE])
        return used

    def exhaust(self, subject: str, window: Window, limit: int) -> None:
        """Use up the rest of a limit, opening nothing: negative items, which are no pages, fill the set."""
        left = limit - self.usage(subject, window).used
        if left > 0:
            self._add((subject, window), range(-left, 0))

    def reset(self, subject: str, window: Window) -> None:
        """Forget the window: everything in it may be opened anew."""
        self._redis.call(lambda client: client.delete(key_of(subject, window)))


def key_of(subject: str, window: Window) -> str:
    """Return the Redis key. The subject is the hash tag: all of a subject's windows lie on one cluster node."""
    return f"meter:{{{subject}}}:{window.key}"


def _ends(window: Window) -> tuple[int, int]:
    end = int(window.end.timestamp()) + GRACE_SECONDS if window.end else 0
    # Redis runs on real time: under a moved clock a fixed end may lie in its past, and the set would vanish at once.
    if end and end <= (clock.now() - clock.offset()).timestamp():
        end = 0
    return end, int(window.span.total_seconds()) if window.span else 0


def _reset(window: Window, ttl: int) -> datetime | None:
    if window.span is not None and ttl >= 0:
        return clock.now() + timedelta(seconds=ttl)
    return window.end
