"""A meter on a real Redis, without an application."""

from __future__ import annotations

import pytest

from webapp.extensions import RedisClient
from webapp.metering.meter import Meter


def redis_client(url: str) -> RedisClient:
    """A guarded client outside of an application."""
    client = RedisClient()
    client.connect(url)
    return client


@pytest.fixture
def guarded(redis_url):
    client = redis_client(redis_url)
    yield client
    client.client.close()


@pytest.fixture
def meter(guarded):
    return Meter(guarded)
