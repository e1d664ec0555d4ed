"""Redis down, slow, silent, full or read-only: one short wait a process, then none, and back by itself."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from tests.metering.conftest import redis_client
from tests.support.proxy import Proxy
from webapp.core.periods import Period
from webapp.extensions import RedisUnavailable
from webapp.metering.health import eviction_warning
from webapp.metering.meter import Meter

pytestmark = pytest.mark.outage
MONTH = Period.parse("month").window(datetime.now(UTC))


def wait_until(condition, seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


def answers(meter: Meter) -> bool:
    try:
        return meter.open("g1", 1, 5, MONTH).is_open
    except RedisUnavailable:
        return False


@pytest.mark.parametrize("mode", ["down", "slow", "blackhole", "cut"])
def test_an_outage_costs_at_most_a_fifth_of_a_second_once(redis_url, mode):
    with Proxy(redis_url) as proxy:
        client = redis_client(proxy.url)
        meter = Meter(client)
        wait_until(lambda: answers(meter))
        proxy.mode = mode
        started = time.monotonic()
        for page in range(50):
            with pytest.raises(RedisUnavailable):
                meter.open("g1", page, 5, MONTH)
        assert time.monotonic() - started < 1  # fifty waits would take five seconds
        proxy.mode = "ok"
        wait_until(lambda: answers(meter))
        assert meter.open("g1", 1, 5, MONTH).outcome == "open already"
        client.client.close()


def test_a_full_redis_counts_as_away_until_there_is_room(guarded, meter):
    guarded.client.config_set("maxmemory", 1)
    try:
        with pytest.raises(RedisUnavailable):
            meter.open("g1", 1, 5, MONTH)
        time.sleep(0.7)
        assert guarded.breaker.is_open
    finally:
        guarded.client.config_set("maxmemory", 0)
    wait_until(lambda: not guarded.breaker.is_open)
    assert meter.open("g1", 1, 5, MONTH).outcome == "counted"


def test_a_read_only_redis_counts_as_away(guarded, meter):
    guarded.client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(RedisUnavailable):
            meter.open("g1", 1, 5, MONTH)
    finally:
        guarded.client.replicaof("NO", "ONE")
    wait_until(lambda: not guarded.breaker.is_open)
    assert meter.open("g1", 1, 5, MONTH).outcome == "counted"


def test_a_policy_that_evicts_meters_is_warned_of(guarded):
    assert eviction_warning(guarded) is None
    guarded.client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert "allkeys-lru" in eviction_warning(guarded)
    finally:
        guarded.client.config_set("maxmemory-policy", "noeviction")
