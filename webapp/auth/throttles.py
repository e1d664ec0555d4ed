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
PAYMENTS_PER_ACCOUNT = RateLimitItemPerMinute(100, 5, namespace="payments-account")
"""Requests of one reader that ask Stripe; a page that waits for a payment looks again every five seconds."""
REGISTER_PER_ACCOUNT = RateLimitItemPerDay(10, namespace="register-account")
REGISTER_PER_NETWORK = RateLimitItemPerHour(60, namespace="register-network")
"""Wide enough for a class that registers together behind one address."""


class Throttles:
    """Moving windows in Redis, and the process's own share of them in memory for the time Redis is away."""

    def __init__(self) -> None:
        pool = redis.client.connection_pool  # the requests' own: short timeouts, no retry
        self._shared = MovingWindowRateLimiter(RedisStorage("redis://", connection_pool=pool, key_prefix="throttle"))
        self._own = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, item: RateLimitItem, who: str) -> bool:
        """Count a try; False: it was one too many."""
        return self._ask(lambda limiter: limiter.hit(item, who), True) and self._own.hit(item, who)

    def test(self, item: RateLimitItem, who: str) -> bool:
        """Whether a try is left, without counting one."""
        return self._ask(lambda limiter: limiter.test(item, who), True) and self._own.test(item, who)

    def clear(self, item: RateLimitItem, who: str) -> None:
        self._ask(lambda limiter: limiter.clear(item, who), None)
        self._own.clear(item, who)

    def ends_at(self, item: RateLimitItem, who: str) -> float:
        """When the next try is free (Unix time), of a limit that is used up."""
        if not self._own.test(item, who):
            return self._own.get_window_stats(item, who).reset_time
        return self._ask(lambda limiter: limiter.get_window_stats(item, who).reset_time, 0.0)

    def _ask(self, work: Callable[[MovingWindowRateLimiter], T], otherwise: T) -> T:
        try:
            return redis.call(lambda _client: work(self._shared))
        except RedisUnavailable:
            return otherwise


def before_login(account: str, network: str) -> None:
    """Count a try at an account's password. Errors: TooManyRequests.

    Networks are counted by failures alone, since a hospital's readers share an address; failures are counted after
    the fact, so tries under way at once (never more than the server's threads) may pass the limit.
    """
    _check(LOGIN_FAILURES_PER_NETWORK, network)
    _check(LOGIN_FAILURES_IN_ALL, "")
    _count(LOGIN_PER_ACCOUNT, _hidden(account))


def login_failed(network: str) -> None:
    _throttles().hit(LOGIN_FAILURES_PER_NETWORK, network)
    _throttles().hit(LOGIN_FAILURES_IN_ALL, "")


def login_succeeded(account: str) -> None:
    """Forget an account's tries: its reader is here, and may log in from all devices one after the other."""
    _throttles().clear(LOGIN_PER_ACCOUNT, _hidden(account))


def before_reset(account: str, network: str) -> None:
    """Count a request for a reset mail. Errors: TooManyRequests."""
    _count(RESET_PER_NETWORK, network)
    _count(RESET_IN_ALL, "")
    _count(RESET_PER_ACCOUNT, _hidden(account))


def before_register(account: str, network: str) -> None:
    """Count a registration; each may send one mail. Errors: TooManyRequests."""
    _count(REGISTER_PER_NETWORK, network)
    _count(REGISTER_PER_ACCOUNT, _hidden(account))


def before_payment(user_id: int) -> None:
    """Count a request that asks the payment service. Errors: TooManyRequests."""
    _count(PAYMENTS_PER_ACCOUNT, str(user_id))


def _count(item: RateLimitItem, who: str) -> None:
    if not _throttles().hit(item, who):
        raise _refusal(item, who)


def _check(item: RateLimitItem, who: str) -> None:
    if not _throttles().test(item, who):
        raise _refusal(item, who)


def _refusal(item: RateLimitItem, who: str) -> TooManyRequests:
    real_now = clock.now() - clock.offset()  # the library knows no other time
    return TooManyRequests(retry_after=max(1, round(_throttles().ends_at(item, who) - real_now.timestamp())))


def _throttles() -> Throttles:
    found: Throttles | None = current_app.extensions.get("throttles")
    return found or current_app.extensions.setdefault("throttles", Throttles())


def _hidden(account: str) -> str:
    """Addresses of people do not lie about in Redis."""
    return hashlib.sha256(account.encode()).hexdigest()[:32]
