"""Lists of words that the term store, the ranking and the detector go by, from `wordlists.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".toml")


@cache
def _lists() -> dict[str, str]:
    found: dict[str, str] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return found


def listed(name: str) -> frozenset[str]:
    """Return a list's words. Errors: KeyError."""
    return frozenset(_lists()[name].split())
