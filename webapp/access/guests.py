"""Guests: known by a signed cookie, and counted by network when they are new."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Literal

from redis import Redis

from webapp.core import clock
from webapp.core.net import network_of
from webapp.core.signing import Signet
from webapp.extensions import RedisClient

GUEST_ID_BYTES = 8
COOKIE_SECONDS = 400 * 24 * 3600
"""The longest that browsers keep a cookie."""
NETWORK_COUNT_SECONDS = 2 * 24 * 3600

_GUEST_ID = re.compile(r"[A-Za-z0-9_-]{11}")

Crowd = Literal["open", "soft", "hard"]
"""How many newcomers came from a network today: below the ceilings, above the soft one, above the hard one."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A guest met for the first time. `guest_id` is empty above the hard ceiling: no identity is given then."""

    guest_id: str
    crowd: Crowd


class Guests:
    """Reads and makes guest identities."""

    def __init__(self, keys: list[str], soft: int, hard: int) -> None:
        """`keys` sign the cookie; `soft` and `hard` are the ceilings of newcomers a network and day."""
        self._signet = Signet(keys, "guest")
        self._soft, self._hard = soft, hard

    def read(self, cookie: str | None) -> str | None:
        """Return the guest's id, or None for a missing or forged cookie."""
        if not cookie:
            return None
        guest_id = self._signet.read(cookie)
        return guest_id if guest_id and _GUEST_ID.fullmatch(guest_id) else None

    def cookie(self, guest_id: str) -> str:
        """Return the cookie's value."""
        return self._signet.sign(guest_id)

    def welcome(self, redis: RedisClient, address: str) -> Newcomer:
        """Count a newcomer from `address` and give an identity. Errors: RedisUnavailable."""
        key = f"network:{{{network_of(address)}}}:{clock.today()}"
        count = redis.call(lambda client: _count(client, key))
        if count > self._hard:
            return Newcomer("", "hard")
        return Newcomer(secrets.token_urlsafe(GUEST_ID_BYTES), "soft" if count > self._soft else "open")


def _count(client: Redis, key: str) -> int:
    pipeline = client.pipeline(transaction=False)
    pipeline.incr(key)
    pipeline.expire(key, NETWORK_COUNT_SECONDS)
    return int(pipeline.execute()[0])
