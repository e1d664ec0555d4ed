"""Lua scripts, sent once and then called by their digest."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError

from webapp.extensions import RedisClient


class Script:
    """One Lua file beside this module, run on exactly one key (so that Redis Cluster can place it)."""

    def __init__(self, name: str) -> None:
        self._source = (Path(__file__).parent / name).read_text("utf-8")
        self._digest = hashlib.sha1(self._source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, redis: RedisClient, key: str, *arguments: str | int) -> Any:
        """Run in one round trip; in two the first time a server sees the script. Errors: RedisUnavailable."""
        try:
            return redis.command("EVALSHA", self._digest, 1, key, *arguments)
        except NoScriptError:
            return redis.command("EVAL", self._source, 1, key, *arguments)
