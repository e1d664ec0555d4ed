"""How often one may try, per account, per network and in all; counted in Redis, in the process while Redis is away."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from flask import current_app
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from webapp.core import clock
from webapp.core.errors import TooManyRequests
from webapp.extensions import RedisUnavailable, T, redis

LOGIN_PER_ACCOUNT = RateLimitItemPerMinute(10, 5, namespace="login-account")
LOGIN_FAILURES_PER_NETWORK = RateLimitItemPerMinute(10, 5, namespace="login-network")
LOGIN_FAILURES_IN_ALL = RateLimitItemPerMinute(1000, 5, namespace="login-all")
RESET_PER_ACCOUNT = RateLimitItemPerDay(5, namespace="reset-account")
RESET_PER_NETWORK = RateLimitItemPerHour(20, namespace="reset-network")
RESET_IN_ALL = RateLimitItemPerHour(1000, namespace="reset-all")
REGISTER_PER_ACCOUNT = RateLimitItemPerDay(10, namespace="register-account")
REGISTER_PER_NETWORK = RateLimitItemPerHour(60, namespace="register-network")
"""Wide enough for a class that registers together behind one address."""


class Throttles:
    """Moving windows in Redis, with the same in memory for the time Redis is away."""

    def __init__(self) -> None:
        pool = redis.client.connection_pool  # the requests' own: short timeouts, no retry
        self._shared = MovingWindowRateLimiter(RedisStorage("redis://", connection_pool=pool, key_prefix="throttle"))
        self._own = MovingWindowRateLimiter(MemoryStorage())

    def ask(self, work: Callable[[MovingWindowRateLimiter], T]) -> T:
        try:
            return redis.call(lambda _client: work(self._shared))
        except RedisUnavailable:
            return work(self._own)


def before_login(account: str, network: str) -> None:
    """Count a try at an account's password. Errors: TooManyRequests.

    Networks are counted by failures alone, since a hospital's readers share an address; failures are counted after
    the fact, so tries under way at once (never more than the server's threads) may pass the limit.
    """
    _check(LOGIN_FAILURES_PER_NETWORK, network)
    _check(LOGIN_FAILURES_IN_ALL, "")
    _count(LOGIN_PER_ACCOUNT, _hidden(account))


def login_failed(network: str) -> None:
    _hit(LOGIN_FAILURES_PER_NETWORK, network)
    _hit(LOGIN_FAILURES_IN_ALL, "")


def login_succeeded(account: str) -> None:
    """Forget an account's tries: its reader is here, and may log in from all devices one after the other."""
    _ask(lambda limiter: limiter.clear(LOGIN_PER_ACCOUNT, _hidden(account)))


def before_reset(account: str, network: str) -> None:
    """Count a request for a reset mail. Errors: TooManyRequests."""
    _count(RESET_PER_NETWORK, network)
    _count(RESET_IN_ALL, "")
    _count(RESET_PER_ACCOUNT, _hidden(account))


def before_register(account: str, network: str) -> None:
    """Count a registration; each may send one mail. Errors: TooManyRequests."""
    _count(REGISTER_PER_NETWORK, network)
    _count(REGISTER_PER_ACCOUNT, _hidden(account))


def _count(item: RateLimitItem, who: str) -> None:
    if not _hit(item, who):
        raise _refusal(item, who)


def _hit(item: RateLimitItem, who: str) -> bool:
    return _ask(lambda limiter: limiter.hit(item, who))


def _check(item: RateLimitItem, who: str) -> None:
    if not _ask(lambda limiter: limiter.test(item, who)):
        raise _refusal(item, who)


def _refusal(item: RateLimitItem, who: str) -> TooManyRequests:
    stats = _ask(lambda limiter: limiter.get_window_stats(item, who))
    real_now = clock.now() - clock.offset()  # the library knows no other time
    return TooManyRequests(retry_after=max(1, round(stats.reset_time - real_now.timestamp())))


def _ask(work: Callable[[MovingWindowRateLimiter], T]) -> T:
    throttles: Throttles | None = current_app.extensions.get("throttles")
    if throttles is None:
        throttles = current_app.extensions.setdefault("throttles", Throttles())
    return throttles.ask(work)


def _hidden(account: str) -> str:
    """Addresses of people do not lie about in Redis."""
    return hashlib.sha256(account.encode()).hexdigest()[:32]
