"""Lua scripts, sent once and then called by their digest."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError


class Script:
    """One Lua file beside this module, run on exactly one key (so that Redis Cluster can place it)."""

    def __init__(self, name: str) -> None:
        self._source = (Path(__file__).parent / name).read_text("utf-8")
        self._digest = hashlib.sha1(self._source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, client: Redis, key: str, *arguments: str | int) -> Any:
        """Run in one round trip; in two the first time a server sees the script."""
        try:
            return client.evalsha(self._digest, 1, key, *arguments)
        except NoScriptError:
            return client.eval(self._source, 1, key, *arguments)
