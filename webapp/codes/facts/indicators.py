"""What the publishers' indicators mean, in our own words: `indicators.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def meanings() -> Mapping[str, Mapping[str, str]]:
    """Return the meanings of all values, by kind: `mpfs.status`, `opps.si`, `mue.mai` …"""
    return tomllib.loads(Path(__file__).with_name("indicators.toml").read_text(encoding="utf-8"))


def meaning(kind: str, value: str) -> str:
    """Return what a value means, empty for one that the publisher has added since. Errors: KeyError for no kind."""
    return meanings()[kind].get(value, "")
