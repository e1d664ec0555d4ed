"""What notes say around findings: regular expressions from `cues.toml`, in any case."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

Status = Literal["present", "negated", "family", "history", "uncertain", "hypothetical"]
FILE = Path(__file__).with_suffix(".toml")


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def _compiled(lines: str) -> re.Pattern[str]:
    pattern = "".join(lines.strip("\n").split("\n"))
    for name in ("relatives", "others"):
        pattern = pattern.replace(f"{{{name}}}", _read()[name].strip())
    return re.compile(pattern, re.IGNORECASE)


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Return a named pattern. Errors: KeyError."""
    return _compiled(_read()[name])


@cache
def cues() -> tuple[tuple[Status, str, re.Pattern[str]], ...]:
    """Return the cues of all statuses: the status, the side of the finding that they stand on, and the pattern."""
    return tuple((cue["status"], cue["side"], _compiled(cue["pattern"])) for cue in _read()["cue"])
