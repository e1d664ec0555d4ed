"""A check of Redis at start: meters must not be evicted."""

from __future__ import annotations

from redis import RedisError

from webapp.extensions import RedisClient

SAFE_POLICY = "noeviction"


def eviction_warning(redis: RedisClient) -> str | None:
    """Return a sentence when Redis may evict meters, None when it may not or does not say.

    Managed servers often refuse CONFIG; INFO tells the policy too.
    """
    try:
        policy = redis.client.info("memory").get("maxmemory_policy", SAFE_POLICY)
    except RedisError:
        return None
    if policy == SAFE_POLICY:
        return None
    return (
        f"Redis may evict meters: its maxmemory-policy is {policy!r}. Set it to {SAFE_POLICY!r}, "
        "or readers may be granted more than their plan."
    )
